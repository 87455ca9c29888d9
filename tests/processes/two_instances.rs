use std::{
    process::Command,
    sync::OnceLock,
    time::{Duration, Instant},
};

use axum::http::{Method, StatusCode};
use futures::future::join_all;
use sqlx::{Connection as _, PgConnection};

use crate::{
    postgres::{Databases, free_port},
    server::{Http, Person, Server, Start},
};

/// Two processes on one database.
struct Pair {
    one: Server,
    two: Server,
    database_url: String,
    secret_file: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

fn databases() -> &'static Databases {
    static DATABASES: OnceLock<Databases> = OnceLock::new();
    DATABASES.get_or_init(Databases::start)
}

impl Pair {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret_file = folder.path().join("secret");
        std::fs::write(&secret_file, two_tokens::auth::secret::ServerSecret::new([5; 32]).to_text()).unwrap();
        let database_url = databases().empty().await;
        let start = |port| Start {
            database_url: &database_url,
            secret_file: &secret_file,
            port,
            more: &["--throttle", "off"],
            prelude: "",
        };
        let (one, two) = (Server::start(start(free_port())).await, Server::start(start(free_port())).await);
        Self { one, two, database_url, secret_file, _folder: folder }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_on_two_instances_present_one_token_and_get_one_successor() {
    let pair = Pair::start().await;
    let mut ada = Person::register(&pair.one.base, "ada@example.com").await;
    for round in 0..3 {
        let racers = (0..200).map(|racer| {
            let base = if racer % 2 == 0 { pair.one.base.clone() } else { pair.two.base.clone() };
            let mut racer = ada.clone();
            tokio::spawn(async move {
                let answer = racer.refresh(&base).await.expect("an answer");
                assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
                racer.refresh_token
            })
        });
        let mut successors: Vec<_> = join_all(racers).await.into_iter().map(Result::unwrap).collect();
        successors.sort_unstable();
        successors.dedup();
        assert_eq!(successors.len(), 1, "round {round}");
        assert_ne!(successors[0], ada.refresh_token);
        ada.refresh_token = successors.remove(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ended_on_one_instance_is_refused_on_the_other_within_a_second() {
    let pair = Pair::start().await;
    let mut slowest = Duration::ZERO;
    for round in 0..10 {
        let ada = Person::register(&pair.one.base, &format!("ada{round}@example.com")).await;
        assert_eq!(ada.me(&pair.two.base).await.unwrap().status, StatusCode::OK);
        assert_eq!(ada.logout(&pair.one.base).await.unwrap().status, StatusCode::NO_CONTENT);
        let ended = Instant::now();
        while ada.me(&pair.two.base).await.unwrap().status == StatusCode::OK {
            assert!(ended.elapsed() < Duration::from_secs(1), "still accepted after a second");
        }
        assert_eq!(ada.me(&pair.two.base).await.unwrap().code(), "session_revoked");
        slowest = slowest.max(ended.elapsed());
    }
    println!("revoked on one, refused on the other: at most {slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_line_is_noticed_and_what_it_would_have_told_is_read() {
    let mut pair = Pair::start().await;
    let ada = Person::register(&pair.one.base, "ada@example.com").await;
    let mut connection = PgConnection::connect(&pair.database_url).await.unwrap();
    // Both instances lose their line in the moment of the revocation, which goes past them.
    sqlx::query(
        "WITH cut AS (SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()) \
         UPDATE sessions SET revoked_at = (extract(epoch FROM now()) * 1000)::bigint, revoked_reason = 'reuse' \
         WHERE (SELECT count(*) FROM cut) >= 2",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    for server in [&mut pair.one, &mut pair.two] {
        let cut = Instant::now();
        loop {
            server.ready().await;
            if ada.me(&server.base).await.unwrap().code() == "session_revoked" {
                break;
            }
            assert!(cut.elapsed() < Duration::from_secs(5), "ready, but it missed a revocation");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_turned_by_the_command_line_are_agreed_on_without_a_restart_and_sign_nobody_out() {
    let pair = Pair::start().await;
    let mut ada = Person::register(&pair.one.base, "ada@example.com").await;
    for _ in 0..3 {
        let before = key_ids(&pair.one.base).await;
        let turned = Command::new(env!("CARGO_BIN_EXE_two-tokens"))
            .args(["keys", "rotate", "--database-url", &pair.database_url, "--secret-file"])
            .arg(&pair.secret_file)
            .output()
            .unwrap();
        assert!(turned.status.success(), "{}", String::from_utf8_lossy(&turned.stderr));
        let told = Instant::now();
        while key_ids(&pair.one.base).await == before || key_ids(&pair.two.base).await == before {
            assert!(told.elapsed() < Duration::from_secs(2), "an instance has not heard of the turn");
        }
        for (issuer, verifier) in [(&pair.one.base, &pair.two.base), (&pair.two.base, &pair.one.base)] {
            assert_eq!(ada.me(verifier).await.unwrap().status, StatusCode::OK, "a token signed before the turn");
            assert_eq!(ada.refresh(issuer).await.unwrap().status, StatusCode::OK);
            assert_eq!(ada.me(verifier).await.unwrap().status, StatusCode::OK, "a token signed after it");
        }
    }
}

async fn key_ids(base: &str) -> Vec<String> {
    let answer = Http::default().send(Method::GET, &format!("{base}/.well-known/jwks.json"), &[], "").await.unwrap();
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}
