use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use futures::future::join_all;
use sqlx::{Connection as _, SqliteConnection};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{Installation, PASSWORD, free_port};

#[tokio::test(flavor = "multi_thread")]
async fn half_sent_requests_do_not_hold_the_end_of_a_process() {
    let mut server = Installation::on_sqlite().serve(&[]).await;
    let mut halves = Vec::new();
    for half in ["GET /heal", "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\nemail="] {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
        stream.write_all(half.as_bytes()).await.unwrap();
        halves.push(stream);
    }
    let told = Instant::now();
    server.signal();
    assert!(server.ended().await.success());
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_process_at_once() {
    let installation = Installation::on_sqlite();
    let mut server = installation.serve(&["--shutdown-notice", "1m"]).await;
    let mut other = SqliteConnection::connect(&installation.database_url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let mut client = server.client();
    let held = tokio::spawn(async move {
        client
            .try_post("/api/auth/register", &[("email", "a@example.com"), ("password", "correct horse battery staple")])
            .await
            .is_some()
    });
    server.signal();
    while server.client().get("/readyz").await.body != "shutting down" {}
    assert!(server.is_running());
    let told = Instant::now();
    server.signal();
    server.ended().await;
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    drop(held);
}

/// Restarts one after the other: one process serves an SQLite file.
#[tokio::test(flavor = "multi_thread")]
async fn restarts_under_ten_thousand_requests_lose_none_when_the_socket_is_passed_on() {
    const REQUESTS: usize = 10_000;
    let installation = Installation::on_sqlite();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = installation.serve_on(&listener, &[]).await;
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let answered = answered.clone();
            tokio::spawn(async move {
                while answered.load(Ordering::Relaxed) < REQUESTS {
                    let mut stream = TcpStream::connect(address).await.expect("the socket is open all the time");
                    stream
                        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                        .await
                        .unwrap();
                    let mut answer = String::new();
                    stream.read_to_string(&mut answer).await.expect("an answer");
                    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let mut restarts = 0;
    while answered.load(Ordering::Relaxed) < REQUESTS {
        let before = answered.load(Ordering::Relaxed);
        server.terminate();
        server = installation.serve_on(&listener, &[]).await;
        restarts += 1;
        while answered.load(Ordering::Relaxed) < (before + REQUESTS / 5).min(REQUESTS) {
            tokio::task::yield_now().await;
        }
    }
    for client in clients {
        client.await.unwrap();
    }
    assert!(restarts >= 3, "{restarts}");
}

/// A program that may use one core has one thread for everything that does not block, so nothing that waits may hold it.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn on_one_core_one_thread_answers_while_passwords_are_verified_and_ends_in_order() {
    let installation = Installation::on_sqlite();
    let mut server = installation.serve_at(free_port(), &[], "taskset -cp 0 $$ >/dev/null;").await;
    let mut ada = server.registered("ada@example.com").await;
    assert_eq!(ada.refresh().await.status, StatusCode::OK);
    // Each of them verifies a password and waits for the disk; the one thread answers others meanwhile.
    let sign_ins = (0..4).map(|_| async {
        let mut browser = server.client();
        let answer = browser.post("/api/auth/login", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::OK);
    });
    let asks = async {
        for _ in 0..50 {
            assert_eq!(ada.me().await.status, StatusCode::OK);
        }
    };
    futures::join!(join_all(sign_ins), asks);
    let threads = std::fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("comm")).ok());
    let names: Vec<_> = names.map(|name| name.trim().to_owned()).collect();
    assert!(names.iter().all(|name| !name.starts_with("tokio-rt-worker")), "{names:?}");
    server.terminate();
}
