//! Interleaved rounds. In each round every lane is measured once, one after another (A, B, C, A, B, C …), so a neighbour who
//! takes the machine for a minute takes it from all lanes alike. A ratio is formed within a round; the spread of the rounds'
//! ratios is the noise.

use std::{process::Command, time::Duration};

use super::{
    Failure,
    load::{self, Talk, Target},
    machine,
    result::Sample,
};

/// One thing that is measured once in each round.
pub struct Lane {
    pub name: String,
    work: Work,
    pub samples: Vec<Sample>,
}

enum Work {
    /// Requests to a server.
    Load(Target, Vec<Talk>),
    /// Work without a server, in a process of its own on the server's core (`roles`).
    Role { words: Vec<String>, environment: Option<(&'static str, &'static str)> },
}

impl Lane {
    pub fn load(name: impl Into<String>, target: Target, talks: Vec<Talk>) -> Self {
        Self { name: name.into(), work: Work::Load(target, talks), samples: Vec::new() }
    }

    pub fn role(name: impl Into<String>, words: &[&str]) -> Self {
        Self::role_with(name, words, None)
    }

    /// A role with a variable of the environment.
    pub fn role_with(
        name: impl Into<String>,
        words: &[&str],
        environment: Option<(&'static str, &'static str)>,
    ) -> Self {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        Self { name: name.into(), work: Work::Role { words, environment }, samples: Vec::new() }
    }

    /// How many requests are under way at once.
    pub fn connections(&self) -> Option<usize> {
        matches!(self.work, Work::Load(..)).then(|| self.talks().len())
    }

    /// What the connections would say next.
    pub fn talks(&self) -> &[Talk] {
        match &self.work {
            Work::Load(_, talks) => talks,
            Work::Role { .. } => &[],
        }
    }

    /// One number of each round.
    pub fn each(&self, value: impl Fn(&Sample) -> Option<f64>) -> Vec<f64> {
        self.samples.iter().filter_map(value).collect()
    }

    pub fn rates(&self) -> Vec<f64> {
        self.each(|sample| Some(sample.answers_per_second))
    }

    async fn measure(&mut self, time: Duration) -> Result<Sample, Failure> {
        let sample = match &mut self.work {
            Work::Load(target, talks) => load::run(*target, talks, time).await,
            Work::Role { words, environment } => run_role(words, *environment, time),
        };
        sample.map_err(|failure| format!("{}: {failure}", self.name).into())
    }
}

#[derive(Clone, Copy)]
pub struct Plan {
    pub rounds: u32,
    pub time: Duration,
    /// How long each lane runs before it counts: caches fill, and a peer's code is compiled while it runs.
    pub warm_up: Duration,
}

/// Measures all lanes in every round, after one that does not count.
pub async fn rounds(plan: Plan, lanes: &mut [Lane]) -> Result<(), Failure> {
    for lane in &mut *lanes {
        lane.measure(plan.warm_up).await?;
    }
    for round in 1..=plan.rounds {
        eprintln!("round {round} of {}", plan.rounds);
        for lane in &mut *lanes {
            let sample = lane.measure(plan.time).await?;
            lane.samples.push(sample);
        }
    }
    Ok(())
}

/// Waits for it without the runtime: nothing else runs meanwhile.
fn run_role(
    words: &[String],
    environment: Option<(&'static str, &'static str)>,
    time: Duration,
) -> Result<Sample, Failure> {
    let seconds = time.as_secs_f64().to_string();
    let output = role_command(machine::SERVER)?.args(words).arg(seconds).envs(environment).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let answers_per_second = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Sample { answers_per_second, server_cpu_us: None, load_busy: None, p50_ms: None, p99_ms: None })
}

/// This program again, in another role.
pub fn role_command(cores: &str) -> Result<Command, Failure> {
    let own = std::env::current_exe()?;
    let mut command = machine::on_cores(cores, own.to_str().ok_or("the path of this program is no text")?);
    command.arg("--role");
    Ok(command)
}
