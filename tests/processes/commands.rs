//! Commands beside a server: they make nothing, and the server follows.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{Databases, Installation, program};

/// What a command says when it fails, in an empty folder.
fn fails(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = program().args(arguments).current_dir(folder.path()).output().unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "{arguments:?} made something");
    String::from_utf8_lossy(&output.stderr).replace(&folder.path().display().to_string(), "HERE")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_makes_no_database_and_no_secret_and_says_where_it_looked() {
    for command in [
        &["users", "disable", "ada@example.com"][..],
        &["users", "enable", "x"],
        &["keys", "list"],
        &["keys", "rotate"],
        &["users", "duplicates"],
    ] {
        assert!(fails(command).contains("there is no database at HERE/data/two-tokens.db"), "{}", fails(command));
    }
    let installation = Installation::on_sqlite();
    drop(installation.serve(&[]).await);
    let without_secret = fails(&["keys", "list", "--database-url", &installation.database_url]);
    assert!(without_secret.contains("a.secret does not exist"), "{without_secret}");
    let empty = Databases::shared().empty().await;
    let secret = installation.secret_file.display().to_string();
    let postgres = fails(&["keys", "list", "--database-url", &empty, "--secret-file", &secret]);
    assert!(postgres.contains("no tables of this program"), "{postgres}");
    let not_ours = installation.folder.path().join("other.db");
    std::fs::write(&not_ours, "rows").unwrap();
    let other = fails(&["keys", "list", "--database-url", &format!("sqlite://{}", not_ours.display())]);
    assert!(other.contains("other.db is not an SQLite database"), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_sqlite_follows_a_command_within_a_second() {
    let installation = Installation::on_sqlite();
    let server = installation.serve(&[]).await;
    let mut ada = server.registered("ada@example.com").await;
    let mut bob = server.registered("bob@example.com").await;
    let keys = ada.get("/.well-known/jwks.json").await.json();
    installation.run(&["users", "disable", "ada@example.com"]);
    let disabled = Instant::now();
    while ada.me().await.status == StatusCode::OK {
        assert!(disabled.elapsed() < Duration::from_secs(1), "the session is still accepted");
    }
    ada.me().await.refused(401, "session_revoked");
    bob.me().await.expect(StatusCode::OK);
    installation.run(&["keys", "rotate"]);
    let rotated = Instant::now();
    while bob.get("/.well-known/jwks.json").await.json() == keys {
        assert!(rotated.elapsed() < Duration::from_secs(1), "the server does not know the new keys");
    }
    bob.refresh().await.expect(StatusCode::OK);
    bob.me().await.expect(StatusCode::OK);
}

/// A retired key that cannot be opened costs its own tokens and nothing else; for the others there is a way out.
#[tokio::test(flavor = "multi_thread")]
async fn one_corrupt_key_does_not_make_a_start_impossible() {
    let installation = Installation::on_sqlite();
    let mut server = installation.serve(&[]).await;
    installation.run(&["keys", "rotate"]);
    let mut ada = server.registered("ada@example.com").await;
    server.kill();
    let mut database = SqliteConnection::connect(&installation.database_url).await.unwrap();
    let mut corrupt = async |state: &str| {
        let update = sqlx::query("UPDATE signing_keys SET sealed = x'00' WHERE state = $1").bind(state);
        assert_eq!(update.execute(&mut database).await.unwrap().rows_affected(), 1, "{state}");
    };
    corrupt("retired").await;
    let mut server = installation.serve(&[]).await;
    ada = ada.at(&server);
    ada.refresh().await.expect(StatusCode::OK);
    ada.me().await.expect(StatusCode::OK);
    server.kill();
    for state in ["next", "active"] {
        corrupt(state).await;
        let refused = installation.start_refused(&[]);
        assert!(refused.contains(&format!("the {state} signing key")), "{refused}");
        assert!(refused.contains("keys retire --now") && !refused.contains("secret"), "{refused}");
        installation.run(&["keys", "retire", "--now"]);
        let mut server = installation.serve(&[]).await;
        ada = ada.at(&server);
        ada.refresh().await.expect(StatusCode::OK);
        server.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_share_an_address_are_listed_with_the_one_that_has_it() {
    let installation = Installation::on_sqlite();
    let server = installation.serve(&[]).await;
    let [mut old, mut new] = [server.registered("ada@example.com").await, server.registered("eve@example.com").await];
    assert!(!installation.run(&["users", "duplicates"]).contains("signs in as"));
    // As a former version wrote it: in lower case, composed as it was typed.
    let mut connection = SqliteConnection::connect(&installation.database_url).await.unwrap();
    for (email, was) in [("andr\u{e9}@example.com", "ada@example.com"), ("andre\u{301}@example.com", "eve@example.com")]
    {
        sqlx::query("UPDATE users SET email = $1, email_shown = NULL WHERE email = $2")
            .bind(email)
            .bind(was)
            .execute(&mut connection)
            .await
            .unwrap();
    }
    let id = async |client: &mut crate::support::Client| client.me().await.json()["id"].as_str().unwrap().to_owned();
    let (old, new) = (id(&mut old).await, id(&mut new).await);
    let told = installation.run(&["users", "duplicates"]);
    let line = format!("{new} signs in as andre\u{301}@example.com alone; the address belongs to {old}\n");
    assert!(told.contains(&line), "{told}");
}
