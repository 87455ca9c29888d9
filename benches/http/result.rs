//! The result of a run: tables in Markdown for a reader, and a JSON file with every sample of every round for a program.
//! `docs/performance/schema.json` describes the file.

use std::{fs, path::PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::summary::Summary;
use super::{Failure, limits, rounds::Lane};

/// What one lane gave in one round.
#[derive(Clone, Serialize)]
pub struct Sample {
    pub answers_per_second: f64,
    /// The server's processor time for each answer, all its threads together.
    pub server_cpu_us: Option<f64>,
    /// How much of its core the load generator used. Near 1, the load is the limit and not the server.
    pub load_busy: Option<f64>,
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
}

fn optional(summary: Option<Summary>) -> String {
    summary.map_or_else(|| "–".into(), Summary::text)
}

#[derive(Serialize)]
struct Series {
    lane: String,
    connections: Option<usize>,
    rounds: Vec<Sample>,
}

/// A row of the table of ratios and other figures.
#[derive(Serialize)]
pub struct Figure {
    /// Its name in `limits`; what follows an `@` tells rows of one name apart.
    pub id: String,
    pub what: String,
    pub rounds: Vec<f64>,
    pub summary: Option<Summary>,
    /// The same ratio, of the server's processor time for each answer.
    pub cpu_rounds: Vec<f64>,
    pub cpu_summary: Option<Summary>,
}

impl Figure {
    pub fn of(id: &str, rounds: Vec<f64>) -> Self {
        Self::with_cpu(id, rounds, Vec::new())
    }

    fn with_cpu(id: &str, rounds: Vec<f64>, cpu_rounds: Vec<f64>) -> Self {
        let (name, apart) = id.split_once('@').unwrap_or((id, ""));
        let what = limits::rule(name).map_or(name, |rule| rule.what).replace('@', apart);
        let (summary, cpu_summary) = (Summary::of(&rounds), Summary::of(&cpu_rounds));
        Self { id: id.to_owned(), what, rounds, summary, cpu_rounds, cpu_summary }
    }

    /// How fast `lane` is beside `base`: more is better, by rate and by processor time.
    pub fn speed(id: &str, lane: &Lane, base: &Lane) -> Self {
        Self::with_cpu(id, paired(&lane.rates(), &base.rates()), paired(&cpu(base), &cpu(lane)))
    }

    /// How much a request of `lane` costs beside one of `base`: less is better.
    pub fn cost(id: &str, lane: &Lane, base: &Lane) -> Self {
        Self::with_cpu(id, paired(&base.rates(), &lane.rates()), paired(&cpu(lane), &cpu(base)))
    }
}

fn cpu(lane: &Lane) -> Vec<f64> {
    lane.each(|sample| sample.server_cpu_us)
}

/// Both were measured in the same rounds; the ratio is formed within each.
pub fn paired(values: &[f64], bases: &[f64]) -> Vec<f64> {
    values.iter().zip(bases).map(|(value, base)| value / base).collect()
}

#[derive(Serialize)]
pub struct Report {
    schema: u32,
    part: &'static str,
    environment: Value,
    seconds_per_round: f64,
    series: Vec<Series>,
    pub figures: Vec<Figure>,
}

impl Report {
    pub fn new(part: &'static str, environment: &Value, seconds_per_round: f64) -> Self {
        let environment = environment.clone();
        Self { schema: 1, part, environment, seconds_per_round, series: Vec::new(), figures: Vec::new() }
    }

    pub fn lanes(&mut self, lanes: Vec<Lane>) {
        self.series.extend(lanes.into_iter().map(|lane| Series {
            connections: lane.connections(),
            lane: lane.name,
            rounds: lane.samples,
        }));
    }

    /// Both as one part.
    pub fn join(&mut self, part: &'static str, other: Self) {
        self.part = part;
        self.series.extend(other.series);
        self.figures.extend(other.figures);
    }

    /// Prints the tables and writes the file.
    #[expect(clippy::print_stdout, reason = "the tables are the result")]
    pub fn show(&self) -> Result<(), Failure> {
        println!("\n| what | by rate | by server CPU | aim |\n|---|---|---|---|");
        for figure in &self.figures {
            let aim = limits::aim_of(figure);
            println!("| {} | {} | {} | {aim} |", figure.what, optional(figure.summary), optional(figure.cpu_summary));
        }
        if !self.series.is_empty() {
            println!("\n| load | at once | a second | server CPU, µs each | p50, ms | p99, ms | load core busy |");
            println!("|---|---|---|---|---|---|---|");
        }
        for Series { lane, connections, rounds } in &self.series {
            let values = |value: fn(&Sample) -> Option<f64>| {
                optional(Summary::of(&rounds.iter().filter_map(value).collect::<Vec<_>>()))
            };
            println!(
                "| {lane} | {} | {} | {} | {} | {} | {} |",
                connections.map_or_else(|| "–".into(), |count| count.to_string()),
                values(|sample| Some(sample.answers_per_second)),
                values(|sample| sample.server_cpu_us),
                values(|sample| sample.p50_ms),
                values(|sample| sample.p99_ms),
                values(|sample| sample.load_busy),
            );
        }
        let path = self.file();
        fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        fs::write(&path, serde_json::to_string_pretty(self)? + "\n")?;
        println!("\n{}", path.display());
        Ok(())
    }

    /// In the folder that cargo builds into: `target/bench/PART.json`.
    fn file(&self) -> PathBuf {
        let built = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        built.with_file_name("bench").join(format!("{}.json", self.part))
    }
}
