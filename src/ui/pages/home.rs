//! The start page: explains the two tokens and shows the state of the visitor's own.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::base_path::at;
use crate::lang::lang;
use crate::ui::components::diagram::Diagram;
use crate::ui::support::live::{Live, Remaining, span};
use crate::ui::support::page_settings::{HeaderLink, header_link};
use crate::ui::support::sync_hydrated::{client_only, sync_hydrated};
use crate::ui::support::viewer::{Viewer, viewer};

#[component]
pub fn Home() -> impl IntoView {
    let live = Live::new();
    let (first, rest) = lang().home_title().split_once(',').unwrap_or_default();
    sync_hydrated(view! {
        <Title text="" />
        <section class="hero">
            <div>
                <h1 tabindex="-1">
                    // "sign-in" is not to be broken at its hyphen.
                    <span class="whole">{first} ","</span>
                    {rest}
                </h1>
                <p class="lead">
                    {lang().home_lead_1()} <strong class="access">{lang().common_access_token()}</strong> {lang().home_lead_2()}
                    <strong class="refresh">{lang().common_refresh_token()}</strong> {lang().home_lead_3()}
                </p>
                <AuthSummary />
            </div>
            <Diagram />
        </section>
        <section class="pair" aria-label=lang().home_your_tokens()>
            <AccessCard live=live />
            <RefreshCard live=live />
        </section>
    })
}

/// The auth state in words, with the next actions.
#[component]
fn AuthSummary() -> impl IntoView {
    let viewer = viewer();
    move || {
        let (words, actions) = match viewer.get() {
            Viewer::Restoring => (lang().home_looking().to_owned(), sync_hydrated(())),
            Viewer::SignedOut => (
                lang().home_signed_out().to_owned(),
                sync_hydrated(view! {
                    <WatchIt />
                    <a href=at("/register") class="button">
                        {lang().common_create_account()}
                    </a>
                    <a href=at("/login") class="button">
                        {lang().common_sign_in()}
                    </a>
                }),
            ),
            Viewer::SignedIn(user) => (
                lang().home_signed_in_as(&user.email),
                client_only(view! {
                    <a href=at("/notes") class="button primary">
                        {lang().home_open_notes()}
                    </a>
                    <WatchIt />
                }),
            ),
        };
        view! {
            <p class="you">{words}</p>
            <div class="actions">{actions}</div>
        }
    }
}

/// A recorded refresh, played here, and the ways from it to the lesson and the lab: where there are any. Text and not a view, as the
/// diagram is. The image is loaded when it is in sight.
#[component]
fn WatchIt() -> impl IntoView {
    let html = |link: HeaderLink| {
        let image = [r#"<img loading="lazy" src=""#, &at("/embed/silent-refresh/expire.svg"), "\" alt=\""].concat();
        let to = |href: &str, label: &str| [r#"<a rel="external" href=""#, href, "\">", label, "</a> "].concat();
        [
            r#"<details><summary class="button primary">"#,
            lang().home_watch(),
            "</summary>",
            &image,
            lang().diagram_description(),
            "\">",
            &to(&at("/learn/silent-refresh"), lang().common_lesson()),
            &to(&link.href, &link.label),
            "</details>",
        ]
        .concat()
    };
    header_link().map(|link| view! { <figure class="watch" inner_html=html(link)></figure> })
}

#[component]
fn AccessCard(live: Live) -> impl IntoView {
    let remaining = live.remaining;
    let lives = move || match remaining.get() {
        Some(Remaining { of, .. }) => lang().home_access_lasts_span(&span(of)),
        None => lang().home_access_lasts().to_owned(),
    };
    let now = move || match remaining.get() {
        None => lang().home_access_none().to_owned(),
        Some(Remaining { left: 0, .. }) => lang().home_access_over().to_owned(),
        Some(Remaining { left, .. }) => lang().home_access_left(&span(left)),
    };
    view! {
        <article class="card token access">
            <h2>{lang().home_access_title()}</h2>
            <dl>
                <Fact name=lang().home_lives_in() text=lang().home_access_lives() />
                <Fact name=lang().home_sent() text=lang().home_access_sent() />
                <dt>{lang().home_lasts()}</dt>
                <dd>{lives}</dd>
            </dl>
            // Hidden from screen readers: the sentence below says the same.
            <progress
                aria-hidden="true"
                max=move || remaining.get().map_or(1, |r| r.of.max(1)).to_string()
                value=move || remaining.get().map_or(0, |r| r.left).to_string()
            ></progress>
            <p class="now">{now}</p>
        </article>
    }
}

#[component]
fn RefreshCard(live: Live) -> impl IntoView {
    let viewer = viewer();
    let now = move || match (viewer.get(), live.refreshes.get()) {
        (Viewer::Restoring, _) => lang().home_refresh_busy().to_owned(),
        (Viewer::SignedOut, _) => lang().home_refresh_none().to_owned(),
        (Viewer::SignedIn(_), 0) => lang().home_refresh_unused().to_owned(),
        (Viewer::SignedIn(_), 1) => lang().home_refresh_once().to_owned(),
        (Viewer::SignedIn(_), n) => lang().home_refresh_times(&n.to_string()),
    };
    view! {
        <article class="card token refresh">
            <h2>{lang().home_refresh_title()}</h2>
            <dl>
                <Fact name=lang().home_lives_in() text=lang().home_refresh_lives() />
                <Fact name=lang().home_sent() text=lang().home_refresh_sent() />
                <Fact name=lang().home_lasts() text=lang().home_refresh_lasts() />
            </dl>
            // One token after the other, each used once.
            <p class="chain" aria-hidden="true">
                <i></i>
                <i></i>
                <i></i>
                <i></i>
            </p>
            <p class="now">{now}</p>
        </article>
    }
}

#[component]
fn Fact(name: &'static str, text: &'static str) -> impl IntoView {
    view! {
        <dt>{name}</dt>
        <dd>{text}</dd>
    }
}
