//! The lab's page as the server renders it (SSR): a small document of its own, because it must not exist in the app when the lab is
//! off. Without any script it explains the lab and its panels; the browser renders the lab itself. It is in English only.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};

use super::learn::LEARN;
use crate::api::edge::app_state::AppState;
use crate::api::edge::{headers, theme};
use crate::protocol::theme::Theme;
use crate::ui::components::header::Brand;
use crate::ui::shell::{Assets, assets, start_script, stylesheet};

/// `frames` are the foreign origins that the page may show in a frame (`frame-src`).
pub async fn page(state: AppState, request: Request, frames: &[String]) -> Response {
    let options = state.leptos.clone();
    let theme = theme::of(request.headers());
    let document = move || {
        headers::content_security_policy();
        document(&options, theme)
    };
    let rendered = leptos_axum::render_app_to_stream_with_context(|| {}, document)(request).await;
    let mut response = rendered.into_response();
    let policy = response.headers().get(header::CONTENT_SECURITY_POLICY).and_then(|value| value.to_str().ok());
    let frames = frames.iter().fold("frame-src 'self'".to_owned(), |list, origin| [&list, " ", origin].concat());
    if let Some(policy) = policy.and_then(|policy| HeaderValue::try_from(format!("{policy}; {frames}")).ok()) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn document(options: &LeptosOptions, theme: Theme) -> impl IntoView + use<> {
    let Assets { js, loader, wasm, css, .. } = assets(options).clone();
    let nonce = use_nonce();
    let start = start_script(&js, &wasm, "lab");
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content="A sandbox in which two tokens can be watched, lost, stolen and replayed." />
                <title>"The lab · Two Tokens"</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=css />
                <link rel="stylesheet" href=stylesheet(options, "lab-panels") />
                <link rel="stylesheet" href=stylesheet(options, "lab") />
                <link rel="modulepreload" href=js nonce=nonce.clone() />
                <link rel="modulepreload" href=loader nonce=nonce.clone() />
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <script type="module" nonce=nonce inner_html=start></script>
            </head>
            <body class="lab-page">
                <a class="skip" href="#main">
                    "Skip to content"
                </a>
                <Top />
                <main id="main" tabindex="-1">
                    <h1>"The lab: two tokens at work"</h1>
                    <p class="lead">
                        "A copy of this app, for you alone, with its own server, clock and thief. Everything you see is a real \
                         request: press a button, watch what happens, and look back at every step."
                    </p>
                    <p id="boot-failed" class="problem" role="alert" hidden>
                        "The lab did not load completely. Reload the page; if that does not help, the browser may be too old or \
                         an extension may block it."
                    </p>
                    <p id="stopped" class="problem" role="alert" hidden>
                        "Something in this page went wrong, and it no longer reacts. Reload the page."
                    </p>
                    <noscript>
                        <p class="notice">
                            "The lab needs JavaScript: it shows what a browser and a server do. What it would show is described \
                             below."
                        </p>
                    </noscript>
                    <div id="lab" role="region" aria-label="The lab" aria-busy="true"></div>
                    <Introduction />
                </main>
            </body>
        </html>
    }
}

#[component]
fn Top() -> impl IntoView {
    view! {
        <header class="top">
            <Brand />
            <nav aria-label="Main">
                <a href="/">"Home"</a>
                <a href="/notes">"Notes"</a>
                <a href="/lab" aria-current="page">
                    "Lab"
                </a>
                <a href=LEARN>"Lessons"</a>
            </nav>
        </header>
    }
}

#[component]
fn Introduction() -> impl IntoView {
    view! {
        <section class="introduction" aria-labelledby="introduction-title">
            <h2 id="introduction-title">"What you see here"</h2>
            <p>
                "Signing in gives you two tokens. The short-lived " <strong class="access">"access token"</strong>
                " opens your data; the long-lived " <strong class="refresh">"refresh token"</strong>
                " fetches the next one and is itself replaced each time. Four panels show them at work:"
            </p>
            <dl>
                <dt>"The app itself"</dt>
                <dd>"The notes of this project in a small window, signed in as a user made up for you. Use it as you like: it is real."</dd>
                <dt>"What happened"</dt>
                <dd>
                    "Who sent what to whom, from top to bottom: you, the tab, the cookie jar, the server, its database, and, when \
                     you let them, a thief and another site."
                </dd>
                <dt>"The access token"</dt>
                <dd>"Its three parts, decoded, and how long it is good for. No token is ever shown whole: two words stand for each."</dd>
                <dt>"Every event"</dt>
                <dd>"The same as a list. Choose an event, and all panels show that moment; nothing is sent again."</dd>
            </dl>
            <h2>"How to use it"</h2>
            <ol>
                <li>"Sign in, and type half a note into the app."</li>
                <li>"Expire the access token. The call is refused, a refresh follows, the call is repeated, and your text is still there."</li>
                <li>"Steal the refresh token, and see when the thief is noticed. Then weaken a defence and do it again."</li>
            </ol>
        </section>
    }
}
