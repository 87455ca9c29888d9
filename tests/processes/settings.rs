//! What a start reads, and what it refuses.

use std::path::Path;
use std::process::Output;

use axum::http::{Method, StatusCode, header};

use crate::support::{Installation, free_port, program};

/// A start that is refused, in a folder.
fn refused(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = started(folder, variables, arguments);
    assert!(!output.status.success(), "it started");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The port is taken: a start that is not refused ends there.
fn started(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    program()
        .args(["--addr", &address])
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .unwrap()
}

const LISTENS: &str = "cannot listen on";

#[test]
fn an_unreadable_line_of_dotenv_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env");
    std::fs::write(&file, "TWO_TOKENS_LOG=warn\nTWO_TOKENS_ACCESS_TTL 5m\n").unwrap();
    assert!(refused(folder.path(), &[], &[]).contains(".env line 2: "));
    std::fs::write(&file, "TWO_TOKENS_TRUSTED_PROXIES=127.0.0.1, 10.0.0.0/8\nTWO_TOKENS_ACCESS_TTL=2h\n").unwrap();
    let later = refused(folder.path(), &[], &[]);
    assert!(later.contains("TWO_TOKENS_ACCESS_TTL: must be from 5s to 1h"), "a setting after the space: {later}");
    std::fs::write(&file, "\nTWO_TOKENS_ACCESS_TTL=soon\n").unwrap();
    let value = refused(folder.path(), &[], &[]);
    assert!(value.contains("'soon'") && value.contains("TWO_TOKENS_ACCESS_TTL in .env, line 2"), "{value}");
    assert!(!folder.path().join("data").exists(), "a refused start makes nothing");
}

#[test]
fn dotenv_is_read_in_the_folder_alone_and_for_this_program_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("below");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(parent.path().join(".env"), "nonsense\nTWO_TOKENS_ACCESS_TTL=2h\n").unwrap();
    std::fs::write(folder.join(".env"), "LEPTOS_SITE_ROOT=/\nTWO_TOKENS_LOG=warn\n").unwrap();
    let said = refused(&folder, &[], &[]);
    assert!(said.contains(LISTENS) && said.contains("LEPTOS_SITE_ROOT"), "{said}");
}

#[test]
fn an_unknown_name_is_refused_and_an_empty_one_is_unset() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = refused(folder.path(), &[("TWO_TOKENS_ADR", "127.0.0.1:1")], &[]);
    assert!(unknown.contains("TWO_TOKENS_ADR is not a setting of this program. Is it TWO_TOKENS_ADDR?"), "{unknown}");
    let empty = ["TWO_TOKENS_PUBLIC_URL", "TWO_TOKENS_DATABASE_URL", "TWO_TOKENS_SECRET_FILE", "TWO_TOKENS_THROTTLE"];
    let empty = empty.map(|name| (name, ""));
    assert!(refused(folder.path(), &empty, &[]).contains(LISTENS));
    assert!(folder.path().join("data/two-tokens.db").exists());
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let public = ["--public-url", "https://app.example.com"];
    for dangerous in [&["--demo-user"][..], &["--test-clock"], &["--throttle", "off"], &["--lab", "local"]] {
        let said = refused(folder.path(), &[], &[&public, dangerous].concat());
        assert!(said.contains("loopback addresses only") && said.contains("TWO_TOKENS_PUBLIC_URL is"), "{said}");
    }
    assert!(refused(folder.path(), &[], &["--public-url", "http://192.168.1.5:3000"]).contains("plain HTTP"));
    assert!(refused(folder.path(), &[], &["--log", "inof"]).contains("TWO_TOKENS_LOG"));
    let spelled = started(folder.path(), &[], &["--public-url", "HTTPS://App.Example.com:443/"]);
    assert!(String::from_utf8_lossy(&spelled.stderr).contains(LISTENS));
}

#[test]
fn no_output_has_the_password_of_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let url = format!("postgres://app:hunter2@127.0.0.1:{port}/app");
    for (variables, arguments) in [
        (&[("TWO_TOKENS_DATABASE_URL", &*url)][..], &["--help"][..]),
        (&[("TWO_TOKENS_DATABASE_URL", &*url)], &["keys", "list", "--help"]),
        (&[], &["--database-url", &url]),
        (&[], &["--database-url", &format!("{url}?passwort=hunter2")]),
        (&[], &["keys", "list", "--database-url", &url]),
    ] {
        let output = started(folder.path(), variables, arguments);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!said.is_empty() && !said.contains("hunter2"), "{arguments:?}: {said}");
    }
    std::fs::write(folder.path().join(".env"), format!("TWO_TOKENS_DATABASE_URL={url}\n")).unwrap();
    let help = started(folder.path(), &[], &["--help"]);
    assert!(!String::from_utf8_lossy(&help.stdout).contains("hunter2"));
}

/// DNS rebinding: a name of another site leads here.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_this_computer_answers_only_to_its_names() {
    let installation = Installation::on_sqlite();
    let server = installation.serve(&["--test-clock", "--throttle", "off"]).await;
    let client = server.client();
    for (host, status) in [
        ("localhost:3000", StatusCode::OK),
        ("127.0.0.1", StatusCode::OK),
        ("rebound.example", StatusCode::MISDIRECTED_REQUEST),
        ("localhost.rebound.example:3000", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let request = client.to.request(Method::POST, "/test/clock");
        let request =
            request.header(header::HOST, host).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = client.to.send(request.body("seconds=1".into()).unwrap()).await.unwrap();
        assert_eq!(answer.status, status, "{host}");
    }
}
