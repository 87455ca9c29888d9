//! A throw-away PgBouncer from `script/pgbouncer` in front of a database. It ends with the test.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::free_port;

pub struct Pooler {
    child: Child,
    /// The database, through the pooler.
    pub url: String,
    _folder: tempfile::TempDir,
}

impl Pooler {
    /// `mode` is `session` or `transaction`; at most `size` sessions of the database are open at once.
    pub fn before(url: &str, mode: &str, size: u32) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut through = url::Url::parse(url).unwrap();
        let (host, port_there) = (through.host_str().unwrap(), through.port().unwrap_or(5432));
        let mut upstream = format!("host={host} port={port_there} user={}", through.username());
        if let Some(password) = through.password() {
            upstream += &format!(" password={password}");
        }
        through.set_host(Some("127.0.0.1")).unwrap();
        through.set_port(Some(port)).unwrap();
        let mut child = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/script/pgbouncer"))
            .arg(folder.path())
            .args([&port.to_string(), &upstream, mode, &size.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script/pgbouncer runs");
        let mut answer = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut answer).unwrap();
        assert_eq!(answer, "up\n", "is PgBouncer there? `script/bootstrap pgbouncer` says");
        Self { child, url: through.into(), _folder: folder }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
