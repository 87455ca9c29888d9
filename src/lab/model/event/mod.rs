//! The event log's vocabulary (an event-sourced model): everything the lab shows, exports, replays and tests is derived from one
//! append-only list of [`LogEvent`]s. The set is closed and redacted by construction: no type here can hold a token or a
//! password, only a keyed [`Fingerprint`] of one.
//!
//! These types are also the wire format of the stream and of the JSON export, so a variant or a field keeps its serialized name
//! even where its Rust name differs.

mod action;
mod http;
mod session;
mod settings;
mod tab;
pub(in crate::lab) mod tagged;
mod token;

pub use action::{Action, ForeignOrigin, Tamper};
pub use http::{
    CookieReason, CookieSent, CookieSet, FormField, HeaderLine, Hop, HopName, RecordedRequest, RecordedResponse,
};
pub use session::{KeyRow, Ruling, SessionRow, Verdict};
pub use settings::{Defence, Network, RefreshFault, SandboxSettings};
pub use tab::{
    Lifeline, OpenedSandbox, Probe, SandboxCredentials, SandboxEnd, TabCommand, TabEvent, TabEventBatch, TabTask,
    TokenStorage,
};
pub use token::{AccessSeen, Fingerprint, RefreshSeen};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::protocol::session::RevokeReason;

/// One entry of the log, as it is streamed (`id:` is `seq`), exported and replayed.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEvent {
    /// From 1, without gaps, in the order in which the server learned of the events.
    pub seq: u64,
    /// By the sandbox's clock, which the visitor can move.
    pub at: Timestamp,
    /// Microseconds since the sandbox was opened, by a monotonic clock that nobody can move.
    pub elapsed: u64,
    /// The request that caused this event: all events between a [`LogEventKind::Request`] and its response share the number.
    pub exchange: Option<u64>,
    pub kind: LogEventKind,
}

/// The kind's tag and members stand beside the others, in one object.
impl Serialize for LogEvent {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = match serde_json::to_value(&self.kind) {
            Ok(Value::Object(kind)) => kind,
            _ => return Err(ser::Error::custom("an event without a kind")),
        };
        let head = [
            ("seq", Value::from(self.seq)),
            ("at", self.at.millis().into()),
            ("elapsed", self.elapsed.into()),
            ("exchange", self.exchange.into()),
        ];
        object.extend(head.map(|(name, value)| (name.to_owned(), value)));
        object.serialize(to)
    }
}

impl<'de> Deserialize<'de> for LogEvent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut object = tagged::Object::deserialize(from)?;
        let mut member = |name| object.remove(name).unwrap_or_default();
        let (seq, at, elapsed, exchange) = (member("seq"), member("at"), member("elapsed"), member("exchange"));
        let event = || {
            Some(Self {
                seq: seq.as_u64()?,
                at: Timestamp(at.as_i64()?),
                elapsed: elapsed.as_u64()?,
                exchange: if exchange.is_null() { None } else { Some(exchange.as_u64()?) },
                kind: serde_json::from_value(Value::Object(object)).ok()?,
            })
        };
        event().ok_or_else(|| de::Error::custom("this is no event of the log"))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum LogEventKind {
    /// The sandbox was created: the first event of every log.
    Opened {
        email: String,
        mount: String,
    },
    /// The visitor pressed a button.
    Acted {
        action: Action,
    },
    /// A request reached the recorder in front of the sandbox's app.
    Request(RecordedRequest),
    /// The response to the request of the same exchange.
    Response(RecordedResponse),
    /// The response never reached the client.
    Lost {
        to: Lifeline,
    },
    /// A request waits: at the barrier, for the visitor, or because the network is slow. `micros` is how long; 0 while that is
    /// not known yet, and then a second event with the duration follows when the wait ends.
    Held {
        why: HoldReason,
        micros: u64,
    },
    PasswordChecked {
        right: bool,
    },
    AccessChecked {
        verdict: Verdict,
    },
    Decided {
        ruling: Ruling,
        presented: u32,
        newest: u32,
        parent: Option<u32>,
    },
    /// The rotation that was decided is written, in the transaction that read the row.
    Rotated,
    SessionEnded {
        session: String,
        reason: RevokeReason,
    },
    /// A row differs from the last read: the whole row, and the names of the changed columns (all of them for a new row).
    Row {
        row: SessionRow,
        changed: Vec<String>,
    },
    /// A row was deleted.
    RowGone {
        id: String,
    },
    Keys {
        keys: Vec<KeyRow>,
    },
    /// The visitor moved the sandbox's clock.
    ClockJumped {
        seconds: u64,
    },
    Settings {
        settings: SandboxSettings,
    },
    Restarted,
    /// The thief has a copy of a refresh token.
    StoleRefresh {
        token: RefreshSeen,
    },
    StoleAccess {
        token: AccessSeen,
    },
    /// The thief has a copy of a session's row.
    StoleRow {
        row: SessionRow,
    },
    /// A tab reported something that only the browser can observe.
    Seen {
        tab: Lifeline,
        seen: TabEvent,
    },
    Probed {
        content_policy: bool,
        results: Vec<Probe>,
    },
}

tagged::tagged!(LogEventKind, "kind");

/// Why a request is held back before it reaches the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    Barrier,
    Visitor,
    SlowMotion,
    SlowNetwork,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_survives_serialization() {
        let event = LogEvent {
            seq: 3,
            at: Timestamp(1_000),
            elapsed: 12,
            exchange: Some(1),
            kind: LogEventKind::Acted { action: Action::StealAndReplay { thief_first: true, within_grace: false } },
        };
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<LogEvent>(&json).unwrap(), event);
        assert!(json.contains(r#""kind":"acted""#), "{json}");
    }

    /// Exports of earlier versions must stay readable, whatever the Rust names are.
    #[test]
    fn the_serialized_names_are_part_of_the_wire_format() {
        let fingerprint = Fingerprint { words: "amber-otter".to_owned(), hex: "3fa91c".to_owned() };
        let seen = RefreshSeen { fingerprint, generation: Some(4) };
        let chip = r#"{"chip":{"words":"amber-otter","hex":"3fa91c"},"generation":4}"#;
        assert_eq!(serde_json::to_string(&seen).unwrap(), chip);
        let command = TabCommand { tab: Lifeline::Tab2, task: TabTask::Call { times: 3 } };
        let ask = r#"{"tab":"tab2","deed":{"deed":"call","times":3}}"#;
        assert_eq!(serde_json::to_string(&command).unwrap(), ask);
        let seen = LogEventKind::Seen { tab: Lifeline::Tab, seen: TabEvent::TokenForgotten };
        let json = r#"{"kind":"seen","seen":{"saw":"token_forgotten"},"tab":"tab"}"#;
        assert_eq!(serde_json::to_string(&seen).unwrap(), json);
    }

    #[test]
    fn an_exported_line_is_read_in_any_order_with_members_that_are_new_and_refused_where_one_is_wrong() {
        let head = r#""seq":3,"at":1000,"elapsed":12,"exchange":7"#;
        let line = |rest: &str| serde_json::from_str::<LogEvent>(&format!("{{{rest},{head}}}"));
        let kind = |rest: &str| line(rest).unwrap().kind;
        assert_eq!(kind(r#""kind":"restarted""#), LogEventKind::Restarted);
        assert_eq!(kind(r#""kind":"restarted","new":1"#), LogEventKind::Restarted);
        assert_eq!(kind(r#""to":"tab","new":[],"kind":"lost""#), LogEventKind::Lost { to: Lifeline::Tab });
        let action = Action::SignIn { tab2: true };
        assert_eq!(
            kind(r#""kind":"acted","action":{"tab2":true,"action":"sign_in","new":null}"#),
            LogEventKind::Acted { action }
        );
        assert_eq!(
            kind(r#""kind":"acted","action":{"action":"reset","new":0}"#),
            LogEventKind::Acted { action: Action::Reset }
        );
        let event = line(r#""kind":"rotated""#).unwrap();
        assert_eq!((event.seq, event.at, event.elapsed, event.exchange), (3, Timestamp(1_000), 12, Some(7)));
        let without_exchange = r#"{"seq":1,"at":2,"elapsed":3,"kind":"rotated"}"#;
        assert_eq!(serde_json::from_str::<LogEvent>(without_exchange).unwrap().exchange, None);
        for wrong in [
            r#""kind":"new""#,
            r#""kind":1"#,
            r#""to":"tab""#,
            r#""kind":"lost""#,
            r#""kind":"lost","to":"moon""#,
            r#""kind":"acted","action":"reset""#,
        ] {
            assert!(line(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            r#"{"seq":1,"at":2,"elapsed":3,"exchange":"x","kind":"rotated"}"#,
            r#"{"kind":"rotated"}"#,
            "{}",
            "[]",
            "1",
        ] {
            assert!(serde_json::from_str::<LogEvent>(wrong).is_err(), "{wrong}");
        }
    }
}
