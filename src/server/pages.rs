//! The pages, rendered by Leptos, and the two forms that must work before WebAssembly arrives: a posted `/login` or
//! `/register` signs in and sends on, or renders its page again with what went wrong and the right status.

use axum::{
    body::{Body, to_bytes},
    extract::{Form, FromRequest as _, Request, State},
    http::{HeaderValue, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{config::LeptosOptions, prelude::provide_context};
use leptos_axum::ResponseOptions;
use serde::Deserialize;

use super::app_state::AppState;
use super::{edge, headers, request_body};
use crate::api::error::Problem;
use crate::auth::error::AuthError;
use crate::auth::service::Grant;
use crate::lang::lang;
use crate::mount::Mount;
use crate::ui::{
    next::own_path,
    posted::Posted,
    settings::{LabIsOn, PasswordMin},
    shell::shell,
};

#[derive(Deserialize)]
pub struct Credentials {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

pub async fn page(State(state): State<AppState>, request: Request) -> Response {
    render(state, request, None, None).await
}

/// The page that says there is nothing here.
pub async fn not_found(state: AppState, request: Request) -> Response {
    render(state, request, None, Some(StatusCode::NOT_FOUND)).await
}

pub async fn login(State(state): State<AppState>, request: Request) -> Response {
    let (parts, form) = read(request).await;
    let Some(form) = form else { return unreadable(state, parts).await };
    let (device, caller) = (edge::device(&parts), edge::caller(&state, &parts));
    let outcome = state.auth.login(&form.email, form.password.into(), device, &caller, None).await;
    answer(state, parts, form.email, &form.next, outcome).await
}

pub async fn register(State(state): State<AppState>, request: Request) -> Response {
    let (parts, form) = read(request).await;
    let Some(form) = form else { return unreadable(state, parts).await };
    let (device, caller) = (edge::device(&parts), edge::caller(&state, &parts));
    let outcome = state.auth.register(&form.email, form.password.into(), device, &caller, None).await;
    answer(state, parts, form.email, &form.next, outcome).await
}

/// The form, by the rules of the API's.
async fn read(request: Request) -> (Parts, Option<Credentials>) {
    let (parts, body) = request.into_parts();
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
    next: &str,
    outcome: Result<Grant, AuthError>,
) -> Response {
    match outcome {
        Ok(grant) => {
            let mut response = Redirect::to(&state.mount.at(own_path(next))).into_response();
            for cookie in edge::cookies(&state.mount, &grant) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => {
            let posted = Posted { email, problem: error.into() };
            render_again(state, parts, posted).await
        }
    }
}

async fn render_again(state: AppState, parts: Parts, posted: Posted) -> Response {
    let status = StatusCode::from_u16(posted.problem.status).ok();
    render(state, Request::from_parts(parts, Body::empty()), Some(posted), status).await
}

async fn render(state: AppState, mut request: Request, posted: Option<Posted>, status: Option<StatusCode>) -> Response {
    let retry_after = posted.as_ref().and_then(|posted| posted.problem.retry_after);
    // The router of a sandbox sees paths without the mount; the pages' own router knows of it.
    if !state.mount.is_root()
        && let Some(address) = mounted(&state.mount, request.uri())
    {
        *request.uri_mut() = address;
    }
    // Parts of a page may be rendered where the layer's word is not heard.
    let lang = lang();
    let options = LeptosOptions::clone(&state.leptos);
    let context = move || {
        provide_context(lang);
        provide_context(state.mount.clone());
        provide_context(state.clone());
        provide_context(PasswordMin(state.auth.password_rules.min));
        provide_context(LabIsOn(state.lab));
        if let Some(posted) = posted.clone() {
            provide_context(posted);
        }
        set_status(status, retry_after);
    };
    let page = move || {
        headers::content_security_policy();
        shell(options.clone())
    };
    leptos_axum::render_app_to_stream_with_context(context, page)(request).await.into_response()
}

fn mounted(mount: &Mount, uri: &Uri) -> Option<Uri> {
    mount.at(uri.path_and_query()?.as_str()).parse().ok()
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

/// A form that could not even be read: the page, with what to do.
async fn unreadable(state: AppState, parts: Parts) -> Response {
    let problem = Problem::invalid("email", lang().problem_unreadable_form());
    let posted = Posted { email: String::new(), problem };
    render_again(state, parts, posted).await
}
