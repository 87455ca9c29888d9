//! The lab's action buttons: each name that the page shows and the tests press, with one sentence of what to watch for. One table
//! (a single source of truth) for the page and the tests.

use serde::{Deserialize, Serialize};

use super::event::{Action, Defence, ForeignOrigin, Network, RefreshFault, Tamper};

/// What a button does, and a step of a scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonEffect {
    /// The sandbox's server runs it, or has a tab run it.
    Run(Action),
    /// An attacker's page opens in a frame and attacks.
    Attack(ForeignOrigin),
    /// An attacker's page with a link into the sandbox opens: a cross-site navigation.
    Arrive,
    /// A page with an injected script opens, with the content policy or without it.
    Inject { policy: bool },
}

pub struct ActionButton {
    pub name: &'static str,
    pub watch_for: &'static str,
    pub effect: ButtonEffect,
    /// Whether the second tab must be open.
    pub needs_tab2: bool,
}

pub struct ActionGroup {
    pub name: &'static str,
    pub buttons: Vec<ActionButton>,
}

const fn button(name: &'static str, watch_for: &'static str, effect: ButtonEffect) -> ActionButton {
    ActionButton { name, watch_for, effect, needs_tab2: false }
}

const fn server_button(name: &'static str, watch_for: &'static str, action: Action) -> ActionButton {
    button(name, watch_for, ButtonEffect::Run(action))
}

/// All groups, in the order of the page.
pub fn groups() -> Vec<ActionGroup> {
    vec![
        ActionGroup { name: "Signing in and out", buttons: signing() },
        ActionGroup { name: "Time", buttons: time() },
        ActionGroup { name: "Tabs and network", buttons: tabs_and_network() },
        ActionGroup { name: "Stealing and tampering", buttons: stealing() },
        ActionGroup { name: "Cross-site and scripts", buttons: elsewhere() },
        ActionGroup { name: "Keys and server", buttons: keys_and_server() },
    ]
}

fn signing() -> Vec<ActionButton> {
    vec![
        server_button(
            "Sign in",
            "Two tokens come back: the access token in the body, the refresh token in a cookie that no script can read.",
            Action::SignIn { tab2: false },
        ),
        server_button(
            "Sign out here",
            "The tab forgets its token at once, the other tab hears of it, and the server ends the session.",
            Action::SignOutHere,
        ),
        server_button(
            "Sign out everywhere",
            "Every other session ends first, then this one: their access tokens are dead at once.",
            Action::SignOutEverywhere,
        ),
        server_button(
            "Second device signs in",
            "The same account gets a second session with a refresh token of its own: a second row.",
            Action::SignInOtherDevice,
        ),
        server_button(
            "Sign out the other device",
            "One row is marked as ended; this tab's session goes on untouched.",
            Action::SignOutOtherDevice,
        ),
        server_button(
            "Change the password",
            "All other sessions end, and the one that asked goes on.",
            Action::ChangePassword,
        ),
    ]
}

fn time() -> Vec<ActionButton> {
    vec![
        server_button(
            "Call the API",
            "The page sends its access token along. The server checks signature and expiry, and asks no database.",
            Action::Call,
        ),
        server_button(
            "Expire the access token now",
            "The next call is refused with 401, the refresh token turns once, and the call is repeated. What is half typed in \
             the note stays.",
            Action::ExpireAccessToken,
        ),
        server_button(
            "Jump 10 minutes",
            "The server's clock moves. The access token has 5 minutes left, so nothing happens: no timer runs.",
            Action::JumpClock { seconds: 10 * 60 },
        ),
        server_button(
            "Jump 8 days",
            "Longer than a refresh token may lie unused: the next refresh says that the session has expired.",
            Action::JumpClock { seconds: 8 * 24 * 3600 },
        ),
        server_button(
            "Short lifetimes",
            "From the next one on, access tokens live 20 seconds: watch the countdown.",
            Action::ShortLifetimes { on: true },
        ),
        server_button(
            "Usual lifetimes",
            "From the next one on, access tokens live 15 minutes again.",
            Action::ShortLifetimes { on: false },
        ),
        server_button(
            "Client clock 10 minutes fast",
            "The tab measures time since receipt and never reads an expiry date, so a wrong clock signs nobody out.",
            Action::ClientClock { minutes: 10 },
        ),
        server_button(
            "Client clock 10 minutes slow",
            "Nothing breaks: the server's 401 says when a token is too old, not the tab's clock.",
            Action::ClientClock { minutes: -10 },
        ),
        server_button(
            "Client clock right",
            "The tab's clock tells the right time again.",
            Action::ClientClock { minutes: 0 },
        ),
    ]
}

fn tabs_and_network() -> Vec<ActionButton> {
    let fault = |fault| Action::NextRefresh { fault };
    let network = |state| Action::Network { state };
    vec![
        server_button(
            "Type half a note",
            "Nothing is sent: what is typed is in the page alone, and stays there while tokens come and go.",
            Action::TypeNote,
        ),
        server_button(
            "Load the page again",
            "The page's memory is gone, and the access token with it. The cookie is still there, and brings the next one.",
            Action::Reload,
        ),
        ActionButton {
            needs_tab2: true,
            ..server_button(
                "Race two tabs",
                "Both tabs present the same refresh token in the same moment. One turns it, the other gets the same successor: \
                 nobody is taken for a thief.",
                Action::RaceTwoTabs,
            )
        },
        server_button(
            "Fifty calls at once",
            "Fifty calls are refused together, and there is one refresh for all of them.",
            Action::FiftyCalls,
        ),
        server_button(
            "Drop the next refresh answer",
            "Set for the next refresh: the server turns the token, but the tab never hears of it. Expire the access token to \
             see how both find each other again.",
            fault(RefreshFault::DropAnswer),
        ),
        server_button(
            "Delay the next refresh answer",
            "Set for the next refresh: the answer takes three seconds, and everything that needs it waits.",
            fault(RefreshFault::DelayAnswer),
        ),
        server_button(
            "Fail the next refresh",
            "Set for the next refresh: the server says 503. The tab waits and asks again; nobody is signed out.",
            fault(RefreshFault::Fail),
        ),
        server_button(
            "Go offline",
            "Requests no longer arrive. The tab says so after a while, and keeps the session and what is typed.",
            network(Network::Offline),
        ),
        server_button(
            "Answer 503",
            "The server is overloaded: the tab waits longer each time.",
            network(Network::Unavailable),
        ),
        server_button(
            "Answer 429",
            "The server asks for patience, and the tab waits as long as it was told.",
            network(Network::TooMany),
        ),
        server_button("Back to normal", "What waited is sent, and the tab is as before.", network(Network::Up)),
    ]
}

fn stealing() -> Vec<ActionButton> {
    let replay = |thief_first, within_grace| Action::StealAndReplay { thief_first, within_grace };
    let tamper = |how| Action::Tamper { how };
    vec![
        server_button(
            "Steal the refresh token",
            "The thief has a copy. Nobody can see that yet.",
            Action::StealRefreshToken,
        ),
        server_button(
            "Steal and replay: thief first, within the grace",
            "Two who use one token within 10 seconds look like two tabs: both get the same successor. This is the price of the \
             grace.",
            replay(true, true),
        ),
        server_button(
            "Steal and replay: thief first, after the grace",
            "The owner comes second, as if an answer had been lost. When the thief comes again the server sees two holders, and \
             ends the session for both.",
            replay(true, false),
        ),
        server_button(
            "Steal and replay: victim first, within the grace",
            "The thief is answered like a second tab, with the same successor.",
            replay(false, true),
        ),
        server_button(
            "Steal and replay: victim first, after the grace",
            "The thief comes second, as if an answer had been lost. At the owner's next refresh the server sees two holders, ends \
             the session, and tells the owner why.",
            replay(false, false),
        ),
        server_button("The thief refreshes", "The thief uses the refresh token it has.", Action::ThiefRefreshes),
        server_button(
            "Steal from a bound device",
            "A second device signs in and binds its session to a key that never leaves it. The thief's copy of its refresh token is \
             refused at the door, and the device goes on.",
            Action::StealFromBoundDevice,
        ),
        server_button(
            "Steal the access token",
            "The thief has a copy that is good for minutes.",
            Action::StealAccessToken,
        ),
        server_button(
            "The thief calls the API",
            "The stolen access token opens the notes until it expires or its session ends, and not a moment longer.",
            Action::ThiefCalls,
        ),
        server_button(
            "Tamper: subject",
            "Another person's id in the token: the signature no longer fits, so 401.",
            tamper(Tamper::Subject),
        ),
        server_button(
            "Tamper: expiry",
            "A later expiry in the token: the signature no longer fits, so 401.",
            tamper(Tamper::Expiry),
        ),
        server_button(
            "Tamper: one bit of the signature",
            "A single bit is enough for 401.",
            tamper(Tamper::SignatureBit),
        ),
        server_button(
            "Tamper: no algorithm",
            "A token that says it needs no signature is refused.",
            tamper(Tamper::AlgNone),
        ),
        server_button(
            "Tamper: another key",
            "A good signature by a key the server does not know is refused.",
            tamper(Tamper::OtherKey),
        ),
    ]
}

fn elsewhere() -> Vec<ActionButton> {
    vec![
        button(
            "Attack from another site",
            "Another site sends forms and calls to this app: the cookie stays at home, and the server refuses.",
            ButtonEffect::Attack(ForeignOrigin::OtherSite),
        ),
        button(
            "Attack from another port",
            "The same site on another port: SameSite sends the cookie along, so only the check of the origin refuses.",
            ButtonEffect::Attack(ForeignOrigin::OtherPort),
        ),
        button(
            "Arrive by a link from another site",
            "Follow the link in the page that opens. Yours comes without the cookie, and its own first call brings it: no sign-in \
             form flashes by.",
            ButtonEffect::Arrive,
        ),
        button(
            "Inject a script, policy on",
            "The content policy does not let the script run at all.",
            ButtonEffect::Inject { policy: true },
        ),
        button(
            "Inject a script, policy off",
            "The script runs: it reads what storage gives away, but not the cookie. It can still use the session.",
            ButtonEffect::Inject { policy: false },
        ),
    ]
}

fn keys_and_server() -> Vec<ActionButton> {
    vec![
        server_button(
            "Rotate the signing key",
            "New tokens are signed with the next key; tokens of the old one still verify. Nobody is signed out.",
            Action::RotateKeys,
        ),
        server_button(
            "Retire old keys",
            "Tokens of retired keys are refused at once, and one silent refresh mends it.",
            Action::RetireKeys,
        ),
        server_button(
            "Leak the database",
            "The thief has the session's row. No token is in it, and none can be made from it.",
            Action::LeakDatabase,
        ),
        server_button(
            "Restart the server",
            "Memory is gone; sessions and keys come back from the database. Nobody is signed out.",
            Action::Restart,
        ),
        server_button("Reset the sandbox", "Everything is wiped and begins anew.", Action::Reset),
    ]
}

/// The name of the switch that weakens a defence.
pub const fn weakened_label(defence: Defence) -> &'static str {
    match defence {
        Defence::ReuseDetection => "Weak: reuse detection",
        Defence::Grace => "Weak: no grace",
        Defence::OriginCheck => "Weak: origin check",
        Defence::SameSite => "Weak: SameSite",
        Defence::HttpOnly => "Weak: HttpOnly",
        Defence::InstantRevocation => "Weak: instant revocation",
        Defence::ContentPolicy => "Weak: content policy",
        Defence::DeviceBinding => "Weak: device binding",
    }
}

pub fn find(name: &str) -> Option<ActionButton> {
    groups().into_iter().flat_map(|group| group.buttons).find(|button| button.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_buttons_have_the_same_name_or_effect() {
        let actions: Vec<_> = groups().into_iter().flat_map(|group| group.buttons).collect();
        let names: BTreeSet<_> = actions.iter().map(|button| button.name).collect();
        assert_eq!(names.len(), actions.len());
        for (at, button) in actions.iter().enumerate() {
            assert!(actions[at + 1..].iter().all(|other| other.effect != button.effect), "{}", button.name);
            assert!(button.watch_for.ends_with('.'), "{}", button.name);
        }
    }
}
