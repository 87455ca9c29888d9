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
use serde_json::{Value, value};

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

const TAG: &str = "kind";

/// The kind's tag and fields stand beside the others, in one object.
impl Serialize for LogEvent {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let kind = self.kind.serialize(value::Serializer).map_err(ser::Error::custom)?;
        let kind = tagged::object(TAG, kind).ok_or_else(|| ser::Error::custom("an event without a kind"))?;
        let head = [
            ("seq", Value::from(self.seq)),
            ("at", self.at.millis().into()),
            ("elapsed", self.elapsed.into()),
            ("exchange", self.exchange.into()),
        ];
        let head = head.map(|(name, value)| (name.to_owned(), value));
        head.into_iter().chain(kind).collect::<tagged::Object>().serialize(to)
    }
}

impl<'de> Deserialize<'de> for LogEvent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut object = tagged::Object::deserialize(from)?;
        let mut number = |name| object.remove(name).and_then(|value| value.as_u64());
        let (seq, elapsed, exchange) = (number("seq"), number("elapsed"), number("exchange"));
        let at = object.remove("at").and_then(|value| value.as_i64());
        let (Some(seq), Some(at), Some(elapsed), Some(kind)) = (seq, at, elapsed, tagged::value(TAG, object)) else {
            return Err(de::Error::custom("an event has seq, at, elapsed and kind"));
        };
        let kind = LogEventKind::deserialize(kind).map_err(de::Error::custom)?;
        Ok(Self { seq, at: Timestamp(at), elapsed, exchange, kind })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
        let kind = LogEventKind::Seen { tab: Lifeline::Tab, seen: TabEvent::TokenForgotten };
        let seen = LogEvent { seq: 1, at: Timestamp(2), elapsed: 3, exchange: None, kind };
        let json = r#"{"seq":1,"at":2,"elapsed":3,"exchange":null,"kind":"seen","tab":"tab","seen":{"saw":"token_forgotten"}}"#;
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_value(&seen).unwrap(), value);
        assert_eq!(serde_json::from_str::<LogEvent>(json).unwrap(), seen);
        for unreadable in
            [r#"{"seq":1,"at":2,"elapsed":3}"#, r#"{"seq":1,"at":2,"elapsed":3,"kind":"new"}"#, "{}", "[]"]
        {
            assert!(serde_json::from_str::<LogEvent>(unreadable).is_err(), "{unreadable}");
        }
    }
}
