//! Hostile load beside honest people, on the real program: slow heads and bodies, 10,000 idle connections, sign-ins from many
//! sources, cookie lines of 400 kB, floods of the lab. It prints a table; `docs/limits.md` says how to run it longer.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::support::{Answer, Client, Installation, PASSWORD, Server, form};

const PEOPLE: u8 = 50;
const IDLE: usize = 10_000;
const SLOWEST: Duration = Duration::from_secs(2);
const MEMORY_MB: u64 = 300;

#[derive(Default)]
struct Measured {
    over: AtomicBool,
    /// The slowest honest request of each kind, and how many there were.
    honest: Mutex<BTreeMap<&'static str, (Duration, u64)>>,
    signed_out: AtomicU64,
    told_to_wait: AtomicU64,
    lost: AtomicU64,
    /// What the attackers did.
    attacks: Mutex<BTreeMap<&'static str, u64>>,
}

impl Measured {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn attack(&self, what: &'static str) {
        *self.attacks.lock().unwrap().entry(what).or_default() += 1;
    }
}

/// Differs from call to call; nothing here needs more of a random number.
fn varied() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed) >> 16
}

fn stranger() -> String {
    let number = varied();
    format!("198.{}.{}.{}", 18 + number % 2, number >> 8 & 255, number >> 16 & 255)
}

struct Person {
    client: Client,
    email: String,
    address: String,
    measured: Arc<Measured>,
}

impl Person {
    /// Sends until there is an answer that is no request to wait, as the app's client does.
    async fn send(&mut self, kind: &'static str, method: Method, path: &str, fields: &[(&str, &str)]) -> Answer {
        loop {
            let request = self.client.request(method.clone(), path);
            let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            let request = request.header("x-forwarded-for", &self.address).body(Body::from(form(fields))).unwrap();
            let began = Instant::now();
            let answer = self.client.try_send(request).await;
            let took = began.elapsed();
            {
                let mut honest = self.measured.honest.lock().unwrap();
                let kind = honest.entry(kind).or_default();
                *kind = (kind.0.max(took), kind.1 + 1);
            }
            match answer {
                None => drop(self.measured.lost.fetch_add(1, Ordering::Relaxed)),
                Some(answer) if [408, 429, 503].contains(&answer.status.as_u16()) => {
                    self.measured.told_to_wait.fetch_add(1, Ordering::Relaxed);
                    let wait = answer.headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
                    sleep(Duration::from_secs(wait.unwrap_or(1))).await;
                }
                Some(answer) => return answer,
            }
        }
    }

    async fn registered(server: &Server, number: u8, measured: &Arc<Measured>) -> Self {
        let (email, address) = (format!("p{number}@example.com"), format!("10.0.0.{number}"));
        let mut person = Self { client: server.client(), email: email.clone(), address, measured: measured.clone() };
        person.send("register", Method::POST, "/api/auth/register", &[("email", &email), ("password", PASSWORD)]).await;
        person
    }

    async fn sign_in(&mut self) {
        let email = self.email.clone();
        let answer =
            self.send("sign in", Method::POST, "/api/auth/login", &[("email", &email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }

    async fn works(mut self) {
        for round in 1.. {
            if self.measured.is_over() {
                return;
            }
            self.writes_reads_and_refreshes().await;
            if round % 20 == 0 {
                self.send("sign out", Method::POST, "/api/auth/logout", &[]).await;
                self.sign_in().await;
            }
        }
    }

    async fn writes_reads_and_refreshes(&mut self) {
        let id = uuid::Uuid::new_v4().to_string();
        let fields = [("id", &*id), ("title", "A note"), ("body", "of an honest person")];
        self.expect_signed_in("write", Method::POST, "/api/notes/create", &fields).await;
        self.expect_signed_in("list", Method::GET, "/api/notes/list", &[]).await;
        let as_seen = [("id", &*id), ("version", "1")];
        self.expect_signed_in("delete", Method::POST, "/api/notes/delete", &as_seen).await;
        sleep(Duration::from_millis(500 + varied() % 1_000)).await;
        self.expect_signed_in("refresh", Method::POST, "/api/auth/refresh", &[]).await;
        sleep(Duration::from_millis(500 + varied() % 1_000)).await;
    }

    async fn expect_signed_in(&mut self, kind: &'static str, method: Method, path: &str, fields: &[(&str, &str)]) {
        let answer = self.send(kind, method, path, fields).await;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.measured.signed_out.fetch_add(1, Ordering::Relaxed);
            self.sign_in().await;
        } else {
            assert!(answer.status.is_success() || answer.status == StatusCode::NOT_FOUND, "{kind}: {answer:?}");
        }
    }
}

async fn connect(port: u16, from: [u8; 4]) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind((from, 0).into()).ok()?;
    timeout(Duration::from_secs(5), socket.connect(([127, 0, 0, 1], port).into())).await.ok()?.ok()
}

/// Sends the beginning of a request, then `more` each second, until the server ends the connection.
async fn drips(
    measured: Arc<Measured>,
    port: u16,
    from: [u8; 4],
    what: &'static str,
    begin: String,
    more: &'static str,
) {
    while !measured.is_over() {
        let Some(mut stream) = connect(port, from).await else {
            sleep(Duration::from_millis(200)).await;
            continue;
        };
        measured.attack(what);
        let _ = stream.write_all(begin.as_bytes()).await;
        while !measured.is_over() {
            let mut part = [0; 512];
            match timeout(Duration::from_secs(1), stream.read(&mut part)).await {
                Ok(Ok(0) | Err(_)) => break,
                Ok(Ok(_)) => {}
                Err(_) if more.is_empty() => {}
                Err(_) => {
                    if stream.write_all(more.as_bytes()).await.is_err() {
                        break;
                    }
                }
            }
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Guesses of passwords, at accounts that exist and at others, each from another source.
async fn guesses(measured: Arc<Measured>, mut client: Client) {
    while !measured.is_over() {
        let email = format!("p{}@example.com", varied() % 100);
        let fields = [("email", &*email), ("password", "not the right password")];
        let source = stranger();
        let request = client.request(Method::POST, "/api/auth/login").header("x-forwarded-for", &source);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = client.try_send(request.body(Body::from(form(&fields))).unwrap()).await;
        measured.attack(match answer.map(|answer| answer.status.as_u16()) {
            Some(401) => "guesses that were hashed",
            Some(429 | 503) => "guesses that were refused",
            _ => "guesses without an answer",
        });
        client.cookies.clear();
    }
}

/// Cookie lines of 30 kB and of 400 kB.
async fn cookies(measured: Arc<Measured>, port: u16, from: [u8; 4]) {
    let lines = [30_000, 400_000].map(|size| {
        let pairs = "lab_signed_in=1; ".repeat(size / 17);
        format!("GET /login HTTP/1.1\r\nhost: localhost\r\ncookie: {pairs}\r\nconnection: close\r\n\r\n")
    });
    while !measured.is_over() {
        for line in &lines {
            let Some(mut stream) = connect(port, from).await else { continue };
            let _ = stream.write_all(line.as_bytes()).await;
            let mut begin = [0; 12];
            let status = timeout(Duration::from_secs(5), stream.read_exact(&mut begin)).await;
            let refused = matches!(status, Ok(Ok(_))) && begin.ends_with(b"431");
            measured.attack(if refused { "cookie lines refused with 431" } else { "cookie lines answered otherwise" });
        }
    }
}

/// Opens sandboxes from many sources, writes into their logs, and follows them without reading.
async fn floods_the_lab(measured: Arc<Measured>, mut client: Client, port: u16) {
    let cookies = "lab_signed_in=1; ".repeat(1_700);
    while !measured.is_over() {
        let request = client.request(Method::POST, "/lab/open").header("x-forwarded-for", stranger());
        client.cookies.clear();
        let Some(opened) = client.try_send(request.body(Body::from("null")).unwrap()).await else { continue };
        let Some(mount) = serde_json::from_str::<serde_json::Value>(&opened.body)
            .ok()
            .and_then(|opened| opened["mount"].as_str().map(str::to_owned))
        else {
            measured.attack("sandboxes refused");
            sleep(Duration::from_millis(200)).await;
            continue;
        };
        measured.attack("sandboxes opened");
        let mut streams = Vec::new();
        for path in ["events?after=0", "events?after=0", "export.json"] {
            let Some(mut stream) = connect(port, [127, 0, 6, 1]).await else { continue };
            let request = format!("GET {mount}/-/{path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
            let _ = stream.write_all(request.as_bytes()).await;
            streams.push(stream);
        }
        for number in 0..200 {
            if measured.is_over() {
                return;
            }
            let path = format!("{mount}/api/auth/{}", if number % 2 == 0 { "refresh" } else { "login" });
            let request = client.request(Method::POST, &path).header(header::COOKIE, &*cookies);
            let body = "title=".to_owned() + &"x".repeat(50_000);
            let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            client.try_send(request.body(Body::from(body)).unwrap()).await;
            measured.attack("requests to sandboxes");
            sleep(Duration::from_millis(20)).await;
        }
        drop(streams);
    }
}

/// The largest resident set so far, in kB.
fn peak_memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// Of the soak: what its people send is what the server takes.
#[tokio::test]
async fn what_the_honest_people_of_the_soak_do_succeeds() {
    let installation = Installation::on_sqlite();
    let server = installation.serve(&["--trusted-proxies", "127.0.0.1"]).await;
    let measured = Arc::<Measured>::default();
    let mut person = Person::registered(&server, 0, &measured).await;
    person.writes_reads_and_refreshes().await;
    person.send("sign out", Method::POST, "/api/auth/logout", &[]).await;
    person.sign_in().await;
    assert_eq!(measured.signed_out.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make soak"]
async fn soak_hostile_load() {
    let seconds = std::env::var("SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30 * 60);
    raise_open_files();
    let mut arguments = vec!["--trusted-proxies", "127.0.0.1"];
    if cfg!(feature = "lab") {
        arguments.extend(["--lab", "public"]);
    }
    let installation = Installation::on_sqlite();
    let server = installation.serve(&arguments).await;
    let (port, measured) = (server.port, Arc::<Measured>::default());

    let mut people = JoinSet::new();
    for number in 0..PEOPLE {
        people.spawn(Person::registered(&server, number, &measured).await.works());
    }
    let mut attackers = JoinSet::new();
    let mut attack = |attack: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| drop(attackers.spawn(attack));
    let head = || "GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ".to_owned();
    let body = || "POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\nemail=".to_owned();
    for number in 0..300_usize {
        let last = u8::try_from(number % 250).unwrap() + 1;
        attack(Box::pin(drips(measured.clone(), port, [127, 0, 2, last], "slow heads", head(), "x")));
        attack(Box::pin(drips(measured.clone(), port, [127, 0, 3, last], "slow bodies", body(), "xxxxxxxxxxxxxxxx")));
    }
    for number in 0..IDLE {
        let from = [127, 0, 4, u8::try_from(number % 40).unwrap() + 1];
        attack(Box::pin(drips(measured.clone(), port, from, "idle connections", String::new(), "")));
    }
    for _ in 0..8 {
        attack(Box::pin(guesses(measured.clone(), server.client())));
    }
    for number in 1..=4 {
        attack(Box::pin(cookies(measured.clone(), port, [127, 0, 5, number])));
    }
    if cfg!(feature = "lab") {
        for _ in 0..4 {
            attack(Box::pin(floods_the_lab(measured.clone(), server.client(), port)));
        }
    }
    if let Ok(Some(person)) = timeout(Duration::from_secs(seconds), people.join_next()).await {
        person.unwrap();
    }
    measured.over.store(true, Ordering::Relaxed);
    while let Some(person) = people.join_next().await {
        person.unwrap();
    }
    attackers.shutdown().await;

    let memory = peak_memory(&server) / 1024;
    let honest = measured.honest.lock().unwrap().clone();
    let slowest = honest.values().map(|(slowest, _)| *slowest).max().unwrap();
    println!("| {seconds} s of hostile load beside {PEOPLE} people | |\n|---|---|");
    for (what, count) in &*measured.attacks.lock().unwrap() {
        println!("| {what} | {count} |");
    }
    for (kind, (slowest, count)) in &honest {
        println!("| honest: {kind} | {count}, the slowest in {slowest:.0?} |");
    }
    println!("| honest: told to wait | {} |", measured.told_to_wait.load(Ordering::Relaxed));
    println!("| honest: answers lost and asked for again | {} |", measured.lost.load(Ordering::Relaxed));
    println!("| slowest honest request | {slowest:.0?} |");
    println!("| most memory | {memory} MB |");
    let signed_out = measured.signed_out.load(Ordering::Relaxed);
    println!("| signed out | {signed_out} |");
    assert_eq!(signed_out, 0);
    assert!(memory < MEMORY_MB, "{memory} MB");
    assert!(slowest < SLOWEST, "{slowest:?}");
}
