//! The request inspector (as in browser developer tools): one request and its response, line by line, each with its purpose. It
//! shows the exchange of the chosen event, or the last one before it. Events are redacted already, so nothing is hidden here.

use leptos::prelude::*;

use super::fingerprint;
use crate::lab::model::event::{CookieSet, FormField, HeaderLine, RecordedRequest, RecordedResponse};
use crate::lab::model::exchange::{Exchange, exchanges, is_browser, latest};
use crate::lab::model::{labels, watch::Watch};
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn RequestInspector(watch: Watch) -> impl IntoView {
    let inspected = move || {
        let upto = watch.upto();
        watch.events.with(|events| {
            let past = events.get(..upto).unwrap_or(events);
            let id = latest(past)?;
            // With its response, even if that came after the chosen moment.
            exchanges(events).into_iter().find(|exchange| exchange.id == id).map(|exchange| shown(&exchange))
        })
    };
    let none = || client_only(view! { <p class="none">"No request yet."</p> });
    client_only(view! {
        <section class="panel inspector" aria-labelledby="lab-inspector">
            <h2 id="lab-inspector">"One request, line by line"</h2>
            {move || inspected().unwrap_or_else(none)}
        </section>
    })
}

fn shown(exchange: &Exchange<'_>) -> AnyView {
    let request = exchange.request;
    let answer = match exchange.response {
        Some(response) => answer(response, exchange.lost),
        None => client_only(view! { <p class="none">"No answer yet."</p> }),
    };
    client_only(view! {
        <p class="request-line">
            <span class="who">{labels::lifeline(request.from)}</span>
            <code>{format!("{} {}", request.method, request.path)}</code>
        </p>
        {tokens(request)}
        {headers("Request headers", &request.headers, is_browser(request.from))}
        {fields(&request.fields)}
        {cookies(request)}
        <h3>"Answer"</h3>
        {answer}
    })
}

fn tokens(request: &RecordedRequest) -> AnyView {
    let access = request.bearer.as_ref().map(|token| client_only(view! { <li>{fingerprint::access(token)}</li> }));
    let refresh = request.refresh.as_ref().map(|seen| client_only(view! { <li>{fingerprint::refresh(seen)}</li> }));
    match (access, refresh) {
        (None, None) => client_only(view! { <p class="hint">"No token comes along."</p> }),
        (access, refresh) => client_only(view! { <ul class="chips">{access}{refresh}</ul> }),
    }
}

/// The explanations are true of browsers only; a thief writes any header.
fn headers(title: &'static str, lines: &[HeaderLine], browser: bool) -> Option<AnyView> {
    let line = |header: &HeaderLine| {
        let why = labels::header(&header.name)
            .filter(|_| browser)
            .map(|why| client_only(view! { <span class="why">{why}</span> }));
        client_only(view! {
            <li>
                <code>{format!("{}: {}", header.name, header.value)}</code>
                {why}
            </li>
        })
    };
    (!lines.is_empty()).then(|| {
        client_only(view! {
            <h4>{title}</h4>
            <ul class="lines">{lines.iter().map(line).collect::<Vec<_>>()}</ul>
        })
    })
}

fn fields(fields: &[FormField]) -> Option<AnyView> {
    let line = |field: &FormField| {
        let value = field.value.clone().unwrap_or_else(|| "(a password: never recorded)".to_owned());
        client_only(view! { <li><code>{format!("{} = {value}", field.name)}</code></li> })
    };
    (!fields.is_empty()).then(|| {
        client_only(view! {
            <h4>"Form"</h4>
            <ul class="lines">{fields.iter().map(line).collect::<Vec<_>>()}</ul>
        })
    })
}

fn cookies(request: &RecordedRequest) -> Option<AnyView> {
    let lines: Vec<AnyView> = request
        .cookies
        .iter()
        .map(|cookie| {
            let sent = if cookie.sent { "comes along" } else { "stays at home" };
            client_only(view! {
                <li>
                    <code>{cookie.name.clone()}</code>
                    " "
                    <strong>{sent}</strong>
                    {format!(": {}.", labels::cookie_why(cookie.why))}
                </li>
            })
        })
        .collect();
    (!lines.is_empty()).then(|| client_only(view! { <h4>"Cookies"</h4><ul class="lines">{lines}</ul> }))
}

fn answer(response: &RecordedResponse, lost: bool) -> AnyView {
    let class = if response.status >= 400 { "status bad" } else { "status good" };
    let code = response.code.map(|code| {
        client_only(view! {
            <code>{code.as_str()}</code>
            <span class="why">{labels::code(code)}</span>
        })
    });
    let lost =
        lost.then(|| client_only(view! { <p class="status bad">"✗ It never arrived: it was lost on its way."</p> }));
    let access = response
        .access
        .as_ref()
        .map(|token| client_only(view! { <p>"In the body, for the page's memory: "{fingerprint::access(token)}</p> }));
    client_only(view! {
        <p class=class>
            <strong>{format!("{} {}", response.status, labels::status(response.status))}</strong>
            " "
            {code}
        </p>
        {lost}
        {access}
        {headers("Answer headers", &response.headers, true)}
        {response.cookies.iter().map(set_cookie).collect::<Vec<_>>()}
        {time(response)}
    })
}

fn set_cookie(cookie: &CookieSet) -> AnyView {
    let line = |attribute: &String| {
        client_only(view! {
            <li>
                <code>{attribute.clone()}</code>
                <span class="why">{labels::attribute(attribute)}</span>
            </li>
        })
    };
    let what = match (&cookie.refresh, cookie.cleared) {
        (_, true) => client_only("thrown away"),
        (Some(seen), _) => fingerprint::refresh(seen),
        (None, _) => client_only("readable, and no secret: it only says that asking for a refresh is worth it"),
    };
    client_only(view! {
        <h4>"Set-Cookie: "<code>{cookie.name.clone()}</code></h4>
        <p>{what}</p>
        <ul class="lines">{cookie.attributes.iter().map(line).collect::<Vec<_>>()}</ul>
    })
}

/// Server timing. The bar is an SVG because the content policy forbids inline styles.
fn time(response: &RecordedResponse) -> AnyView {
    let sum = response.hops.iter().map(|hop| hop.micros).sum::<u64>().max(response.micros).max(1);
    let share = |micros: u64| micros.saturating_mul(1000) / sum;
    let line = |hop: &crate::lab::model::event::Hop| {
        client_only(view! {
            <tr>
                <th scope="row">{labels::hop(hop.name)}</th>
                <td class="bar">
                    <svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
                        <rect width=share(hop.micros).max(4).to_string() height="10"></rect>
                    </svg>
                </td>
                <td class="value">{labels::micros(hop.micros)}</td>
            </tr>
        })
    };
    client_only(view! {
        <h4>{format!("Time on the server: {}", labels::micros(response.micros))}</h4>
        <table class="time"><tbody>{response.hops.iter().map(line).collect::<Vec<_>>()}</tbody></table>
    })
}
