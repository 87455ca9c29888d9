//! The panels: read-only views of the state at the chosen moment. Which token is held where, what was sent and why, how the
//! refresh tokens descend from each other. Each reads the snapshot of that moment and nothing else.

mod context;
mod event_list;
mod family_tree;
mod fingerprint;
mod probe_table;
mod request_inspector;
mod session_rows;
mod text;
mod thief_panel;
mod token_card;
mod token_locations;

pub use context::{provide_snapshot, snapshot};
pub use event_list::{EventList, EventListProps};
pub use family_tree::{FamilyTree, FamilyTreeProps};
pub use probe_table::{ProbeTable, ProbeTableProps};
pub use request_inspector::{RequestInspector, RequestInspectorProps};
pub use session_rows::{SessionRows, SessionRowsProps, SigningKeys, SigningKeysProps};
pub use thief_panel::{ThiefPanel, ThiefPanelProps};
pub use token_card::{TokenCard, TokenCardProps};
pub use token_locations::{WhereThingsLive, WhereThingsLiveProps};
