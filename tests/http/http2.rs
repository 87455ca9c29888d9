//! HTTP/2 over TLS: the same app, and each bound of HTTP/1.1 for streams and for their connection.

use std::{future::poll_fn, sync::atomic::Ordering, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{Method, Request, StatusCode, header},
};
use h2::{Reason, RecvStream, client::SendRequest};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::client::TlsStream;
use two_tokens::server::connections::Limits;

use super::served::{LONG, SHORT, Served, limits};
use crate::support::{DEVICE_COOKIE, REFRESH_COOKIE, SELF_SIGNED, connect_tls};

async fn serve(limits: Limits) -> Served {
    Served::of(limits, &SELF_SIGNED).await
}

async fn dial(served: &Served, protocols: &[&str]) -> TlsStream<TcpStream> {
    connect_tls(TcpStream::connect(served.address).await.unwrap(), protocols).await.unwrap()
}

/// A client that keeps to the protocol: it acknowledges settings and pings. It gives a window only when told to.
async fn polite(served: &Served, window: u32) -> SendRequest<Bytes> {
    let mut client = h2::client::Builder::new();
    let client = client.initial_window_size(window).handshake(dial(served, &["h2"]).await);
    let (requests, connection) = client.await.unwrap();
    tokio::spawn(connection);
    requests.ready().await.unwrap()
}

fn get(path: &str) -> Request<()> {
    Request::get(format!("https://localhost:3000{path}")).body(()).unwrap()
}

type Answer = Result<(StatusCode, RecvStream), h2::Error>;

/// Sends a request whose body is complete. The response is not awaited.
fn ask(requests: &mut SendRequest<Bytes>, request: Request<()>) -> impl Future<Output = Answer> + use<> {
    let response = requests.send_request(request, true).unwrap().0;
    async { response.await.map(|response| (response.status(), response.into_body())) }
}

/// Reads a body to its end and gives a window for all of it.
async fn read(mut body: RecvStream) -> Result<String, h2::Error> {
    let mut text = Vec::new();
    while let Some(part) = body.data().await {
        let part = part?;
        body.flow_control().release_capacity(part.len()).unwrap();
        text.extend_from_slice(&part);
    }
    Ok(String::from_utf8(text).unwrap())
}

async fn text(answer: impl Future<Output = Answer>) -> String {
    let (_, body) = timeout(LONG, answer).await.expect("no answer").unwrap();
    read(body).await.unwrap()
}

fn reset(answer: Result<impl Sized, h2::Error>) -> Option<Reason> {
    answer.err().filter(h2::Error::is_reset)?.reason()
}

/// A client that sends whatever frames it likes, and answers none.
struct Rude(TlsStream<TcpStream>);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GO_AWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The header block of a `GET`: method and scheme of the static table, path and authority as literals (RFC 7541).
fn block(path: &str) -> Vec<u8> {
    let literal = |index: u8, text: &str| [&[index, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![0x82, 0x87], literal(4, path), literal(1, "localhost")].concat()
}

fn head(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(path))
}

impl Rude {
    /// With a stream window of 2 GB.
    async fn connect(served: &Served) -> Self {
        let mut client = Self(dial(served, &["h2"]).await);
        let settings = frame(SETTINGS, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff]);
        client.send(&[&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings].concat()).await;
        client
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// The next frame: kind, stream and payload; `None` at the end of the connection.
    async fn next(&mut self) -> Option<(u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        timeout(LONG, self.0.read_exact(&mut head)).await.expect("the connection goes on").ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        Some((head[3], u32::from_be_bytes(head[5..9].try_into().unwrap()), payload))
    }

    /// The error code of the first frame of this kind.
    async fn error_of(&mut self, kind: u8) -> Option<Reason> {
        loop {
            let (found, _, payload) = self.next().await?;
            if found == kind {
                let code = if kind == GO_AWAY { &payload[4..8] } else { &payload[..4] };
                return Some(Reason::from(u32::from_be_bytes(code.try_into().unwrap())));
            }
        }
    }

    async fn has_ended(&mut self) {
        while self.next().await.is_some() {}
    }
}

#[tokio::test]
async fn the_protocol_is_agreed_on_in_the_handshake_and_plain_connections_have_http_1_1() {
    let served = serve(limits()).await;
    for (offered, agreed) in
        [(&["h2", "http/1.1"][..], Some(&b"h2"[..])), (&["http/1.1"], Some(b"http/1.1")), (&[], None)]
    {
        let mut stream = dial(&served, offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed, "{offered:?}");
        if agreed != Some(b"h2") {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nok"), "{answer}");
        }
    }
    let mut requests = polite(&served, 65_535).await;
    assert_eq!(text(ask(&mut requests, get("/healthz"))).await, "ok");
    // Prior knowledge (h2c) is not spoken where a proxy does TLS.
    let plain = Served::with(limits()).await;
    let mut peer = plain.connect().await;
    peer.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!peer.rest().await.contains("200"));
}

#[tokio::test]
async fn a_session_goes_on_over_http_2_with_many_requests_at_once() {
    let served = serve(limits()).await;
    let mut ada = served.http2_client().signed_up("ada@example.com").await;
    ada.refresh().await.expect(StatusCode::OK);
    ada.post("/api/notes/create", &[("title", "Milk"), ("body", "two")]).await.expect(StatusCode::OK);
    let calls = (0..50).map(|_| {
        let mut tab = ada.clone();
        async move { tab.me().await.status }
    });
    let answers = futures::future::join_all(calls).await;
    assert_eq!(answers, [StatusCode::OK; 50]);
    let mut old = ada.clone();
    old.access_token = Some("not a token".to_owned());
    old.me().await.refused(401, "access_token_invalid");
    ada.logout().await.expect(StatusCode::NO_CONTENT);
    ada.refresh().await.refused(401, "refresh_token_missing");
}

#[tokio::test]
async fn cookies_come_in_several_fields_and_are_read_as_one() {
    let served = serve(limits()).await;
    let mut ada = served.http2_client().signed_up("ada@example.com").await;
    let token = format!("{REFRESH_COOKIE}={}", ada.refresh_token());
    let device = ada.cookies.value(DEVICE_COOKIE).unwrap().to_owned();
    ada.cookies.clear();
    let refresh = |crumbs: &[&str]| {
        let request = ada.request(Method::POST, "/api/auth/refresh");
        crumbs
            .iter()
            .fold(request, |request, crumb| request.header(header::COOKIE, *crumb))
            .body(Body::empty())
            .unwrap()
    };
    let several = refresh(&["theme=dark", &format!("{DEVICE_COOKIE}={device}"), &token, "lang=de"]);
    let two_tokens = refresh(&[&token, "theme=dark", &token]);
    ada.send(several).await.expect(StatusCode::OK);
    ada.send(two_tokens).await.refused(401, "refresh_token_invalid");
}

#[tokio::test]
async fn a_request_for_another_authority_is_misdirected() {
    let served = serve(limits()).await;
    let mut requests = polite(&served, 65_535).await;
    for (authority, status) in [("localhost:3000", 200), ("127.0.0.1", 200), ("rebound.example", 421)] {
        let request = Request::get(format!("https://{authority}/healthz")).body(()).unwrap();
        let (answered, _) = ask(&mut requests, request).await.unwrap();
        assert_eq!(answered.as_u16(), status, "{authority}");
    }
}

#[tokio::test]
async fn a_stream_beyond_those_of_its_connection_is_refused() {
    let served = serve(Limits { streams_per_connection: 2, ..limits() }).await;
    let mut client = Rude::connect(&served).await;
    client.send(&[head(1, "/wait"), head(3, "/wait"), head(5, "/wait")].concat()).await;
    assert_eq!(client.error_of(RESET).await, Some(Reason::REFUSED_STREAM));
    served.answers.add_permits(2);
    let mut answered = 0;
    while answered < 2 {
        let (kind, stream, payload) = client.next().await.expect("the connection has ended");
        assert!(stream == 0 || stream == 1 || stream == 3);
        answered += usize::from(kind == DATA && payload == b"answered");
    }
}

#[tokio::test]
async fn streams_of_a_source_are_bounded_on_whichever_connections() {
    let served = serve(Limits { streams_per_source: 3, ..limits() }).await;
    let mut tabs = [polite(&served, 65_535).await, polite(&served, 65_535).await];
    let mut waiting = Vec::new();
    for tab in [0, 1, 0] {
        waiting.push(tokio::spawn(ask(&mut tabs[tab], get("/wait"))));
        timeout(LONG, served.arrived.notified()).await.expect("refused");
    }
    assert_eq!(reset(ask(&mut tabs[1], get("/healthz")).await), Some(Reason::REFUSED_STREAM));
    served.answers.add_permits(3);
    for answer in waiting {
        assert_eq!(text(async { answer.await.unwrap() }).await, "answered");
    }
    assert_eq!(text(ask(&mut tabs[1], get("/healthz"))).await, "ok");
}

#[tokio::test]
async fn an_http_2_connection_without_streams_is_told_to_go_and_ends() {
    for (limits, asks) in
        [(Limits { head: SHORT, ..limits() }, false), (Limits { idle: SHORT, head: LONG, ..limits() }, true)]
    {
        let served = serve(limits).await;
        let mut client = Rude::connect(&served).await;
        if asks {
            client.send(&head(1, "/healthz")).await;
        }
        let began = Instant::now();
        let goes = async {
            assert_eq!(client.error_of(GO_AWAY).await, Some(Reason::NO_ERROR));
            assert!(began.elapsed() >= SHORT / 2);
            client.has_ended().await;
        };
        timeout(LONG, goes).await.expect("the connection goes on");
    }
    // Pings are no requests.
    let served = serve(Limits { idle: SHORT, head: SHORT, ..limits() }).await;
    let (mut reads, mut writes) = tokio::io::split(Rude::connect(&served).await.0);
    let pinging = tokio::spawn(async move {
        while writes.write_all(&frame(PING, 0, 0, &[0; 8])).await.is_ok() {
            tokio::time::sleep(SHORT / 20).await;
        }
    });
    let _ = timeout(LONG, reads.read_to_end(&mut Vec::new())).await.expect("the connection goes on");
    timeout(LONG, pinging).await.expect("the connection goes on").unwrap();
    // Half of a head (CONTINUATION) is none either.
    let mut client = Rude::connect(&served).await;
    client.send(&frame(HEADERS, END_STREAM, 1, &block("/healthz"))).await;
    client.has_ended().await;
}

#[tokio::test]
async fn a_body_on_a_stream_has_the_limits_of_any_body() {
    let served = serve(Limits { body: SHORT, ..limits() }).await;
    let mut requests = polite(&served, 65_535).await;
    let post = |length: usize| {
        Request::post("https://localhost:3000/api/auth/login")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("content-length", length)
            .body(())
            .unwrap()
    };
    for (length, sent, status, code) in
        [(100, &b"email=ada"[..], 408, "request_timeout"), (200_000, b"email=", 422, "validation_failed")]
    {
        let (response, mut body) = requests.send_request(post(length), false).unwrap();
        body.send_data(Bytes::from_static(sent), false).unwrap();
        let response = timeout(LONG, response).await.expect("no answer").unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert!(read(response.into_body()).await.unwrap().contains(code));
    }
    assert_eq!(text(ask(&mut requests, get("/healthz"))).await, "ok");
}

#[tokio::test]
async fn bodies_that_nobody_reads_are_bounded_by_their_windows() {
    let served = serve(limits()).await;
    let mut requests = polite(&served, 65_535).await;
    let (mut responses, mut sent) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let request = Request::post("https://localhost:3000/hold").body(()).unwrap();
        let (response, mut body) = requests.send_request(request, false).unwrap();
        served.arrived.notified().await;
        let mut bytes = 0;
        body.reserve_capacity(1_000_000);
        while let Ok(capacity) = timeout(SHORT, poll_fn(|cx| body.poll_capacity(cx))).await {
            let capacity = capacity.unwrap().unwrap();
            body.send_data(vec![b'x'; capacity].into(), false).unwrap();
            bytes += capacity;
            body.reserve_capacity(1_000_000);
        }
        responses.push((response, body));
        sent.push(bytes);
    }
    assert_eq!(sent, [65_536, 65_536, 0]);
}

#[tokio::test]
async fn headers_beyond_the_limit_get_431_on_http_2() {
    let served = serve(limits()).await;
    let mut requests = polite(&served, 65_535).await;
    for (size, says) in [(40_000, "headers_too_large"), (70_000, "")] {
        let mut request = get("/api/auth/none");
        // Not indexed, so that each is sent.
        for number in 0..size / 5_000 {
            request.headers_mut().append("cookie", format!("a{number}={}", "x".repeat(5_000)).parse().unwrap());
        }
        let (status, body) = ask(&mut requests, request).await.unwrap();
        assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "{size}");
        assert!(read(body).await.unwrap().contains(says));
    }
    assert_eq!(text(ask(&mut requests, get("/healthz"))).await, "ok");
    // A head without an end.
    let mut client = Rude::connect(&served).await;
    client.send(&frame(HEADERS, END_STREAM, 1, &block("/healthz"))).await;
    let field = [&[0, 1, b'x', 127, 0x81, 0x7d][..], &[b'y'; 16_000]].concat();
    let flood = async {
        for _ in 0..100 {
            if client.0.write_all(&frame(CONTINUATION, 0, 1, &field)).await.is_err() {
                break;
            }
        }
        client.has_ended().await;
    };
    timeout(LONG, flood).await.expect("the connection goes on");
}

#[tokio::test]
async fn a_stream_whose_client_takes_nothing_is_reset_and_its_connection_goes_on() {
    let served = serve(Limits { write: SHORT, ..limits() }).await;
    // With no window at all, with one for a part, and with the usual one.
    for window in [0, 1_000, 65_535] {
        let mut requests = polite(&served, window).await;
        let (status, body) = ask(&mut requests, get("/endless")).await.unwrap();
        assert_eq!(status, StatusCode::OK);
        let produced = served.produced.load(Ordering::SeqCst);
        timeout(LONG, served.given_up.notified()).await.expect("the response waits for ever");
        assert!(served.produced.load(Ordering::SeqCst) - produced <= 2 * 65_536, "buffered beyond the window");
        assert!(body_is_reset(body).await, "{window}");
        let (status, _) = ask(&mut requests, get("/healthz")).await.unwrap();
        assert_eq!(status, StatusCode::OK);
    }
    // The end of a page of which the client takes a part.
    let mut requests = polite(&served, 10).await;
    let (_, body) = ask(&mut requests, get("/docs")).await.unwrap();
    assert!(body_is_reset(body).await);
    // One that is read slowly arrives.
    let mut requests = polite(&served, 1_000).await;
    let (_, mut body) = ask(&mut requests, get("/docs")).await.unwrap();
    let began = Instant::now();
    while let Some(part) = body.data().await {
        let part = part.unwrap();
        if began.elapsed() < SHORT * 3 {
            tokio::time::sleep(SHORT / 30).await;
        }
        body.flow_control().release_capacity(part.len()).unwrap();
    }
    assert!(body.is_end_stream());
}

/// Reads what has come and takes nothing more.
async fn body_is_reset(mut body: RecvStream) -> bool {
    let read = async {
        loop {
            match body.data().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => return error.is_reset(),
                None => return false,
            }
        }
    };
    timeout(LONG, read).await.expect("the stream goes on")
}

#[tokio::test]
async fn a_client_that_reads_nothing_of_its_connection_is_given_up() {
    let served = serve(Limits { write: SHORT, ..limits() }).await;
    let mut client = Rude::connect(&served).await;
    let window = frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0, 0, 0]);
    client.send(&[window, head(1, "/endless")].concat()).await;
    timeout(LONG, served.given_up.notified()).await.expect("the response waits for ever");
}

#[tokio::test]
async fn a_flood_of_resets_ends_its_connection() {
    let served = serve(limits()).await;
    let mut client = Rude::connect(&served).await;
    let pair = |stream: u32| [head(stream, "/healthz"), frame(RESET, 0, stream, &[0, 0, 0, 8])].concat();
    let flood: Vec<u8> = (0..200).flat_map(|number| pair(2 * number + 1)).collect();
    client.send(&flood).await;
    assert_eq!(client.error_of(GO_AWAY).await, Some(Reason::ENHANCE_YOUR_CALM));
    client.has_ended().await;
    // Resets that the server owes the client for its errors: a body that is longer than it says.
    let mut client = Rude::connect(&served).await;
    let length = [&[0x0f, 0x0d, 1], &b"1"[..]].concat();
    let broken = |stream: u32| {
        let block = [block("/wait"), length.clone()].concat();
        [frame(HEADERS, END_HEADERS, stream, &block), frame(DATA, 0, stream, b"too long")].concat()
    };
    let flood: Vec<u8> = (0..300).flat_map(|number| broken(2 * number + 1)).collect();
    let _ = client.0.write_all(&flood).await;
    assert_eq!(client.error_of(GO_AWAY).await, Some(Reason::ENHANCE_YOUR_CALM));
    client.has_ended().await;
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_gone() {
    let served = serve(Limits { ping: SHORT, write: SHORT, ..limits() }).await;
    let mut there = polite(&served, 65_535).await;
    let waiting = tokio::spawn(ask(&mut there, get("/wait")));
    served.arrived.notified().await;
    let mut gone = Rude::connect(&served).await;
    gone.send(&head(1, "/wait")).await;
    gone.has_ended().await;
    served.answers.add_permits(1);
    assert_eq!(text(async { waiting.await.unwrap() }).await, "answered");
}

#[tokio::test]
async fn an_idle_http_2_connection_makes_room_for_a_new_one() {
    let served = serve(Limits { connections: 1, ..limits() }).await;
    let mut first = Rude::connect(&served).await;
    first.send(&head(1, "/healthz")).await;
    while first.next().await.is_some_and(|(kind, ..)| kind != DATA) {}
    let mut second = polite(&served, 65_535).await;
    first.has_ended().await;
    let waiting = tokio::spawn(ask(&mut second, get("/wait")));
    served.arrived.notified().await;
    // One whose stream is being answered does not.
    let third = TcpStream::connect(served.address).await.unwrap();
    assert!(connect_tls(third, &["h2"]).await.is_err());
    served.answers.add_permits(1);
    assert_eq!(text(async { waiting.await.unwrap() }).await, "answered");
}

#[tokio::test]
async fn a_shutdown_answers_the_streams_in_flight_and_takes_no_new_ones() {
    let mut served = serve(Limits { drain_half_sent: SHORT, ..limits() }).await;
    let _idle = polite(&served, 65_535).await;
    let mut requests = polite(&served, 65_535).await;
    let waiting = tokio::spawn(ask(&mut requests, get("/wait")));
    served.arrived.notified().await;
    let (mut rude, mut half) = (Rude::connect(&served).await, polite(&served, 65_535).await);
    rude.send(&head(1, "/wait")).await;
    served.arrived.notified().await;
    let post = Request::post("https://localhost:3000/swallow").body(()).unwrap();
    let _half = half.send_request(post, false).unwrap();
    served.shut_down();
    assert_eq!(rude.error_of(GO_AWAY).await, Some(Reason::NO_ERROR));
    // The client has heard it as well when a request is not sent any more.
    let refused = async {
        while let Ok(mut more) = requests.clone().ready().await {
            let Ok((response, _)) = more.send_request(get("/healthz"), true) else { break };
            let _ = response.await;
        }
    };
    timeout(LONG, refused).await.expect("requests are still taken");
    assert!(!served.ended.is_finished());
    served.answers.add_permits(2);
    assert_eq!(text(async { waiting.await.unwrap() }).await, "answered");
    served.has_ended().await;
}

#[tokio::test]
async fn a_shutdown_has_a_deadline_for_streams_too() {
    let mut served = serve(Limits { drain: SHORT, drain_half_sent: Duration::ZERO, ..limits() }).await;
    let mut requests = polite(&served, 65_535).await;
    let waiting = tokio::spawn(ask(&mut requests, get("/wait")));
    served.arrived.notified().await;
    served.shut_down();
    served.has_ended().await;
    assert!(waiting.await.unwrap().is_err());
}
