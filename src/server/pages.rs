//! Server-side rendering of the pages, and the forms that work without JavaScript (progressive enhancement): a posted sign-in or
//! registration redirects (post/redirect/get), or renders its page again with the problem and its status; a posted sign-out
//! leads to the start page. `POST /login` and `/register` serve pages of former versions that are still open.

use std::sync::LazyLock;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Form, FromRequest as _, Request, State},
    http::{HeaderValue, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use leptos::{
    config::LeptosOptions,
    prelude::{AnyView, IntoAny as _, provide_context, view},
};
use leptos_axum::{LeptosRoutes as _, ResponseOptions, generate_route_list};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::api::edge::app_state::AppState;
use crate::api::edge::cookies::session_hint;
use crate::api::edge::language;
use crate::api::edge::theme;
use crate::api::edge::{headers, request_body, request_context};
use crate::app::App;
use crate::auth::error::AuthError;
use crate::auth::service::Grant;
use crate::base_path::{BasePath, FilesBase};
use crate::client::auth_state::SignedInHint;
use crate::lang::{Lang, lang};
use crate::protocol::problem::Problem;
use crate::server::{openapi, router::Pages};
use crate::ui::pages::api_reference::{API_REFERENCE, ApiReference};
use crate::ui::pages::documents::{self, Documents};
use crate::ui::pages::forgot_password::{FORGOT_PASSWORD, ForgotPassword};
use crate::ui::shell::{plain_shell, shell};
use crate::ui::support::form_result::FormResult;
use crate::ui::support::page_settings::{HeaderLink, PasswordMin, SessionLimits};
use crate::ui::support::plain_forms::{self, ShownAt};
use crate::ui::support::return_to::local_or_default;

/// The fields of both forms; `next` is the local path to return to.
#[derive(Deserialize)]
struct Credentials {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    idempotency_key: String,
}

/// The routes of the pages and the plain forms.
pub fn pages() -> Pages {
    let routes = Router::<AppState>::new()
        .leptos_routes_with_handler(generate_route_list(App), page)
        .route("/login", post(login))
        .route("/register", post(register))
        // Without a body, as when the address of an answer is opened again, they lead to their page.
        .route(plain_forms::SIGN_IN, post(login).get(async |state| to_page(state, "/login")))
        .route(plain_forms::REGISTER, post(register).get(async |state| to_page(state, "/register")))
        .route(plain_forms::SIGN_OUT, post(sign_out).get(async |state| to_page(state, "/")))
        .route(FORGOT_PASSWORD, get(forgot_password))
        .route("/docs", get(documents))
        .route("/docs/{*document}", get(documents))
        .route(API_REFERENCE, get(api_reference))
        .route("/language", post(language::choose))
        .route("/theme", post(theme::choose));
    Pages { routes, not_found: |state, request| Box::pin(not_found(state, request)) }
}

/// The page that a path means when extra slashes and percent-encoding are left out, as `/login/` or `//login`. The router of the
/// pages would show it at any of these paths, under the status 404.
fn page_meant_by(address: &Uri) -> Option<String> {
    static PAGES: LazyLock<Vec<String>> =
        LazyLock::new(|| generate_route_list(App).iter().map(|route| route.path().to_owned()).collect());
    let path = percent_decode_str(address.path()).decode_utf8().ok()?;
    let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let page = ["/", &segments.join("/")].concat();
    let known = page != address.path() && PAGES.contains(&page);
    known.then(|| address.query().map_or(page.clone(), |query| [&page, "?", query].concat()))
}

/// The limits of a session in words.
fn session_limits(state: &AppState, lang: Lang) -> SessionLimits {
    let lifetimes = state.auth.lifetimes();
    SessionLimits {
        idle: in_words(lifetimes.refresh_idle.as_secs(), lang),
        absolute: in_words(lifetimes.refresh_absolute.as_secs(), lang),
    }
}

/// A duration in the largest unit of which there are two or more.
fn in_words(seconds: u64, lang: Lang) -> String {
    match seconds {
        172_800.. => lang.ended_days(&(seconds / 86400).to_string()),
        7200.. => lang.ended_hours(&(seconds / 3600).to_string()),
        120.. => lang.ended_minutes(&(seconds / 60).to_string()),
        _ => lang.ended_seconds(&seconds.to_string()),
    }
}

fn header_link(state: &AppState, lang: Lang) -> Option<HeaderLink> {
    let link = state.extra_link?;
    Some(HeaderLink { href: state.base_path.at(link.href), label: (link.label)(lang).to_owned() })
}

async fn page(State(state): State<AppState>, request: Request) -> Response {
    render(state, request, None, None).await
}

async fn forgot_password(State(state): State<AppState>, request: Request) -> Response {
    plain(state, request, |options| plain_shell(options, || ForgotPassword().into_any())).await
}

/// Renders a page that needs no program and gets none, for a room above this one.
pub async fn plain(state: AppState, request: Request, page: fn(LeptosOptions) -> AnyView) -> Response {
    render_page(state, request, None, None, page).await
}

async fn api_reference(State(state): State<AppState>, request: Request) -> Response {
    let operations = openapi::all(state.operations());
    let page = move |options| {
        let operations = operations.clone();
        plain_shell(options, move || view! { <ApiReference operations=operations /> }.into_any())
    };
    render_page(state, request, None, None, page).await
}

async fn documents(State(state): State<AppState>, request: Request) -> Response {
    if let Some(image) = documents::picture(request.uri().path()) {
        return (headers::SVG, image).into_response();
    }
    if !documents::exists(request.uri().path()) {
        return not_found(state, request).await;
    }
    plain(state, request, |options| plain_shell(options, || Documents().into_any())).await
}

/// The page itself, if the path is another spelling of it; else the 404 page.
async fn not_found(state: AppState, request: Request) -> Response {
    if let Some(page) = page_meant_by(request.uri()) {
        return Redirect::permanent(&state.base_path.at(&page)).into_response();
    }
    render(state, request, None, Some(StatusCode::NOT_FOUND)).await
}

fn to_page(State(state): State<AppState>, page: &str) -> Redirect {
    Redirect::to(&state.base_path.at(page))
}

async fn sign_out(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let presented = request_context::presented(&state, &parts);
    if let Err(error) = state.auth.logout(presented, &request_context::device(&parts)).await {
        return Problem::from(error).into_response();
    }
    let mut response = to_page(State(state.clone()), "/").into_response();
    for cookie in request_context::cleared_cookies(&state.base_path, &parts.headers) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn login(State(state): State<AppState>, request: Request) -> Response {
    let (parts, form) = read(request, "/login").await;
    let Some(form) = form else { return unreadable(state, parts).await };
    let outcome = match request_context::visitor(&state, &parts, &form.idempotency_key) {
        Ok(visitor) => state.auth.login(&form.email, form.password.into(), visitor).await,
        Err(error) => Err(error),
    };
    answer(state, parts, form.email, &form.next, outcome).await
}

async fn register(State(state): State<AppState>, request: Request) -> Response {
    let (parts, form) = read(request, "/register").await;
    let Some(form) = form else { return unreadable(state, parts).await };
    let outcome = match request_context::visitor(&state, &parts, &form.idempotency_key) {
        Ok(visitor) => state.auth.register(&form.email, form.password.into(), visitor).await,
        Err(error) => Err(error),
    };
    answer(state, parts, form.email, &form.next, outcome).await
}

/// Reads the form under the same limits as the API's bodies; `None` when it is not readable. From here on the request is one for
/// `page`, whatever the address of the form.
async fn read(request: Request, page: &str) -> (Parts, Option<Credentials>) {
    let (mut parts, body) = request.into_parts();
    let address = parts.uri.query().map_or_else(|| page.to_owned(), |query| [page, "?", query].concat());
    parts.uri = address.parse().unwrap_or(parts.uri);
    let bytes = to_bytes(body, request_body::BODY_MAX).await.ok().filter(|bytes| request_body::is_text(bytes));
    let form = match bytes {
        Some(bytes) => Form::from_request(Request::from_parts(parts.clone(), Body::from(bytes)), &()).await.ok(),
        None => None,
    };
    (parts, form.map(|Form(form)| form))
}

async fn answer(
    state: AppState,
    parts: Parts,
    email: String,
    return_to: &str,
    outcome: Result<Grant, AuthError>,
) -> Response {
    match outcome {
        Ok(grant) => {
            let mut response = Redirect::to(&state.base_path.at(local_or_default(return_to))).into_response();
            for (name, value) in request_context::grant_headers(&state, &parts.headers, &grant) {
                response.headers_mut().append(name, value);
            }
            response
        }
        Err(error) => {
            let form_result = FormResult { email, problem: error.into() };
            render_again(state, parts, form_result).await
        }
    }
}

async fn render_again(state: AppState, parts: Parts, form_result: FormResult) -> Response {
    let status = StatusCode::from_u16(form_result.problem.status).ok();
    render(state, Request::from_parts(parts, Body::empty()), Some(form_result), status).await
}

async fn render(
    state: AppState,
    request: Request,
    form_result: Option<FormResult>,
    status: Option<StatusCode>,
) -> Response {
    let page = |options| shell(options, || view! { <App /> }.into_any());
    render_page(state, request, form_result, status, page).await
}

async fn render_page(
    state: AppState,
    mut request: Request,
    form_result: Option<FormResult>,
    status: Option<StatusCode>,
    document: impl Fn(LeptosOptions) -> AnyView + Clone + Send + Sync + 'static,
) -> Response {
    let retry_after = form_result.as_ref().and_then(|form_result| form_result.problem.retry_after);
    // axum removed the base path from the URI; the Leptos router expects it.
    if !state.base_path.is_root()
        && let Some(address) = below_base_path(&state.base_path, request.uri())
    {
        *request.uri_mut() = address;
    }
    // Leptos may render parts of a page in another task, which does not have the task-local language.
    let lang = lang();
    let options = state.leptos.clone();
    let signed_in_hint = session_hint::is_set(&state.base_path, request.headers());
    let header_link = header_link(&state, lang);
    let theme = theme::of(request.headers());
    let limits = session_limits(&state, lang);
    let shown_at = form_result.as_ref().map(|_| ShownAt(request.uri().to_string()));
    let context = move || {
        provide_context(lang);
        provide_context(state.base_path.clone());
        provide_context(FilesBase(state.files_base()));
        provide_context(state.clone());
        provide_context(PasswordMin(state.auth.password_min()));
        provide_context(SignedInHint(signed_in_hint));
        provide_context(theme);
        provide_context(limits.clone());
        if let Some(link) = header_link.clone() {
            provide_context(link);
        }
        if let Some((form_result, shown_at)) = form_result.clone().zip(shown_at.clone()) {
            provide_context(form_result);
            provide_context(shown_at);
        }
        set_status(status, retry_after);
    };
    let page = move || {
        headers::content_security_policy();
        document(options.clone())
    };
    counted(leptos_axum::render_app_to_stream_with_context(context, page)(request).await.into_response()).await
}

/// Tells the start script how many nodes the app has, so that it notices foreign ones. No page waits for data, so the whole page is
/// there at once.
async fn counted(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(page) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let page = String::from_utf8_lossy(&page);
    let attribute = format!(r#"<html data-nodes="{}""#, nodes_of_the_app(&page));
    Response::from_parts(parts, Body::from(page.replacen("<html", &attribute, 1)))
}

/// The elements and comments of the app in a page. A `<` is always the start of one: in texts and attributes it is escaped.
fn nodes_of_the_app(page: &str) -> usize {
    let app = page.split_once(APP_START).map_or("", |(_, rest)| rest.split_once(APP_END).map_or(rest, |(app, _)| app));
    app.as_bytes()
        .windows(2)
        .filter(|pair| pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || pair[1] == b'!'))
        .count()
}

/// The element of the shell that holds the app.
const APP_START: &str = r#"<div id="app">"#;
/// What follows it; the app has no footer of its own.
const APP_END: &str = "<footer";

fn below_base_path(base_path: &BasePath, uri: &Uri) -> Option<Uri> {
    base_path.at(uri.path_and_query()?.as_str()).parse().ok()
}

fn set_status(status: Option<StatusCode>, retry_after: Option<u32>) {
    let Some(response) = leptos::prelude::use_context::<ResponseOptions>() else { return };
    if let Some(status) = status {
        response.set_status(status);
    }
    if let Some(seconds) = retry_after {
        response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// The response to a form that could not be read: the page with the problem.
async fn unreadable(state: AppState, parts: Parts) -> Response {
    let problem = Problem::invalid("email", lang().problem_unreadable_form());
    let form_result = FormResult { email: String::new(), problem };
    render_again(state, parts, form_result).await
}

#[cfg(test)]
mod tests {
    use super::nodes_of_the_app;

    #[test]
    fn elements_and_comments_of_the_app_alone_are_counted() {
        for (page, count) in [
            (r#"<body><p>x</p><div id="app"></div><footer><p></footer></body></html><script>"<b>"</script>"#, 0),
            (r#"<body><div id="app"><a href="&lt;b">1 &lt; 2<!>3</a><br><!--x--></div><footer>x</footer></body>"#, 4),
            (r"<body><p>no app</p></body>", 0),
        ] {
            assert_eq!(nodes_of_the_app(page), count, "{page}");
        }
    }
}
