//! The theme that the user chose, kept in a cookie; without one the browser's own preference decides. The server writes it into
//! the page, so it never flashes and needs no script. The choice is a plain form, like that of the language.

use axum::{
    extract::{Form, State},
    http::HeaderMap,
    response::Response,
};

use crate::api::edge::app_state::AppState;
use crate::api::edge::cookies;
use crate::api::edge::language::{Choice, YEAR, back};
use crate::protocol::theme::Theme;

const COOKIE: &str = "theme";

/// The theme of a request.
pub fn of(headers: &HeaderMap) -> Theme {
    cookies::pairs(headers).find_map(|(name, value)| (name == COOKIE).then(|| Theme::parse(value))?).unwrap_or_default()
}

/// `POST /theme`: sets the cookie and redirects back to the page of the form. The system's theme needs no cookie.
pub async fn choose(State(state): State<AppState>, Form(choice): Form<Choice>) -> Response {
    let cookie = Theme::parse(&choice.to).map(|theme| {
        let age = if theme == Theme::System { 0 } else { YEAR };
        format!("{COOKIE}={}; Max-Age={age}", theme.as_str())
    });
    back(&state, &choice.next, cookie)
}
