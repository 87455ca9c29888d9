//! Ready means that it works: notifications arrive, and the database takes writes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf};

use crate::support::{Databases, Installation, Server, free_port};

/// A proxy in front of PostgreSQL that can swallow notifications (message type `A`), and nothing else.
struct Proxy {
    url: String,
    swallows: Arc<AtomicBool>,
}

impl Proxy {
    async fn before(url: &str) -> Self {
        let (user, rest) = url.split_once('@').unwrap();
        let (upstream, database) = rest.split_once('/').unwrap();
        let (upstream, listener) = (upstream.to_owned(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let here = listener.local_addr().unwrap();
        let swallows = Arc::new(AtomicBool::new(false));
        let swallowing = swallows.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&upstream).await.unwrap();
                let ((mut from_client, to_client), (from_server, mut to_server)) =
                    (client.into_split(), server.into_split());
                tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
                tokio::spawn(pass(from_server, to_client, swallowing.clone()));
            }
        });
        Self { url: format!("{user}@{here}/{database}?sslmode=disable"), swallows }
    }
}

async fn pass(mut server: OwnedReadHalf, mut client: OwnedWriteHalf, swallows: Arc<AtomicBool>) -> std::io::Result<()> {
    loop {
        let mut head = [0; 5];
        server.read_exact(&mut head).await?;
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        let mut body = vec![0; length as usize - 4];
        server.read_exact(&mut body).await?;
        if head[0] != b'A' || !swallows.load(Ordering::SeqCst) {
            client.write_all(&[&head[..], &body].concat()).await?;
        }
    }
}

async fn readyz(server: &Server) -> StatusCode {
    server.client().get("/readyz").await.status
}

async fn until(server: &Server, status: StatusCode, limit: Duration) {
    let since = Instant::now();
    while readyz(server).await != status {
        assert!(since.elapsed() < limit, "/readyz is not {status}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_hears_no_notification_is_not_ready() {
    let direct = Databases::shared().empty().await;
    let proxy = Proxy::before(&direct).await;
    let installation = Installation::on(&proxy.url);
    let server = installation.serve(&[]).await;
    proxy.swallows.store(true, Ordering::SeqCst);
    until(&server, StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(3)).await;
    for _ in 0..100 {
        assert_eq!(readyz(&server).await, StatusCode::SERVICE_UNAVAILABLE, "the connection alone proves nothing");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    proxy.swallows.store(false, Ordering::SeqCst);
    until(&server, StatusCode::OK, Duration::from_secs(10)).await;

    proxy.swallows.store(true, Ordering::SeqCst);
    let beside = Installation::on(&direct).listening_at(&proxy.url);
    let (said, said_beside) = std::thread::scope(|starts| {
        let start = starts.spawn(|| beside.start_refused(&[]));
        (installation.start_refused(&[]), start.join().unwrap())
    });
    assert!(said_beside.contains("is not heard at TWO_TOKENS_LISTEN_URL"), "{said_beside}");
    assert!(said.contains("does not hear its own notifications") && said.contains("TWO_TOKENS_LISTEN_URL"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_database_is_not_ready_and_a_writable_one_works_at_once() {
    let url = Databases::shared().empty().await;
    let installation = Installation::on(&url);
    let server = installation.serve(&["--throttle", "off"]).await;
    let mut ada = server.registered("ada@example.com").await;
    let (_, database) = url.rsplit_once('/').unwrap();
    let mut owner = PgConnection::connect(&url).await.unwrap();
    let mut run = async |statement: String| {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut owner).await.unwrap();
    };
    // As after a failover: the sessions that the pool opens now stay read-only for as long as they live.
    run(format!("ALTER DATABASE {database} SET default_transaction_read_only = on")).await;
    run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()".into()).await;
    assert_eq!(readyz(&server).await, StatusCode::SERVICE_UNAVAILABLE);
    for _ in 0..20 {
        ada.refresh().await.unavailable();
    }
    assert_eq!(readyz(&server).await, StatusCode::SERVICE_UNAVAILABLE);
    run("SET default_transaction_read_only = off".into()).await;
    run(format!("ALTER DATABASE {database} RESET default_transaction_read_only")).await;
    until(&server, StatusCode::OK, Duration::from_secs(3)).await;
    for _ in 0..20 {
        ada.refresh().await.expect(StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_write_is_not_ready() {
    let url = Databases::shared().empty().await;
    Installation::on(&url).run(&["migrate"]);
    let mut owner = PgConnection::connect(&url).await.unwrap();
    let role = format!("app_{}", uuid::Uuid::new_v4().simple());
    let mut run = async |statement: &str| {
        owner.execute(AssertSqlSafe(statement.replace("ROLE_NAME", &role))).await.unwrap();
    };
    run("CREATE ROLE ROLE_NAME LOGIN PASSWORD 'secret'; GRANT CREATE ON SCHEMA public TO ROLE_NAME").await;
    run("GRANT ALL ON ALL TABLES IN SCHEMA public TO ROLE_NAME; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ROLE_NAME")
        .await;
    let mut of_role = url::Url::parse(&url).unwrap();
    of_role.set_username(&role).unwrap();
    of_role.set_password(Some("secret")).unwrap();
    let server = Installation::on(of_role.as_str()).serve(&[]).await;
    run("REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public FROM ROLE_NAME").await;
    assert_eq!(readyz(&server).await, StatusCode::SERVICE_UNAVAILABLE);
    run("GRANT ALL ON ALL TABLES IN SCHEMA public TO ROLE_NAME").await;
    assert_eq!(readyz(&server).await, StatusCode::OK);
}

/// The limit on the size of files stands for a full disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_not_ready() {
    let installation = Installation::on_sqlite();
    let server = installation.serve_at(free_port(), &[], "trap '' XFSZ;").await;
    let limit = |size: &str| {
        let set = std::process::Command::new("prlimit").args(["--pid", &server.pid().to_string(), size]).status();
        assert!(set.unwrap().success());
    };
    assert_eq!(readyz(&server).await, StatusCode::OK);
    limit("--fsize=1000:unlimited");
    assert_eq!(readyz(&server).await, StatusCode::SERVICE_UNAVAILABLE);
    limit("--fsize=unlimited");
    assert_eq!(readyz(&server).await, StatusCode::OK);
}
