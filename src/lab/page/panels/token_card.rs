//! The two tokens, both in sight: the tab has one, the browser keeps the other. The access token (a JWT) is decoded into its three
//! parts, shown separately so that decoding is not mistaken for verification; the server's verdict stands beside them.

use std::time::Duration;

use leptos::prelude::*;
use serde_json::{Map, Value};

use super::super::diagram::escape;
use super::super::markup::{classed, tag};
use super::context::snapshot;
use super::fingerprint::{self, FingerprintKind};
use crate::clock::Timestamp;
use crate::lab::model::event::{AccessSeen, Verdict};
use crate::lab::model::snapshot::{HeldAccessToken, Snapshot};
use crate::lab::model::{labels, watch::Watch};
use crate::lab::words::{filled, t};
use crate::ui::support::browser::Stopwatch;
use crate::ui::support::sync_hydrated::client_only;

/// The order of the RFCs (7515, 7519, 9068).
const ORDER: [&str; 13] =
    ["typ", "alg", "kid", "iss", "aud", "sub", "sid", "jti", "iat", "exp", "auth_time", "client_id", "session_epoch"];

#[component]
pub fn TokenCard(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    let now = now(watch, snapshot);
    let held = Memo::new(move |_| snapshot.with(|snapshot| snapshot.tab.access.clone()));
    let parts = move || match held.get() {
        None => client_only(view! { <p class="none">{nothing(snapshot)}</p> }),
        Some(held) => client_only(view! {
            <p class="which" inner_html=fingerprint::access(&held.token)></p>
            {life(&held, now)}
            {blocks(&held.token, now)}
        }),
    };
    client_only(view! {
        <section class="panel tokens" aria-labelledby="lab-tokens">
            <h2 id="lab-tokens">{t("The two tokens", "Die zwei Token")}</h2>
            <div class="half access">
                <h3>{t("Access token, in the tab", "Access-Token, im Tab")}</h3>
                {parts}
                <div inner_html=move || snapshot.with(last_verdict)></div>
            </div>
            <div class="half refresh">
                <h3>{t("Refresh token, in the browser", "Refresh-Token, im Browser")}</h3>
                <div inner_html=move || snapshot.with(refresh)></div>
            </div>
        </section>
    })
}

/// The sandbox's time, updated once a second. It stands still at a chosen moment.
fn now(watch: Watch, snapshot: Memo<Snapshot>) -> Memo<Timestamp> {
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
        let at = snapshot.with(|snapshot| snapshot.now);
        if watch.chosen.get().is_some() {
            return at;
        }
        tick.track();
        at.plus(Duration::try_from_secs_f64(since.with(|since| since.0.elapsed_ms()) / 1000.0).unwrap_or_default())
    })
}

/// Never equal, so that each new event restarts the stopwatch.
#[derive(Clone, Copy)]
struct Since(Stopwatch);

impl PartialEq for Since {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

fn nothing(snapshot: Memo<Snapshot>) -> &'static str {
    snapshot.with(|snapshot| match snapshot.tab.state.as_str() {
        "anonymous" => t("None: nobody is signed in.", "Keines: Niemand ist angemeldet."),
        "signed-in" | "offline" => {
            t("None at the moment: the next call fetches one.", "Gerade keines: Der nächste Aufruf holt eines.")
        }
        _ => t("None yet.", "Noch keines."),
    })
}

/// The remaining lifetime, as a sentence and as a progress bar.
fn life(held: &HeldAccessToken, now: Memo<Timestamp>) -> AnyView {
    let (since, until) = (held.since, held.until);
    let whole = until.since(since).max(1);
    let left = move || until.since(now.get()).clamp(0, whole);
    let said = move || match until.since(now.get()) {
        ..=0 => filled(
            t("Expired {}. The next call renews it.", "Abgelaufen {}. Der nächste Aufruf erneuert es."),
            &[&labels::relative(until, now.get())],
        ),
        left => {
            filled(t("Good for another {}.", "Gilt noch {}."), &[&labels::duration(left.unsigned_abs().div_ceil(1000))])
        }
    };
    client_only(view! {
        <progress aria-hidden="true" max=whole.to_string() value=move || left().to_string()></progress>
        <p class="life">{said}</p>
    })
}

fn blocks(token: &AccessSeen, now: Memo<Timestamp>) -> AnyView {
    let (header, payload) = (token.header.clone(), token.claims.clone());
    let signature = fingerprint::chip(FingerprintKind::Other(t("signature", "Signatur")), &token.signature);
    let parts = move || {
        [
            tag("h4", "", "1. Header"),
            claims(&header, now.get()),
            tag("h4", "", t("2. Payload: the claims", "2. Inhalt: die Claims")),
            claims(&payload, now.get()),
            tag("h4", "", t("3. Signature", "3. Signatur")),
            tag("p", "", &signature),
            classed(
                "p",
                "hint",
                t(
                    "<strong>Decoded is not verified. </strong>Anybody can read the first two parts. Only the third shows \
                     that nobody changed them, and only the server's word counts.",
                    "<strong>Gelesen ist nicht geprüft. </strong>Die ersten zwei Teile kann jeder lesen. Nur der dritte \
                     zeigt, dass niemand sie verändert hat, und nur das Wort des Servers zählt.",
                ),
            ),
        ]
        .concat()
    };
    client_only(view! {
        <details class="jwt">
            <summary>{t("Its three parts, decoded", "Seine drei Teile, lesbar gemacht")}</summary>
            <div inner_html=parts></div>
        </details>
    })
}

fn claims(map: &Map<String, Value>, now: Timestamp) -> String {
    let line = |(name, value): (&String, &Value)| {
        let plain = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let shown = labels::claim_value(name, value, now).unwrap_or_else(plain);
        let name = [tag("th", " scope=\"row\"", &tag("code", "", &escape(name))), tag("td", "", labels::claim(name))];
        tag("tr", "", &[name.concat(), classed("td", "value", &escape(&shown))].concat())
    };
    // In the order of the RFCs, not of the alphabet; unknown claims come last.
    let known = ORDER.iter().filter_map(|name| map.get_key_value(*name));
    let other = map.iter().filter(|(name, _)| !ORDER.contains(&name.as_str()));
    classed("table", "claims", &tag("tbody", "", &known.chain(other).map(line).collect::<String>()))
}

/// The server's last verdict on an access token, and whether it was about this one.
fn last_verdict(snapshot: &Snapshot) -> String {
    let Some(checked) = &snapshot.verdict else {
        return classed(
            "p",
            "word",
            t("The server has not checked an access token yet.", "Der Server hat noch kein Access-Token geprüft."),
        );
    };
    let held = snapshot.tab.access.as_ref().map(|held| &held.token.fingerprint);
    let of = match (&checked.fingerprint, held) {
        (Some(fingerprint), Some(held)) if fingerprint == held => String::new(),
        (Some(fingerprint), _) => {
            filled(t(" That was about {}.", " Das galt {}."), &[&escape(&labels::fingerprint(fingerprint))])
        }
        (None, _) => String::new(),
    };
    let good = checked.verdict == Verdict::Valid;
    let mark = tag("span", " aria-hidden=\"true\"", if good { "✓ " } else { "✗ " });
    let word = tag("strong", "", labels::verdict(checked.verdict));
    let words = [&*mark, t("The server's last word: ", "Das letzte Wort des Servers: "), &*word, ".", &*of].concat();
    classed("p", if good { "word good" } else { "word bad" }, &words)
}

fn refresh(snapshot: &Snapshot) -> String {
    match &snapshot.jar.refresh {
        None => {
            classed("p", "none", t("None: there is none in the cookie jar.", "Keines: Im Cookie-Speicher ist keines."))
        }
        Some(seen) => {
            let hint = t(
                "It lies in the cookie jar, where no script can read it. It is not a JWT: only the server can make sense of it. \
                 This chip stands for it.",
                "Es liegt im Cookie-Speicher, wo kein Skript es lesen kann. Es ist kein JWT: Nur der Server kann etwas damit \
                 anfangen. Dieses Zeichen steht dafür.",
            );
            [classed("p", "which", &fingerprint::refresh(seen)), classed("p", "hint", hint)].concat()
        }
    }
}
