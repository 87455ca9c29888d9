use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::http::StatusCode;
use futures::future::join_all;
use tokio::sync::Notify;

use crate::{
    postgres::free_port,
    server::{Person, Server, Start},
};

const KILLS: usize = 30;
const PEOPLE: usize = 8;

/// The storm goes on until the kill; whoever waits for an answer then has lost it.
#[tokio::test(flavor = "multi_thread")]
async fn killed_thirty_times_in_a_storm_of_refreshes_everybody_is_still_signed_in() {
    let folder = tempfile::tempdir().unwrap();
    let database_url = format!("sqlite://{}/a.db", folder.path().display());
    let secret_file = folder.path().join("secret");
    std::fs::write(&secret_file, two_tokens::auth::secret::ServerSecret::generate().to_text()).unwrap();
    let port = free_port();
    let start = || Start {
        database_url: &database_url,
        secret_file: &secret_file,
        port,
        more: &["--throttle", "off"],
        prelude: "",
    };

    let mut server = Server::start(start()).await;
    let base = server.base.clone();
    let mut people = Vec::new();
    for index in 0..PEOPLE {
        people.push(Person::register(&base, &format!("p{index}@example.com")).await);
    }
    let mut lost = 0;
    for kill in 0..KILLS {
        let storm = Storm::default();
        let refreshing: Vec<_> =
            people.into_iter().map(|person| tokio::spawn(storm.clone().ride(person, base.clone()))).collect();
        // Another moment each time: from the very first answer to deep in the storm.
        storm.answered_at_least((kill * 7) % 60).await;
        server.kill();
        storm.over.store(true, Ordering::SeqCst);
        people = join_all(refreshing).await.into_iter().map(Result::unwrap).collect();
        lost += storm.lost.load(Ordering::SeqCst);

        server = Server::start(start()).await;
        for person in &mut people {
            let answer = person.refresh(&base).await.expect("the server is back");
            assert_eq!(answer.status, StatusCode::OK, "after kill {kill}: {answer:?}");
            assert_eq!(person.me(&base).await.unwrap().status, StatusCode::OK);
        }
    }
    println!("{KILLS} kills, {lost} answers lost");
    assert!(lost > 0, "no answer was lost: the storm tried nothing");
    server.kill();

    let store = two_tokens::store::open(&database_url).await.unwrap();
    for index in 0..PEOPLE {
        let user = store.user_by_email(&format!("p{index}@example.com")).await.unwrap().unwrap();
        let events = store.events_of_user(user.id, 1000).await.unwrap();
        let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["authn_login_success", "user_created"], "somebody was flagged");
    }
}

#[derive(Clone, Default)]
struct Storm {
    answers: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    answered: Arc<Notify>,
}

impl Storm {
    async fn ride(self, mut person: Person, base: String) -> Person {
        while !self.over.load(Ordering::SeqCst) {
            match person.refresh(&base).await {
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
        person
    }

    async fn answered_at_least(&self, answers: usize) {
        while self.answers.load(Ordering::SeqCst) < answers {
            self.answered.notified().await;
        }
    }
}
