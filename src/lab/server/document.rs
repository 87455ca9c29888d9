//! The lab's page as the server renders it (SSR): a small document of its own, because it must not exist in the app when the lab is
//! off. Without any script it explains the lab; the browser renders the lab itself, in the language of the document.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};

use super::learn::LEARN;
use crate::api::edge::app_state::AppState;
use crate::api::edge::{headers, theme};
use crate::lang::{Lang, lang};
use crate::protocol::theme::Theme;
use crate::ui::components::header::Brand;
use crate::ui::footer::Footer;
use crate::ui::shell::{Assets, assets, start_script, stylesheet};

/// `frames` are the foreign origins that the page may show in a frame (`frame-src`).
pub async fn page(state: AppState, request: Request, frames: &[String]) -> Response {
    let options = state.leptos.clone();
    let (theme, lang) = (theme::of(request.headers()), lang());
    let document = move || {
        headers::content_security_policy();
        provide_context(theme);
        provide_context(lang);
        document(&options, theme, lang)
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

/// The text in that language.
const fn t(lang: Lang, english: &'static str, german: &'static str) -> &'static str {
    match lang {
        Lang::En => english,
        Lang::De => german,
    }
}

fn document(options: &LeptosOptions, theme: Theme, lang: Lang) -> impl IntoView + use<> {
    let Assets { js, loader, wasm, css, .. } = assets(options).clone();
    let nonce = use_nonce();
    let start = start_script(&js, &wasm, "lab");
    let description = t(
        lang,
        "A sandbox in which two tokens can be watched, lost, stolen and replayed.",
        "Ein Sandkasten, in dem zwei Token beobachtet, verloren, gestohlen und wiederholt werden können.",
    );
    view! {
        <!DOCTYPE html>
        <html lang=lang.tag() data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content=description />
                <title>{t(lang, "The lab · Two Tokens", "Das Labor · Two Tokens")}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=css />
                <link rel="stylesheet" href=stylesheet(options, "lab-panels") />
                <link rel="stylesheet" href=stylesheet(options, "lab") />
                <link rel="stylesheet" href=stylesheet(options, "term") />
                <link rel="modulepreload" href=js nonce=nonce.clone() />
                <link rel="modulepreload" href=loader nonce=nonce.clone() />
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <script type="module" nonce=nonce inner_html=start></script>
            </head>
            <body class="lab-page">
                <a class="skip" href="#main">
                    {t(lang, "Skip to content", "Zum Inhalt springen")}
                </a>
                <Top lang=lang />
                <main id="main" tabindex="-1">
                    <h1>{t(lang, "The lab: two tokens at work", "Das Labor: zwei Token bei der Arbeit")}</h1>
                    <p id="boot-failed" class="problem" role="alert" hidden>
                        {t(
                            lang,
                            "The lab did not load completely. Reload the page; if that does not help, the browser may be too old or an extension may block it.",
                            "Das Labor ist nicht ganz geladen. Lade die Seite neu; hilft das nicht, ist der Browser zu alt oder eine Erweiterung blockiert es.",
                        )}
                    </p>
                    <p id="stopped" class="problem" role="alert" hidden>
                        {t(
                            lang,
                            "Something in this page went wrong, and it no longer reacts. Reload the page.",
                            "In dieser Seite ist etwas schiefgegangen, und sie reagiert nicht mehr. Lade sie neu.",
                        )}
                    </p>
                    <noscript>
                        <p class="notice">
                            {t(
                                lang,
                                "The lab needs JavaScript: it shows what a browser and a server do. What it would show is described below.",
                                "Das Labor braucht JavaScript: Es zeigt, was Browser und Server tun. Was es zeigen würde, steht unten.",
                            )}
                        </p>
                    </noscript>
                    <div id="lab" role="region" aria-label=t(lang, "The lab", "Das Labor") aria-busy="true"></div>
                    <Introduction lang=lang />
                </main>
                <Footer />
            </body>
        </html>
    }
}

#[component]
fn Top(lang: Lang) -> impl IntoView {
    view! {
        <header class="top">
            <Brand />
            <nav aria-label=lang.common_main_navigation()>
                <a href="/">{lang.common_home()}</a>
                <a href="/notes">{lang.common_notes()}</a>
                <a href="/lab" aria-current="page">
                    {t(lang, "Lab", "Labor")}
                </a>
                <a href=LEARN>{t(lang, "Lessons", "Lektionen")}</a>
                <a href="/lab?view=presenter">{t(lang, "Projector", "Beamer")}</a>
                <form method="post" action="/lab/follow" target="_blank">
                    <button class="quiet">{t(lang, "Let others follow", "Folgen lassen")}</button>
                </form>
            </nav>
        </header>
    }
}

/// What the lab is, for browsers that do not show it.
#[component]
fn Introduction(lang: Lang) -> impl IntoView {
    view! {
        <section class="introduction" aria-labelledby="introduction-title">
            <h2 id="introduction-title">{t(lang, "What you see here", "Was hier zu sehen ist")}</h2>
            <p>
                {t(
                    lang,
                    "A copy of this app, for you alone, with its own server, clock and thief. Every request is real.",
                    "Eine Kopie dieser App nur für dich, mit eigenem Server, eigener Uhr und einem Dieb. Jede Anfrage ist echt.",
                )}
            </p>
            <p>
                {t(
                    lang,
                    "Signing in gives you two tokens. The short-lived access token opens your data. The long-lived refresh token fetches the next one and is itself replaced each time.",
                    "Beim Anmelden bekommst du zwei Token. Das kurzlebige Access-Token öffnet deine Daten. Das langlebige Refresh-Token holt das nächste und wird dabei selbst ersetzt.",
                )}
            </p>
            <h2>{t(lang, "How to use it", "So benutzt du es")}</h2>
            <ol>
                <li>{t(lang, "Choose a scene, and say what you expect.", "Wähle eine Szene und sag, was du erwartest.")}</li>
                <li>{t(lang, "Run it. The map shows what travels, and the story below tells why.", "Lass sie ablaufen. Die Karte zeigt, was reist, und die Geschichte darunter erzählt, warum.")}</li>
                <li>{t(lang, "Break it: take one defence away, and run the same scene once more.", "Mach es kaputt: Nimm eine Abwehr weg und lass dieselbe Szene noch einmal ablaufen.")}</li>
            </ol>
        </section>
    }
}
