//! How far the design carries: `make bench-scaling`. Prints the tables that `docs/scaling.md` shows: a simulated day (`model`),
//! then what is measured here and now and differs from run to run, the revocation list at its size and PostgreSQL's NOTIFY.

#![allow(clippy::print_stdout, reason = "a program that prints tables")]

#[path = "../../tests/support/counting.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod counting;
mod model;
#[path = "../../tests/support/postgres.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod postgres;

use std::time::{Duration, Instant};

use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use two_tokens::auth::model::session::SessionId;
use two_tokens::auth::model::user::UserId;
use two_tokens::auth::token::access::Verified;
use two_tokens::clock::Timestamp;

type Failure = Box<dyn std::error::Error>;

/// As many as an instance has.
const CONNECTIONS: u32 = 16;
const EACH: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let own = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance/own.json"))?;
    let (day, measured) = (model::Day::simulate(), model::Measured::read(&own));
    let table = model::table(&day, &measured, |entries| {
        let (_list, held, most) = counting::memory(|| model::fill(entries));
        model::Memory { held, most }
    });
    println!(
        "{table}\nusers a day of one core with SQLite, at half load: {}\n",
        model::users_of_one_core(&day, &measured)
    );
    revocation_list();
    notifications().await
}

/// How long the list is held by a purge, in which nobody can ask it, and how long an answer takes.
fn revocation_list() {
    println!("| ended sessions in memory | a purge that drops none, ms | a look-up, ns |\n|---|---|---|");
    for entries in [10_000, 100_000, 1_000_000, 10_000_000] {
        let list = model::fill(entries);
        let started = Instant::now();
        list.purge(started);
        let purge = started.elapsed();
        let at = Timestamp::from_secs(0);
        let token = |entry: u64| Verified {
            user_id: UserId(uuid::Uuid::nil()),
            // Far from the one before, as the next request is.
            session_id: SessionId(u128::from(entry.wrapping_mul(7_919) % (2 * entries)).to_be_bytes()),
            session_epoch: Some(0),
            auth_time: at,
            issued_at: at,
            expires_at: at,
        };
        let started = Instant::now();
        let found = (0..100_000).filter(|&entry| list.reason(&token(entry)).is_some()).count();
        let look_up = started.elapsed() / 100_000;
        assert!((30_000..70_000).contains(&found), "half of them have ended: {found}");
        println!("| {entries} | {:.1} | {} |", purge.as_secs_f64() * 1e3, look_up.as_nanos());
    }
    println!();
}

/// Durable commits a second with a notification in each, and without: PostgreSQL commits transactions that notify one after
/// another.
async fn notifications() -> Result<(), Failure> {
    let cluster = postgres::Cluster::durable();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS + 1).connect(&cluster.url).await?;
    sqlx::query("CREATE TABLE ended (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at BIGINT)")
        .execute(&pool)
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen("bench").await?;
    let heard = tokio::spawn(async move { while listener.recv().await.is_ok() {} });
    println!("| durable commits on {CONNECTIONS} connections | a second |\n|---|---|");
    for (what, notifies) in [("without a notification", false), ("each with a notification", true)] {
        println!("| {what} | {:.0} |", commits(&pool, notifies).await?);
    }
    heard.abort();
    pool.close().await;
    Ok(())
}

async fn commits(pool: &PgPool, notifies: bool) -> Result<f64, Failure> {
    let started = Instant::now();
    let clients = (0..CONNECTIONS).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let mut commits = 0u32;
            while started.elapsed() < EACH {
                let mut transaction = pool.begin().await?;
                sqlx::query("INSERT INTO ended (at) VALUES (1)").execute(&mut *transaction).await?;
                if notifies {
                    // As long as the real one.
                    let payload = format!("revoked {commits:032x} 1700000000000 logout");
                    let notify = sqlx::query("SELECT pg_notify('bench', $1)").bind(payload);
                    notify.execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                commits += 1;
            }
            Ok::<_, sqlx::Error>(commits)
        })
    });
    let mut all = 0;
    for client in clients.collect::<Vec<_>>() {
        all += client.await??;
    }
    Ok(f64::from(all) / started.elapsed().as_secs_f64())
}
