//! Logs in which the cause of something is not what stands before it.

use super::*;

/// The answer to a refresh was lost, and the tab asked again.
pub fn asked_again() -> SampleLog {
    let mut log = lost_answer();
    let exchange = log.request(Lifeline::Tab, "/api/auth/refresh", None, Some(refresh(0)));
    log.add(Some(exchange), LogEventKind::Decided { ruling: Ruling::Replay, presented: 0, newest: 1, parent: Some(0) });
    let token = log.access(900);
    log.reply(exchange, Lifeline::Tab, None, Some((token, 1)));
    log
}

/// Fifty calls at once. A browser sends some of them when the refresh has begun already.
pub fn fifty() -> SampleLog {
    let (mut log, token) = signed_in();
    log.act(Action::FiftyCalls);
    log.pass(901);
    let expired =
        |log: &mut SampleLog| log.list(Lifeline::Tab, &token, Verdict::Expired, Some(Code::AccessTokenExpired));
    (0..6).for_each(|_| expired(&mut log));
    let fresh = log.refreshes(Lifeline::Tab, Ruling::Rotate, 0);
    (0..44).for_each(|_| expired(&mut log));
    (0..50).for_each(|_| log.list(Lifeline::Tab, &fresh, Verdict::Valid, None));
    log
}

/// The page was loaded again, and the access token went with it.
pub fn reloaded() -> SampleLog {
    let (mut log, _) = signed_in();
    let exchange = log.request(Lifeline::Tab, "/notes", None, None);
    let Some(LogEventKind::Request(request)) = log.events.last_mut().map(|event| &mut event.kind) else { return log };
    request.navigation = true;
    log.reply(exchange, Lifeline::Tab, None, None);
    log.refreshes(Lifeline::Tab, Ruling::Rotate, 0);
    log
}

/// Another site's page made the browser ask twice.
pub fn other_site() -> SampleLog {
    let (mut log, _) = signed_in();
    for path in ["/api/auth/logout", "/api/auth/refresh"] {
        let exchange = log.request(Lifeline::OtherSite, path, None, None);
        let Some(LogEventKind::Request(request)) = log.events.last_mut().map(|event| &mut event.kind) else {
            return log;
        };
        request.cookies[0].why = CookieReason::OtherSite;
        log.reply(exchange, Lifeline::OtherSite, Some(Code::CrossSiteRequest), None);
    }
    log
}

/// A thief has the session's row.
pub fn leaked() -> SampleLog {
    let (mut log, _) = signed_in();
    log.act(Action::LeakDatabase);
    let row = log.row.clone();
    log.record(LogEventKind::StoleRow { row });
    let forged = RefreshSeen { fingerprint: fingerprint(99), generation: None };
    let exchange = log.request(Lifeline::Thief, "/api/auth/refresh", None, Some(forged));
    log.reply(exchange, Lifeline::Thief, Some(Code::RefreshTokenInvalid), None);
    log
}

/// As [`theft`], without reuse detection: the thief's old token is rotated.
pub fn undetected() -> SampleLog {
    let mut log = theft();
    let end = log.events.iter().rposition(|event| matches!(&event.kind, LogEventKind::Acted { .. })).unwrap_or(0);
    log.events.truncate(end);
    log.row.revoked = None;
    let weak = SandboxSettings { weak: vec![Defence::ReuseDetection], ..settings() };
    log.record(LogEventKind::Settings { settings: weak });
    log.act(Action::ThiefRefreshes);
    log.refreshes(Lifeline::Thief, Ruling::Rotate, 2);
    log
}

/// A thief called the API with an access token that the server took for genuine.
pub fn read_by_the_thief(action: Action, code: Option<Code>) -> SampleLog {
    let (mut log, token) = signed_in();
    log.act(action);
    log.list(Lifeline::Thief, &token, Verdict::Valid, code);
    log
}
