//! Language negotiation (localization): the language of the page that calls, else the one that the user chose, kept in a
//! cookie, else the best match of `Accept-Language` (RFC 9110 section 12.5.4). The choice is a plain form, so it works without
//! JavaScript.

use axum::{
    extract::{Form, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::api::edge::app_state::AppState;
use crate::api::edge::cookies;
use crate::base_path::is_local_path;
use crate::lang::{LANGUAGE_HEADER, Lang};

const PAGE_LANGUAGE: HeaderName = HeaderName::from_static(LANGUAGE_HEADER);
const COOKIE: &str = "lang";
pub(super) const YEAR: u32 = 365 * 24 * 3600;

/// The language of a request.
pub(super) fn of(headers: &HeaderMap) -> Lang {
    of_page(headers).or_else(|| chosen(headers)).unwrap_or_else(|| preferred(headers))
}

fn of_page(headers: &HeaderMap) -> Option<Lang> {
    Lang::parse(headers.get(PAGE_LANGUAGE)?.to_str().ok()?)
}

fn chosen(headers: &HeaderMap) -> Option<Lang> {
    cookies::pairs(headers).find_map(|(name, value)| (name == COOKIE).then(|| Lang::parse(value))?)
}

fn preferred(headers: &HeaderMap) -> Lang {
    let mut best = (Lang::default(), 0.0);
    let Some(accepted) = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()) else {
        return best.0;
    };
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

/// The form of `POST /language`, and that of `POST /theme`.
#[derive(Deserialize)]
pub struct Choice {
    pub(super) to: String,
    #[serde(default)]
    pub(super) next: String,
}

/// `POST /language`: sets the cookie and redirects back to the page of the form. Only local paths are accepted (open
/// redirect).
pub async fn choose(State(state): State<AppState>, Form(choice): Form<Choice>) -> Response {
    let cookie = Lang::parse(&choice.to).map(|lang| format!("{COOKIE}={}; Max-Age={YEAR}", lang.tag()));
    back(&state, &choice.next, cookie)
}

/// The answer to a choice: back to the page of the form, with the cookie that keeps the choice.
pub(super) fn back(state: &AppState, next: &str, cookie: Option<String>) -> Response {
    let next = if is_local_path(next) { next } else { "/" };
    let mut response = Redirect::to(&state.base_path.at(next)).into_response();
    let line = cookie.and_then(|cookie| HeaderValue::try_from(format!("{cookie}; Secure; SameSite=Lax; Path=/")).ok());
    if let Some(line) = line {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_has_precedence_over_accept_language() {
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
