//! Texts of the visitor's actions, and of each defence with the attack that succeeds when it is weakened.

use crate::lab::model::event::{Action, Defence, Lifeline, Network, RefreshFault, SandboxSettings, Tamper};

use super::units::{counted, duration};

/// The visitor's action as a sentence.
pub fn action(action: &Action) -> String {
    match action {
        Action::ExpireAccessToken => "You let the access token expire.".to_owned(),
        Action::Call => "You let the tab call the API.".to_owned(),
        Action::TypeNote => "You typed half a note.".to_owned(),
        Action::Reload => "You loaded the page again.".to_owned(),
        Action::ShortLifetimes { on: true } => "You made access tokens live 20 seconds.".to_owned(),
        Action::ShortLifetimes { on: false } => "You gave access tokens their usual lifetime again.".to_owned(),
        Action::JumpClock { seconds } => format!("You moved the clock by {}.", duration(u64::from(*seconds))),
        Action::Tamper { how } => format!("You altered the access token: {}.", tamper(*how)),
        Action::NextRefresh { fault } => format!("You arranged that at the next refresh {}.", self::fault(*fault)),
        Action::RaceTwoTabs => "You let two tabs refresh at the same moment.".to_owned(),
        Action::FiftyCalls => "You let the tab make 50 calls at once.".to_owned(),
        Action::StealRefreshToken => "You let the thief copy the refresh token.".to_owned(),
        Action::StealAndReplay { thief_first, within_grace } => {
            let first = if *thief_first { "the thief comes first" } else { "the tab comes first" };
            let then = if *within_grace { "the other at once" } else { "the other after the grace" };
            format!("You let the thief copy the refresh token and both use it: {first}, {then}.")
        }
        Action::ThiefRefreshes => "You let the thief use its copy of the refresh token.".to_owned(),
        Action::StealFromBoundDevice => {
            "You let the thief copy the refresh token of a device that has bound its session, and use it.".to_owned()
        }
        Action::StealAccessToken => "You let the thief copy the access token.".to_owned(),
        Action::ThiefCalls => "You let the thief call the API with the stolen access token.".to_owned(),
        Action::LeakDatabase => "You gave the thief a copy of the database.".to_owned(),
        Action::RotateKeys => "You turned the signing keys.".to_owned(),
        Action::RetireKeys => "You made the server forget its retired keys.".to_owned(),
        Action::ClientClock { minutes: 0 } => "You set the tab's own clock right.".to_owned(),
        Action::ClientClock { minutes } => format!("You set the tab's own clock wrong by {minutes} min."),
        Action::SignIn { tab2: false } => "You signed in.".to_owned(),
        Action::SignIn { tab2: true } => "You signed in, in tab 2.".to_owned(),
        Action::SignOutHere => "You signed out.".to_owned(),
        Action::SignOutEverywhere => "You signed out everywhere.".to_owned(),
        Action::SignOutOtherDevice => "You signed the other device out.".to_owned(),
        Action::SignInOtherDevice => "You signed in on another device.".to_owned(),
        Action::ChangePassword => "You changed the password.".to_owned(),
        Action::Network { state } => format!("You changed the network: {}.", network(*state)),
        Action::Weaken { defence: what, weak: true } => format!("You weakened a defence: {}.", defence(*what)),
        Action::Weaken { defence: what, weak: false } => format!("You restored a defence: {}.", defence(*what)),
        Action::Restart => "You restarted the server.".to_owned(),
        Action::SlowMotion { factor: 0 | 1 } => "You chose real speed.".to_owned(),
        Action::SlowMotion { factor } => format!("You chose slow motion, {factor} times."),
        Action::Stepping { on: true } => "You chose to go step by step.".to_owned(),
        Action::Stepping { on: false } => "You let requests go on by themselves.".to_owned(),
        Action::Step => "You pressed Step.".to_owned(),
        Action::Reset => "You began anew.".to_owned(),
    }
}

/// The arrow from the visitor: its target, and its label in about three words.
pub const fn ask_of(action: &Action) -> (Lifeline, &'static str) {
    match action {
        Action::ExpireAccessToken => (Lifeline::Server, "expire the access token"),
        Action::Call => (Lifeline::Tab, "call the API"),
        Action::TypeNote => (Lifeline::Tab, "type half a note"),
        Action::Reload => (Lifeline::Tab, "load the page again"),
        Action::ShortLifetimes { .. } => (Lifeline::Server, "other lifetimes"),
        Action::JumpClock { .. } => (Lifeline::Server, "move the clock"),
        Action::Tamper { .. } => (Lifeline::Tab, "alter the access token"),
        Action::NextRefresh { .. } => (Lifeline::Server, "spoil the next refresh"),
        Action::RaceTwoTabs => (Lifeline::Tab, "race two tabs"),
        Action::FiftyCalls => (Lifeline::Tab, "50 calls at once"),
        Action::StealRefreshToken => (Lifeline::Thief, "steal the refresh token"),
        Action::StealAndReplay { .. } => (Lifeline::Thief, "steal and replay"),
        Action::ThiefRefreshes => (Lifeline::Thief, "use the stolen refresh token"),
        Action::StealFromBoundDevice => (Lifeline::Thief, "steal from a bound device"),
        Action::StealAccessToken => (Lifeline::Thief, "steal the access token"),
        Action::ThiefCalls => (Lifeline::Thief, "call the API"),
        Action::LeakDatabase => (Lifeline::Thief, "take the database"),
        Action::RotateKeys => (Lifeline::Server, "turn the signing keys"),
        Action::RetireKeys => (Lifeline::Server, "forget retired keys"),
        Action::ClientClock { .. } => (Lifeline::Tab, "set the tab's clock"),
        Action::SignIn { tab2: false } => (Lifeline::Tab, "sign in"),
        Action::SignIn { tab2: true } => (Lifeline::Tab2, "sign in"),
        Action::SignOutHere => (Lifeline::Tab, "sign out"),
        Action::SignOutEverywhere => (Lifeline::Tab, "sign out everywhere"),
        Action::SignOutOtherDevice => (Lifeline::Tab, "sign the other device out"),
        Action::SignInOtherDevice => (Lifeline::OtherDevice, "sign in"),
        Action::ChangePassword => (Lifeline::Tab, "change the password"),
        Action::Network { .. } => (Lifeline::Server, "change the network"),
        Action::Weaken { weak: true, .. } => (Lifeline::Server, "weaken a defence"),
        Action::Weaken { weak: false, .. } => (Lifeline::Server, "restore a defence"),
        Action::Restart => (Lifeline::Server, "restart"),
        Action::SlowMotion { .. } => (Lifeline::Server, "change the speed"),
        Action::Stepping { .. } => (Lifeline::Server, "step by step"),
        Action::Step => (Lifeline::Server, "step"),
        Action::Reset => (Lifeline::Server, "begin anew"),
    }
}

const fn tamper(how: Tamper) -> &'static str {
    match how {
        Tamper::Subject => "it names another person (sub)",
        Tamper::Expiry => "it lives longer (exp)",
        Tamper::SignatureBit => "one bit of its signature is turned",
        Tamper::AlgNone => "it says that it needs no signature (alg: none)",
        Tamper::OtherKey => "it is signed with somebody else's key",
    }
}

const fn fault(fault: RefreshFault) -> &'static str {
    match fault {
        RefreshFault::DropAnswer => "the answer is lost on its way",
        RefreshFault::DelayAnswer => "the answer takes three seconds",
        RefreshFault::Fail => "the server fails before it does anything",
    }
}

const fn network(state: Network) -> &'static str {
    match state {
        Network::Up => "it works",
        Network::Offline => "nothing arrives",
        Network::Unavailable => "every answer is 503, try again later",
        Network::TooMany => "every answer is 429, too many requests",
    }
}

/// The name of a defence.
const fn defence(defence: Defence) -> &'static str {
    match defence {
        Defence::ReuseDetection => "Reuse detection",
        Defence::Grace => "Grace for requests under way",
        Defence::OriginCheck => "Origin check",
        Defence::SameSite => "SameSite=Strict",
        Defence::HttpOnly => "HttpOnly",
        Defence::InstantRevocation => "Instant revocation",
        Defence::ContentPolicy => "Content policy",
        Defence::DeviceBinding => "Device binding",
    }
}

/// The settings in one sentence.
pub fn settings(settings: &SandboxSettings) -> String {
    let mut words = format!(
        "Settings: access tokens live {}, sessions {} without use and {} at most, grace {}",
        duration(settings.access_ttl),
        duration(settings.refresh_idle),
        duration(settings.refresh_absolute),
        duration(settings.grace)
    );
    if !settings.weak.is_empty() {
        let weak: Vec<&str> = settings.weak.iter().map(|what| defence(*what)).collect();
        words += &format!("; {} weak: {}", counted(weak.len(), "defence"), weak.join(", "));
    }
    if settings.network != Network::Up {
        words = words + "; network: " + network(settings.network);
    }
    if let Some(what) = settings.next_refresh {
        words = words + "; at the next refresh " + fault(what);
    }
    words + "."
}
