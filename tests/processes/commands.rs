//! Commands beside a server: they make nothing, and the server follows.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use sqlx::{Connection as _, SqliteConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Databases, Installation, PASSWORD, free_port, program};

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
        &["users", "add", "ada@example.com"],
        &["users", "list"],
        &["users", "sessions", "ada@example.com"],
        &["users", "end-sessions", "ada@example.com"],
        &["migrate"],
        &["backup", "copy.db"],
        &["restored"],
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

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_adds_an_account_sees_its_sessions_and_ends_them_on_both_databases() {
    let postgres = Databases::shared().empty().await;
    for installation in [Installation::on_sqlite(), Installation::on(&postgres)] {
        let server = installation.serve(&[]).await;
        let told = installation.run(&["users", "add", "Ada@example.com"]);
        let password = told.lines().find_map(|line| line.strip_prefix("password: ")).expect("a passphrase").to_owned();
        let told = installation.run_with_input(&["users", "add", "eve@example.com", "--password-stdin"], &password);
        assert!(!told.contains(&password), "what was typed is not printed");
        let listed = installation.run(&["users", "list"]);
        let addresses: Vec<_> = listed.split_whitespace().filter(|word| word.contains('@')).collect();
        assert_eq!(addresses, ["Ada@example.com", "eve@example.com"], "{listed}");

        let [mut ada, mut eve] = [server.client(), server.client()];
        ada.login("ada@example.com", &password).await.expect(StatusCode::OK);
        eve.login("eve@example.com", &password).await.expect(StatusCode::OK);
        let id = ada.me().await.json()["session_id"].as_str().unwrap().to_owned();
        let sessions = installation.run(&["users", "sessions", "ada@example.com"]);
        assert_eq!(sessions.matches("last used").count(), 1, "{sessions}");
        assert!(sessions.contains(&id), "{sessions}");
        assert!(installation.run(&["users", "end-sessions", "ada@example.com"]).contains("sessions ended: 1"));
        let ended = Instant::now();
        while ada.me().await.status == StatusCode::OK {
            assert!(ended.elapsed() < Duration::from_secs(1), "the session is still accepted");
        }
        let refused = ada.refresh().await.refused(401, "session_revoked").json();
        assert_eq!(refused["reason"], "ended_by_operator");
        eve.me().await.expect(StatusCode::OK);
        ada.login("ada@example.com", &password).await.expect(StatusCode::OK);

        for (command, says) in [
            (&["users", "sessions", "bob@example.com"][..], "no account has the address bob@example.com"),
            (&["users", "add", "ada@example.com"], "has the address ada@example.com already"),
            (&["users", "add", "ada"], "e-mail"),
        ] {
            let refused = installation.refused(command);
            assert!(refused.contains(says), "{refused}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_under_load_is_whole_and_after_restored_everybody_signs_in_again() {
    let installation = Installation::on_sqlite();
    let mut server = installation.serve(&["--throttle", "off"]).await;
    let mut ada = server.registered("ada@example.com").await;
    let mut bob = server.registered("bob@example.com").await;
    let copy = installation.folder.path().join("copy.db");
    let refreshing = tokio::spawn(async move {
        for _ in 0..50 {
            bob.refresh().await.expect(StatusCode::OK);
        }
        bob
    });
    let told = installation.run(&["backup", copy.to_str().unwrap()]);
    assert!(told.contains("The server secret is not in it"), "{told}");
    let mut bob = refreshing.await.unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&copy.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let again = installation.refused(&["backup", copy.to_str().unwrap()]);
    assert!(again.contains("exists: a backup overwrites nothing"), "{again}");
    let mut database = SqliteConnection::connect(&format!("sqlite://{}", copy.display())).await.unwrap();
    let whole: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut database).await.unwrap();
    assert_eq!(whole, "ok");

    // Signed in when the backup was made, signed out since.
    bob.logout().await.expect(StatusCode::NO_CONTENT);
    server.kill();
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(installation.folder.path().join(format!("a.db{ending}")));
    }
    std::fs::rename(&copy, installation.folder.path().join("a.db")).unwrap();
    let told = installation.run(&["restored"]);
    assert!(told.contains("sessions ended: 2"), "{told}");
    let server = installation.serve(&[]).await;
    ada = ada.at(&server);
    ada.me().await.refused(401, "access_token_invalid");
    ada.refresh().await.refused(401, "session_revoked");
    ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_postgres_is_an_archive_of_pg_dump_without_the_password_in_its_arguments() {
    let installation = Installation::on(&Databases::shared().empty().await);
    drop(installation.serve(&[]).await);
    let copy = installation.folder.path().join("copy.dump");
    let bootstrap = concat!(env!("CARGO_MANIFEST_DIR"), "/script/bootstrap");
    let programs = std::process::Command::new(bootstrap).arg("postgres").output().unwrap().stdout;
    let path = format!("{}:{}", String::from_utf8(programs).unwrap().trim(), std::env::var("PATH").unwrap());
    installation.run_with_path(&["backup", copy.to_str().unwrap()], &path);
    assert_eq!(&std::fs::read(&copy).unwrap()[..5], b"PGDMP");
    let without = installation.folder.path().join("other.dump");
    let refused = installation.refused_with_path(&["backup", without.to_str().unwrap()], "/nowhere");
    assert!(refused.contains("pg_dump cannot be started") && !without.exists(), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_is_wrong_and_says_how_to_mend_it() {
    let installation = Installation::on_sqlite();
    let server = installation.serve(&[]).await;
    let address = format!("127.0.0.1:{}", server.port);
    let healthy = installation.doctor(&server);
    for says in [
        "secret opens the signing keys",
        "is ready",
        "uses this database and this secret",
        "a.db is private",
        "leads to a server with these signing keys",
    ] {
        assert!(healthy.contains(says), "{says}: {healthy}");
    }
    assert!(!healthy.contains("WRONG"), "{healthy}");
    assert!(installation.run(&["health", "--addr", &address]).contains("ready"));
    let nobody = installation.refused(&["health", "--addr", &format!("127.0.0.1:{}", free_port())]);
    assert!(nobody.contains("no server answers at"), "{nobody}");

    let other = Installation::on_sqlite();
    drop(other.serve(&[]).await);
    let others_server = other.refused(&["doctor", "--addr", &address]);
    assert!(others_server.contains("it uses another database"), "{others_server}");

    let open_to_all = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(installation.folder.path().join("a.db"), open_to_all).unwrap();
    let proxy = ["--addr", "0.0.0.0:1", "--public-url", "https://app.example"];
    let told = installation.refused(&[&["doctor"][..], &proxy].concat());
    assert!(told.contains("WRONG") && told.contains("run chmod 600"), "{told}");
    assert!(told.contains("TWO_TOKENS_TRUSTED_PROXIES names no proxy"), "{told}");

    let mut database = SqliteConnection::connect(&installation.database_url).await.unwrap();
    for (change, says) in [
        ("UPDATE signing_keys SET sealed = x'00'", "does not open the signing keys"),
        (
            "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
            "two-tokens migrate",
        ),
    ] {
        sqlx::query(change).execute(&mut database).await.unwrap();
        let told = installation.refused(&["doctor"]);
        assert!(told.contains(says), "{told}");
    }
    let applied: i64 =
        sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(&mut database).await.unwrap();
    let _ = installation.refused(&["doctor"]);
    let after: i64 =
        sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(&mut database).await.unwrap();
    assert_eq!(applied, after, "it migrates nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_asks_at_the_public_url_as_a_browser_does() {
    let (installation, other) = (Installation::on_sqlite(), Installation::on_sqlite());
    let (server, others) = (installation.serve(&[]).await, other.serve(&[]).await);
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxied = proxy.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = proxy.accept().await {
            let _ = client.read(&mut [0; 1024]).await;
            let _ = client.write_all(b"HTTP/1.1 301 Moved\r\nlocation: /\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    for (public_url, says, is_wrong) in [
        (format!("http://localhost:{}", others.port), "leads to another server: point its proxy", true),
        (format!("http://localhost:{proxied}"), "answers 301 for /.well-known/jwks.json: the proxy has to pass", true),
        (format!("http://localhost:{}", free_port()), "is not reached from this computer", false),
        (format!("https://localhost:{}", server.port), "fails from this computer", false),
    ] {
        let settings = ["doctor", "--addr", &format!("127.0.0.1:{}", server.port), "--public-url", &public_url];
        let told = if is_wrong { installation.refused(&settings) } else { installation.run(&settings) };
        assert!(told.contains(says), "{says}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_on_postgres_compares_the_clocks_and_hears_notifications() {
    let installation = Installation::on(&Databases::shared().empty().await);
    let server = installation.serve(&[]).await;
    let told = installation.doctor(&server);
    for says in ["agree about the time", "notifications of other instances arrive", "is ready"] {
        assert!(told.contains(says), "{says}: {told}");
    }
}

#[test]
fn the_effective_settings_name_their_sources_and_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://app:hunter2@db.example/app?password=hunter3";
    let settings = format!("# settings\nTWO_TOKENS_DATABASE_URL='{url}'\nTWO_TOKENS_LISTEN_URL='{url}'\n");
    std::fs::write(folder.path().join(".env"), settings).unwrap();
    let output = program()
        .args(["config", "--access-ttl", "5m"])
        .env("TWO_TOKENS_PASSWORD_MIN", "12")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    for line in [
        "TWO_TOKENS_DATABASE_URL='postgres://app:***@db.example/app' # .env line 2",
        "TWO_TOKENS_LISTEN_URL='postgres://app:***@db.example/app' # .env line 3",
        "TWO_TOKENS_ACCESS_TTL='5m' # --access-ttl",
        "TWO_TOKENS_PASSWORD_MIN='12' # environment",
        "TWO_TOKENS_ADDR='127.0.0.1:3000' # default",
    ] {
        assert!(told.lines().any(|found| found == line), "{line}:\n{told}");
    }
    assert!(!told.contains("hunter"), "{told}");
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

#[tokio::test(flavor = "multi_thread")]
async fn openapi_prints_the_document_that_a_server_serves_without_a_database_or_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let print = |settings: &[&str]| {
        let output = program().arg("openapi").args(settings).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "it made something");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let installation = Installation::on_sqlite();
    for settings in [&[][..], &["--public-url", "http://localhost:3123"]] {
        let server = installation.serve(settings).await;
        let served = server.client().get("/openapi.json").await.expect(StatusCode::OK).json();
        let printed = print(settings);
        assert_eq!(printed, served);
        assert!(printed["paths"]["/api/notes/create"]["post"]["requestBody"].is_object());
    }
}
