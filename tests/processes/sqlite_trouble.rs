use std::process::Command;

use axum::http::StatusCode;
use sqlx::{Connection as _, SqliteConnection};

use crate::{
    postgres::free_port,
    server::{Answer, Person, Server, Start},
};

fn told_to_come_back(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"));
    assert!(answer.headers.contains_key("retry-after"));
}

async fn start(folder: &std::path::Path, prelude: &str) -> Server {
    let secret_file = folder.join("secret");
    if !secret_file.exists() {
        std::fs::write(&secret_file, two_tokens::auth::secret::ServerSecret::generate().to_text()).unwrap();
    }
    let database_url = format!("sqlite://{}/a.db", folder.display());
    Server::start(Start {
        database_url: &database_url,
        secret_file: &secret_file,
        port: free_port(),
        more: &[],
        prelude,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_says_come_back_and_heals() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "").await;
    let mut ada = Person::register(&server.base, "ada@example.com").await;
    let mut other = SqliteConnection::connect(&format!("sqlite://{}/a.db", folder.path().display())).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    told_to_come_back(&ada.refresh(&server.base).await.unwrap());
    told_to_come_back(&ada.write_note(&server.base, "held").await.unwrap());
    assert_eq!(ada.me(&server.base).await.unwrap().status, StatusCode::OK);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(ada.refresh(&server.base).await.unwrap().status, StatusCode::OK);
    assert_eq!(ada.write_note(&server.base, "written").await.unwrap().status, StatusCode::OK);
    assert_eq!(ada.notes(&server.base).await.unwrap().json().as_array().unwrap().len(), 1);
}

/// The limit on file size is the disk that is full: writes fail in the same place, and it can be lifted again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_says_come_back_and_heals() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "trap '' XFSZ; ulimit -S -f 600;").await;
    let mut ada = Person::register(&server.base, "ada@example.com").await;
    let before = ada.clone();
    let mut written = 0;
    let refused = loop {
        let answer = ada.write_note(&server.base, &format!("{}-{written}", "t".repeat(150))).await.unwrap();
        if answer.status != StatusCode::OK {
            break answer;
        }
        written += 1;
        assert!(written < 20_000, "the disk never filled");
    };
    told_to_come_back(&refused);
    // A turn may still find room in the log where a note did not; it is a grant or a wait, and never anything else.
    let refresh = ada.refresh(&server.base).await.unwrap();
    if refresh.status != StatusCode::OK {
        told_to_come_back(&refresh);
        assert_eq!(ada.refresh_token, before.refresh_token);
    }
    assert_eq!(ada.me(&server.base).await.unwrap().status, StatusCode::OK);

    let lifted = Command::new("prlimit").args(["--pid", &server.pid().to_string(), "--fsize=unlimited"]).status();
    assert!(lifted.unwrap().success());
    assert_eq!(ada.refresh(&server.base).await.unwrap().status, StatusCode::OK);
    let notes = ada.notes(&server.base).await.unwrap().json();
    assert_eq!(notes.as_array().unwrap().len(), written, "half of something was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_restored_from_a_backup_refuses_newer_tokens_and_calls_nobody_a_thief() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "").await;
    let mut ada = Person::register(&server.base, "ada@example.com").await;
    let mut bob = Person::register(&server.base, "bob@example.com").await;
    let backup = folder.path().join("backup.db");
    let url = format!("sqlite://{}/a.db", folder.path().display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("VACUUM INTO $1").bind(backup.to_str().unwrap()).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    for _ in 0..3 {
        ada.refresh(&server.base).await.unwrap();
    }
    drop(server);
    for name in ["a.db", "a.db-wal", "a.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(name));
    }
    std::fs::rename(&backup, folder.path().join("a.db")).unwrap();

    let server = start(folder.path(), "").await;
    let refused = ada.refresh(&server.base).await.unwrap();
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNAUTHORIZED, "refresh_token_invalid"));
    assert_eq!(bob.refresh(&server.base).await.unwrap().status, StatusCode::OK, "nobody else is touched");
    drop(server);
    let store = two_tokens::store::open(&url).await.unwrap();
    let user = store.user_by_email("ada@example.com").await.unwrap().unwrap();
    assert_eq!(store.events_of_user(user.id, 1).await.unwrap()[0].kind.as_str(), "authn_token_ahead");
    assert!(store.sessions_of_user(user.id).await.unwrap()[0].revoked.is_none());
}
