use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::http::StatusCode;
use futures::future::join_all;
use tokio::sync::Notify;

use crate::support::{Client, Installation};

const USERS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn after_kills_under_a_load_of_refreshes_everybody_is_still_signed_in() {
    kill_under_load(10).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make soak"]
async fn soak_a_hundred_kills() {
    kill_under_load(100).await;
}

/// Refreshes go on until the kill; a client that waits for an answer then has lost it.
#[expect(clippy::print_stdout, reason = "how much was lost is the result")]
async fn kill_under_load(kills: usize) {
    let installation = Installation::on_sqlite();
    let mut server = installation.serve(&["--throttle", "off"]).await;
    let port = server.port;
    let mut clients = Vec::new();
    for index in 0..USERS {
        clients.push(server.registered(&format!("p{index}@example.com")).await);
    }
    let mut lost = 0;
    for kill in 0..kills {
        let load = Load::default();
        let refreshing: Vec<_> = clients.into_iter().map(|client| tokio::spawn(load.clone().run(client))).collect();
        // Another moment each time: from the very first answer to the middle of the load.
        load.answered_at_least((kill * 17) % 60).await;
        server.kill();
        load.over.store(true, Ordering::SeqCst);
        clients = join_all(refreshing).await.into_iter().map(Result::unwrap).collect();
        lost += load.lost.load(Ordering::SeqCst);

        server = installation.serve_at(port, &["--throttle", "off"], "").await;
        for client in &mut clients {
            let answer = client.refresh().await;
            assert_eq!(answer.status, StatusCode::OK, "after kill {kill}: {answer:?}");
            client.me().await.expect(StatusCode::OK);
        }
    }
    println!("{kills} kills, {lost} answers lost");
    assert!(lost > 0, "no answer was lost: the test proves nothing");
    server.kill();

    let store = two_tokens::store::open(&installation.database_url).await.unwrap().store();
    for index in 0..USERS {
        let user = store.user_by_email(&format!("p{index}@example.com")).await.unwrap().unwrap();
        let events = store.events_of_user(user.id, 1000).await.unwrap();
        let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["authn_login_success", "user_created"], "an alarm was raised");
    }
}

#[derive(Clone, Default)]
struct Load {
    answers: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    answered: Arc<Notify>,
}

impl Load {
    async fn run(self, mut client: Client) -> Client {
        while !self.over.load(Ordering::SeqCst) {
            match client.try_refresh().await {
                Some(answer) => {
                    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
                    self.answers.fetch_add(1, Ordering::SeqCst);
                    self.answered.notify_one();
                }
                None => {
                    self.lost.fetch_add(1, Ordering::SeqCst);
                    break;
                }
            }
        }
        client
    }

    async fn answered_at_least(&self, answers: usize) {
        while self.answers.load(Ordering::SeqCst) < answers {
            self.answered.notified().await;
        }
    }
}
