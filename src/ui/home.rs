//! The start page: what the two tokens are, on one screen, with the visitor's own beside the words.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    at_once::at_once,
    diagram::Diagram,
    live::{Live, Remaining, span},
    visitor::{Visitor, visitor},
};
use crate::mount::at;

#[component]
pub fn Home() -> impl IntoView {
    let live = Live::new();
    at_once(view! {
        <Title text="" />
        <section class="hero">
            <div>
                <h1 tabindex="-1">"One sign-in, two tokens"</h1>
                <p class="lead">
                    "The short-lived " <strong class="access">"access token"</strong>
                    " opens your data. The long-lived " <strong class="refresh">"refresh token"</strong>
                    " does one thing: it fetches the next access token, silently, and is itself replaced each time."
                </p>
                <You />
            </div>
            <Diagram />
        </section>
        <section class="pair" aria-label="Your two tokens">
            <AccessCard live=live />
            <RefreshCard live=live />
        </section>
    })
}

/// The auth state in words, and what to do next.
#[component]
fn You() -> impl IntoView {
    let who = visitor();
    move || {
        let (words, actions) = match who.get() {
            Visitor::Restoring => ("Looking for your session…".to_owned(), at_once(())),
            Visitor::SignedOut => (
                "You are signed out, so at the moment you have neither.".to_owned(),
                at_once(view! {
                    <a href=at("/register") class="button primary">
                        "Create account"
                    </a>
                    <a href=at("/login") class="button">
                        "Sign in"
                    </a>
                }),
            ),
            Visitor::SignedIn(user) => (
                ["You are signed in as ", &user.email, "."].concat(),
                at_once(view! {
                    <a href=at("/notes") class="button primary">
                        "Open your notes"
                    </a>
                }),
            ),
        };
        view! {
            <p class="you">{words}</p>
            <div class="actions">{actions}</div>
        }
    }
}

#[component]
fn AccessCard(live: Live) -> impl IntoView {
    let remaining = live.remaining;
    let lives = move || match remaining.get() {
        Some(Remaining { of, .. }) => span(of) + ", for any number of requests",
        None => "minutes, for any number of requests".to_owned(),
    };
    let now = move || match remaining.get() {
        None => "You hold none right now.".to_owned(),
        Some(Remaining { left: 0, .. }) => "Run out. The next request renews it.".to_owned(),
        Some(Remaining { left, .. }) => ["Yours is good for another ", &span(left), "."].concat(),
    };
    view! {
        <article class="card token access">
            <h2>"Access token"</h2>
            <dl>
                <Fact name="Lives in" text="this page's memory; a reload forgets it" />
                <Fact name="Sent" text="by the page, with every request for your data" />
                <dt>"Lasts"</dt>
                <dd>{lives}</dd>
            </dl>
            // A picture of the sentence below it, which is why it says nothing of its own.
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
    let who = visitor();
    let now = move || match (who.get(), live.refreshes.get()) {
        (Visitor::Restoring, _) => "Your browser is using it right now.".to_owned(),
        (Visitor::SignedOut, _) => "Your browser holds none right now.".to_owned(),
        (Visitor::SignedIn(_), 0) => "Your browser holds it. This tab has not needed it yet.".to_owned(),
        (Visitor::SignedIn(_), 1) => "Silent refreshes in this tab: 1. You did not notice.".to_owned(),
        (Visitor::SignedIn(_), n) => ["Silent refreshes in this tab: ", &n.to_string(), "."].concat(),
    };
    view! {
        <article class="card token refresh">
            <h2>"Refresh token"</h2>
            <dl>
                <Fact name="Lives in" text="a cookie that no script can read, this page included" />
                <Fact name="Sent" text="by the browser, to /api/auth alone" />
                <Fact name="Lasts" text="days, but each is good for a single use" />
            </dl>
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
