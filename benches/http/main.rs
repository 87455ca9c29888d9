//! The benchmarks: `make bench`, `make bench-growth`, `make bench-check`. docs/performance.md says how to repeat them and how
//! to read them. They run the real program over HTTP: the server on one core, the load on another.

use std::{process::ExitCode, time::Duration};

use clap::{Parser, ValueEnum};

#[path = "../../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with the tests")]
mod support;

mod fill;
mod growth;
mod instructions;
mod limits;
mod load;
mod machine;
mod own;
mod peers;
mod result;
mod roles;
mod rounds;
mod servers;
mod summary;

use growth::Ranges;
use rounds::Plan;

/// V8 needs some thousand requests until it has compiled what they run through; less would be unfair to the peers.
const PEERS_WARM_UP: Duration = Duration::from_secs(4);

type Failure = Box<dyn std::error::Error>;

/// Measures this server in interleaved rounds, prints tables, and writes target/bench/PART.json.
#[derive(Parser)]
struct Arguments {
    /// What to measure; this server and its peers if nothing is named.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// A short run that compares ratios with their limits and fails for a regression.
    #[arg(long, conflicts_with = "parts")]
    check: bool,
    /// Another limit in place of a committed one, to see the check fail: NAME=NUMBER.
    #[arg(long = "limit", requires = "check")]
    limits: Vec<limits::Override>,
    /// How often each thing is measured.
    #[arg(long)]
    rounds: Option<u32>,
    /// How long each time.
    #[arg(long)]
    seconds: Option<f64>,
    /// Growth: numbers of stored sessions, the smallest first.
    #[arg(long, value_delimiter = ',', default_value = "1000,100000,1000000,10000000")]
    sizes: Vec<u64>,
    /// Growth: numbers of connections.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256,1024")]
    connections: Vec<usize>,
    #[arg(long, hide = true, num_args = 1..)]
    role: Vec<String>,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// This server beside what cannot be avoided.
    Own,
    /// This server beside others.
    Peers,
    /// This server with up to ten million stored sessions.
    Growth,
    /// The instructions of a request, counted.
    Instructions,
}

fn main() -> Result<ExitCode, Failure> {
    let arguments = Arguments::parse();
    if !arguments.role.is_empty() {
        return roles::play(&arguments.role).map(|()| ExitCode::SUCCESS);
    }
    machine::pin_self(machine::LOAD)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { if arguments.check { check(&arguments).await } else { measure(&arguments).await } })
}

impl Arguments {
    fn plan(&self, rounds: u32, seconds: f64) -> Plan {
        let seconds = self.seconds.unwrap_or(seconds);
        let time = Duration::from_secs_f64(seconds);
        Plan { rounds: self.rounds.unwrap_or(rounds).max(1), time, warm_up: time / 2 }
    }
}

async fn measure(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let environment = machine::environment().await?;
    let wants = |part| {
        let parts = &arguments.parts;
        parts.contains(&part) || (parts.is_empty() && matches!(part, Part::Own | Part::Peers))
    };
    if wants(Part::Own) {
        own::measure(arguments.plan(7, 2.0), true, &environment).await?.show()?;
    }
    if wants(Part::Peers) {
        if peers::node_is_missing() {
            return Err("three of the peers need Node.js; `make bench ARGS=own` measures without them".into());
        }
        let plan = Plan { warm_up: PEERS_WARM_UP, ..arguments.plan(5, 2.0) };
        peers::measure(plan, &environment).await?.show()?;
    }
    if wants(Part::Growth) {
        let cores = vec![machine::SERVER, machine::BOTH];
        let ranges = Ranges { sizes: arguments.sizes.clone(), connections: arguments.connections.clone(), cores };
        growth::measure(arguments.plan(3, 1.0), &ranges, &environment).await?.show()?;
    }
    if wants(Part::Instructions) {
        instructions::measure(&environment).await?.show()?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn check(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (plan, environment) = (arguments.plan(5, 0.5), machine::environment().await?);
    let mut report = own::measure(plan, false, &environment).await?;
    let ranges = Ranges { sizes: vec![1000, 100_000], connections: vec![32], cores: vec![machine::SERVER] };
    let growth = growth::measure(plan, &ranges, &environment).await?;
    report.join("check", growth);
    report.join("check", instructions::measure(&environment).await?);
    report.show()?;
    let wrong = limits::regressions(&report.figures, &arguments.limits);
    for sentence in &wrong {
        eprintln!("bench: {sentence}");
    }
    eprintln!(
        "bench: {} of {} limits hold",
        limits::limited(&report.figures) - wrong.len(),
        limits::limited(&report.figures)
    );
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
