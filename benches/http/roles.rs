//! What this program is when it starts itself again (`--role`): a hello world in axum, or work without a server that a
//! measurement is divided by. Each role runs in a process of its own on the server's core, as the server does.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use sqlx::{ConnectOptions as _, sqlite::*};
use two_tokens::auth::model::secret::ServerSecret;
use two_tokens::auth::model::session::{Salt, Session, SessionId};
use two_tokens::auth::model::user::UserId;
use two_tokens::auth::token::access::AccessTokens;
use two_tokens::auth::token::key_ring::KeyRing;
use two_tokens::auth::token::rotation::{RecentlySuperseded, RotationState};
use two_tokens::clock::Timestamp;
use two_tokens::store;

use super::{Failure, support::PASSWORD};

/// Plays a role; what works for some seconds prints how often a second it did its work.
#[expect(clippy::print_stdout, reason = "the process that started this one reads it")]
pub fn play(role: &[String]) -> Result<(), Failure> {
    let words: Vec<_> = role.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let rate = match words[..] {
        ["hello", port] => return runtime.block_on(hello(port.parse()?)),
        ["argon2", seconds] => argon2(time(seconds)?)?,
        ["commits", seconds] => runtime.block_on(commits(time(seconds)?))?,
        ["postgres-commits", url, seconds] => runtime.block_on(postgres_commits(url, time(seconds)?))?,
        ["verify", remembered, seconds] => runtime.block_on(verify(remembered.parse()?, time(seconds)?))?,
        _ => return Err(format!("no such role: {words:?}").into()),
    };
    println!("{rate}");
    Ok(())
}

fn time(seconds: &str) -> Result<Duration, Failure> {
    Ok(Duration::from_secs_f64(seconds.parse()?))
}

/// The least that a server with this framework and this runtime can do.
async fn hello(port: u16) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let hello = axum::Router::new().route("/", axum::routing::get(async || "hello, world"));
    Ok(axum::serve(listener, hello).await?)
}

/// Hashes with the parameters of the server, in one block of memory.
fn argon2(time: Duration) -> Result<f64, Failure> {
    let params = argon2::Params::new(19 * 1024, 2, 1, Some(32)).map_err(|error| error.to_string())?;
    let mut memory = vec![argon2::Block::default(); params.block_count()];
    let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut hash = || {
        argon
            .hash_password_into_with_memory(PASSWORD.as_bytes(), b"0123456789abcdef", &mut [0; 32], &mut memory)
            .map_err(|error| error.to_string())
    };
    // The first one is given its memory by the kernel, page by page.
    hash()?;
    let (start, mut hashes) = (Instant::now(), 0);
    while start.elapsed() < time {
        hash()?;
        hashes += 1;
    }
    Ok(f64::from(hashes) / start.elapsed().as_secs_f64())
}

/// Durable commits by SQLite itself, one row each, with the settings of the server.
async fn commits(time: Duration) -> Result<f64, Failure> {
    let folder = tempfile::tempdir()?;
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("raw.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = options.connect().await?;
    sqlx::query("CREATE TABLE t (a INTEGER)").execute(&mut connection).await?;
    let (start, mut commits) = (Instant::now(), 0);
    while start.elapsed() < time {
        sqlx::query("INSERT INTO t VALUES (1)").execute(&mut connection).await?;
        commits += 1;
    }
    Ok(f64::from(commits) / start.elapsed().as_secs_f64())
}

/// One row changed by its key in each commit, on 16 connections.
async fn postgres_commits(url: &str, time: Duration) -> Result<f64, Failure> {
    let pool = sqlx::postgres::PgPoolOptions::new().min_connections(16).max_connections(16).connect(url).await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS raw (id INT PRIMARY KEY, n INT)").execute(&pool).await?;
    sqlx::query("INSERT INTO raw SELECT i, 0 FROM generate_series(0, 15) AS i ON CONFLICT DO NOTHING")
        .execute(&pool)
        .await?;
    let start = Instant::now();
    let writers = (0..16_i32).map(|id| {
        let pool = &pool;
        async move {
            let mut commits = 0_u32;
            while start.elapsed() < time {
                sqlx::query("UPDATE raw SET n = n + 1 WHERE id = $1").bind(id).execute(pool).await?;
                commits += 1;
            }
            Ok::<_, sqlx::Error>(commits)
        }
    });
    let commits: u32 = try_join_all(writers).await?.into_iter().sum();
    Ok(f64::from(commits) / start.elapsed().as_secs_f64())
}

/// Access tokens verified in memory, where so many are remembered.
async fn verify(remembered: usize, time: Duration) -> Result<f64, Failure> {
    let folder = tempfile::tempdir()?;
    let database = store::open(&format!("sqlite://{}/keys.db", folder.path().display())).await?;
    let now = Timestamp::from_secs(1_800_000_000);
    let keys = KeyRing::open(&*database.store(), ServerSecret::generate().sealing_key(), now).await?;
    let tokens = AccessTokens::new("http://localhost:3000", Duration::from_secs(900), remembered);
    let token = tokens.issue(&keys, &session(now), now).map_err(|error| error.to_string())?.0;
    let (start, mut verified) = (Instant::now(), 0_u32);
    while start.elapsed() < time {
        tokens.verify(&keys, token.reveal(), now).map_err(|error| error.to_string())?;
        verified += 1;
    }
    Ok(f64::from(verified) / start.elapsed().as_secs_f64())
}

fn session(now: Timestamp) -> Session {
    let ends = now.plus(Duration::from_secs(9000));
    Session {
        id: SessionId([1; 16]),
        user_id: UserId(uuid::Uuid::nil()),
        user_email: "ada@example.com".into(),
        user_disabled: false,
        session_epoch: 0,
        salt: Salt([2; 32]),
        rotation: RotationState { generation: 0, parent: None, recently_superseded: RecentlySuperseded::default() },
        created_at: now,
        authenticated_at: now,
        last_used_at: now,
        idle_expires_at: ends,
        absolute_expires_at: ends,
        binding: None,
        revoked: None,
        device: String::new(),
    }
}
