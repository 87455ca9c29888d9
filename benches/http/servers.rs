//! Servers under load, and the people who are signed in there.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures::future::join_all;

use super::{
    Failure,
    load::{self, Talk, Target},
    support::{Authenticator, BOUND_COOKIE, Client, Installation, REFRESH_COOKIE, Server, free_port},
};

/// The environment that tells the allocator to use large pages, as the unit for systemd has it.
pub fn allocator() -> (&'static str, &'static str) {
    let mut lines = include_str!("../../docs/deploy/two-tokens.service").lines();
    let name = "GLIBC_TUNABLES";
    let value = lines.find_map(|line| line.strip_prefix("Environment=")?.strip_prefix(name)?.strip_prefix('='));
    (name, value.expect("the unit says how its memory is allocated"))
}

/// Starts this project's server on these cores, without throttling, since all load comes from one network, and with access
/// tokens that outlive a run.
pub async fn start(installation: &Installation, cores: &str) -> Server {
    start_under(installation, cores, "").await
}

/// The same, after this shell code.
pub async fn start_under(installation: &Installation, cores: &str, prelude: &str) -> Server {
    let (name, value) = allocator();
    let pinned = format!("taskset -cp {cores} $$ >/dev/null; export {name}={value}; {prelude}");
    installation.serve_at(free_port(), &["--throttle", "off", "--access-ttl", "1h"], &pinned).await
}

pub fn target(server: &Server) -> Target {
    Target { pid: server.pid(), port: server.port }
}

/// A server that is not this project's. It ends with this value.
pub struct Process {
    child: Child,
    pub target: Target,
}

impl Process {
    /// Starts it, and waits until it answers a GET of this path.
    pub async fn start(command: &mut Command, port: u16, path: &str) -> Result<Self, Failure> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut process = Self { target: Target { pid: child.id(), port }, child };
        let (talk, start) = (Talk::get(path, "", 200, ""), Instant::now());
        while load::once(process.target, &talk).await.is_err() {
            if let Some(status) = process.child.try_wait()? {
                return Err(format!("{command:?} ended: {status}").into());
            }
            if start.elapsed() > Duration::from_secs(30) {
                return Err(format!("{command:?} does not answer").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Person {
    access_token: String,
    refresh_token: String,
    /// The bound cookie, as it stands behind the refresh cookie; empty where the session is bound to no device.
    bound: String,
}

impl From<Client> for Person {
    fn from(client: Client) -> Self {
        let bound = client.cookies.value(BOUND_COOKIE).map(|value| format!("; {BOUND_COOKIE}={value}"));
        Self {
            access_token: client.access_token.clone().unwrap_or_default(),
            refresh_token: client.refresh_token(),
            bound: bound.unwrap_or_default(),
        }
    }
}

impl Person {
    pub fn asks_for_me(&self) -> Talk {
        Talk::get("/api/account/me", &bearer(&self.access_token), 200, "")
    }

    /// As [`Self::asks_for_me`], with a token whose signature is another: it has the right form and is looked at in full.
    pub fn asks_with_a_forged_token(&self) -> Talk {
        let (signed, _) = self.access_token.rsplit_once('.').unwrap_or_default();
        let forged = format!("{signed}.{}", "A".repeat(86));
        Talk::get("/api/account/me", &bearer(&forged), 401, "access_token_invalid")
    }

    pub fn refreshes(&self) -> Talk {
        Talk::rotating_beside("/api/auth/refresh", REFRESH_COOKIE, &self.refresh_token, &self.bound)
    }

    /// Takes over the refresh token that a conversation has come to.
    pub fn goes_on_from(&mut self, talk: &Talk) {
        if let Talk::Rotating { token, .. } = talk {
            self.refresh_token.clone_from(token);
        }
    }

    /// A token of the right form that nobody issued.
    pub fn refreshes_with_a_forged_token(&self) -> Talk {
        let forged = format!("{}{}", &self.refresh_token[..40], "A".repeat(self.refresh_token.len() - 40));
        Talk::forged("/api/auth/refresh", REFRESH_COOKIE, &forged, "refresh_token_invalid")
    }
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}

/// The first people of an installation, `p0@example.com` and on: each has an account and is signed in. A few at once, since
/// each costs a password hash.
pub async fn register(server: &Server, count: usize) -> Vec<Person> {
    let mut people = Vec::with_capacity(count);
    let numbers: Vec<_> = (0..count).collect();
    for some in numbers.chunks(8) {
        let some = some
            .iter()
            .map(|number| async move { Person::from(server.registered(&format!("p{number}@example.com")).await) });
        people.extend(join_all(some).await);
    }
    people
}

/// People whose sessions are bound to a device: `bound0@example.com` and on. Their bound cookies count for six minutes.
pub async fn register_bound(server: &Server, count: usize) -> Vec<Person> {
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        let mut browser = server.client();
        let challenge = browser.signed_up_with_offer(&format!("bound{number}@example.com")).await;
        let answer = browser.bind(&Authenticator::new().registration(&challenge)).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        people.push(Person::from(browser));
    }
    people
}
