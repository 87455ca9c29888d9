use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use futures::future::join_all;

use crate::{
    postgres::{Cluster, free_port},
    server::{Http, Person, Server, Start},
};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_stopped_and_started_under_load_costs_nobody_the_session() {
    let mut cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let secret_file = folder.path().join("secret");
    std::fs::write(&secret_file, two_tokens::auth::secret::ServerSecret::generate().to_text()).unwrap();
    let database_url = cluster.url.clone();
    let start = Start {
        database_url: &database_url,
        secret_file: &secret_file,
        port: free_port(),
        more: &["--throttle", "off"],
        prelude: "",
    };
    let mut server = Server::start(start).await;
    let base = server.base.clone();
    let mut people = Vec::new();
    for index in 0..6 {
        people.push(Person::register(&base, &format!("p{index}@example.com")).await);
    }

    let over = Arc::new(AtomicBool::new(false));
    let storm: Vec<_> =
        people.into_iter().map(|person| tokio::spawn(refresh_until_over(person, base.clone(), over.clone()))).collect();
    let stopping = tokio::task::spawn_blocking(move || {
        cluster.down();
        cluster
    });
    let mut cluster = stopping.await.unwrap();
    let readyz = Http::default().send(axum::http::Method::GET, &format!("{base}/readyz"), &[], "").await.unwrap();
    assert_eq!(readyz.status, StatusCode::SERVICE_UNAVAILABLE);
    let starting = tokio::task::spawn_blocking(move || {
        cluster.up();
        cluster
    });
    let _cluster = starting.await.unwrap();
    server.ready().await;
    over.store(true, Ordering::SeqCst);
    let people = tokio::time::timeout(Duration::from_secs(60), join_all(storm)).await.expect("it heals by itself");
    let mut refused = 0;
    for person in people {
        let (mut person, unavailable) = person.unwrap();
        refused += unavailable;
        assert_eq!(person.refresh(&base).await.unwrap().status, StatusCode::OK);
        assert_eq!(person.me(&base).await.unwrap().status, StatusCode::OK);
    }
    println!("{refused} refreshes were told to come back");
    assert!(refused > 0, "the outage went by unnoticed");
}

/// Refreshes on and on, until a grant after the outage; every answer is a grant or a 503.
async fn refresh_until_over(mut person: Person, base: String, over: Arc<AtomicBool>) -> (Person, usize) {
    let mut refused = 0;
    loop {
        let is_over = over.load(Ordering::SeqCst);
        let answer = person.refresh(&base).await.expect("the server never goes away");
        match answer.status {
            StatusCode::OK if is_over => return (person, refused),
            StatusCode::OK => {}
            StatusCode::SERVICE_UNAVAILABLE => {
                assert_eq!(answer.code(), "temporarily_unavailable");
                assert!(answer.headers.contains_key("retry-after"));
                refused += 1;
            }
            _ => panic!("{answer:?}"),
        }
        // Who only shows an access token notices nothing.
        assert_eq!(person.me(&base).await.unwrap().status, StatusCode::OK);
    }
}
