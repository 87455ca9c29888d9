//! Around a sandbox's app: every request to it passes here, is written down, meets the faults the visitor set, and its answer is
//! written down before it goes. What is recorded is what was on the wire; the app behind it is the real one and knows nothing.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request},
    http::{HeaderMap, Method, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use super::faults::{self, HOP, LATE};
use super::jar::access_token;
use super::redacted::{self, Fields};
use super::sandbox::{Running, Sandbox};
use super::under_way::UnderWay;
use super::weak;
use super::who;
use crate::api::error::{Code, Problem};
use crate::lab::event::{self, Defence, HeldBy, Hop, Lifeline, Network, RefreshFault, What};
use crate::server::{
    connection::Connection,
    request_body::{self, BODY_MAX},
};

const REFRESH: &str = "/api/auth/refresh";
/// Far beyond any answer of the API.
const ANSWER_MAX: usize = 4 * 1024 * 1024;

/// Passes a request on to the sandbox's app; its path is within the app.
pub async fn pass(sandbox: Arc<Sandbox>, request: Request) -> Response {
    let running = sandbox.running();
    let (mut parts, body) = request.into_parts();
    let from = who::is_asking(&sandbox, &mut parts);
    if !is_recorded(&parts) {
        return run(&running, Request::from_parts(parts, body)).await;
    }
    if sandbox.log.is_full() {
        return Problem::unavailable("This sandbox's log is full. Reset the lab to go on.", 60).into_response();
    }
    let Ok(body) = to_bytes(body, BODY_MAX + 1).await else {
        return request_body::too_large();
    };
    let exchange = Exchange::begin(&sandbox, &running, from, &parts, &body).await;
    exchange.carry_out(parts, body).await
}

/// Calls of the API, posted forms and pages; not the files beside them.
fn is_recorded(parts: &Parts) -> bool {
    let page = who::is_navigation(&parts.headers) || who::says(&parts.headers, header::ACCEPT.as_str(), "text/html");
    parts.uri.path().starts_with("/api/") || parts.method == Method::POST || (parts.method == Method::GET && page)
}

async fn run(running: &Running, request: Request) -> Response {
    running.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// One request and its answer.
struct Exchange<'a> {
    sandbox: &'a Sandbox,
    running: &'a Running,
    number: u64,
    from: Lifeline,
    path: String,
    fields: Fields,
    /// Whether the visitor's browser takes cookies from the answer.
    keeps: bool,
    answered: bool,
}

impl<'a> Exchange<'a> {
    async fn begin(
        sandbox: &'a Sandbox,
        running: &'a Running,
        from: Lifeline,
        parts: &Parts,
        body: &Bytes,
    ) -> Exchange<'a> {
        let number = sandbox.next_exchange();
        let (path, fields) = (redacted::path(&parts.uri), redacted::fields(&parts.headers, body).await);
        let redactor = sandbox.redactor(running);
        let refresh = crate::server::refresh_cookie::read(&parts.headers).ok();
        let keeps = keeps_cookies(sandbox, from, &parts.headers);
        let request = event::Request {
            from,
            method: parts.method.to_string(),
            headers: redactor.request_headers(&parts.headers),
            fields: redacted::shown_fields(&fields),
            bearer: redacted::bearer(&parts.headers).map(|token| redactor.access(token)),
            refresh: refresh.map(|token| redactor.refresh(token)),
            cookies: redacted::cookies_sent(&sandbox.mount, from, &path, &parts.headers, &sandbox.inside().browser),
            navigation: who::is_navigation(&parts.headers),
            path: path.clone(),
        };
        sandbox.log.add(Some(number), What::Request(request));
        Exchange { sandbox, running, number, from, path, fields, keeps, answered: false }
    }

    async fn carry_out(mut self, parts: Parts, body: Bytes) -> Response {
        let line =
            parts.extensions.get::<ConnectInfo<Connection>>().map(|ConnectInfo(connection)| connection.line.clone());
        let cut = |response: Response| {
            if let Some(line) = &line {
                line.cut();
            }
            response
        };
        let fault = match self.way_in().await {
            WayIn::Open(fault) => fault,
            WayIn::Answered(response) => return self.answer(Answer::without_the_app(response)).await,
            // Nothing of this is ever sent.
            WayIn::Cut => return cut(faults::unavailable()),
        };
        let answer = self.app(parts, body).await;
        self.sandbox.tell_rows(Some(self.number)).await;
        match fault {
            Some(RefreshFault::DropAnswer) => return cut(answer.response),
            Some(RefreshFault::DelayAnswer) => self.rest(HeldBy::SlowNetwork, LATE).await,
            _ => {}
        }
        self.answer(answer).await
    }

    /// What a request meets before the app.
    async fn way_in(&self) -> WayIn {
        let settings = self.sandbox.settings();
        let of_tab = matches!(self.from, Lifeline::Tab | Lifeline::Tab2);
        if of_tab && self.sandbox.steps.are_on() {
            self.hold(HeldBy::Visitor, self.sandbox.steps.wait()).await;
        }
        self.slowly(settings.slow_motion).await;
        if !of_tab || !self.path.starts_with("/api/") {
            return WayIn::Open(None);
        }
        if settings.network == Network::Offline {
            return WayIn::Cut;
        }
        if let Some(response) = faults::answer(settings.network) {
            return WayIn::Answered(response);
        }
        if self.path != REFRESH {
            return WayIn::Open(None);
        }
        let barrier = self.sandbox.inside().barrier.clone();
        if let Some(barrier) = barrier {
            self.hold(HeldBy::Barrier, barrier.wait(self.from)).await;
        }
        match self.sandbox.meet_fault() {
            Some(RefreshFault::Fail) => WayIn::Answered(faults::unavailable()),
            fault => WayIn::Open(fault),
        }
    }

    async fn hold(&self, why: HeldBy, wait: impl Future<Output = ()>) {
        let held = |micros| self.sandbox.log.add(Some(self.number), What::Held { why, micros });
        let began = std::time::Instant::now();
        held(0);
        wait.await;
        held(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX).max(1));
    }

    /// Holds a hop for as long as a person needs to see it.
    async fn slowly(&self, factor: u32) {
        if factor > 1 {
            self.rest(HeldBy::SlowMotion, HOP * factor).await;
        }
    }

    async fn rest(&self, why: HeldBy, time: std::time::Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.sandbox.log.add(Some(self.number), What::Held { why, micros });
        tokio::time::sleep(time).await;
    }

    /// The app's answer, whole where it is one of the API's.
    async fn app(&self, mut parts: Parts, body: Bytes) -> Answer {
        let weak = self.sandbox.settings().weak;
        weak::blindfold(&weak, &mut parts.headers);
        let request = Request::from_parts(parts, Body::from(body));
        let under_way = UnderWay::new(self.number);
        let mut response = under_way.clone().scope(Box::pin(run(self.running, request))).await;
        let (hops, micros) = under_way.hops();
        weak::cookies(&weak, response.headers_mut());
        if weak.contains(&Defence::InstantRevocation) {
            self.running.state.auth.revoked.forget_all();
        }
        if !self.path.starts_with("/api/") {
            return Answer { response, access: None, hops, micros };
        }
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, ANSWER_MAX).await.unwrap_or_default();
        let access = access_token(&bytes);
        Answer { response: Response::from_parts(parts, Body::from(bytes)), access, hops, micros }
    }

    /// Writes the answer down and lets it go.
    async fn answer(&mut self, Answer { response, access, hops, micros }: Answer) -> Response {
        let (parts, body) = response.into_parts();
        let (code, body) = code(&parts.headers, body).await;
        let settings = self.sandbox.settings();
        self.slowly(settings.slow_motion).await;
        self.keep(parts.status.is_success(), &parts.headers, access.as_ref());
        let redactor = self.sandbox.redactor(self.running);
        let answer = event::Response {
            to: self.from,
            status: parts.status.as_u16(),
            code,
            headers: redactor.response_headers(&parts.headers),
            cookies: redactor.cookies_set(&parts.headers),
            access: access.as_ref().map(|token| redactor.access(token)),
            hops,
            micros,
        };
        self.sandbox.log.add(Some(self.number), What::Response(answer));
        self.answered = true;
        Response::from_parts(parts, body)
    }

    /// What the answer leaves with who asked, and what it means for the next sign-in.
    fn keep(&self, success: bool, headers: &HeaderMap, access: Option<&Zeroizing<String>>) {
        let mount = &self.sandbox.mount;
        if self.keeps {
            self.sandbox.inside().browser.keep(mount, headers, access);
        }
        let field = |sought: &str| self.fields.iter().find(|(name, _)| name == sought).map(|(_, value)| value.clone());
        match self.path.as_str() {
            "/api/account/change_password" if success => {
                field("new_password").into_iter().for_each(|password| self.sandbox.password_changed(password));
            }
            "/api/account/change_email" if success => {
                field("email").into_iter().for_each(|email| self.sandbox.email_changed(&email));
            }
            _ => {}
        }
    }
}

impl Drop for Exchange<'_> {
    /// Whatever ended it: who asked has no answer.
    fn drop(&mut self) {
        if !self.answered {
            self.sandbox.log.add(Some(self.number), What::Lost { to: self.from });
        }
    }
}

/// What goes back, and where its time went.
struct Answer {
    response: Response,
    /// The access token in it.
    access: Option<Zeroizing<String>>,
    hops: Vec<Hop>,
    micros: u64,
}

impl Answer {
    fn without_the_app(response: Response) -> Self {
        Self { response, access: None, hops: Vec::new(), micros: 0 }
    }
}

enum WayIn {
    Open(Option<RefreshFault>),
    Answered(Response),
    Cut,
}

/// An actor has a jar of its own, and a browser takes no `SameSite=Strict` cookie from an answer that another site asked for.
fn keeps_cookies(sandbox: &Sandbox, from: Lifeline, headers: &HeaderMap) -> bool {
    match from {
        Lifeline::Thief | Lifeline::OtherDevice => false,
        Lifeline::OtherSite => {
            !who::says(headers, "sec-fetch-site", "cross-site") || sandbox.is_weak(Defence::SameSite)
        }
        _ => true,
    }
}

/// The code of a problem, and the body as it was.
async fn code(headers: &HeaderMap, body: Body) -> (Option<Code>, Body) {
    if !who::says(headers, header::CONTENT_TYPE.as_str(), "problem+json") {
        return (None, body);
    }
    let bytes = to_bytes(body, ANSWER_MAX).await.unwrap_or_default();
    let problem = serde_json::from_slice::<Problem>(&bytes).ok();
    (problem.map(|problem| problem.code), Body::from(bytes))
}
