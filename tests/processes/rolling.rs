//! A release is rolled out, and an instance is killed, under people who go on writing. Old and new instances run side by side
//! behind a load balancer, on a database that a newer release has migrated.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use futures::future::join_all;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Answer, Client, Databases, Installation, PASSWORD, Pooler, Server, Transport};

/// The shortest life of an access token.
const ACCESS_TTL: Duration = Duration::from_secs(5);
/// The client's first pause before it asks again (`docs/flow/browser.md`).
const PAUSE: Duration = Duration::from_millis(500);
/// A page shows no trouble that is over sooner.
const SHOWN: Duration = Duration::from_secs(2);

/// A load balancer: the next connection goes to the next instance, or to the one after it where it is refused.
struct Balancer {
    base: String,
    ports: Arc<Mutex<Vec<u16>>>,
}

impl Balancer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let ports = Arc::<Mutex<Vec<u16>>>::default();
        let balanced = ports.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, balanced.clone()));
            }
        });
        Self { base, ports }
    }

    fn add(&self, server: &Server) {
        self.ports.lock().unwrap().push(server.port);
    }
}

async fn forward(mut client: TcpStream, ports: Arc<Mutex<Vec<u16>>>) {
    let mut candidates = ports.lock().unwrap().clone();
    ports.lock().unwrap().rotate_left(1);
    while !candidates.is_empty() {
        if let Ok(mut server) = TcpStream::connect(("127.0.0.1", candidates.remove(0))).await {
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}

/// A browser with the patience of the app's own client.
struct Person {
    client: Client,
    notes: BTreeSet<String>,
    refreshes: usize,
    /// Answers that were lost, or said to come back.
    repeated: usize,
}

impl Person {
    /// `keeps_alive` means that its requests share a connection, and so an instance.
    async fn new(balancer: &Balancer, email: &str, keeps_alive: bool) -> Self {
        let transport =
            if keeps_alive { Transport::http1(&balancer.base) } else { Transport::unpooled(&balancer.base) };
        let client = Client::of("").at(transport).signed_up(email).await;
        Self { client, notes: BTreeSet::new(), refreshes: 0, repeated: 0 }
    }

    /// Posts until there is an answer. Whatever a page would show fails the test.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut trouble = None;
        loop {
            match self.client.try_post(path, fields).await {
                Some(answer) if answer.status.is_success() => return answer,
                Some(answer) if answer.code() == "access_token_expired" => {
                    Box::pin(self.refresh()).await;
                    continue;
                }
                Some(answer) => drop(answer.unavailable()),
                None => {}
            }
            self.repeated += 1;
            let since = *trouble.get_or_insert_with(Instant::now);
            assert!(since.elapsed() + PAUSE < SHOWN, "a page would show that the server is away");
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn refresh(&mut self) {
        self.post("/api/auth/refresh", &[]).await;
        self.refreshes += 1;
    }

    async fn write(&mut self) {
        let id = uuid::Uuid::new_v4().to_string();
        self.post("/api/notes/create", &[("id", &id), ("title", "Milk"), ("body", "")]).await;
        let changed = [("id", &*id), ("version", "1"), ("title", "Rolls"), ("body", ""), ("change", &id)];
        self.post("/api/notes/update", &changed).await;
        self.notes.insert(id);
    }

    /// Everything that was confirmed is there, once, and nothing else.
    async fn check(mut self, since: Instant) -> Self {
        // The list has no retries of its own here.
        self.refresh().await;
        let notes = self.client.notes().await;
        assert!(notes.iter().all(|note| note["title"] == "Rolls"));
        let ids: Vec<_> = notes.iter().map(|note| note["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!((ids.len(), ids.into_iter().collect()), (self.notes.len(), self.notes.clone()));
        assert_eq!(self.client.get("/api/account/notices").await.json(), serde_json::json!([]), "taken for a thief");
        let lifetimes = usize::try_from(since.elapsed().as_secs() / ACCESS_TTL.as_secs()).unwrap();
        let expected = lifetimes.saturating_sub(1)..=lifetimes + 2;
        assert!(expected.contains(&self.refreshes), "{} refreshes in {lifetimes} lifetimes", self.refreshes);
        self
    }
}

/// People who write, and one who signs in and out, until `is_over`.
struct Crowd {
    is_over: Arc<AtomicBool>,
    written: Vec<Arc<AtomicUsize>>,
    writers: Vec<tokio::task::JoinHandle<Person>>,
    /// Sign-ins done.
    signed_in: Arc<AtomicUsize>,
    /// Sign-ins without an answer. The form says so, and the person sends it again.
    sign_ins_lost: Arc<AtomicUsize>,
    signer: tokio::task::JoinHandle<()>,
}

impl Crowd {
    async fn start(balancer: &Balancer) -> Self {
        let is_over = Arc::<AtomicBool>::default();
        let (mut written, mut writers) = (Vec::new(), Vec::new());
        for index in 0..4 {
            let mut person = Person::new(balancer, &format!("ada{index}@example.com"), index % 2 == 0).await;
            let (count, is_over) = (Arc::<AtomicUsize>::default(), is_over.clone());
            written.push(count.clone());
            writers.push(tokio::spawn(async move {
                while !is_over.load(SeqCst) {
                    person.write().await;
                    count.fetch_add(1, SeqCst);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                person
            }));
        }
        let (signed_in, sign_ins_lost) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let signer = Person::new(balancer, "eve@example.com", false).await;
        let signer = tokio::spawn(sign_in_and_out(signer, is_over.clone(), signed_in.clone(), sign_ins_lost.clone()));
        Self { is_over, written, writers, signed_in, sign_ins_lost, signer }
    }

    /// Waits until everybody has got something done.
    async fn goes_on(&self) {
        let counts =
            || self.written.iter().chain([&self.signed_in]).map(|count| count.load(SeqCst)).collect::<Vec<_>>();
        let before = counts();
        while counts().iter().zip(&before).any(|(now, before)| *now < before + 2) {
            let ended = self.writers.iter().any(|writer| writer.is_finished()) || self.signer.is_finished();
            assert!(!ended, "somebody saw a failure");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn end(self) -> Vec<Person> {
        self.is_over.store(true, SeqCst);
        self.signer.await.unwrap();
        join_all(self.writers).await.into_iter().map(Result::unwrap).collect()
    }
}

async fn sign_in_and_out(
    mut person: Person,
    is_over: Arc<AtomicBool>,
    signed_in: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
) {
    while !is_over.load(SeqCst) {
        person.post("/api/auth/logout", &[]).await;
        let key = uuid::Uuid::new_v4().to_string();
        let form = [("email", "eve@example.com"), ("password", PASSWORD), ("idempotency_key", &key)];
        loop {
            match person.client.try_post("/api/auth/login", &form).await {
                Some(answer) => break drop(answer.expect(StatusCode::OK)),
                None => {
                    lost.fetch_add(1, SeqCst);
                    // A killed process may close its connections before its listener: whoever asks within that millisecond
                    // loses a second answer, and nobody presses a button that fast.
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        signed_in.fetch_add(1, SeqCst);
    }
}

/// The next release: its migration adds columns, and the old instances go on with the tables that they know.
async fn migrate(url: &str, release: i64) {
    let mut owner = PgConnection::connect(url).await.unwrap();
    for table in ["users", "sessions", "notes"] {
        let add = format!("ALTER TABLE {table} ADD COLUMN of_release_{release} TEXT NOT NULL DEFAULT 'new'");
        owner.execute(AssertSqlSafe(add)).await.unwrap();
    }
    let newer = super::migrations::NEWER.replace("9999", &(9999 + release).to_string());
    sqlx::query(AssertSqlSafe(newer)).bind(vec![1_u8; 48]).execute(&mut owner).await.unwrap();
}

/// Kills one of two instances, and replaces both by those of the next release, one after the other. Returns what the people had
/// to do.
async fn roll(installation: &Installation, owner: &str, releases: i64) -> String {
    let settings = &["--throttle", "off", "--access-ttl", "5s"];
    let balancer = Balancer::start().await;
    let mut old = [installation.serve(settings).await, installation.serve(settings).await];
    old.iter().for_each(|server| balancer.add(server));
    let since = Instant::now();
    let crowd = Crowd::start(&balancer).await;
    for release in 0..releases {
        crowd.goes_on().await;
        let (port, lost) = (old[1].port, crowd.sign_ins_lost.load(SeqCst));
        old[1].kill();
        crowd.goes_on().await;
        old[1] = installation.serve_at(port, settings, "").await;
        crowd.goes_on().await;
        assert!(crowd.sign_ins_lost.load(SeqCst) <= lost + 1, "more than the one in flight");

        migrate(owner, release).await;
        crowd.goes_on().await;
        let lost = crowd.sign_ins_lost.load(SeqCst);
        for server in &mut old {
            let new = installation.serve(settings).await;
            balancer.add(&new);
            crowd.goes_on().await;
            server.signal();
            assert!(server.ended().await.success());
            balancer.ports.lock().unwrap().retain(|port| *port != server.port);
            crowd.goes_on().await;
            *server = new;
        }
        assert_eq!(crowd.sign_ins_lost.load(SeqCst), lost, "an instance that ends by itself answers what it accepted");
    }
    // At least one access token of each has expired.
    while since.elapsed() < ACCESS_TTL + ACCESS_TTL {
        crowd.goes_on().await;
    }
    let lost = crowd.sign_ins_lost.clone();
    let checks = crowd.end().await.into_iter().map(|person| person.check(since));
    let mut told = format!("sign-ins sent again by hand: {}", lost.load(SeqCst));
    for Person { notes, refreshes, repeated, .. } in join_all(checks).await {
        told += &format!("\n{} notes, {refreshes} refreshes, {repeated} requests repeated in silence", notes.len());
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_an_instance_that_is_killed_or_a_release_that_is_rolled_out() {
    let url = Databases::shared().empty().await;
    println!("{}", roll(&Installation::on(&url), &url, 1).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make soak"]
async fn soak_many_releases_behind_a_pooler() {
    let url = Databases::shared().empty().await;
    let pooler = Pooler::before(&url, "transaction", 10);
    println!("{}", roll(&Installation::on(&pooler.url).listening_at(&url), &url, 20).await);
}
