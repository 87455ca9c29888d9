//! What passes between the sandbox and the browser: commands to a tab over server-sent events, telemetry from a tab, and the
//! results of the script injection (XSS) probe.

use serde::{Deserialize, Serialize};

use super::tagged::tagged;
use crate::lab::words::t;
use crate::protocol::code::Code;

/// A participant: a lifeline of the sequence diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifeline {
    You,
    Tab,
    Tab2,
    CookieJar,
    Server,
    Database,
    Thief,
    /// The account's owner on another machine, with a cookie jar of its own.
    OtherDevice,
    OtherSite,
}

/// A command of the sandbox to one tab, sent over the stream (`event: ask`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TabCommand {
    pub tab: Lifeline,
    #[serde(rename = "deed")]
    pub task: TabTask,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum TabTask {
    /// This many protected calls at once.
    Call {
        times: u32,
    },
    /// The same by a page without single-flight: a refused call refreshes for itself.
    CallAlone {
        times: u32,
    },
    /// A refresh, whether needed or not.
    Refresh,
    /// Whether refreshes take the lock that the tabs share (Web Locks).
    Locks {
        on: bool,
    },
    ClientClock {
        minutes: i32,
    },
    /// Types into the title of a new note, as a person does, and saves nothing.
    Type {
        text: String,
    },
    SignIn,
    SignOut,
    SignOutEverywhere,
    SignOutOtherDevice,
    ChangePassword,
    Reload,
}

tagged!(TabTask, "deed");

/// Events of one tab that were not reported before: the body of `POST /lab/{sandbox}/-/seen`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TabEventBatch {
    pub tab: Lifeline,
    pub seen: Vec<TabEvent>,
}

/// Something only the browser can observe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum TabEvent {
    /// The tab's auth state changed: `unknown`, `anonymous`, `signed-in`, `offline`.
    AuthState {
        state: String,
    },
    /// A token was stored in memory; `version` counts within this tab, `expires_in` is in seconds.
    TokenHeld {
        version: u64,
        expires_in: u64,
    },
    TokenForgotten,
    /// A call was refused with this code, so the tab refreshes.
    Refused {
        code: Code,
    },
    /// The tab joins a refresh that is in flight (single-flight).
    JoinsRefresh,
    RefreshBegins,
    /// The call is sent again with the new token.
    Retries {
        path: String,
    },
    /// The length of an unsaved draft, in characters: it must survive a refresh.
    Draft {
        characters: u32,
    },
    /// A task failed, with the reason in plain words.
    CouldNot {
        why: String,
    },
}

tagged!(TabEvent, "saw");

/// Where a token was kept when a script was injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenStorage {
    LocalStorage,
    ReadableCookie,
    Memory,
    HttpOnlyCookie,
}

/// What an injected script achieved against one kind of storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    pub storage: TokenStorage,
    /// The script obtained the token's text.
    pub read: bool,
    /// The script could make the browser use the token.
    pub used: bool,
    /// The token is still there after the tab was closed.
    pub survives: bool,
}

/// The response to `POST /lab/open`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedSandbox {
    /// `/lab/<sandbox>`.
    pub mount: String,
    pub email: String,
    /// Origins of the attacker's pages; `None` where this lab does not serve them.
    pub other_site: Option<String>,
    pub other_port: Option<String>,
    /// Minutes without use after which the sandbox is wiped.
    pub idle_minutes: u32,
}

/// Why a sandbox is gone: the data of the stream's `gone` event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SandboxEnd {
    /// Its visitor wiped it.
    Reset,
    /// Nobody had used it for [`OpenedSandbox::idle_minutes`].
    Idle,
    /// The lab was full, and nobody had used it for a few minutes.
    Displaced,
}

impl SandboxEnd {
    /// What the visitor's page says.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Reset => t(
                "The lab was reset on another page of this browser, so this sandbox is gone.",
                "Das Labor wurde auf einer anderen Seite dieses Browsers zurückgesetzt, darum ist dieser Sandkasten weg.",
            ),
            Self::Idle => t(
                "This sandbox was wiped, because nobody had used it for a while.",
                "Dieser Sandkasten wurde geleert, weil ihn eine Weile niemand benutzt hat.",
            ),
            Self::Displaced => t(
                "The lab was full. This sandbox had not been used for some minutes, so a new visitor has its place.",
                "Das Labor war voll. Dieser Sandkasten war einige Minuten unbenutzt, also hat ein neuer Besucher seinen Platz.",
            ),
        }
    }
}

/// The response to `POST /lab/{sandbox}/-/credentials`, for the tab that signs in by itself. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxCredentials {
    pub email: String,
    pub password: String,
    /// The password that the next change sets.
    pub next_password: String,
}

impl std::fmt::Debug for SandboxCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SandboxCredentials([redacted])")
    }
}
