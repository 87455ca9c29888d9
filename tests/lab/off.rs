//! The lab is off unless it was asked for, and then none of its addresses exists.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use two_tokens::lab::model::event::OpenedSandbox;
use two_tokens::lab::server::{Audience, start};
use two_tokens::server::{pages, serve};

use super::support::{Bound, Browser};

#[tokio::test(flavor = "multi_thread")]
async fn without_the_lab_its_addresses_are_not_found_like_any_other() {
    let Bound { listener, base, state, folder: _folder, .. } = Bound::with(&[]).await;
    tokio::spawn(async move {
        serve::serve(listener, state, pages::pages(), std::future::pending(), serve::no_extra_routes).await.unwrap();
    });
    let browser = Browser::new(&base);
    let nothing = browser.get("/nothing").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    for (method, path) in [
        (Method::GET, "/lab"),
        (Method::POST, "/lab/open"),
        (Method::GET, "/lab/AAAAAAAAAAAAAAAAAAAAAA/-/events"),
        (Method::POST, "/lab/AAAAAAAAAAAAAAAAAAAAAA/-/act"),
        (Method::GET, "/lab/AAAAAAAAAAAAAAAAAAAAAA/notes"),
    ] {
        let answer = browser.send_as(method, path, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers["content-type"], nothing.headers["content-type"], "{path}");
        let (length, expected) = (answer.body.len(), nothing.body.len());
        assert!(length.abs_diff(expected) < 200, "{path}: {length} bytes, not {expected}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_lets_its_streams_go() {
    let Bound { listener, base, config, state, folder: _folder } = Bound::with(&[]).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let extra_routes = async |starting| start::extra_routes(&config, Audience::Local, None, starting).await;
        let shutdown = async move { drop(stopped.await) };
        serve::serve(listener, state, pages::pages(), shutdown, extra_routes).await.unwrap();
    });
    let browser = Browser::new(&base);
    let opened: OpenedSandbox = browser.post("/lab/open", "null", &[]).await.parsed();
    let path = format!("{}/-/events", opened.mount);
    let mut stream = browser.stream(&path, &[]).await;
    stream.frame().await.unwrap().unwrap();
    drop(stop);
    while let Some(Ok(_)) = stream.frame().await {}
    tokio::time::timeout(Duration::from_secs(10), server).await.expect("it does not stop").unwrap();
}
