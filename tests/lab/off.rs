//! The lab is off unless it was asked for, and then there is nothing of it.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use clap::Parser as _;
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use two_tokens::{
    lab,
    server::{config::Cli, serve},
};

use crate::support::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_off_its_addresses_are_like_any_that_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let database = format!("sqlite://{}/app.db", folder.path().display());
    let arguments = ["two-tokens", "--public-url", &base, "--database-url", &database];
    let config = Cli::parse_from(arguments).config.check().unwrap();
    let state = serve::assemble(&config).await.unwrap();
    tokio::spawn(async move {
        let beside = async |place| lab::beside(&config, place).await;
        serve::serve_with(listener, state, std::future::pending(), beside).await.unwrap();
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
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let database = format!("sqlite://{}/app.db", folder.path().display());
    let arguments = ["two-tokens", "--public-url", &base, "--database-url", &database, "--lab", "local"];
    let config = Cli::parse_from(arguments).config.check().unwrap();
    let state = serve::assemble(&config).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let beside = async |place| lab::beside(&config, place).await;
        serve::serve_with(listener, state, async move { drop(stopped.await) }, beside).await.unwrap();
    });
    let browser = Browser::new(&base);
    let opened: lab::event::Opened = browser.post("/lab/open", "null", &[]).await.read();
    let path = format!("{}/-/events", opened.mount);
    let mut stream = browser.stream(&path, &[]).await;
    stream.frame().await.unwrap().unwrap();
    drop(stop);
    while let Some(Ok(_)) = stream.frame().await {}
    tokio::time::timeout(Duration::from_secs(10), server).await.expect("it does not stop").unwrap();
}
