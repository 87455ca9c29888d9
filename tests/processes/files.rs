//! The files of an installation: who may read them, and what stays in them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::http::StatusCode;

use crate::support::{Installation, PASSWORD, free_port};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_private_whatever_the_umask() {
    let mut installation = Installation::on_sqlite();
    let data = installation.folder.path().join("new/data");
    installation.database_url = format!("sqlite://{}/a.db", data.display());
    for umask in ["000", "022"] {
        let _server = installation.serve_at(free_port(), &[], &format!("umask {umask};")).await;
        for name in ["a.db", "a.db-wal", "a.db-shm", "a.db.lock"] {
            assert_eq!(mode(&data.join(name)), 0o600, "{name}, umask {umask}");
        }
        assert_eq!((mode(&data), mode(data.parent().unwrap())), (0o700, 0o700));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_an_earlier_version_left_open_to_others_are_closed() {
    let installation = Installation::on_sqlite();
    drop(installation.serve(&[]).await);
    let file = installation.folder.path().join("a.db");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let _server = installation.serve(&[]).await;
    assert_eq!(mode(&file), 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_serves_a_sqlite_file() {
    let installation = Installation::on_sqlite();
    let mut server = installation.serve(&[]).await;
    let second = installation.start_refused(&[]);
    let named = format!("another server (process {})", server.pid());
    assert!(second.contains(&named) && second.contains("a.db"), "{second}");
    server.kill();
    drop(installation.serve(&[]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_not_in_the_files() {
    let installation = Installation::on_sqlite();
    let mut server = installation.serve(&[]).await;
    let mut ada = server.registered("vanished@example.com").await;
    ada.refresh().await.expect(StatusCode::OK);
    let note = ada.post("/api/notes/create", &[("title", "plain"), ("body", "a vanished thought")]).await;
    let id = note.expect(StatusCode::OK).json()["id"].as_str().unwrap().to_owned();
    assert!(found(&installation, "a vanished thought"));
    ada.post("/api/notes/delete", &[("id", &id), ("version", "1")]).await.expect(StatusCode::NO_CONTENT);
    until_gone(&installation, "a vanished thought").await;
    let password = [("password", PASSWORD)];
    ada.post("/api/account/delete_account", &password).await.expect(StatusCode::NO_CONTENT);
    until_gone(&installation, "vanished@example.com").await;
    server.terminate();
    assert!(!installation.folder.path().join("a.db-wal").exists(), "the log is emptied at the end");
}

async fn until_gone(installation: &Installation, text: &str) {
    let deleted = Instant::now();
    while found(installation, text) {
        assert!(deleted.elapsed() < Duration::from_secs(15), "{text} is still there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn found(installation: &Installation, text: &str) -> bool {
    let files =
        ["a.db", "a.db-wal"].map(|name| std::fs::read(installation.folder.path().join(name)).unwrap_or_default());
    files.iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

/// A sandbox of the lab is a folder with a database.
#[cfg(feature = "lab")]
#[tokio::test(flavor = "multi_thread")]
async fn folders_of_the_lab_are_private_and_those_of_a_killed_server_are_removed() {
    let installation = Installation::on_sqlite();
    let temporary = installation.folder.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let prelude = format!("umask 000; export TMPDIR={};", temporary.display());
    let sandboxes = || temporary.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();

    let mut killed = installation.serve_at(free_port(), &["--lab", "local"], &prelude).await;
    killed.client().post("/lab/open", &[]).await;
    let left = sandboxes();
    assert_eq!(left.len(), 1);
    assert_eq!((mode(&left[0]), mode(&left[0].join("sandbox.db"))), (0o700, 0o600));
    killed.kill();

    let lives = installation.serve_at(free_port(), &["--lab", "local"], &prelude).await;
    assert_eq!(sandboxes(), Vec::<std::path::PathBuf>::new(), "of the killed server");
    lives.client().post("/lab/open", &[]).await;
    let in_use = sandboxes();
    let another = Installation::on_sqlite();
    let _beside = another.serve_at(free_port(), &["--lab", "local"], &prelude).await;
    assert_eq!(sandboxes(), in_use, "of a server that lives");
}
