//! The two tokens of the tab, side by side. The access token is taken apart, because everybody can: its three parts are kept
//! apart on the page so that reading one is never mistaken for checking it, and the server's word stands beside them.

use std::time::Duration;

use leptos::prelude::*;
use serde_json::{Map, Value};

use super::{chip, story};
use crate::clock::Timestamp;
use crate::lab::event::{AccessSeen, Verdict};
use crate::lab::{story::Held, story::Story, watch::Watch, words};
use crate::ui::{at_once::in_browser, browser::Stopwatch};

const ORDER: [&str; 12] =
    ["typ", "alg", "kid", "iss", "aud", "sub", "sid", "jti", "iat", "exp", "auth_time", "client_id"];

#[component]
pub fn TokenCard(watch: Watch) -> impl IntoView {
    let story = story(watch);
    let now = now(watch, story);
    let held = Memo::new(move |_| story.with(|story| story.tab.access.clone()));
    let parts = move || match held.get() {
        None => in_browser(view! { <p class="none">{nothing(story)}</p> }),
        Some(held) => in_browser(view! {
            <p class="which">{chip::access(&held.token)}</p>
            {life(&held, now)}
            {blocks(&held.token, now)}
        }),
    };
    in_browser(view! {
        <section class="panel tokens" aria-labelledby="lab-tokens">
            <h2 id="lab-tokens">"The tab's two tokens"</h2>
            <div class="half access">
                <h3>"Access token"</h3>
                {parts}
                {move || story.with(last_word)}
            </div>
            <div class="half refresh">
                <h3>"Refresh token"</h3>
                {move || story.with(refresh)}
            </div>
        </section>
    })
}

/// The sandbox's time, once a second. It stands still at a moment that was chosen.
fn now(watch: Watch, story: Memo<Story>) -> Memo<Timestamp> {
    let tick = RwSignal::new(0u32);
    let since = Memo::new(move |_| {
        watch.events.with(Vec::len);
        Since(Stopwatch::start())
    });
    Effect::new(move |_| {
        if watch.chosen.get().is_none()
            && let Ok(timer) = set_interval_with_handle(move || tick.update(|tick| *tick += 1), Duration::from_secs(1))
        {
            on_cleanup(move || timer.clear());
        }
    });
    Memo::new(move |_| {
        let at = story.with(|story| story.now);
        if watch.chosen.get().is_some() {
            return at;
        }
        tick.track();
        at.plus(Duration::try_from_secs_f64(since.with(|since| since.0.elapsed_ms()) / 1000.0).unwrap_or_default())
    })
}

/// Each is another.
#[derive(Clone, Copy)]
struct Since(Stopwatch);

impl PartialEq for Since {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

fn nothing(story: Memo<Story>) -> &'static str {
    story.with(|story| match story.tab.state.as_str() {
        "anonymous" => "None: nobody is signed in.",
        "signed-in" | "offline" => "None at the moment: the next call fetches one.",
        _ => "None yet.",
    })
}

/// How long it is still good for, as a sentence and as a picture of it.
fn life(held: &Held, now: Memo<Timestamp>) -> AnyView {
    let (since, until) = (held.since, held.until);
    let whole = until.since(since).max(1);
    let left = move || until.since(now.get()).clamp(0, whole);
    let said = move || match until.since(now.get()) {
        ..=0 => format!("Expired {}. The next call renews it.", words::relative(until, now.get())),
        left => format!("Good for another {}.", words::span(left.unsigned_abs().div_ceil(1000))),
    };
    in_browser(view! {
        <progress aria-hidden="true" max=whole.to_string() value=move || left().to_string()></progress>
        <p class="life">{said}</p>
    })
}

fn blocks(token: &AccessSeen, now: Memo<Timestamp>) -> AnyView {
    in_browser(view! {
        <div class="jwt">
            <h4>"1. Header"</h4>
            {claims(&token.header, now)}
            <h4>"2. Payload: the claims"</h4>
            {claims(&token.claims, now)}
            <h4>"3. Signature"</h4>
            <p>{chip::view(chip::Kind::Other("signature"), &token.signature)}</p>
        </div>
        <p class="hint">
            <strong>"Decoded is not verified. "</strong>
            "Anybody can read the first two parts. Only the third shows that nobody changed them, and only the server's word counts."
        </p>
    })
}

fn claims(map: &Map<String, Value>, now: Memo<Timestamp>) -> AnyView {
    let line = |(name, value): (&String, &Value)| {
        let (key, of) = (name.clone(), value.clone());
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let shown = move || words::claim_value(&key, &of, now.get()).unwrap_or_else(|| plain.clone());
        in_browser(view! {
            <tr>
                <th scope="row"><code>{name.clone()}</code></th>
                <td>{words::claim(name)}</td>
                <td class="value">{shown}</td>
            </tr>
        })
    };
    // As the RFC lists them and not as the alphabet does; whatever else a forger put in comes last.
    let known = ORDER.iter().filter_map(|name| map.get_key_value(*name));
    let other = map.iter().filter(|(name, _)| !ORDER.contains(&name.as_str()));
    let lines: Vec<AnyView> = known.chain(other).map(line).collect();
    in_browser(view! { <table class="claims"><tbody>{lines}</tbody></table> })
}

/// What the server last said about an access token, and whether it was this one.
fn last_word(story: &Story) -> AnyView {
    let Some(checked) = &story.verdict else {
        return in_browser(view! { <p class="word">"The server has not checked an access token yet."</p> });
    };
    let held = story.tab.access.as_ref().map(|held| &held.token.chip);
    let of = match (&checked.chip, held) {
        (Some(chip), Some(held)) if chip == held => String::new(),
        (Some(chip), _) => format!(" That was about {} {}.", chip.words, chip.hex),
        (None, _) => String::new(),
    };
    let class = if checked.verdict == Verdict::Valid { "word good" } else { "word bad" };
    let mark = if checked.verdict == Verdict::Valid { "✓ " } else { "✗ " };
    in_browser(view! {
        <p class=class>
            <span aria-hidden="true">{mark}</span>
            "The server's last word: "
            <strong>{words::verdict(checked.verdict)}</strong>
            "."
            {of}
        </p>
    })
}

fn refresh(story: &Story) -> AnyView {
    match &story.jar.refresh {
        None => in_browser(view! { <p class="none">"None: there is none in the cookie jar."</p> }),
        Some(seen) => in_browser(view! {
            <p class="which">{chip::refresh(seen)}</p>
            <p class="hint">
                "It lies in the cookie jar, where no script can read it. It is not a JWT: only the server can make sense of it. This chip stands for it."
            </p>
        }),
    }
}
