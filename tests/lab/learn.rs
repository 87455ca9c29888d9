//! `/learn` and `/embed`: every page in every language, without a script, and with links that lead somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::http::{HeaderValue, Method, StatusCode};
use two_tokens::lab::server::learn::{self, file, picture, recording};
use two_tokens::lab::server::scenes::{SCENES, text::Numbers};
use two_tokens::lang::Lang;
use two_tokens::server::pages;

use crate::support::{Answer, Client, TestApp, served};

/// The app's router with the lessons, as `main` serves it where the lab itself is off.
async fn with_lessons(arguments: &[&str]) -> (TestApp, Router) {
    let app = TestApp::with(arguments).await;
    let router = served(&app.state, learn::beside(pages::pages()));
    (app, router)
}

async fn get(router: &Router, path: &str, language: &str) -> Answer {
    let mut client = Client::of(router.clone());
    let request = client.request(Method::GET, path).header("accept-language", language).header("accept", "text/html");
    let request = request.body(axum::body::Body::empty()).unwrap();
    client.send(request).await
}

/// The paths of all lessons and steps.
fn paths() -> Vec<String> {
    let steps =
        |id: &'static str, steps: Vec<&'static str>| steps.into_iter().map(move |step| format!("/learn/{id}/{step}"));
    let scenes = SCENES.iter().flat_map(|scene| {
        let ids = scene.run.iter().map(|step| step.id).collect();
        std::iter::once(format!("/learn/{}", scene.id)).chain(steps(scene.id, ids))
    });
    std::iter::once("/learn".to_owned()).chain(scenes).collect()
}

/// What the links of a page name, without fragments.
fn links(html: &str) -> BTreeSet<String> {
    let hrefs = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    hrefs.map(|href| href.split('#').next().unwrap().to_owned()).filter(|href| href.starts_with('/')).collect()
}

#[tokio::test]
async fn every_lesson_is_a_page_without_a_script_in_every_language() {
    let (_app, router) = with_lessons(&[]).await;
    let mut linked = BTreeSet::new();
    for path in paths() {
        for language in ["en", "de"] {
            let answer = get(&router, &path, language).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            let html = &answer.body;
            assert!(html.contains(&format!(" lang=\"{language}\"")), "{path}");
            // Leptos writes two lines with empty lists into every page; nothing reads them.
            assert!(!html.contains("type=\"module\"") && !html.contains(".js") && !html.contains(".wasm"), "{path}");
            let is_step = path.matches('/').count() == 3;
            assert!(!is_step || html.contains("<svg class=\"run\"") && html.contains("class=\"story\""), "{path}");
            // Each term that is linked has its meaning on the page.
            for term in html.split("href=\"#word-").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(html.contains(&format!("<div id=\"word-{term}\">")), "{path}: {term}");
            }
            linked.extend(links(html).into_iter().filter(|link| !link.starts_with("/pkg/")));
        }
    }
    for path in paths() {
        assert!(linked.contains(&path), "nothing leads to {path}");
    }
    for link in linked.iter().filter(|link| !link.contains('.')) {
        assert_eq!(get(&router, link, "en").await.status, StatusCode::OK, "{link}");
    }
}

#[tokio::test]
async fn the_numbers_of_the_lessons_are_those_of_the_server() {
    let (_app, router) = with_lessons(&["--access-ttl", "5m", "--refresh-grace", "20s"]).await;
    let page = get(&router, "/learn/sign-in", "en").await.body.replace('\u{a0}', " ");
    assert!(page.contains("lives for 5 minutes in memory"), "{page}");
    let page = get(&router, "/learn/two-tabs", "de").await.body.replace('\u{a0}', " ");
    assert!(page.contains("Für 20 Sekunden"), "{page}");
}

#[tokio::test]
async fn the_lessons_work_below_a_base_path_and_nothing_else_is_one() {
    let (_app, router) = with_lessons(&["--base-path", "/my-app"]).await;
    for path in ["/my-app/learn", "/my-app/learn/lost-answer", "/my-app/learn/lost-answer/lose"] {
        let answer = get(&router, path, "en").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for link in links(&answer.body) {
            assert!(link.starts_with("/my-app/"), "{path}: {link}");
        }
    }
    for path in
        ["/learn", "/my-app/learn/nothing", "/my-app/learn/lost-answer/nothing", "/my-app/embed/lost-answer/nothing"]
    {
        assert_eq!(get(&router, path, "en").await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// The app's pages stand below the room that serves the lessons, so they name their paths.
#[tokio::test]
async fn every_lesson_that_a_page_of_the_app_names_is_there() {
    let (_app, router) = with_lessons(&[]).await;
    let pages = [
        include_str!("../../src/ui/components/notices.rs"),
        include_str!("../../src/ui/pages/ended.rs"),
        include_str!("../../src/ui/pages/home.rs"),
    ];
    for page in pages {
        let mut named = 0;
        for path in page.split('"').filter(|text| text.starts_with("/learn") || text.starts_with("/embed")) {
            assert_eq!(get(&router, path, "en").await.status, StatusCode::OK, "{path}");
            named += 1;
        }
        assert!(named > 0);
    }
}

/// The pictures of README and documents, by file: the path below `docs/pictures` names scene and step.
fn pictures() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![root.join("README.md")];
    for folder in ["docs", "docs/flow", "docs/decisions"] {
        let files = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        texts.extend(files.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    let names: BTreeSet<String> = texts
        .iter()
        .flat_map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let names = text.split("pictures/").skip(1).filter_map(|rest| Some(rest.split_once(".svg)")?.0.to_owned()));
            names.collect::<Vec<_>>()
        })
        .collect();
    let picture = |name: String| {
        let (scene, step) = name.split_once('/').unwrap();
        let data = SCENES.into_iter().find(|data| data.id == scene).unwrap_or_else(|| panic!("{name}"));
        let caption = data.run.iter().find(|data| data.id == step).unwrap_or_else(|| panic!("{name}")).caption;
        let caption = caption.with(&Numbers::of_a_sandbox(), Lang::En);
        let recorded = &recording::of(scene).unwrap()[step];
        let svg = file::svg(recorded, &picture::escape(&caption), Lang::En, file::Show::Whole);
        (root.join("docs/pictures").join(name).with_extension("svg"), svg)
    };
    names.into_iter().map(picture).collect()
}

/// `script/record-scenes` draws them anew, from the runs that it has recorded.
#[test]
fn the_pictures_of_the_documents_are_those_of_the_recorded_runs() {
    let pictures = pictures();
    assert!(pictures.len() > 2);
    for (path, svg) in &pictures {
        if std::env::var_os("TWO_TOKENS_RECORD").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, svg).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == *svg, "{}: run script/record-scenes", path.display());
    }
    let folders = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures")).unwrap();
    let kept = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap()).count();
    assert_eq!(kept, pictures.len(), "a picture that no document shows");
}

#[tokio::test]
async fn a_step_is_an_image_for_any_site_that_plays_and_runs_nothing() {
    let (_app, router) = with_lessons(&[]).await;
    let image = get(&router, "/embed/silent-refresh/expire.svg", "de").await;
    assert_eq!(
        (image.status, &image.headers["content-type"]),
        (StatusCode::OK, &HeaderValue::from_static("image/svg+xml"))
    );
    assert_eq!(image.headers["cross-origin-resource-policy"], "cross-origin");
    assert!(image.body.contains("animation-delay") && image.body.contains("prefers-reduced-motion"));
    assert!(image.body.contains("Das Access-Token war abgelaufen") && !image.body.contains("<script"));
    // Every other response is for this site alone.
    let page = get(&router, "/learn/silent-refresh", "en").await;
    assert_eq!(page.headers["cross-origin-resource-policy"], "same-origin");
    assert_eq!(get(&router, "/embed/silent-refresh/nothing.svg", "en").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_step_may_be_framed_by_any_site_and_the_lessons_by_none() {
    let (_app, router) = with_lessons(&[]).await;
    let policy = |answer: &Answer| answer.headers["content-security-policy"].to_str().unwrap().to_owned();
    for scene in SCENES {
        for step in scene.run {
            let answer = get(&router, &format!("/embed/{}/{}", scene.id, step.id), "de").await;
            assert_eq!(answer.status, StatusCode::OK, "{}/{}", scene.id, step.id);
            let policy = policy(&answer);
            assert!(policy.starts_with("default-src 'none'") && policy.ends_with("frame-ancestors *"), "{policy}");
            assert!(!policy.contains("script-src") && !answer.body.contains("<script"), "{policy}");
            assert!(answer.set_cookies().is_empty() && answer.body.contains("<svg class=\"run\""));
        }
    }
    assert!(policy(&get(&router, "/learn/sign-in", "en").await).contains("frame-ancestors 'none'"));
}
