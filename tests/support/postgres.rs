//! A throw-away PostgreSQL server from `script/postgres`: a test can stop and start it, and it ends with the test. With
//! `TEST_DATABASE_URL` set, that server is used instead where the test does not stop it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

pub struct Cluster {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pub url: String,
    _folder: tempfile::TempDir,
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Cluster {
    pub fn start() -> Self {
        Self::with_fsync("off")
    }

    /// Every commit is on the disk before it is confirmed, as in production.
    #[allow(dead_code, reason = "for the benchmark")]
    pub fn durable() -> Self {
        Self::with_fsync("on")
    }

    fn with_fsync(fsync: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/script/postgres");
        let mut child = Command::new(script)
            .arg(folder.path())
            .arg(free_port().to_string())
            .env("PG_FSYNC", fsync)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script/postgres runs");
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut cluster = Self { child, commands, answers, url: String::new(), _folder: folder };
        cluster.up();
        cluster
    }

    pub fn down(&mut self) {
        assert_eq!(self.tell("stop"), "down");
    }

    fn tell(&mut self, command: &str) -> String {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert!(!answer.is_empty(), "script/postgres ended: is PostgreSQL installed? `script/bootstrap postgres` says");
        answer.trim().to_owned()
    }

    pub fn up(&mut self) {
        self.url = self.tell("start").strip_prefix("up ").expect("an URL").to_owned();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.child.wait();
    }
}

/// One server for all tests of this binary, and an empty database on it for each caller.
pub struct Databases {
    _cluster: Option<Cluster>,
    url: String,
}

impl Databases {
    pub fn shared() -> &'static Self {
        // Never dropped: script/postgres stops the server when this process, and with it the pipe, ends.
        static SHARED: OnceLock<Databases> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        match std::env::var("TEST_DATABASE_URL") {
            Ok(url) => Self { _cluster: None, url },
            Err(_) => {
                let cluster = Cluster::start();
                let url = cluster.url.clone();
                Self { _cluster: Some(cluster), url }
            }
        }
    }

    pub async fn empty(&self) -> String {
        use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        let (server, _) = self.url.rsplit_once('/').unwrap();
        format!("{server}/{name}")
    }
}
