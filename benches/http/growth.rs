//! What grows with the number of stored sessions and users: nothing may. The databases of all sizes are served side by side
//! and measured in the same rounds, with few and with many connections, on one core and on two.

use std::time::Instant;

use futures::future::try_join_all;
use serde_json::Value;

use super::{
    Failure,
    fill::{self, Size},
    load::{Line, Talk, Target},
    machine,
    result::{Figure, Report, paired},
    rounds::{IN_ONE_PIECE, Lane, Plan, rounds},
    servers::{Person, register, start, target},
    support::{Installation, Server},
};

/// What to measure: each of these sizes with each of these numbers of connections, on each of these sets of cores.
pub struct Ranges {
    pub sizes: Vec<u64>,
    pub connections: Vec<usize>,
    pub cores: Vec<&'static str>,
}

/// More connections than these are not opened anew for each slice.
const SLICED: usize = 256;

/// The database of a size, and who is signed in there with which refresh token now.
struct Stored {
    size: Size,
    installation: Installation,
    people: Vec<Person>,
}

pub async fn measure(plan: Plan, ranges: &Ranges, environment: &Value) -> Result<Report, Failure> {
    let mut report = Report::new("growth", environment, plan.time.as_secs_f64());
    let most = ranges.connections.iter().copied().max().unwrap_or(1);
    let base = Installation::on_sqlite();
    let mut server = start(&base, machine::BOTH).await;
    eprintln!("registering {most} people");
    let people = register(&server, most).await;
    server.terminate();
    let mut stored = Vec::new();
    for &sessions in &ranges.sizes {
        let size = Size::of(sessions);
        let begin = Instant::now();
        let installation = fill::copy_with(&base, size).await?;
        eprintln!("{}: filled in {:.0} s", size.text(), begin.elapsed().as_secs_f64());
        stored.push(Stored { size, installation, people: people.clone() });
    }
    starts(plan, &stored, &mut report).await?;
    for &cores in &ranges.cores {
        let mut servers = Vec::new();
        for one in &stored {
            servers.push(start(&one.installation, cores).await);
        }
        for &connections in &ranges.connections {
            eprintln!("{connections} connections, server on cores {cores}");
            at(plan, cores, connections, &mut stored, &servers, &mut report).await?;
        }
    }
    connections(plan, &stored, most, &mut report).await?;
    Ok(report)
}

/// Refreshes and protected requests at every size, in the same rounds.
async fn at(
    plan: Plan,
    cores: &str,
    connections: usize,
    stored: &mut [Stored],
    servers: &[Server],
    report: &mut Report,
) -> Result<(), Failure> {
    let on = if cores.contains(',') { "2 cores" } else { "1 core" };
    let mut lanes = Vec::new();
    for (one, server) in stored.iter().zip(servers) {
        let people = &one.people[..connections];
        let refreshes: Vec<Talk> = people.iter().map(Person::refreshes).collect();
        let asks = people.iter().map(Person::asks_for_me).collect();
        for (kind, talks) in [("refresh", refreshes), ("protected", asks)] {
            let lane = Lane::load(format!("{kind}, {}, {on}", one.size.text()), target(server), talks);
            lanes.push(if connections > SLICED { lane.in_slices_of(IN_ONE_PIECE) } else { lane });
        }
    }
    rounds(plan, &mut lanes).await?;
    for (one, lanes) in stored.iter_mut().zip(lanes.chunks(2)) {
        for (person, talk) in one.people.iter_mut().zip(lanes[0].talks()) {
            person.goes_on_from(talk);
        }
    }
    let (least, larger) = lanes.split_at(2);
    for (one, lanes) in stored[1..].iter().zip(larger.chunks(2)) {
        let apart = format!("{} / {}, {connections} at once, {on}", one.size.text(), stored[0].size.text());
        report.figures.push(Figure::speed(&format!("growth.refresh@{apart}"), &lanes[0], &least[0]));
        report.figures.push(Figure::speed(&format!("growth.protected@{apart}"), &lanes[1], &least[1]));
    }
    report.lanes(lanes);
    Ok(())
}

/// What a process takes before anybody asks it: a new one each round at each size.
async fn starts(plan: Plan, stored: &[Stored], report: &mut Report) -> Result<(), Failure> {
    let (mut times, mut memory) = (vec![Vec::new(); stored.len()], vec![Vec::new(); stored.len()]);
    for _ in 0..plan.rounds {
        for (index, one) in stored.iter().enumerate() {
            let begin = Instant::now();
            let mut server = start(&one.installation, machine::SERVER).await;
            times[index].push(begin.elapsed().as_secs_f64() * 1e3);
            memory[index].push(machine::memory(server.pid(), "RssAnon")?);
            server.terminate();
        }
    }
    for ((one, times), memory) in stored.iter().zip(times).zip(&memory) {
        let text = one.size.text();
        report.figures.push(Figure::of(&format!("growth.start@{text}"), times));
        let megabytes = memory.iter().map(|bytes| bytes / 1e6).collect();
        report.figures.push(Figure::of(&format!("growth.idle@{text}"), megabytes));
    }
    if let [first, .., last] = stored {
        let more = (last.size.sessions - first.size.sessions) as f64;
        let grown: Vec<_> = memory[stored.len() - 1].iter().zip(&memory[0]).map(|(many, few)| many - few).collect();
        let sessions = vec![more; grown.len()];
        let apart = format!("{} – {}", last.size.text(), first.size.text());
        report.figures.push(Figure::of(&format!("growth.session@{apart}"), paired(&grown, &sessions)));
    }
    Ok(())
}

/// What a server's memory grows by for each connection that has had one answer and is kept alive.
async fn connections(plan: Plan, stored: &[Stored], most: usize, report: &mut Report) -> Result<(), Failure> {
    let mut grown = Vec::new();
    for _ in 0..plan.rounds {
        let server = start(&stored[0].installation, machine::SERVER).await;
        let ours: Target = target(&server);
        let before = machine::memory(server.pid(), "RssAnon")?;
        let mut lines: Vec<Line> = try_join_all((0..most).map(|number| Line::open(ours.port, number))).await?;
        for line in &mut lines {
            line.send(&Talk::get("/healthz", "", 200, "").request()).await?;
        }
        grown.push((machine::memory(server.pid(), "RssAnon")? - before) / 1e3 / most as f64);
    }
    report.figures.push(Figure::of("growth.connection", grown));
    Ok(())
}
