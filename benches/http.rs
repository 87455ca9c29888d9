//! What the flow costs, over HTTP, against the real program: the server on one core, the load on another. Every figure is
//! a ratio within this one run, so a machine's speed and a busy neighbour cancel out. `make bench` prints the table.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use futures::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use two_tokens::auth::model::session::{Salt, Session, SessionId};
use two_tokens::auth::model::user::UserId;
use two_tokens::auth::token::rotation::{RecentlySuperseded, RotationState};
use two_tokens::clock::Timestamp;

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with the tests")]
mod support;

use support::{Client, Cluster, Installation, PASSWORD, Server, form, free_port};

const PEOPLE: usize = 32;
const FOR: Duration = Duration::from_secs(4);
type Failure = Box<dyn std::error::Error>;

#[expect(clippy::print_stdout, reason = "the table is the result")]
fn main() -> Result<(), Failure> {
    pin_self();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("| what | measured | aim |\n|---|---|---|");
    runtime.block_on(async {
        let sqlite = Installation::on_sqlite();
        let begin = Instant::now();
        let server = start(&sqlite).await;
        println!("| start to first ready answer | {:.0} ms | under 100 ms |", begin.elapsed().as_secs_f64() * 1e3);
        println!("| memory, idle | {} MB | under 30 MB |", memory(&server, "VmRSS")?);
        let mut people = Vec::new();
        for index in 0..PEOPLE {
            people.push(register(&server, index).await);
        }
        protected(&server, &people).await?;
        refreshes(&server, &mut people).await?;
        logins(&server).await?;
        drop(server);
        a_million(&sqlite, &mut people).await?;
        remembering(sqlite.folder.path()).await?;
        postgres().await
    })
}

/// The load keeps off the server's core.
fn pin_self() {
    let own = std::process::id().to_string();
    let _ = Command::new("taskset").args(["-cp", "1", &own]).stdout(Stdio::null()).status();
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn protected(server: &Server, people: &[Person]) -> Result<(), Failure> {
    let plain: Vec<_> = people.iter().map(|_| get("/healthz", "")).collect();
    let me: Vec<_> = people.iter().map(|person| get("/api/account/me", &bearer(&person.access_token))).collect();
    let refused: Vec<_> = people.iter().map(|_| get("/api/account/me", &bearer("a.b.c"))).collect();
    let mut ratios = [Vec::new(), Vec::new()];
    for _ in 0..3 {
        let open = rate(server, &plain, 200).await?;
        ratios[0].push(rate(server, &me, 200).await? / open);
        ratios[1].push(rate(server, &refused, 401).await? / open);
    }
    println!(
        "| protected request (server function, EdDSA, claims, revocation) / open route | {:.2} | 0.9 |",
        median(&mut ratios[0])
    );
    println!("| refused access token / open route | {:.2} | – |", median(&mut ratios[1]));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn refreshes(server: &Server, people: &mut [Person]) -> Result<(), Failure> {
    let (valid, times) = refresh_rate(server, people).await?;
    println!("| refreshes a second, SQLite, each durable, {PEOPLE} at once | {valid:.0} | 24,000 |");
    println!("| … their 99th percentile | {:.2} ms | 2 ms |", percentile(times, 0.99) * 1e3);
    let commits = raw_commits()?;
    println!("| … / raw durable commits one after another on this disk | {:.2} | – |", valid / commits);
    let cookie = format!("cookie: __Secure-refresh-3000=ttr_{}\r\n", "A".repeat(70));
    let forged: Vec<_> = people.iter().map(|_| post("/api/auth/refresh", &cookie, "")).collect();
    let forged = rate(server, &forged, 401).await?;
    println!("| cost of a forged refresh token / a valid one | {:.2} | 0.1 |", valid / forged);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn logins(server: &Server) -> Result<(), Failure> {
    let login = post("/api/auth/login", "", &form(&[("email", "p0@example.com"), ("password", PASSWORD)]));
    let logins: Vec<_> = (0..2).map(|_| login.clone()).collect();
    let rate = rate(server, &logins, 200).await?;
    println!(
        "| logins / the argon2 crate alone with one reused block of memory | {:.2} | 0.95 |",
        rate / raw_argon2()?
    );
    let many = join_all((0..64).map(|_| once(server, &login))).await;
    let answered = many.iter().filter(|status| matches!(status, Ok(200 | 503))).count();
    println!(
        "| memory at most, with 64 logins at once ({answered} answered 200 or 503) | {} MB | 100 MB |",
        memory(server, "VmHWM")?
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn a_million(installation: &Installation, people: &mut [Person]) -> Result<(), Failure> {
    use sqlx::Connection as _;
    let few = refresh_rate(&start(installation).await, people).await?.0;
    let mut connection = sqlx::SqliteConnection::connect(&installation.database_url).await?;
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) \
         INSERT INTO sessions SELECT randomblob(16), (SELECT id FROM users LIMIT 1), randomblob(32), 0, NULL, x'', \
         1, 1, 9000000000000, 9000000000000, NULL, NULL, '' FROM n",
    )
    .execute(&mut connection)
    .await?;
    connection.close().await?;
    let many = refresh_rate(&start(installation).await, people).await?.0;
    println!("| time of a refresh with 1,000,000 sessions stored / with {PEOPLE} | {:.2} | 1.5 |", few / many);
    Ok(())
}

/// The same on PostgreSQL, beside what it commits by itself with as many connections as the server has. Its own processes
/// share the two cores with server and load.
#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn postgres() -> Result<(), Failure> {
    let cluster = Cluster::durable();
    let server = start(&Installation::on(&cluster.url)).await;
    let mut people = Vec::new();
    for index in 0..PEOPLE {
        people.push(register(&server, index).await);
    }
    let refreshes = refresh_rate(&server, &mut people).await?.0;
    let commits = postgres_commits(&cluster.url).await?;
    println!("| refreshes a second, PostgreSQL, / its raw durable commit rate | {:.2} | 0.8 |", refreshes / commits);
    Ok(())
}

/// One row changed by its key in each commit, on 16 connections.
async fn postgres_commits(url: &str) -> Result<f64, Failure> {
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(16).connect(url).await?;
    sqlx::query("CREATE TABLE raw (id INT PRIMARY KEY, n INT)").execute(&pool).await?;
    sqlx::query("INSERT INTO raw SELECT i, 0 FROM generate_series(0, 15) AS i").execute(&pool).await?;
    let start = Instant::now();
    let writers = (0..16_i32).map(|id| {
        let pool = pool.clone();
        async move {
            let mut commits = 0_u32;
            while start.elapsed() < FOR {
                sqlx::query("UPDATE raw SET n = n + 1 WHERE id = $1").bind(id).execute(&pool).await?;
                commits += 1;
            }
            Ok::<_, sqlx::Error>(commits)
        }
    });
    let mut total = 0;
    for commits in join_all(writers).await {
        total += commits?;
    }
    Ok(f64::from(total) / start.elapsed().as_secs_f64())
}

fn session(now: Timestamp) -> Session {
    let ends = now.plus(Duration::from_secs(9000));
    Session {
        id: SessionId([1; 16]),
        user_id: UserId(uuid::Uuid::nil()),
        user_email: "ada@example.com".into(),
        user_disabled: false,
        session_epoch: 0,
        salt: Salt([2; 32]),
        rotation: RotationState { generation: 0, parent: None, recently_superseded: RecentlySuperseded::default() },
        created_at: now,
        authenticated_at: now,
        last_used_at: now,
        idle_expires_at: ends,
        absolute_expires_at: ends,
        revoked: None,
        device: String::new(),
    }
}

/// Verified tokens a second in memory, with and without remembering them.
#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn remembering(folder: &Path) -> Result<(), Failure> {
    use two_tokens::auth::model::secret::ServerSecret;
    use two_tokens::auth::token::access::AccessTokens;
    use two_tokens::auth::token::key_ring::KeyRing;
    use two_tokens::store;
    let database = store::open(&format!("sqlite://{}/keys.db", folder.display())).await?;
    let now = Timestamp::from_secs(1_800_000_000);
    let keys = KeyRing::open(&*database.store(), ServerSecret::generate().sealing_key(), now).await?;
    let rate = |cached| {
        let tokens = AccessTokens::new("http://localhost:3000", Duration::from_secs(900), cached);
        let issued = tokens.issue(&keys, &session(now), now);
        let token = issued.map_err(|error| error.to_string())?.0;
        let (start, mut verified) = (Instant::now(), 0_u32);
        while start.elapsed() < FOR / 4 {
            tokens.verify(&keys, token.reveal(), now).map_err(|error| error.to_string())?;
            verified += 1;
        }
        Ok::<_, String>(f64::from(verified) / start.elapsed().as_secs_f64())
    };
    println!(
        "| verifying a remembered access token / one seen for the first time | 1/{:.0} | worth it |",
        rate(64)? / rate(0)?
    );
    Ok(())
}

/// Durable commits by SQLite itself, one row each, with the same settings.
fn raw_commits() -> Result<f64, Failure> {
    let folder = tempfile::tempdir()?;
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(commit_rate(folder.path()))
    };
    let rate = std::thread::scope(|scope| scope.spawn(work).join());
    Ok(rate.map_err(|_| "the thread panicked")??)
}

async fn commit_rate(folder: &Path) -> Result<f64, String> {
    use sqlx::{ConnectOptions as _, sqlite::*};
    let options = SqliteConnectOptions::new()
        .filename(folder.join("raw.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = options.connect().await.map_err(|error| error.to_string())?;
    let run = |sql: &'static str| sqlx::query(sql);
    run("CREATE TABLE t (a INTEGER)").execute(&mut connection).await.map_err(|error| error.to_string())?;
    let (start, mut commits) = (Instant::now(), 0);
    while start.elapsed() < FOR / 2 {
        run("INSERT INTO t VALUES (1)").execute(&mut connection).await.map_err(|error| error.to_string())?;
        commits += 1;
    }
    Ok(f64::from(commits) / start.elapsed().as_secs_f64())
}

/// Hashes a second on one core, with the parameters of the server.
fn raw_argon2() -> Result<f64, Failure> {
    let params = argon2::Params::new(19 * 1024, 2, 1, Some(32)).map_err(|error| error.to_string())?;
    let mut memory = vec![argon2::Block::default(); params.block_count()];
    let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let (start, mut hashes, mut out) = (Instant::now(), 0, [0; 32]);
    while start.elapsed() < FOR {
        argon
            .hash_password_into_with_memory(PASSWORD.as_bytes(), b"0123456789abcdef", &mut out, &mut memory)
            .map_err(|error| error.to_string())?;
        hashes += 1;
    }
    Ok(f64::from(hashes) / start.elapsed().as_secs_f64())
}

/// Starts the server on the first core, without throttling.
async fn start(installation: &Installation) -> Server {
    installation.serve_at(free_port(), &["--throttle", "off"], "taskset -cp 0 $$ >/dev/null;").await
}

async fn register(server: &Server, index: usize) -> Person {
    Person::from(&server.registered(&format!("p{index}@example.com")).await)
}

/// A line of `/proc/<pid>/status`, in MB.
fn memory(server: &Server, name: &str) -> Result<u64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}

#[derive(Clone)]
struct Person {
    access_token: String,
    refresh_token: String,
}

impl From<&Client> for Person {
    fn from(client: &Client) -> Self {
        Self { access_token: client.access_token.clone().unwrap_or_default(), refresh_token: client.refresh_token() }
    }
}

impl Person {
    fn of(answer: &str) -> Option<Self> {
        let between = |start: &str, end: char| answer.split_once(start)?.1.split(end).next().map(str::to_owned);
        Some(Self {
            access_token: between("\"access_token\":\"", '"')?,
            refresh_token: between("__Secure-refresh-3000=", ';')?,
        })
    }
}

/// One kept-alive connection, written and read by hand: the load costs the machine as little as can be.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    async fn open(server: &Server) -> Result<Self, Failure> {
        let stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8192) })
    }

    /// The whole answer, head and body.
    async fn send(&mut self, request: &str) -> Result<String, Failure> {
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            let text = str::from_utf8(&self.buffer)?;
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.unwrap_or("0").parse()? {
                    return Ok(text.to_owned());
                }
            }
        }
    }
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost:3000\r\n{headers}\r\n")
}

fn post(path: &str, headers: &str, form: &str) -> String {
    let kind = "content-type: application/x-www-form-urlencoded";
    let length = form.len();
    format!("POST {path} HTTP/1.1\r\nhost: localhost:3000\r\n{kind}\r\ncontent-length: {length}\r\n{headers}\r\n{form}")
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}

fn status(answer: &str) -> u16 {
    answer.get(9..12).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

async fn once(server: &Server, request: &str) -> Result<u16, Failure> {
    Ok(status(&Line::open(server).await?.send(request).await?))
}

/// Answers a second, each request on a connection of its own, all at once.
async fn rate(server: &Server, requests: &[String], expected: u16) -> Result<f64, Failure> {
    let start = Instant::now();
    let lines = requests.iter().map(|request| async move {
        let (mut line, mut answers) = (Line::open(server).await?, 0_u32);
        while start.elapsed() < FOR {
            let answer = line.send(request).await?;
            if status(&answer) != expected {
                return Err(answer.into());
            }
            answers += 1;
        }
        Ok::<_, Failure>(answers)
    });
    let mut total = 0;
    for answers in join_all(lines).await {
        total += answers?;
    }
    Ok(f64::from(total) / start.elapsed().as_secs_f64())
}

/// Refreshes a second, and how long each took; everybody goes on from their newest token.
async fn refresh_rate(server: &Server, people: &mut [Person]) -> Result<(f64, Vec<f64>), Failure> {
    let start = Instant::now();
    let lines = people.iter_mut().map(|person| async move {
        let (mut line, mut times) = (Line::open(server).await?, Vec::new());
        while start.elapsed() < FOR {
            let cookie = format!("cookie: __Secure-refresh-3000={}\r\n", person.refresh_token);
            let sent = Instant::now();
            let answer = line.send(&post("/api/auth/refresh", &cookie, "")).await?;
            times.push(sent.elapsed().as_secs_f64());
            *person = Person::of(&answer).ok_or(answer)?;
        }
        Ok::<_, Failure>(times)
    });
    let mut times = Vec::new();
    for line in join_all(lines).await {
        times.extend(line?);
    }
    Ok((times.len() as f64 / start.elapsed().as_secs_f64(), times))
}

fn percentile(mut times: Vec<f64>, at: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get((times.len() as f64 * at) as usize).copied().unwrap_or(f64::NAN)
}

fn median(ratios: &mut [f64]) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}
