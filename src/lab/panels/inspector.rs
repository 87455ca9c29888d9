//! One request with its answer, line by line, each with the reason for being there. Which one: that of the chosen event, or the
//! last before it. Secrets were taken out before the event was made, so there is nothing to hide here.

use leptos::prelude::*;

use super::chip;
use crate::lab::event::{CookieSet, Field, Header, Request, Response};
use crate::lab::exchange::{Exchange, exchanges, is_browser, latest};
use crate::lab::{watch::Watch, words};
use crate::ui::at_once::in_browser;

#[component]
pub fn RequestInspector(watch: Watch) -> impl IntoView {
    let looked_at = move || {
        let upto = watch.upto();
        watch.events.with(|events| {
            let past = events.get(..upto).unwrap_or(events);
            let id = latest(past)?;
            // Its answer as well, which comes later than the moment.
            exchanges(events).into_iter().find(|exchange| exchange.id == id).map(|exchange| shown(&exchange))
        })
    };
    let none = || in_browser(view! { <p class="none">"No request yet."</p> });
    in_browser(view! {
        <section class="panel inspector" aria-labelledby="lab-inspector">
            <h2 id="lab-inspector">"One request, line by line"</h2>
            {move || looked_at().unwrap_or_else(none)}
        </section>
    })
}

fn shown(exchange: &Exchange<'_>) -> AnyView {
    let request = exchange.request;
    let answer = match exchange.response {
        Some(response) => answer(response, exchange.lost),
        None => in_browser(view! { <p class="none">"No answer yet."</p> }),
    };
    in_browser(view! {
        <p class="request-line">
            <span class="who">{words::lifeline(request.from)}</span>
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

fn tokens(request: &Request) -> AnyView {
    let access = request.bearer.as_ref().map(|token| in_browser(view! { <li>{chip::access(token)}</li> }));
    let refresh = request.refresh.as_ref().map(|seen| in_browser(view! { <li>{chip::refresh(seen)}</li> }));
    match (access, refresh) {
        (None, None) => in_browser(view! { <p class="hint">"No token comes along."</p> }),
        (access, refresh) => in_browser(view! { <ul class="chips">{access}{refresh}</ul> }),
    }
}

/// The reasons are those of browsers; a thief writes what it likes.
fn headers(title: &'static str, lines: &[Header], browser: bool) -> Option<AnyView> {
    let line = |header: &Header| {
        let why = words::header(&header.name)
            .filter(|_| browser)
            .map(|why| in_browser(view! { <span class="why">{why}</span> }));
        in_browser(view! {
            <li>
                <code>{format!("{}: {}", header.name, header.value)}</code>
                {why}
            </li>
        })
    };
    (!lines.is_empty()).then(|| {
        in_browser(view! {
            <h4>{title}</h4>
            <ul class="lines">{lines.iter().map(line).collect::<Vec<_>>()}</ul>
        })
    })
}

fn fields(fields: &[Field]) -> Option<AnyView> {
    let line = |field: &Field| {
        let value = field.value.clone().unwrap_or_else(|| "(a password: never recorded)".to_owned());
        in_browser(view! { <li><code>{format!("{} = {value}", field.name)}</code></li> })
    };
    (!fields.is_empty()).then(|| {
        in_browser(view! {
            <h4>"Form"</h4>
            <ul class="lines">{fields.iter().map(line).collect::<Vec<_>>()}</ul>
        })
    })
}

fn cookies(request: &Request) -> Option<AnyView> {
    let lines: Vec<AnyView> = request
        .cookies
        .iter()
        .map(|cookie| {
            let sent = if cookie.sent { "comes along" } else { "stays at home" };
            in_browser(view! {
                <li>
                    <code>{cookie.name.clone()}</code>
                    " "
                    <strong>{sent}</strong>
                    {format!(": {}.", words::cookie_why(cookie.why))}
                </li>
            })
        })
        .collect();
    (!lines.is_empty()).then(|| in_browser(view! { <h4>"Cookies"</h4><ul class="lines">{lines}</ul> }))
}

fn answer(response: &Response, lost: bool) -> AnyView {
    let class = if response.status >= 400 { "status bad" } else { "status good" };
    let code = response.code.map(|code| {
        in_browser(view! {
            <code>{code.as_str()}</code>
            <span class="why">{words::code(code)}</span>
        })
    });
    let lost =
        lost.then(|| in_browser(view! { <p class="status bad">"✗ It never arrived: it was lost on its way."</p> }));
    let access = response
        .access
        .as_ref()
        .map(|token| in_browser(view! { <p>"In the body, for the page's memory: "{chip::access(token)}</p> }));
    in_browser(view! {
        <p class=class>
            <strong>{format!("{} {}", response.status, words::status(response.status))}</strong>
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
        in_browser(view! {
            <li>
                <code>{attribute.clone()}</code>
                <span class="why">{words::attribute(attribute)}</span>
            </li>
        })
    };
    let what = match (&cookie.refresh, cookie.cleared) {
        (_, true) => in_browser("thrown away"),
        (Some(seen), _) => chip::refresh(seen),
        (None, _) => in_browser("readable, and no secret: it only says that asking for a refresh is worth it"),
    };
    in_browser(view! {
        <h4>"Set-Cookie: "<code>{cookie.name.clone()}</code></h4>
        <p>{what}</p>
        <ul class="lines">{cookie.attributes.iter().map(line).collect::<Vec<_>>()}</ul>
    })
}

/// Where the time went. The bar is an SVG because the page's policy allows no style on an element.
fn time(response: &Response) -> AnyView {
    let sum = response.hops.iter().map(|hop| hop.micros).sum::<u64>().max(response.micros).max(1);
    let share = |micros: u64| micros.saturating_mul(1000) / sum;
    let line = |hop: &crate::lab::event::Hop| {
        in_browser(view! {
            <tr>
                <th scope="row">{words::hop(hop.name)}</th>
                <td class="bar">
                    <svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
                        <rect width=share(hop.micros).max(4).to_string() height="10"></rect>
                    </svg>
                </td>
                <td class="value">{words::micros(hop.micros)}</td>
            </tr>
        })
    };
    in_browser(view! {
        <h4>{format!("Time on the server: {}", words::micros(response.micros))}</h4>
        <table class="time"><tbody>{response.hops.iter().map(line).collect::<Vec<_>>()}</tbody></table>
    })
}
