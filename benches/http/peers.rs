//! This server beside others of the kind that people write with well-known libraries (`benches/peers/`): an open route, a
//! protected one, a refresh or what comes nearest, and a sign-in. docs/performance.md says what each of them does, and what
//! it leaves out; the numbers mean nothing without it.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use super::{
    Failure,
    load::{self, Talk, Target, set_cookie},
    machine, own,
    result::{Figure, Report},
    rounds::{LONG_SLICE, Lane, Plan, rounds},
    servers::{Person, Process, register, start, target},
    support::{Installation, PASSWORD, free_port},
};

const CONNECTIONS: usize = 32;
const OPERATIONS: [&str; 4] = ["open route", "protected request", "refresh or the nearest to it", "sign-in"];

/// Where a peer is asked for what.
struct Peer {
    name: &'static str,
    /// The file below `benches/peers/`, or none for the program that is built from `benches/peers/axum-login`.
    script: Option<&'static str>,
    open: &'static str,
    protected: &'static str,
    /// Posted with the cookie; where no cookie is named anew, got with it.
    refresh: &'static str,
    sign_in: &'static str,
    credential: Credential,
}

/// What a sign-in gives, and what follows from it.
#[derive(Clone, Copy)]
enum Credential {
    /// An access token in the body, and a cookie with a refresh token that each refresh replaces.
    TwoTokens { cookie: &'static str },
    /// A cookie with the session. A refresh replaces it, or else only prolongs it.
    Session { cookie: &'static str, rotates: bool },
}

const EXPRESS: Peer = Peer {
    name: "Express + jsonwebtoken",
    script: Some("express.js"),
    open: "/open",
    protected: "/me",
    refresh: "/refresh",
    sign_in: "/login",
    credential: Credential::TwoTokens { cookie: "refresh" },
};

const PEERS: [Peer; 4] = [
    EXPRESS,
    Peer { name: "Fastify + @fastify/jwt", script: Some("fastify.js"), ..EXPRESS },
    Peer {
        name: "Better Auth",
        script: Some("better-auth.js"),
        open: "/open",
        protected: "/me",
        refresh: "/api/renewing/get-session",
        sign_in: "/api/auth/sign-in/email",
        credential: Credential::Session { cookie: "better-auth.session_token", rotates: false },
    },
    Peer {
        name: "axum-login + tower-sessions",
        script: None,
        credential: Credential::Session { cookie: "id", rotates: true },
        ..EXPRESS
    },
];

pub async fn measure(plan: Plan, environment: &Value) -> Result<Report, Failure> {
    let mut report = Report::new("peers", environment, plan.time.as_secs_f64());
    let sqlite = Installation::on_sqlite();
    let server = start(&sqlite, machine::SERVER).await;
    let people = register(&server, CONNECTIONS + 2).await;
    let mut lanes = Vec::from(our_lanes(target(&server), &people[..CONNECTIONS]));
    let mut processes = Vec::new();
    for peer in &PEERS {
        eprintln!("starting {}", peer.name);
        let folder = tempfile::tempdir()?;
        let process = peer.start(folder.path()).await?;
        lanes.extend(peer.lanes(process.target).await?);
        processes.push((peer, process, folder));
    }
    rounds(plan, &mut lanes).await?;
    for (index, operation) in OPERATIONS.iter().enumerate() {
        for (number, peer) in PEERS.iter().enumerate() {
            let theirs = &lanes[(number + 1) * OPERATIONS.len() + index];
            let id = format!("peer@{}, {operation}", peer.name);
            report.figures.push(Figure::speed(&id, &lanes[index], theirs));
        }
    }
    let ours = ("this server", server.pid());
    let theirs = processes.iter().map(|(peer, process, _)| (peer.name, process.target.pid));
    for (name, pid) in std::iter::once(ours).chain(theirs) {
        let megabytes = machine::memory(pid, "VmRSS")? / 1e6;
        report.figures.push(Figure::of(&format!("peer.memory@{name}"), vec![megabytes]));
    }
    report.lanes(lanes);
    Ok(report)
}

fn our_lanes(ours: Target, people: &[Person]) -> [Lane; 4] {
    let talks: [Vec<Talk>; 4] = [
        people.iter().map(|_| Talk::get("/healthz", "", 200, "")).collect(),
        people.iter().map(Person::asks_for_me).collect(),
        people.iter().map(Person::refreshes).collect(),
        vec![own::sign_in(CONNECTIONS..CONNECTIONS + 1), own::sign_in(CONNECTIONS + 1..CONNECTIONS + 2)],
    ];
    lanes_of("this server", ours, talks)
}

fn lanes_of(name: &str, target: Target, talks: [Vec<Talk>; 4]) -> [Lane; 4] {
    let mut operations = OPERATIONS.iter();
    let [open, protected, refresh, sign_in] =
        talks.map(|talks| Lane::load(format!("{name}, {}", operations.next().unwrap_or(&"")), target, talks));
    [open, protected, refresh, sign_in.in_slices_of(LONG_SLICE)]
}

impl Peer {
    /// Each has a port and a database file as its arguments, and one user.
    async fn start(&self, folder: &Path) -> Result<Process, Failure> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
        let mut command = match self.script {
            Some(script) => {
                let script = here.join(script);
                if fs::metadata(here.join("node_modules")).is_err() {
                    return Err("the packages of benches/peers are not installed: run `make bench`".into());
                }
                let mut command = machine::on_cores(machine::SERVER, "node");
                command.arg(script).env("NODE_ENV", "production");
                command
            }
            None => machine::on_cores(machine::SERVER, &rust_peer()?),
        };
        let (port, database) = (free_port(), folder.join("peer.db"));
        let user: [&str; 2] = ["p0@example.com", PASSWORD];
        Process::start(command.arg(port.to_string()).arg(database).args(user), port, self.open).await
    }

    /// Everybody signs in once, as the same user in another browser.
    async fn lanes(&self, target: Target) -> Result<[Lane; 4], Failure> {
        let body = json!({ "email": "p0@example.com", "password": PASSWORD }).to_string();
        let sign_in = Talk::post(self.sign_in, "application/json", &body);
        let (mut protected, mut refresh) = (Vec::new(), Vec::new());
        for _ in 0..CONNECTIONS {
            let answer = load::once(target, &sign_in).await?;
            let (asks, refreshes) = self.signed_in(&answer).ok_or_else(|| format!("no sign-in: {answer}"))?;
            protected.push(asks);
            refresh.push(refreshes);
        }
        // A browser of its own, whose session no refresh replaces.
        if let Credential::Session { rotates: true, .. } = self.credential {
            for talk in &mut protected {
                let answer = load::once(target, &sign_in).await?;
                *talk = self.signed_in(&answer).ok_or_else(|| format!("no sign-in: {answer}"))?.0;
            }
        }
        let open = vec![Talk::get(self.open, "", 200, ""); CONNECTIONS];
        Ok(lanes_of(self.name, target, [open, protected, refresh, vec![sign_in; 2]]))
    }

    /// A protected request and a refresh of whoever got this answer.
    fn signed_in(&self, answer: &str) -> Option<(Talk, Talk)> {
        let get = |path, headers: String| Talk::get(path, &headers, 200, "p0@example.com");
        match self.credential {
            Credential::TwoTokens { cookie } => {
                let access = answer.split_once("\"access_token\":\"")?.1.split('"').next()?;
                let asks = get(self.protected, format!("authorization: Bearer {access}\r\n"));
                Some((asks, Talk::rotating(self.refresh, cookie, set_cookie(answer, cookie)?)))
            }
            Credential::Session { cookie, rotates } => {
                let session = set_cookie(answer, cookie)?;
                let with = format!("cookie: {cookie}={session}\r\n");
                let asks = get(self.protected, with.clone());
                let refreshes =
                    if rotates { Talk::rotating(self.refresh, cookie, session) } else { get(self.refresh, with) };
                Some((asks, refreshes))
            }
        }
    }
}

/// Where `script/bench` builds it.
fn rust_peer() -> Result<String, Failure> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("peers/release/axum-login-peer");
    if program.is_file() {
        Ok(program.display().to_string())
    } else {
        Err("run `make bench`, which builds the peers".into())
    }
}

/// Whether what the peers need is there.
pub fn node_is_missing() -> bool {
    !Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success())
}
