//! The recorder: a reverse proxy inside the process, in front of a sandbox's app. It records each request, applies the faults the
//! visitor set, and records the response before it is sent. It records what is on the wire; the app behind it is unmodified.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use super::actor;
use super::event_log::actor_tokens::access_token;
use super::event_log::exchange_context::ExchangeContext;
use super::event_log::redaction::{self, FormFields};
use super::sandbox::Sandbox;
use super::sandbox::app::RunningApp;
use super::sandbox::faults::{self, HOP_DELAY, LATE_ANSWER_DELAY};
use super::sandbox::weakened;
use crate::api::edge::request_body::{self, BODY_MAX};
use crate::lab::model::event::{self, Defence, HoldReason, Hop, Lifeline, LogEventKind, Network, RefreshFault};
use crate::lab::model::exchange::is_browser;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::server::connections::LostResponse;

const REFRESH: &str = "/api/auth/refresh";
/// Far beyond any response of the API, in bytes.
const RESPONSE_MAX: usize = 4 * 1024 * 1024;

/// Passes a request to the sandbox's app. The request's path is within the app.
pub async fn pass(sandbox: Arc<Sandbox>, request: Request) -> Response {
    let running = sandbox.running();
    let (mut parts, body) = request.into_parts();
    let from = actor::identify(&sandbox, &mut parts);
    if !is_recorded(&parts) {
        return run(&running, Request::from_parts(parts, body)).await;
    }
    let body = match to_bytes(body, BODY_MAX + 1).await {
        Ok(body) => body,
        Err(error) => return request_body::unreceived(&error).into_response(),
    };
    let exchange = ExchangeRecorder::begin(&sandbox, &running, from, &parts, &body).await;
    exchange.carry_out(parts, body).await
}

/// API calls, posted forms and pages are recorded; static files are not.
fn is_recorded(parts: &Parts) -> bool {
    let page = actor::is_navigation(&parts.headers)
        || actor::header_contains(&parts.headers, header::ACCEPT.as_str(), "text/html");
    parts.uri.path().starts_with("/api/") || parts.method == Method::POST || (parts.method == Method::GET && page)
}

async fn run(running: &RunningApp, request: Request) -> Response {
    running.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// The response of a cut connection: it is never sent.
fn lost(mut response: Response) -> Response {
    response.extensions_mut().insert(LostResponse);
    response
}

/// Records one request and its response.
struct ExchangeRecorder<'a> {
    sandbox: &'a Sandbox,
    running: &'a RunningApp,
    number: u64,
    from: Lifeline,
    path: String,
    fields: FormFields,
    /// Whether the visitor's browser stores the response's cookies.
    stores_cookies: bool,
    answered: bool,
}

impl<'a> ExchangeRecorder<'a> {
    async fn begin(
        sandbox: &'a Sandbox,
        running: &'a RunningApp,
        from: Lifeline,
        parts: &Parts,
        body: &Bytes,
    ) -> ExchangeRecorder<'a> {
        let number = sandbox.next_exchange();
        let (path, fields) = (redaction::path(&parts.uri), redaction::fields(&parts.headers, body).await);
        let redactor = sandbox.redactor(running);
        let refresh = crate::api::edge::cookies::refresh::read(&sandbox.mount, &parts.headers).ok();
        let stores_cookies = stores_cookies(sandbox, from, &parts.headers);
        let request = event::RecordedRequest {
            from,
            method: parts.method.to_string(),
            headers: redactor.request_headers(&parts.headers),
            fields: redaction::shown_fields(&fields),
            bearer: redaction::bearer(&parts.headers).map(|token| redactor.access(token)),
            refresh: refresh.map(|token| redactor.refresh(token)),
            cookies: redaction::cookies_sent(&sandbox.mount, from, &path, &parts.headers, &sandbox.state().browser),
            navigation: actor::is_navigation(&parts.headers),
            path: path.clone(),
        };
        sandbox.log.add(Some(number), LogEventKind::Request(request));
        ExchangeRecorder { sandbox, running, number, from, path, fields, stores_cookies, answered: false }
    }

    async fn carry_out(mut self, parts: Parts, body: Bytes) -> Response {
        let fault = match self.admit().await {
            Admission::Pass(fault) => fault,
            Admission::Answered(response) => return self.answer(AppAnswer::without_app(response)).await,
            Admission::Cut => return lost(faults::unavailable()),
        };
        let answer = self.run_app(parts, body).await;
        self.sandbox.record_row_changes(Some(self.number)).await;
        match fault {
            Some(RefreshFault::DropAnswer) => return lost(answer.response),
            Some(RefreshFault::DelayAnswer) => self.delay(HoldReason::SlowNetwork, LATE_ANSWER_DELAY).await,
            _ => {}
        }
        self.answer(answer).await
    }

    /// Decides what happens to a request in front of the app, after the waits that are set.
    async fn admit(&self) -> Admission {
        let settings = self.sandbox.settings();
        let is_tab = matches!(self.from, Lifeline::Tab | Lifeline::Tab2);
        if is_tab && self.sandbox.steps.are_on() {
            self.hold(HoldReason::Visitor, self.sandbox.steps.wait()).await;
        }
        self.slow_motion(settings.slow_motion).await;
        if !is_tab || !self.path.starts_with("/api/") {
            return Admission::Pass(None);
        }
        if settings.network == Network::Offline {
            return Admission::Cut;
        }
        if let Some(response) = faults::network_response(settings.network) {
            return Admission::Answered(response);
        }
        if self.path != REFRESH {
            return Admission::Pass(None);
        }
        let barrier = self.sandbox.state().barrier.clone();
        if let Some(barrier) = barrier {
            self.hold(HoldReason::Barrier, barrier.wait(self.from)).await;
        }
        match self.sandbox.take_fault() {
            Some(RefreshFault::Fail) => Admission::Answered(faults::unavailable()),
            fault => Admission::Pass(fault),
        }
    }

    async fn hold(&self, why: HoldReason, wait: impl Future<Output = ()>) {
        let held = |micros| self.sandbox.log.add(Some(self.number), LogEventKind::Held { why, micros });
        let began = std::time::Instant::now();
        held(0);
        wait.await;
        held(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX).max(1));
    }

    /// Slow motion: holds the exchange long enough to be seen.
    async fn slow_motion(&self, factor: u32) {
        if factor > 1 {
            self.delay(HoldReason::SlowMotion, HOP_DELAY * factor).await;
        }
    }

    async fn delay(&self, why: HoldReason, time: std::time::Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.sandbox.log.add(Some(self.number), LogEventKind::Held { why, micros });
        tokio::time::sleep(time).await;
    }

    /// Runs the app. A response of the API is read completely.
    async fn run_app(&self, mut parts: Parts, body: Bytes) -> AppAnswer {
        let weak = self.sandbox.settings().weak;
        weakened::hide_origin(&weak, &mut parts.headers);
        weakened::believe_claims(&weak, &self.running.state.auth, &mut parts.headers);
        let request = Request::from_parts(parts, Body::from(body));
        let context = ExchangeContext::new(self.number);
        let mut response = context.clone().scope(Box::pin(run(self.running, request))).await;
        let (hops, micros) = context.hops();
        if is_browser(self.from) {
            weakened::hide_offer(response.headers_mut());
        }
        weakened::weaken_cookies(&weak, &self.path, response.headers_mut());
        if weak.contains(&Defence::InstantRevocation) {
            self.running.state.auth.forget_revocations();
        }
        if !self.path.starts_with("/api/") {
            return AppAnswer { response, access: None, hops, micros };
        }
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, RESPONSE_MAX).await.unwrap_or_default();
        let access = access_token(&bytes);
        AppAnswer { response: Response::from_parts(parts, Body::from(bytes)), access, hops, micros }
    }

    /// Records the response and releases it.
    async fn answer(&mut self, AppAnswer { response, access, hops, micros }: AppAnswer) -> Response {
        let (parts, body) = response.into_parts();
        let (code, body) = code(&parts.headers, body).await;
        let settings = self.sandbox.settings();
        self.slow_motion(settings.slow_motion).await;
        self.apply(parts.status.is_success(), &parts.headers, access.as_ref());
        let redactor = self.sandbox.redactor(self.running);
        let answer = event::RecordedResponse {
            to: self.from,
            status: parts.status.as_u16(),
            code,
            headers: redactor.response_headers(&parts.headers),
            cookies: redactor.cookies_set(&parts.headers),
            access: access.as_ref().map(|token| redactor.access(token)),
            hops,
            micros,
        };
        self.sandbox.log.add(Some(self.number), LogEventKind::Response(answer));
        self.answered = true;
        Response::from_parts(parts, body)
    }

    /// Applies the response to the browser's mirror and to the account's credentials.
    fn apply(&self, success: bool, headers: &HeaderMap, access: Option<&Zeroizing<String>>) {
        let mount = &self.sandbox.mount;
        if self.stores_cookies {
            self.sandbox.state().browser.keep(mount, headers, access);
        }
        let field = |sought: &str| self.fields.iter().find(|(name, _)| name == sought).map(|(_, value)| value.clone());
        match self.path.as_str() {
            "/api/account/change_password" if success => {
                field("new_password").into_iter().for_each(|password| self.sandbox.password_changed(&password));
            }
            "/api/account/change_email" if success => {
                field("email").into_iter().for_each(|email| self.sandbox.email_changed(&email));
            }
            _ => {}
        }
    }
}

impl Drop for ExchangeRecorder<'_> {
    /// An exchange without a recorded response was lost, for whatever reason (also by cancellation).
    fn drop(&mut self) {
        if !self.answered {
            self.sandbox.log.add(Some(self.number), LogEventKind::Lost { to: self.from });
        }
    }
}

/// The app's response, and where its time went.
struct AppAnswer {
    response: Response,
    /// The access token in it.
    access: Option<Zeroizing<String>>,
    hops: Vec<Hop>,
    micros: u64,
}

impl AppAnswer {
    fn without_app(response: Response) -> Self {
        Self { response, access: None, hops: Vec::new(), micros: 0 }
    }
}

/// What happens to a request in front of the app.
enum Admission {
    Pass(Option<RefreshFault>),
    Answered(Response),
    Cut,
}

/// The lab's actors have jars of their own, and a browser rejects `SameSite=Strict` cookies in the response to a cross-site request.
fn stores_cookies(sandbox: &Sandbox, from: Lifeline, headers: &HeaderMap) -> bool {
    match from {
        Lifeline::Thief | Lifeline::OtherDevice => false,
        Lifeline::OtherSite => {
            !actor::header_contains(headers, "sec-fetch-site", "cross-site") || sandbox.is_weak(Defence::SameSite)
        }
        _ => true,
    }
}

/// The code of a problem document (RFC 9457), and the body unchanged.
async fn code(headers: &HeaderMap, body: Body) -> (Option<Code>, Body) {
    if !actor::header_contains(headers, header::CONTENT_TYPE.as_str(), "problem+json") {
        return (None, body);
    }
    let bytes = to_bytes(body, RESPONSE_MAX).await.unwrap_or_default();
    let problem = serde_json::from_slice::<Problem>(&bytes).ok();
    (problem.map(|problem| problem.code), Body::from(bytes))
}
