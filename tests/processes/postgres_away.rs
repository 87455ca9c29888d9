use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use futures::future::join_all;

use crate::support::{Client, Cluster, Installation};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_stopped_and_started_under_load_ends_no_session() {
    let mut cluster = Cluster::start();
    let installation = Installation::on(&cluster.url);
    let mut server = installation.serve(&["--throttle", "off"]).await;
    let mut clients = Vec::new();
    for index in 0..6 {
        clients.push(server.registered(&format!("p{index}@example.com")).await);
    }

    let over = Arc::new(AtomicBool::new(false));
    let load: Vec<_> =
        clients.into_iter().map(|client| tokio::spawn(refresh_until_over(client, over.clone()))).collect();
    let stopping = tokio::task::spawn_blocking(move || {
        cluster.down();
        cluster
    });
    let mut cluster = stopping.await.unwrap();
    server.client().get("/readyz").await.expect(StatusCode::SERVICE_UNAVAILABLE);
    let starting = tokio::task::spawn_blocking(move || {
        cluster.up();
        cluster
    });
    let _cluster = starting.await.unwrap();
    server.ready().await;
    over.store(true, Ordering::SeqCst);
    let clients = tokio::time::timeout(Duration::from_secs(60), join_all(load)).await.expect("it recovers by itself");
    let mut refused = 0;
    for client in clients {
        let (mut client, unavailable) = client.unwrap();
        refused += unavailable;
        client.refresh().await.expect(StatusCode::OK);
        client.me().await.expect(StatusCode::OK);
    }
    println!("{refused} refreshes were told to come back");
    assert!(refused > 0, "no refresh met the outage: the test proves nothing");
}

/// Refreshes on and on, until a grant after the outage; every answer is a grant or a 503.
async fn refresh_until_over(mut client: Client, over: Arc<AtomicBool>) -> (Client, usize) {
    let mut refused = 0;
    loop {
        let is_over = over.load(Ordering::SeqCst);
        let answer = client.refresh().await;
        match answer.status {
            StatusCode::OK if is_over => return (client, refused),
            StatusCode::OK => {}
            _ => {
                answer.unavailable();
                refused += 1;
            }
        }
        // A request with an access token alone does not need the database.
        client.me().await.expect(StatusCode::OK);
    }
}
