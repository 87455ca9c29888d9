//! How many instructions a request costs the server's own code, counted by `valgrind --tool=callgrind`. A count does not depend
//! on neighbours, so it shows what no rate on a shared machine can: a few hundred instructions more. It leaves out the kernel,
//! and what the processor does with the instructions.

use std::{fs, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    Failure,
    load::{self, Talk, Target},
    machine,
    result::{Figure, Report},
    servers::{Process, register, register_bound, start_under, target},
    summary::Summary,
    support::{Installation, free_port},
};

/// Requests before the count begins: caches, buffers and the first commit to a file.
const WARM_UP: u32 = 50;

/// Requests in one count.
const REQUESTS: u32 = 50;
/// Counts of each kind. What the program does from time to time falls into some of them; the median leaves it out.
const COUNTS: usize = 9;

/// One request after another on one connection, so no two share a batch.
pub async fn measure(environment: &Value) -> Result<Report, Failure> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Err("counting instructions needs valgrind (Debian's package of that name)".into());
    }
    let files = tempfile::tempdir()?;
    let sqlite = Installation::on_sqlite();
    let valgrind = format!("valgrind {}", callgrind(&files));
    // bash runs a function before a builtin of its name.
    let server = start_under(&sqlite, machine::SERVER, &format!("exec() {{ builtin exec {valgrind} \"$@\"; }};")).await;
    let port = free_port();
    let mut hello = machine::on_cores(machine::SERVER, "valgrind");
    hello.args(callgrind(&files).split(' ')).arg(std::env::current_exe()?);
    let hello = Process::start(hello.args(["--role", "hello", &port.to_string()]), port, "/").await?;
    let people = register(&server, 2).await;
    let [person, other] = &people[..] else { return Err("two people registered".into()) };
    let bound = register_bound(&server, 1).await;
    let [bound] = &bound[..] else { return Err("one more registered".into()) };
    let ours = target(&server);
    let count = async |target: Target, talk: Talk| counted(&files, target, talk).await;
    let hello = count(hello.target, Talk::get("/", "", 200, "hello")).await?;
    let open = count(ours, Talk::get("/healthz", "", 200, "")).await?;
    let refresh = count(ours, other.refreshes()).await?;
    let mut report = Report::new("instructions", environment, 0.0);
    report.figures.extend([
        ratio("open", &open, &hello),
        ratio("protected", &count(ours, person.asks_for_me()).await?, &open),
        ratio("refused", &count(ours, person.asks_with_a_forged_token()).await?, &open),
        ratio("forged", &count(ours, person.refreshes_with_a_forged_token()).await?, &open),
        ratio("refresh", &refresh, &open),
        ratio("bound", &count(ours, bound.refreshes()).await?, &refresh),
        Figure::of("instructions.hello", hello),
    ]);
    Ok(report)
}

fn ratio(id: &str, counts: &[f64], bases: &[f64]) -> Figure {
    let base = Summary::of(bases).map_or(f64::NAN, |bases| bases.median);
    Figure::of(&format!("instructions.{id}"), counts.iter().map(|count| count / base).collect())
}

fn callgrind(files: &TempDir) -> String {
    let files = files.path().display();
    format!("--quiet --tool=callgrind --instr-atstart=no --callgrind-out-file={files}/%p")
}

/// The instructions of one request, by all threads of the server, counted several times.
async fn counted(files: &TempDir, target: Target, mut talk: Talk) -> Result<Vec<f64>, Failure> {
    load::turns(target, &mut talk, WARM_UP).await?;
    let mut counts = Vec::new();
    for _ in 0..COUNTS {
        control(target, &["--instr=on"])?;
        control(target, &["--zero"])?;
        load::turns(target, &mut talk, REQUESTS).await?;
        control(target, &["--instr=off"])?;
        control(target, &["--dump"])?;
        counts.push(total(files, target)? / f64::from(REQUESTS));
    }
    Ok(counts)
}

/// The total of the dump that was just made.
fn total(files: &TempDir, target: Target) -> Result<f64, Failure> {
    // Each dump is a file of its own, with a number behind the name.
    let own = format!("{}.", target.pid);
    let dump = fs::read_dir(files.path())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&own)))
        .ok_or("callgrind wrote no file")?;
    let text = fs::read_to_string(&dump)?;
    fs::remove_file(dump)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).ok_or("callgrind's file has no totals")?;
    Ok(total.trim().parse()?)
}

fn control(target: Target, command: &[&str]) -> Result<(), Failure> {
    let output = Command::new("callgrind_control").args(command).arg(target.pid.to_string()).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("callgrind_control: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
