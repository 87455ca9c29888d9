//! Which language a request is answered in: the one chosen on the page, which a cookie remembers, else the one the browser
//! prefers (`Accept-Language`, RFC 9110 section 12.5.4). Choosing is a plain form, so it works without the program.

use axum::{
    extract::{Form, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::app_state::AppState;
use super::cookies;
use crate::lang::{Lang, speaking};
use crate::ui::next::is_own;

const COOKIE: &str = "lang";
const YEAR: u32 = 365 * 24 * 3600;

/// Answers in the language of who asks.
pub async fn layer(request: Request, next: Next) -> Response {
    speaking(of(request.headers()), next.run(request)).await
}

/// The language of a request.
fn of(headers: &HeaderMap) -> Lang {
    chosen(headers).unwrap_or_else(|| preferred(headers))
}

fn chosen(headers: &HeaderMap) -> Option<Lang> {
    cookies::pairs(headers).find_map(|(name, value)| (name == COOKIE).then(|| Lang::parse(value))?)
}

fn preferred(headers: &HeaderMap) -> Lang {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (Lang::default(), 0.0);
    for range in accepted.split(',').take(32) {
        let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if let Some(lang) = Lang::parse(tag)
            && weight > best.1
        {
            best = (lang, weight);
        }
    }
    best.0
}

#[derive(Deserialize)]
pub struct Choice {
    to: String,
    #[serde(default)]
    next: String,
}

/// `POST /language`: remembers the choice and goes back to where it was made.
pub async fn choose(State(state): State<AppState>, Form(choice): Form<Choice>) -> Response {
    let back = if is_own(&choice.next) { &choice.next } else { "/" };
    let mut response = Redirect::to(&state.mount.at(back)).into_response();
    if let Some(lang) = Lang::parse(&choice.to) {
        let line = format!("{COOKIE}={}; Secure; SameSite=Lax; Path=/; Max-Age={YEAR}", lang.tag());
        if let Ok(line) = HeaderValue::try_from(line) {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_comes_before_what_the_browser_prefers() {
        for (cookie, accepts, lang) in [
            ("", "", Lang::En),
            ("", "de", Lang::De),
            ("", "de-AT,en;q=0.5", Lang::De),
            ("", "en-GB,de;q=0.9", Lang::En),
            ("", "fr,de;q=0.4,en;q=0.3", Lang::De),
            ("", "de;q=0, en;q=0.1", Lang::En),
            ("", "de;q=x", Lang::En),
            ("a=b; lang=en", "de", Lang::En),
            ("lang=de", "en", Lang::De),
            ("lang=xx", "de", Lang::De),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepts));
            assert_eq!(of(&headers), lang, "{cookie} {accepts}");
        }
    }
}
