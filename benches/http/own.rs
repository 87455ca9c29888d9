//! What the flow costs on this server, beside an open route of its own, a hello world in the same framework, and the work that
//! cannot be avoided: a durable commit, a password hash.

use std::{ops::Range, time::Instant};

use futures::future::join_all;
use serde_json::Value;

use super::{
    Failure,
    load::{self, Talk},
    machine,
    result::{Figure, Report, Sample, paired},
    rounds::{LONG_SLICE, Lane, Plan, role_command, rounds},
    servers::{Person, Process, allocator, register, register_bound, start, target},
    support::{Cluster, Installation, PASSWORD, form, free_port},
};

const CONNECTIONS: usize = 32;
/// The people who sign in on one connection in turn: none of them reaches the limit of sessions in a run.
const VISITORS: usize = 16;

/// `--check` needs no PostgreSQL: what depends on it has no limit.
pub async fn measure(plan: Plan, with_postgres: bool, environment: &Value) -> Result<Report, Failure> {
    let mut report = Report::new("own", environment, plan.time.as_secs_f64());
    requests(plan, &mut report).await?;
    if with_postgres {
        postgres(plan, &mut report).await?;
    }
    starts_and_memory(plan, &mut report).await?;
    Ok(report)
}

fn each(people: &[Person], talk: impl Fn(&Person) -> Talk) -> Vec<Talk> {
    people.iter().map(talk).collect()
}

/// People by their numbers, as `register` counts, sign in one after another. From the hundredth sign-in on each ends a session of that
/// account, so nobody signs in whose session is in use.
pub fn sign_in(numbers: Range<usize>) -> Talk {
    let bodies = numbers.map(|number| form(&[("email", &format!("p{number}@example.com")), ("password", PASSWORD)]));
    Talk::posts("/api/auth/login", "application/x-www-form-urlencoded", &bodies.collect::<Vec<_>>())
}

async fn requests(plan: Plan, report: &mut Report) -> Result<(), Failure> {
    let sqlite = Installation::on_sqlite();
    let server = start(&sqlite, machine::SERVER).await;
    let port = free_port();
    let hello = Process::start(role_command(machine::SERVER)?.args(["hello", &port.to_string()]), port, "/").await?;
    let first = CONNECTIONS + 16;
    let people = register(&server, first + 2 * VISITORS).await;
    // A session belongs to one lane: its newest refresh token is known there only.
    let (people, others) = people[..first].split_at(CONNECTIONS);
    let bound = register_bound(&server, CONNECTIONS).await;
    let ours = target(&server);
    let mut lanes = [
        Lane::load("hello world in axum", hello.target, each(people, |_| Talk::get("/", "", 200, "hello"))),
        Lane::load("open route", ours, each(people, |_| Talk::get("/healthz", "", 200, ""))),
        Lane::load("protected request", ours, each(people, Person::asks_for_me)),
        Lane::load("refused access token", ours, each(people, Person::asks_with_a_forged_token)),
        Lane::load("forged refresh token", ours, each(people, Person::refreshes_with_a_forged_token)),
        Lane::load("refresh, SQLite", ours, each(others, Person::refreshes)),
        Lane::load("refresh, SQLite", ours, each(people, Person::refreshes)),
        Lane::load("refresh of a bound session, SQLite", ours, each(&bound, Person::refreshes)),
        Lane::role("durable commits, SQLite", &["commits"]),
        Lane::load(
            "sign-in",
            ours,
            vec![sign_in(first..first + VISITORS), sign_in(first + VISITORS..first + 2 * VISITORS)],
        )
        .in_slices_of(LONG_SLICE),
        Lane::role("argon2", &["argon2"]).in_slices_of(LONG_SLICE),
        Lane::role_with("argon2, large pages", &["argon2"], Some(allocator())).in_slices_of(LONG_SLICE),
        Lane::role("verification, remembered", &["verify", "64"]),
        Lane::role("verification, first time", &["verify", "0"]),
    ];
    rounds(plan, &mut lanes).await?;
    let [
        hello,
        open,
        protected,
        refused,
        forged,
        refresh_16,
        refresh_32,
        bound,
        commits,
        sign_in,
        argon2,
        large_pages,
        again,
        first,
    ] = &lanes;
    report.figures.extend([
        Figure::speed("open", open, hello),
        Figure::speed("protected", protected, open),
        Figure::speed("refused", refused, open),
        Figure::cost("forged", forged, open),
        Figure::of("refresh.16", refresh_16.rates()),
        Figure::of("refresh.16.p50", refresh_16.each(p50)),
        Figure::of("refresh.16.p99", refresh_16.each(p99)),
        Figure::of("refresh.32", refresh_32.rates()),
        Figure::of("refresh.32.p50", refresh_32.each(p50)),
        Figure::of("refresh.32.p99", refresh_32.each(p99)),
        Figure::speed("refresh.commits", refresh_32, commits),
        Figure::cost("refresh.cost", refresh_32, open),
        Figure::cost("refresh.hello", refresh_32, hello),
        Figure::cost("refresh.bound", bound, refresh_32),
        Figure::speed("sign-in", sign_in, argon2),
        Figure::speed("sign-in.large-pages", sign_in, large_pages),
        Figure::of("remembered", paired(&again.rates(), &first.rates())),
    ]);
    report.lanes(lanes.into());
    Ok(())
}

fn p50(sample: &Sample) -> Option<f64> {
    sample.p50_ms
}

fn p99(sample: &Sample) -> Option<f64> {
    sample.p99_ms
}

/// The database's own processes share both cores with server and load.
async fn postgres(plan: Plan, report: &mut Report) -> Result<(), Failure> {
    machine::pin_self(machine::BOTH)?;
    let cluster = Cluster::durable();
    machine::pin_self(machine::LOAD)?;
    let server = start(&Installation::on(&cluster.url), machine::SERVER).await;
    let people = register(&server, CONNECTIONS).await;
    let mut lanes = [
        Lane::load("refresh, PostgreSQL", target(&server), each(&people, Person::refreshes)),
        Lane::role("durable commits, PostgreSQL", &["postgres-commits", &cluster.url]),
    ];
    rounds(plan, &mut lanes).await?;
    let [refresh, commits] = &lanes;
    report.figures.push(Figure::of("postgres.refresh", paired(&refresh.rates(), &commits.rates())));
    report.lanes(lanes.into());
    Ok(())
}

/// A new process each round, on a database that is there.
async fn starts_and_memory(plan: Plan, report: &mut Report) -> Result<(), Failure> {
    let sqlite = Installation::on_sqlite();
    register(&start(&sqlite, machine::SERVER).await, 1).await;
    let (mut starts, mut idle, mut busy) = (Vec::new(), Vec::new(), Vec::new());
    let sign_in = sign_in(0..1);
    for _ in 0..plan.rounds {
        let begin = Instant::now();
        let server = start(&sqlite, machine::SERVER).await;
        starts.push(begin.elapsed().as_secs_f64() * 1e3);
        idle.push(machine::memory(server.pid(), "VmRSS")? / 1e6);
        // As many as may wait; one that finds no room is told to come back, which is an answer too.
        for answer in join_all((0..64).map(|_| load::once(target(&server), &sign_in))).await {
            answer?;
        }
        busy.push(machine::memory(server.pid(), "VmHWM")? / 1e6);
    }
    report.figures.extend([
        Figure::of("start", starts),
        Figure::of("memory.idle", idle),
        Figure::of("memory.sign-ins", busy),
    ]);
    Ok(())
}
