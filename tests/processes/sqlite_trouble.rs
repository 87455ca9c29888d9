use std::process::Command;

use axum::http::StatusCode;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{Answer, Client, Installation, free_port};

async fn write_note(client: &mut Client, title: &str) -> Answer {
    client.post("/api/notes/create", &[("title", title), ("body", "x")]).await
}

async fn count_notes(client: &mut Client) -> usize {
    client.notes().await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_says_come_back_and_heals() {
    let installation = Installation::on_sqlite();
    let server = installation.serve(&[]).await;
    let mut ada = server.registered("ada@example.com").await;
    let mut other = SqliteConnection::connect(&installation.database_url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    ada.refresh().await.unavailable();
    write_note(&mut ada, "held").await.unavailable();
    ada.me().await.expect(StatusCode::OK);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    ada.refresh().await.expect(StatusCode::OK);
    write_note(&mut ada, "written").await.expect(StatusCode::OK);
    assert_eq!(count_notes(&mut ada).await, 1);
}

/// A limit on the size of files stands for the full disk: writes fail in the same place, and it can be lifted again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_says_come_back_and_heals() {
    let installation = Installation::on_sqlite();
    let server = installation.serve_at(free_port(), &[], "trap '' XFSZ; ulimit -S -f 600;").await;
    let mut ada = server.registered("ada@example.com").await;
    let before = ada.refresh_token();
    let mut written = 0;
    let refused = loop {
        let answer = write_note(&mut ada, &format!("{}-{written}", "t".repeat(150))).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        written += 1;
        assert!(written < 20_000, "the disk never filled");
    };
    refused.unavailable();
    // A rotation may still find room in the log where a note did not: it is a grant or a wait, and nothing else.
    let refresh = ada.refresh().await;
    if refresh.status != StatusCode::OK {
        refresh.unavailable();
        assert_eq!(ada.refresh_token(), before);
    }
    ada.me().await.expect(StatusCode::OK);

    let lifted = Command::new("prlimit").args(["--pid", &server.pid().to_string(), "--fsize=unlimited"]).status();
    assert!(lifted.unwrap().success());
    ada.refresh().await.expect(StatusCode::OK);
    assert_eq!(count_notes(&mut ada).await, written, "half of something was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_restored_from_a_backup_refuses_newer_tokens_and_raises_no_theft_alarm() {
    let installation = Installation::on_sqlite();
    let server = installation.serve(&[]).await;
    let mut ada = server.registered("ada@example.com").await;
    let bob = server.registered("bob@example.com").await;
    let folder = installation.folder.path();
    let backup = folder.join("backup.db");
    let mut connection = SqliteConnection::connect(&installation.database_url).await.unwrap();
    sqlx::query("VACUUM INTO $1").bind(backup.to_str().unwrap()).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    for _ in 0..3 {
        ada.refresh().await.expect(StatusCode::OK);
    }
    drop(server);
    for name in ["a.db", "a.db-wal", "a.db-shm"] {
        let _ = std::fs::remove_file(folder.join(name));
    }
    std::fs::rename(&backup, folder.join("a.db")).unwrap();

    let server = installation.serve(&[]).await;
    ada.at(&server).refresh().await.refused(401, "refresh_token_invalid");
    bob.at(&server).refresh().await.expect(StatusCode::OK);
    drop(server);
    let store = two_tokens::store::open(&installation.database_url).await.unwrap().store();
    let user = store.user_by_email("ada@example.com").await.unwrap().unwrap();
    assert_eq!(store.events_of_user(user.id, 1).await.unwrap()[0].kind.as_str(), "authn_token_ahead");
    assert!(store.sessions_of_user(user.id).await.unwrap()[0].revoked.is_none());
}
