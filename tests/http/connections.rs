//! Connections under limits, over real sockets: clients that send or read half of something end, and the honest go on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, http::StatusCode, routing::get};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{Instant, timeout},
};
use two_tokens::api::edge::client_address::{PlainListener, TrustedProxies};
use two_tokens::server::connections::{Limits, serve};
use two_tokens::server::tls::Listener;

use super::served::{LONG, Peer, SHORT, Served, limits};
use crate::support::config;

#[tokio::test]
async fn a_connection_that_sends_no_whole_head_is_ended() {
    let served = Served::with(Limits { head: SHORT, ..limits() }).await;
    for begin in ["", "GET /hea", "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: "] {
        let mut peer = served.connect().await;
        let began = Instant::now();
        peer.send(begin).await;
        assert_eq!(peer.rest().await, "", "{begin:?}");
        assert!(began.elapsed() >= SHORT, "{begin:?}");
    }
    // A byte at a time (slowloris) does not lengthen it.
    let mut peer = served.connect().await;
    peer.send("GET /healthz HTTP/1.1\r\nx: ").await;
    let (mut reads, mut writes) = peer.0.into_split();
    let dripping = tokio::spawn(async move {
        while writes.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 20).await
        }
    });
    let mut all = Vec::new();
    let _ = timeout(LONG, reads.read_to_end(&mut all)).await.expect("the connection goes on");
    timeout(LONG, dripping).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_ended_and_the_head_of_a_later_request_has_its_own_limit() {
    let served = Served::with(Limits { idle: SHORT, ..limits() }).await;
    let mut peer = served.connect().await;
    for _ in 0..3 {
        peer.get("/healthz").await;
        peer.response("\r\n\r\nok").await;
    }
    let idle = Instant::now();
    assert_eq!(peer.rest().await, "");
    assert!(idle.elapsed() >= SHORT / 2);

    let served = Served::with(Limits { head: SHORT, ..limits() }).await;
    let mut peer = served.connect().await;
    peer.get("/healthz").await;
    peer.response("\r\n\r\nok").await;
    peer.send("GET /heal").await;
    assert_eq!(peer.rest().await, "");
}

#[tokio::test]
async fn a_body_that_makes_no_progress_is_refused_and_one_that_does_is_read() {
    let served = Served::with(Limits { body: SHORT, body_rate: 100, ..limits() }).await;
    let head = |path: &str, length: usize| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    for path in ["/api/auth/login", "/api/auth/refresh"] {
        let mut peer = served.connect().await;
        peer.send(&(head(path, 100) + "email=ada")).await;
        let answer = peer.rest().await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("request_timeout") && answer.contains("retry-after: 1"), "{answer}");
    }
    let mut peer = served.connect().await;
    peer.send(&(head("/login", 100) + "email=ada")).await;
    assert!(peer.rest().await.starts_with("HTTP/1.1 "));
    // 100 bytes earn a second more.
    let mut peer = served.connect().await;
    peer.send(&head("/swallow", 200)).await;
    peer.send(&"x".repeat(100)).await;
    tokio::time::sleep(SHORT * 2).await;
    peer.send(&"x".repeat(100)).await;
    peer.response("\r\n\r\n200").await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_given_up() {
    let served = Served::with(Limits { write: SHORT, ..limits() }).await;
    let mut peer = served.connect().await;
    peer.get("/endless").await;
    timeout(LONG, served.given_up.notified()).await.expect("the response waits for ever");
}

#[tokio::test]
async fn a_new_connection_takes_the_place_of_one_that_waits_and_of_none_that_is_answered() {
    let served = Served::of(Limits { connections: 3, ..limits() }, &["--trusted-proxies", "127.0.0.1"]).await;
    let mut first = served.connect().await;
    let mut idle = served.connect().await;
    idle.get("/healthz").await;
    idle.response("\r\n\r\nok").await;
    let mut busy = Vec::new();
    for replaced in [None, Some(&mut first), Some(&mut idle)] {
        let mut peer = served.connect().await;
        peer.get("/wait").await;
        timeout(LONG, served.arrived.notified()).await.expect("refused");
        busy.push(peer);
        if let Some(replaced) = replaced {
            assert_eq!(replaced.rest().await, "");
        }
    }
    let mut refused = served.connect().await;
    assert_eq!(refused.rest().await, "", "a fourth one was answered");
    served.answers.add_permits(3);
    for mut peer in busy {
        peer.response("answered").await;
    }
    served.client().get("/healthz").await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_source_has_a_share_of_the_connections_and_a_trusted_proxy_has_none() {
    let limits = Limits { per_source: 2, ..limits() };
    let busy = async |served: &Served, from: [u8; 4]| {
        let mut peer = served.connect_from(from).await;
        peer.get("/wait").await;
        tokio::select! {
            () = served.arrived.notified() => Some(peer),
            _ = async { peer.0.peek(&mut [0]).await } => None,
        }
    };
    let served = Served::with(limits).await;
    let held = [busy(&served, [127, 0, 0, 1]).await, busy(&served, [127, 0, 0, 1]).await];
    assert!(held.iter().all(Option::is_some));
    assert!(busy(&served, [127, 0, 0, 1]).await.is_none(), "a third one of the source");
    assert!(busy(&served, [127, 0, 0, 2]).await.is_some(), "another source");
    let served = Served::of(limits, &["--trusted-proxies", "127.0.0.1"]).await;
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(busy(&served, [127, 0, 0, 1]).await.expect("a proxy was refused"));
    }
}

#[tokio::test]
async fn headers_beyond_the_limit_get_431_and_a_sentence() {
    let served = Served::with(limits()).await;
    for size in [40_000, 400_000] {
        let mut peer = served.connect().await;
        peer.send(&format!("GET / HTTP/1.1\r\nhost: localhost\r\ncookie: a={}\r\n\r\n", "x".repeat(size))).await;
        let mut begin = [0; 12];
        timeout(LONG, peer.0.read_exact(&mut begin)).await.unwrap().unwrap();
        assert_eq!(&begin, b"HTTP/1.1 431", "{size}");
    }
    let mut client = served.app.client();
    let cookie = ["a=", &"x".repeat(40_000)].concat();
    client.get_with("/api/auth/none", &[("cookie", &cookie)]).await.refused(431, "headers_too_large");
    let page =
        client.get_with("/login", &[("cookie", &cookie), ("accept", "text/html"), ("accept-language", "de")]).await;
    assert_eq!(
        (page.status.as_u16(), &page.headers["content-type"]),
        (431, &"text/plain; charset=utf-8".parse().unwrap())
    );
    assert!(page.body.contains("Lösche die Cookies"), "{}", page.body);
    client.get_with("/login", &[("cookie", &cookie[..30_000])]).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_shutdown_is_announced_and_lets_requests_in_progress_finish() {
    let mut served = Served::with(Limits { drain_notice: SHORT, ..limits() }).await;
    let mut busy = served.connect().await;
    busy.get("/wait").await;
    served.arrived.notified().await;
    let mut client = served.client();
    while client.get("/readyz").await.status != StatusCode::OK {}
    served.shut_down();
    while client.get("/readyz").await.status == StatusCode::OK {}
    assert_eq!(served.client().get("/readyz").await.body, "shutting down", "new connections are refused too soon");
    let answered = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn({
        let answered = answered.clone();
        async move {
            busy.response("answered").await;
            answered.store(true, Ordering::SeqCst);
        }
    });
    while TcpStream::connect(served.address).await.is_ok() {}
    assert!(!served.ended.is_finished());
    served.answers.add_permits(1);
    reading.await.unwrap();
    served.has_ended().await;
}

#[tokio::test]
async fn what_waits_to_be_accepted_at_a_shutdown_is_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..16 {
        let mut peer = Peer(TcpStream::connect(address).await.unwrap());
        peer.get("/healthz").await;
        waiting.push(peer);
    }
    let listener = Listener::new(PlainListener(listener), &config(&[])).unwrap();
    let service = Router::new().route("/healthz", get(async || "ok"));
    let (_stop, stopping) = watch::channel(true);
    serve(listener, service, TrustedProxies::default(), limits(), stopping).await;
    for mut peer in waiting {
        peer.response("\r\n\r\nok").await;
    }
}

#[tokio::test]
async fn a_connection_just_accepted_has_its_first_request_answered_at_a_shutdown() {
    let mut served = Served::with(Limits { drain_half_sent: LONG, ..limits() }).await;
    let mut fresh = served.connect().await;
    // Connections are accepted in their order.
    let mut later = served.connect().await;
    later.get("/healthz").await;
    later.response("\r\n\r\nok").await;
    served.shut_down();
    while TcpStream::connect(served.address).await.is_ok() {}
    assert_eq!(later.rest().await, "");
    fresh.get("/healthz").await;
    let answer = fresh.response("\r\n\r\nok").await;
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert_eq!(fresh.rest().await, "");
    served.has_ended().await;
}

#[tokio::test]
async fn half_of_a_request_never_holds_a_shutdown() {
    let mut served = Served::with(Limits { drain_half_sent: SHORT, ..limits() }).await;
    let mut peers = Vec::new();
    let body = "POST /swallow HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nhalf";
    for begin in ["", "GET /heal", body] {
        let mut peer = served.connect().await;
        peer.send(begin).await;
        peers.push(peer);
    }
    let mut idle = served.connect().await;
    idle.get("/healthz").await;
    idle.response("\r\n\r\nok").await;
    let began = Instant::now();
    served.shut_down();
    served.has_ended().await;
    assert!(began.elapsed() < LONG / 2);
    for mut peer in peers {
        assert_eq!(peer.rest().await, "");
    }
}

#[tokio::test]
async fn a_shutdown_has_a_deadline() {
    let mut served = Served::with(Limits { drain: SHORT, ..limits() }).await;
    let mut busy = served.connect().await;
    busy.get("/wait").await;
    served.arrived.notified().await;
    served.shut_down();
    served.has_ended().await;
    assert_eq!(busy.rest().await, "");
}
