//! `/embed/{scene}/{step}`: one step as a page of its own for a frame on other people's sites (iframe), and with `.svg` as an image,
//! which plays. It runs nothing, asks nothing and holds nothing of a visitor, so any site may show it.

use axum::{
    extract::{Path, Request, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse as _, Response},
};

use super::super::scenes::explained::Explained;
use super::super::scenes::{self, text::Numbers};
use super::pages::{self, address};
use super::recording;
use super::{file, picture};
use crate::api::edge::app_state::AppState;
use crate::lang::lang;
use crate::server::pages as app_pages;
use crate::ui::shell::{assets, stylesheet};

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *",
);

pub async fn page(
    State(state): State<AppState>,
    Path((scene, step)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (step, is_image) = step.strip_suffix(".svg").map_or((&*step, false), |step| (step, true));
    let Some((scene, step)) =
        scenes::find(&scene).and_then(|scene| Some((scene, scene.run.iter().find(|one| one.id == step)?)))
    else {
        return (app_pages::pages().not_found)(state, request).await;
    };
    let lang = lang();
    let texts = Explained::new(lang, Numbers::of(&state.auth.lifetimes()));
    let recorded = recording::of(scene.id).and_then(|mut recording| recording.remove(step.id));
    let Some(recorded) = recorded else { return (app_pages::pages().not_found)(state, request).await };
    let caption = texts.plain(step.caption);
    if is_image {
        return file::response(&recorded, &caption, lang);
    }
    let files = state.files_base();
    let [css, learn] =
        [assets(&state.leptos).css.clone(), stylesheet(&state.leptos, "learn")].map(|path| files.at(&path));
    let more = [state.base_path.at(&address(scene)), "#".to_owned(), step.id.to_owned()].concat();
    let place = super::Place::Scene(scene);
    let html = format!(
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{} · Two Tokens</title><link rel=\"stylesheet\" href=\"{css}\">\
         <link rel=\"stylesheet\" href=\"{learn}\"></head><body class=\"embed\">\
         <main class=\"learn\"><h1>{caption}</h1>{}\
         <p><a href=\"{more}\" target=\"_blank\" rel=\"noopener\">{} · Two Tokens</a></p></main></body></html>",
        lang.tag(),
        pages::title(place, &texts),
        picture::shown(&recorded, &caption, lang),
        pages::title(place, &texts),
    );
    let mut response = Html(html).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
