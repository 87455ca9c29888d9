//! The request inspector (as in browser developer tools): one request and its response, line by line, each with its purpose. It
//! shows the exchange of the chosen event, or the last one before it. Events are redacted already, so nothing is hidden here.

use leptos::prelude::*;

use super::super::diagram::escape;
use super::super::markup::{classed, tag};
use super::fingerprint;
use super::text::panel;
use crate::lab::model::event::{CookieSet, FormField, HeaderLine, Hop, RecordedRequest, RecordedResponse};
use crate::lab::model::exchange::{Exchange, exchanges, is_browser, latest};
use crate::lab::model::{labels, watch::Watch};
use crate::lab::words::t;

#[component]
pub fn RequestInspector(watch: Watch) -> impl IntoView {
    panel(
        watch,
        ("inspector-panel", "lab-inspector", t("One request, line by line", "Eine Anfrage, Zeile für Zeile")),
        move || {
            let upto = watch.upto();
            let found = watch.events.with(|events| {
                let id = latest(events.get(..upto).unwrap_or(events))?;
                // With its response, even if that came after the chosen moment.
                exchanges(events).into_iter().find(|exchange| exchange.id == id).map(|exchange| shown(&exchange))
            });
            found.unwrap_or_else(|| classed("p", "none", t("No request yet.", "Noch keine Anfrage.")))
        },
    )
}

fn shown(exchange: &Exchange<'_>) -> String {
    let request = exchange.request;
    let line = [&*request.method, " ", &request.path].concat();
    let who = classed("span", "who", labels::lifeline(request.from));
    let mut text = classed("p", "request-line", &[who, tag("code", "", &escape(&line))].concat());
    text += &tokens(request);
    text += &headers(t("Request headers", "Header der Anfrage"), &request.headers, is_browser(request.from));
    text += &fields(&request.fields);
    text += &cookies(request);
    text += &tag("h3", "", t("Answer", "Antwort"));
    text += &match exchange.response {
        Some(response) => answer(response, exchange.lost),
        None => classed("p", "none", t("No answer yet.", "Noch keine Antwort.")),
    };
    text
}

fn tokens(request: &RecordedRequest) -> String {
    let access = request.bearer.as_ref().map(fingerprint::access);
    let refresh = request.refresh.as_ref().map(fingerprint::refresh);
    let chips: String = access.into_iter().chain(refresh).map(|chip| tag("li", "", &chip)).collect();
    if chips.is_empty() {
        classed("p", "hint", t("No token comes along.", "Kein Token kommt mit."))
    } else {
        classed("ul", "chips", &chips)
    }
}

fn why(words: &str) -> String {
    classed("span", "why", words)
}

/// A heading and its lines; nothing where there are none.
fn titled(title: &str, lines: &str) -> String {
    if lines.is_empty() { String::new() } else { [tag("h4", "", title), classed("ul", "lines", lines)].concat() }
}

/// The explanations are true of browsers only; a thief writes any header.
fn headers(title: &str, lines: &[HeaderLine], browser: bool) -> String {
    let line = |header: &HeaderLine| {
        let why = labels::header(&header.name).filter(|_| browser).map(why).unwrap_or_default();
        let words = escape(&[&*header.name, ": ", &header.value].concat());
        tag("li", "", &[tag("code", "", &words), why].concat())
    };
    titled(title, &lines.iter().map(line).collect::<String>())
}

fn fields(fields: &[FormField]) -> String {
    let line = |field: &FormField| {
        let value =
            field.value.as_deref().unwrap_or(t("(a password: never recorded)", "(ein Passwort: nie aufgezeichnet)"));
        tag("li", "", &tag("code", "", &escape(&[&*field.name, " = ", value].concat())))
    };
    titled(t("Form", "Formular"), &fields.iter().map(line).collect::<String>())
}

fn cookies(request: &RecordedRequest) -> String {
    let lines = request.cookies.iter().map(|cookie| {
        let sent = match cookie.sent {
            true => t(" <strong>comes along</strong>: ", " <strong>kommt mit</strong>: "),
            false => t(" <strong>stays at home</strong>: ", " <strong>bleibt zu Hause</strong>: "),
        };
        let words = [sent, labels::cookie_why(cookie.why), "."].concat();
        tag("li", "", &[tag("code", "", &escape(&cookie.name)), words].concat())
    });
    titled("Cookies", &lines.collect::<String>())
}

fn answer(response: &RecordedResponse, lost: bool) -> String {
    let status = [&*response.status.to_string(), " ", labels::status(response.status)].concat();
    let code = response.code.map(|code| [tag("code", "", code.as_str()), why(labels::code(code))].concat());
    let status = [&*tag("strong", "", &status), " ", &code.unwrap_or_default()].concat();
    let mut text = classed("p", if response.status >= 400 { "status bad" } else { "status good" }, &status);
    if lost {
        text += &classed(
            "p",
            "status bad",
            t("✗ It never arrived: it was lost on its way.", "✗ Sie kam nie an: Sie ging unterwegs verloren."),
        );
    }
    if let Some(token) = &response.access {
        text += &tag(
            "p",
            "",
            &[
                t("In the body, for the page's memory: ", "Im Inhalt, für den Speicher der Seite: "),
                &*fingerprint::access(token),
            ]
            .concat(),
        );
    }
    text += &headers(t("Answer headers", "Header der Antwort"), &response.headers, true);
    text.extend(response.cookies.iter().map(set_cookie));
    text + &time(response)
}

fn set_cookie(cookie: &CookieSet) -> String {
    let line = |attribute: &String| {
        tag("li", "", &[tag("code", "", &escape(attribute)), why(labels::attribute(attribute))].concat())
    };
    let what = match (&cookie.refresh, cookie.cleared) {
        (_, true) => t("thrown away", "weggeworfen").to_owned(),
        (Some(seen), _) => fingerprint::refresh(seen),
        (None, _) => t(
            "readable, and no secret: it only says that asking for a refresh is worth it",
            "lesbar und kein Geheimnis: Es sagt nur, dass sich das Erneuern lohnt",
        )
        .to_owned(),
    };
    let title = ["Set-Cookie: ", &*tag("code", "", &escape(&cookie.name))].concat();
    let lines: String = cookie.attributes.iter().map(line).collect();
    [tag("h4", "", &title), tag("p", "", &what), classed("ul", "lines", &lines)].concat()
}

/// Server timing. The bar is an SVG because the content policy forbids inline styles.
fn time(response: &RecordedResponse) -> String {
    let sum = response.hops.iter().map(|hop| hop.micros).sum::<u64>().max(response.micros).max(1);
    let line = |hop: &Hop| {
        format!(
            r#"<tr><th scope="row">{}</th><td class="bar"><svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true"><rect width="{}" height="10"></rect></svg></td><td class="value">{}</td></tr>"#,
            labels::hop(hop.name),
            (hop.micros.saturating_mul(1000) / sum).max(4),
            labels::micros(hop.micros)
        )
    };
    let title = [t("Time on the server: ", "Zeit auf dem Server: "), &*labels::micros(response.micros)].concat();
    let lines: String = response.hops.iter().map(line).collect();
    [tag("h4", "", &title), classed("table", "time", &tag("tbody", "", &lines))].concat()
}
