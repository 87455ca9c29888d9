//! The sequence diagram: the drawing as SVG text, and the view that shows it.

mod draw;
mod view;

pub use draw::{Layout, escape, svg};
pub use view::{SequenceDiagram, SequenceDiagramProps};
