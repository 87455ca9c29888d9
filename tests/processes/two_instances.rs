use std::{
    process::Command,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use futures::future::join_all;
use sqlx::{Connection as _, PgConnection};

use crate::support::{Cookies, Databases, Installation, REFRESH_COOKIE, Server};

/// Two processes on one database.
struct Pair {
    one: Server,
    two: Server,
    installation: Installation,
}

impl Pair {
    async fn start() -> Self {
        let installation = Installation::on(&Databases::shared().empty().await);
        let unthrottled = &["--throttle", "off"];
        let (one, two) = (installation.serve(unthrottled).await, installation.serve(unthrottled).await);
        Self { one, two, installation }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_on_two_instances_present_one_token_and_get_one_successor() {
    let pair = Pair::start().await;
    let mut ada = pair.one.registered("ada@example.com").await;
    for round in 0..3 {
        let racers = (0..200).map(|racer| {
            let mut racer = ada.clone().at(if racer % 2 == 0 { &pair.one } else { &pair.two });
            tokio::spawn(async move {
                racer.refresh().await.expect(StatusCode::OK);
                racer.refresh_token()
            })
        });
        let mut successors: Vec<_> = join_all(racers).await.into_iter().map(Result::unwrap).collect();
        successors.sort_unstable();
        successors.dedup();
        assert_eq!(successors.len(), 1, "round {round}");
        assert_ne!(successors[0], ada.refresh_token());
        ada.cookies = Cookies::of(REFRESH_COOKIE, successors.remove(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ended_on_one_instance_is_refused_on_the_other_within_a_second() {
    let pair = Pair::start().await;
    let mut slowest = Duration::ZERO;
    for round in 0..10 {
        let mut here = pair.one.registered(&format!("ada{round}@example.com")).await;
        let mut there = here.clone().at(&pair.two);
        there.me().await.expect(StatusCode::OK);
        here.logout().await.expect(StatusCode::NO_CONTENT);
        let ended = Instant::now();
        while there.me().await.status == StatusCode::OK {
            assert!(ended.elapsed() < Duration::from_secs(1), "still accepted after a second");
        }
        there.me().await.refused(401, "session_revoked");
        slowest = slowest.max(ended.elapsed());
    }
    println!("revoked on one, refused on the other: at most {slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_connection_is_noticed_and_missed_revocations_are_read() {
    let mut pair = Pair::start().await;
    let ada = pair.one.registered("ada@example.com").await;
    let mut connection = PgConnection::connect(&pair.installation.database_url).await.unwrap();
    // Both instances lose their connection in the moment of the revocation, so neither is notified of it.
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
        let mut ada = ada.clone().at(&*server);
        let cut = Instant::now();
        loop {
            server.ready().await;
            if ada.me().await.code() == "session_revoked" {
                break;
            }
            assert!(cut.elapsed() < Duration::from_secs(5), "ready, but it missed a revocation");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotated_by_the_command_line_reach_every_instance_and_end_no_session() {
    let pair = Pair::start().await;
    let ada = pair.one.registered("ada@example.com").await;
    let (mut ada, mut verifier) = (ada.clone(), ada.at(&pair.two));
    for _ in 0..3 {
        let before = key_ids(&pair.one).await;
        let rotated = Command::new(crate::support::executable())
            .args(["keys", "rotate", "--database-url", &pair.installation.database_url, "--secret-file"])
            .arg(&pair.installation.secret_file)
            .output()
            .unwrap();
        assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
        let told = Instant::now();
        while key_ids(&pair.one).await == before || key_ids(&pair.two).await == before {
            assert!(told.elapsed() < Duration::from_secs(2), "an instance does not know the new keys");
        }
        for _ in 0..2 {
            verifier.me().await.expect(StatusCode::OK);
            ada.refresh().await.expect(StatusCode::OK);
            // The token was signed by one instance, after the rotation, and the other verifies it.
            verifier.access_token = ada.access_token.clone();
            verifier.cookies = ada.cookies.clone();
            verifier.me().await.expect(StatusCode::OK);
            std::mem::swap(&mut ada, &mut verifier);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_keys_are_refused_on_every_instance_and_end_no_session() {
    let pair = Pair::start().await;
    let mut here = pair.one.registered("ada@example.com").await;
    let mut there = here.clone().at(&pair.two);
    // Both have verified it, and remember it.
    here.me().await.expect(StatusCode::OK);
    there.me().await.expect(StatusCode::OK);
    let before = key_ids(&pair.one).await;
    pair.installation.run(&["keys", "retire", "--now"]);
    let replaced = Instant::now();
    for client in [&mut here, &mut there] {
        while client.me().await.status == StatusCode::OK {
            assert!(replaced.elapsed() < Duration::from_secs(2), "still accepted");
        }
        client.me().await.refused(401, "access_token_invalid");
    }
    let after = key_ids(&pair.two).await;
    assert!(after.iter().all(|kid| !before.contains(kid)), "{before:?} {after:?}");
    here.refresh().await.expect(StatusCode::OK);
    there.access_token = here.access_token.clone();
    there.me().await.expect(StatusCode::OK);
}

async fn key_ids(server: &Server) -> Vec<String> {
    let keys = server.client().get("/.well-known/jwks.json").await.json()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}
