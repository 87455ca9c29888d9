use std::time::{Duration, Instant};

use sqlx::{Connection as _, SqliteConnection};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::support::Installation;

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
