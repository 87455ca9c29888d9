//! The lab's buttons: every name a person reads and a test presses, with one sentence of what to watch for. One table, so that
//! the page, the tour and the tests cannot disagree.

use super::event::{Action, Defence, Elsewhere, Event, Lifeline, Network, RefreshFault, Seen, Tamper, What};

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// The sandbox's server does it, or asks a tab to.
    Do(Action),
    /// A page of somebody else's opens in a frame and tries.
    Attack(Elsewhere),
    /// A page of somebody else's has a link into the sandbox, and it is followed.
    Arrive,
    /// A script is put into a page of the sandbox, with the content policy or without it.
    Inject { policy: bool },
}

pub struct Act {
    pub name: &'static str,
    pub watch_for: &'static str,
    pub press: Press,
    /// It needs the second tab.
    pub needs_tab2: bool,
}

pub struct Group {
    pub name: &'static str,
    pub acts: Vec<Act>,
}

const fn act(name: &'static str, watch_for: &'static str, press: Press) -> Act {
    Act { name, watch_for, press, needs_tab2: false }
}

const fn do_it(name: &'static str, watch_for: &'static str, action: Action) -> Act {
    act(name, watch_for, Press::Do(action))
}

/// All of them, as they stand on the page.
pub fn groups() -> Vec<Group> {
    vec![
        Group { name: "Signing in and out", acts: signing() },
        Group { name: "Time", acts: time() },
        Group { name: "Tabs and network", acts: tabs_and_network() },
        Group { name: "Stealing and tampering", acts: stealing() },
        Group { name: "Cross-site and scripts", acts: elsewhere() },
        Group { name: "Keys and server", acts: keys_and_server() },
    ]
}

fn signing() -> Vec<Act> {
    vec![
        do_it(
            "Sign in",
            "Two tokens come back: the access token in the body, the refresh token in a cookie that no script can read.",
            Action::SignIn { tab2: false },
        ),
        do_it(
            "Sign out here",
            "The tab forgets its token at once, the other tab hears of it, and the server ends the session.",
            Action::SignOutHere,
        ),
        do_it(
            "Sign out everywhere",
            "Every other session ends first, then this one: their access tokens are dead at once.",
            Action::SignOutEverywhere,
        ),
        do_it(
            "Second device signs in",
            "The same account gets a second session with a refresh token of its own: a second row.",
            Action::SignInOtherDevice,
        ),
        do_it(
            "Sign out the other device",
            "One row is marked as ended; this tab's session goes on untouched.",
            Action::SignOutOtherDevice,
        ),
        do_it("Change the password", "All other sessions end, and the one that asked goes on.", Action::ChangePassword),
    ]
}

fn time() -> Vec<Act> {
    vec![
        do_it(
            "Expire the access token now",
            "The next call is refused with 401, the refresh token turns once, and the call is repeated. What is half typed in \
             the note stays.",
            Action::ExpireAccessToken,
        ),
        do_it(
            "Jump 10 minutes",
            "The server's clock moves. The access token has 5 minutes left, so nothing happens: no timer runs.",
            Action::JumpClock { seconds: 10 * 60 },
        ),
        do_it(
            "Jump 8 days",
            "Longer than a refresh token may lie unused: the next refresh says that the session has expired.",
            Action::JumpClock { seconds: 8 * 24 * 3600 },
        ),
        do_it(
            "Short lifetimes",
            "From the next one on, access tokens live 20 seconds: watch the countdown.",
            Action::ShortLifetimes { on: true },
        ),
        do_it(
            "Usual lifetimes",
            "From the next one on, access tokens live 15 minutes again.",
            Action::ShortLifetimes { on: false },
        ),
        do_it(
            "Client clock 10 minutes fast",
            "The tab measures time since receipt and never reads an expiry date, so a wrong clock signs nobody out.",
            Action::ClientClock { minutes: 10 },
        ),
        do_it(
            "Client clock 10 minutes slow",
            "Nothing breaks: the server's 401 says when a token is too old, not the tab's clock.",
            Action::ClientClock { minutes: -10 },
        ),
        do_it("Client clock right", "The tab's clock tells the right time again.", Action::ClientClock { minutes: 0 }),
    ]
}

fn tabs_and_network() -> Vec<Act> {
    let fault = |fault| Action::NextRefresh { fault };
    let network = |state| Action::Network { state };
    vec![
        Act {
            needs_tab2: true,
            ..do_it(
                "Race two tabs",
                "Both tabs present the same refresh token in the same moment. One turns it, the other gets the same successor: \
                 nobody is taken for a thief.",
                Action::RaceTwoTabs,
            )
        },
        do_it(
            "Fifty calls at once",
            "Fifty calls are refused together, and there is one refresh for all of them.",
            Action::FiftyCalls,
        ),
        do_it(
            "Drop the next refresh answer",
            "Set for the next refresh: the server turns the token, but the tab never hears of it. Expire the access token to \
             see how both find each other again.",
            fault(RefreshFault::DropAnswer),
        ),
        do_it(
            "Delay the next refresh answer",
            "Set for the next refresh: the answer takes three seconds, and everything that needs it waits.",
            fault(RefreshFault::DelayAnswer),
        ),
        do_it(
            "Fail the next refresh",
            "Set for the next refresh: the server says 503. The tab waits and asks again; nobody is signed out.",
            fault(RefreshFault::Fail),
        ),
        do_it(
            "Go offline",
            "Requests no longer arrive. The tab says so after a while, and keeps the session and what is typed.",
            network(Network::Offline),
        ),
        do_it("Answer 503", "The server is overloaded: the tab waits longer each time.", network(Network::Unavailable)),
        do_it(
            "Answer 429",
            "The server asks for patience, and the tab waits as long as it was told.",
            network(Network::TooMany),
        ),
        do_it("Back to normal", "What waited is sent, and the tab is as before.", network(Network::Up)),
    ]
}

fn stealing() -> Vec<Act> {
    let replay = |thief_first, within_grace| Action::StealAndReplay { thief_first, within_grace };
    let tamper = |how| Action::Tamper { how };
    vec![
        do_it("Steal the refresh token", "The thief has a copy. Nobody can see that yet.", Action::StealRefreshToken),
        do_it(
            "Steal and replay: thief first, within the grace",
            "Two who use one token within 10 seconds look like two tabs: both get the same successor. This is the price of the \
             grace.",
            replay(true, true),
        ),
        do_it(
            "Steal and replay: thief first, after the grace",
            "The owner comes second, as if an answer had been lost. When the thief comes again the server sees two holders, and \
             ends the session for both.",
            replay(true, false),
        ),
        do_it(
            "Steal and replay: victim first, within the grace",
            "The thief is answered like a second tab, with the same successor.",
            replay(false, true),
        ),
        do_it(
            "Steal and replay: victim first, after the grace",
            "The thief comes second, as if an answer had been lost. At the owner's next refresh the server sees two holders, ends \
             the session, and tells the owner why.",
            replay(false, false),
        ),
        do_it("The thief refreshes", "The thief uses the refresh token it has.", Action::ThiefRefreshes),
        do_it("Steal the access token", "The thief has a copy that is good for minutes.", Action::StealAccessToken),
        do_it(
            "The thief calls the API",
            "The stolen access token opens the notes until it expires or its session ends, and not a moment longer.",
            Action::ThiefCalls,
        ),
        do_it(
            "Tamper: subject",
            "Another person's id in the token: the signature no longer fits, so 401.",
            tamper(Tamper::Subject),
        ),
        do_it(
            "Tamper: expiry",
            "A later expiry in the token: the signature no longer fits, so 401.",
            tamper(Tamper::Expiry),
        ),
        do_it("Tamper: one bit of the signature", "A single bit is enough for 401.", tamper(Tamper::SignatureBit)),
        do_it("Tamper: no algorithm", "A token that says it needs no signature is refused.", tamper(Tamper::AlgNone)),
        do_it(
            "Tamper: another key",
            "A good signature by a key the server does not know is refused.",
            tamper(Tamper::OtherKey),
        ),
    ]
}

fn elsewhere() -> Vec<Act> {
    vec![
        act(
            "Attack from another site",
            "Another site sends forms and calls to this app: the cookie stays at home, and the server refuses.",
            Press::Attack(Elsewhere::OtherSite),
        ),
        act(
            "Attack from another port",
            "The same site on another port: SameSite sends the cookie along, so only the check of the origin refuses.",
            Press::Attack(Elsewhere::OtherPort),
        ),
        act(
            "Arrive by a link from another site",
            "Follow the link in the page that opens. Yours comes without the cookie, and its own first call brings it: no sign-in \
             form flashes by.",
            Press::Arrive,
        ),
        act(
            "Inject a script, policy on",
            "The content policy does not let the script run at all.",
            Press::Inject { policy: true },
        ),
        act(
            "Inject a script, policy off",
            "The script runs: it reads what storage gives away, but not the cookie. It can still use the session.",
            Press::Inject { policy: false },
        ),
    ]
}

fn keys_and_server() -> Vec<Act> {
    vec![
        do_it(
            "Rotate the signing key",
            "New tokens are signed with the next key; tokens of the old one still verify. Nobody is signed out.",
            Action::RotateKeys,
        ),
        do_it(
            "Retire old keys",
            "Tokens of retired keys are refused at once, and one silent refresh mends it.",
            Action::RetireKeys,
        ),
        do_it(
            "Leak the database",
            "The thief has the session's row. No token is in it, and none can be made from it.",
            Action::LeakDatabase,
        ),
        do_it(
            "Restart the server",
            "Memory is gone; sessions and keys come back from the database. Nobody is signed out.",
            Action::Restart,
        ),
        do_it("Reset the sandbox", "Everything is wiped and begins anew.", Action::Reset),
    ]
}

/// The name of the switch that weakens a defence.
pub const fn weak(defence: Defence) -> &'static str {
    match defence {
        Defence::ReuseDetection => "Weak: reuse detection",
        Defence::Grace => "Weak: no grace",
        Defence::OriginCheck => "Weak: origin check",
        Defence::SameSite => "Weak: SameSite",
        Defence::HttpOnly => "Weak: HttpOnly",
        Defence::InstantRevocation => "Weak: instant revocation",
        Defence::ContentPolicy => "Weak: content policy",
    }
}

/// What to try first, in this order.
const TOUR: [&str; 7] = [
    "Expire the access token now",
    "Fifty calls at once",
    "Race two tabs",
    "Drop the next refresh answer",
    "Expire the access token now",
    "Steal and replay: victim first, after the grace",
    "Rotate the signing key",
];

/// The name of the button that leads on from here.
pub fn next(events: &[Event]) -> &'static str {
    if !is_signed_in(events) {
        return "Sign in";
    }
    let mut at = 0;
    for event in events {
        let What::Acted { action } = &event.what else { continue };
        if TOUR.get(at).is_some_and(|name| does(name, action)) {
            at += 1;
        }
    }
    TOUR.get(at).copied().unwrap_or(TOUR[0])
}

fn does(name: &str, action: &Action) -> bool {
    find(name).is_some_and(|act| act.press == Press::Do(action.clone()))
}

pub fn find(name: &str) -> Option<Act> {
    groups().into_iter().flat_map(|group| group.acts).find(|act| act.name == name)
}

fn is_signed_in(events: &[Event]) -> bool {
    matches!(auth_state(events), Some("signed-in" | "offline"))
}

/// What the first tab last said of itself.
pub fn auth_state(events: &[Event]) -> Option<&str> {
    events.iter().rev().find_map(|event| match &event.what {
        What::Seen { tab: Lifeline::Tab, seen: Seen::AuthState { state } } => Some(state.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::clock::Timestamp;

    fn event(what: What) -> Event {
        Event { seq: 1, at: Timestamp(0), elapsed: 0, exchange: None, what }
    }

    #[test]
    fn no_two_buttons_have_the_same_name_or_do_the_same() {
        let acts: Vec<_> = groups().into_iter().flat_map(|group| group.acts).collect();
        let names: BTreeSet<_> = acts.iter().map(|act| act.name).collect();
        assert_eq!(names.len(), acts.len());
        for (at, act) in acts.iter().enumerate() {
            assert!(acts[at + 1..].iter().all(|other| other.press != act.press), "{}", act.name);
            assert!(act.watch_for.ends_with('.'), "{}", act.name);
        }
    }

    #[test]
    fn the_tour_names_buttons() {
        for name in TOUR {
            assert!(find(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_tour_leads_from_the_sign_in_onwards() {
        let mut events = vec![event(What::Opened { email: String::new(), mount: String::new() })];
        assert_eq!(next(&events), "Sign in");
        let seen = Seen::AuthState { state: "signed-in".to_owned() };
        events.push(event(What::Seen { tab: Lifeline::Tab, seen }));
        for name in TOUR {
            assert_eq!(next(&events), name);
            let Some(Act { press: Press::Do(action), .. }) = find(name) else { panic!("{name} is no action") };
            events.push(event(What::Acted { action }));
        }
        assert_eq!(next(&events), TOUR[0]);
    }
}
