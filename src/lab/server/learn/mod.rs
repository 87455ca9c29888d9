//! `/learn`: the scenes as text, with recorded runs as pictures. The server renders them; they need no script, contain none, and are
//! there in every build with the lab, also where the lab itself is off.
//!
//! Imports go one way: `strokes` < `recording` < `picture` < `file`, `pages` < `embed`.

mod embed;
pub mod file;
mod pages;
pub mod picture;
pub mod recording;
pub mod strokes;
mod words;

pub use words::LESSONS;

use axum::{
    Router,
    extract::{Request, State},
    http::request::Parts,
    response::Response,
    routing::get,
};
use leptos::{config::LeptosOptions, prelude::*};
use leptos_meta::Stylesheet;

use super::LAB;
use super::scenes::{self, SceneData, text::Numbers};
use crate::api::edge::app_state::AppState;
use crate::base_path;
use crate::lang::lang;
use crate::server::pages as app_pages;
use crate::server::router::Pages;
use crate::ui::components::plain_page::PlainPage;
use crate::ui::shell::{plain_shell, stylesheet};
use crate::ui::support::page_settings::header_link;

/// The path of the list; the scenes are below it.
pub const LEARN: &str = "/learn";

/// A page of `/learn`.
#[derive(Clone, Copy)]
pub enum Place {
    Index,
    Scene(&'static SceneData),
    /// A step of a scene, by its index.
    Step(&'static SceneData, usize),
}

impl Place {
    /// The page at a path of the site.
    fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix(LEARN)?;
        if rest.is_empty() {
            return Some(Place::Index);
        }
        let rest = rest.strip_prefix('/')?;
        let (scene, step) = rest.split_once('/').map_or((rest, None), |(scene, step)| (scene, Some(step)));
        let scene = scenes::find(scene)?;
        match step {
            None => Some(Place::Scene(scene)),
            Some(id) => Some(Place::Step(scene, scene.run.iter().position(|step| step.id == id)?)),
        }
    }
}

/// The pages of the app, with those of `/learn` beside them.
pub fn beside(pages: Pages) -> Pages {
    let learn = Router::new()
        .route(LEARN, get(page))
        .route("/learn/{scene}", get(page))
        .route("/learn/{scene}/{step}", get(page))
        .route("/embed/{scene}/{step}", get(embed::page));
    Pages { routes: pages.routes.merge(learn), ..pages }
}

async fn page(State(state): State<AppState>, request: Request) -> Response {
    if Place::of(request.uri().path()).is_none() {
        return (app_pages::pages().not_found)(state, request).await;
    }
    app_pages::plain(state, request, |options| plain_shell(options.clone(), || learn(&options))).await
}

/// The page that the request names.
fn learn(options: &LeptosOptions) -> AnyView {
    let address = use_context::<Parts>().map(|parts| parts.uri.path().to_owned()).unwrap_or_default();
    let place = Place::of(base_path::current().within(&address)).unwrap_or(Place::Index);
    let numbers = use_context::<AppState>().map(|state| Numbers::of(&state.auth.lifetimes()));
    let texts = super::scenes::explained::Explained::new(lang(), numbers.unwrap_or_else(Numbers::of_a_sandbox));
    let title = pages::title(place, &texts);
    let lab = header_link().map(|link| link.href).filter(|href| *href == base_path::at(LAB));
    // Without the lab the link of every page leads here.
    let links = lab.is_some().then(|| view! { <a href=base_path::at(LEARN)>{LESSONS.raw(lang())}</a> }.into_any());
    let html = pages::Page { texts, lab }.html(place);
    let [style, terms] = ["learn", "term"].map(|name| base_path::files().at(&stylesheet(options, name)));
    view! {
        <PlainPage title=title links=links.into_any()>
            <Stylesheet href=style />
            <Stylesheet href=terms />
            <div inner_html=html></div>
        </PlainPage>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scene_and_every_step_has_an_address_and_nothing_else_has() {
        assert!(matches!(Place::of("/learn"), Some(Place::Index)));
        for scene in scenes::SCENES {
            assert!(matches!(Place::of(&pages::address(scene)), Some(Place::Scene(found)) if found.id == scene.id));
            for (index, step) in scene.run.iter().enumerate() {
                let path = format!("/learn/{}/{}", scene.id, step.id);
                assert!(matches!(Place::of(&path), Some(Place::Step(_, at)) if at == index), "{path}");
            }
        }
        for path in [
            "/learn/",
            "/learning",
            "/learn/nothing",
            "/learn/two-tabs/",
            "/learn/two-tabs/nothing",
            "/learn/two-tabs/race/x",
        ] {
            assert!(Place::of(path).is_none(), "{path}");
        }
    }
}
