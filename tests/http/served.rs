//! The server on a port, under limits that a test chooses.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Notify, Semaphore, oneshot},
    task::JoinHandle,
    time::timeout,
};
use two_tokens::api::edge::client_address::PlainListener;
use two_tokens::server::connections::Limits;
use two_tokens::server::pages;
use two_tokens::server::serve::{Starting, serve_within};
use two_tokens::server::tls::Listener;

use crate::support::{Client, TestApp, config};

/// Far beyond every limit of these tests.
pub const LONG: Duration = Duration::from_secs(20);
pub const SHORT: Duration = Duration::from_millis(300);

/// Limits that no test meets by chance; each shortens its own.
pub fn limits() -> Limits {
    Limits {
        head: LONG * 10,
        idle: LONG * 10,
        write: LONG * 10,
        body: LONG * 10,
        drain: LONG * 10,
        ..Limits::default()
    }
}

/// The server on a port, with routes that take long.
pub struct Served {
    pub address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    pub ended: JoinHandle<()>,
    /// `/wait` and `/hold` answer when there is a permit.
    pub answers: Arc<Semaphore>,
    /// A request of `/wait`, `/hold` or `/endless` has arrived.
    pub arrived: Arc<Notify>,
    /// The body of `/endless` was given up.
    pub given_up: Arc<Notify>,
    /// Bytes that `/endless` was asked for.
    pub produced: Arc<AtomicUsize>,
    pub app: TestApp,
}

impl Served {
    pub async fn with(limits: Limits) -> Self {
        Self::of(limits, &[]).await
    }

    pub async fn of(limits: Limits, arguments: &[&str]) -> Self {
        let app = TestApp::with(arguments).await;
        let config = config(arguments);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, told) = oneshot::channel::<()>();
        let (answers, arrived, given_up) = (Arc::new(Semaphore::new(0)), Arc::<Notify>::default(), Arc::default());
        let produced = Arc::<AtomicUsize>::default();
        let routes = routes(answers.clone(), arrived.clone(), Arc::clone(&given_up), produced.clone());
        let state = app.state.clone();
        let ended = tokio::spawn(async move {
            let extra_routes = async |_: Starting| Ok(routes);
            let shutdown = async { drop(told.await) };
            let listener = Listener::new(PlainListener(listener), &config).unwrap();
            serve_within(limits, listener, state, pages::pages(), shutdown, extra_routes).await.unwrap();
        });
        Self { address, shutdown: Some(shutdown), ended, answers, arrived, given_up, produced, app }
    }

    pub async fn connect(&self) -> Peer {
        Peer(TcpStream::connect(self.address).await.unwrap())
    }

    pub async fn connect_from(&self, address: [u8; 4]) -> Peer {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((address, 0).into()).unwrap();
        Peer(socket.connect(self.address).await.unwrap())
    }

    pub fn client(&self) -> Client {
        Client::of(&*format!("http://{}", self.address))
    }

    /// A client over TLS and HTTP/2.
    pub fn http2_client(&self) -> Client {
        Client::of(&*format!("https://{}", self.address))
    }

    pub fn shut_down(&mut self) {
        self.shutdown.take().unwrap().send(()).unwrap();
    }

    pub async fn has_ended(self) {
        timeout(LONG, self.ended).await.expect("the server goes on").unwrap();
    }
}

fn routes(answers: Arc<Semaphore>, arrived: Arc<Notify>, given_up: Arc<Notify>, produced: Arc<AtomicUsize>) -> Router {
    struct GivenUp(Arc<Notify>);
    impl Drop for GivenUp {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let waits = {
        let arrived = arrived.clone();
        async move || {
            arrived.notify_one();
            answers.acquire().await.unwrap().forget();
            "answered"
        }
    };
    let wait = waits.clone();
    // The body is not read, and not given up either.
    let hold = async move |_request: Request| waits().await;
    let endless = async move || {
        arrived.notify_one();
        let held = GivenUp(given_up);
        Body::from_stream(futures::stream::repeat_with(move || {
            let _ = &held;
            produced.fetch_add(65536, Ordering::SeqCst);
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 65536]))
        }))
    };
    let swallow = async |body: Bytes| body.len().to_string();
    Router::new()
        .route("/wait", get(wait))
        .route("/hold", post(hold))
        .route("/endless", get(endless))
        .route("/swallow", post(swallow))
}

pub struct Peer(pub TcpStream);

impl Peer {
    pub async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    pub async fn get(&mut self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    }

    /// All that comes until the server closes; a reset is a close.
    pub async fn rest(&mut self) -> String {
        let mut all = Vec::new();
        let _ = timeout(LONG, self.0.read_to_end(&mut all)).await.expect("the connection goes on");
        String::from_utf8_lossy(&all).into_owned()
    }

    /// One response whose body is known.
    pub async fn response(&mut self, body: &str) -> String {
        let mut all = String::new();
        while !all.ends_with(body) {
            let mut part = [0; 4096];
            let read = timeout(LONG, self.0.read(&mut part)).await.expect("no answer").unwrap();
            assert_ne!(read, 0, "closed after {all:?}");
            all.push_str(std::str::from_utf8(&part[..read]).unwrap());
        }
        all
    }
}
