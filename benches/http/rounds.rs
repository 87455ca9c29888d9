//! Interleaved rounds. In each round the lanes are measured in slices, one after another (A, B, C, A, B, C …), so a neighbour
//! who takes the machine for some seconds takes it from all lanes alike. A ratio is formed within a round, of all its slices
//! together; the spread of the rounds' ratios is the noise.

use std::{process::Command, time::Duration};

use super::{
    Failure,
    load::{self, Slice, Talk, Target},
    machine,
    result::Sample,
};

/// How long a lane is measured before it is the next one's turn.
const SLICE: Duration = Duration::from_millis(200);
/// The same where an answer takes a good part of that.
pub const LONG_SLICE: Duration = Duration::from_millis(500);
/// All of a round's time at once: where the beginning costs more than the rest, as a new file, many connections.
pub const IN_ONE_PIECE: Duration = Duration::MAX;

/// One thing that is measured in each round.
pub struct Lane {
    pub name: String,
    work: Work,
    slice: Duration,
    pub samples: Vec<Sample>,
}

enum Work {
    /// Requests to a server.
    Load { target: Target, talks: Vec<Talk> },
    /// Work without a server, in a process of its own on the server's core (`roles`).
    Role { words: Vec<String>, environment: Option<(&'static str, &'static str)> },
}

impl Lane {
    pub fn load(name: impl Into<String>, target: Target, talks: Vec<Talk>) -> Self {
        Self { name: name.into(), work: Work::Load { target, talks }, slice: SLICE, samples: Vec::new() }
    }

    pub fn in_slices_of(self, slice: Duration) -> Self {
        Self { slice, ..self }
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
        Self { name: name.into(), work: Work::Role { words, environment }, slice: IN_ONE_PIECE, samples: Vec::new() }
    }

    /// How many requests are under way at once.
    pub fn connections(&self) -> Option<usize> {
        matches!(self.work, Work::Load { .. }).then(|| self.talks().len())
    }

    /// What the connections would say next.
    pub fn talks(&self) -> &[Talk] {
        match &self.work {
            Work::Load { talks, .. } => talks,
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

    fn slices(&self, time: Duration) -> u32 {
        time.div_duration_f64(self.slice).round().max(1.0) as u32
    }

    async fn measure(&mut self, time: Duration) -> Result<Slice, Failure> {
        let slice = match &mut self.work {
            Work::Load { target, talks } => load::run(*target, talks, time).await,
            Work::Role { words, environment } => run_role(words, *environment, time),
        };
        slice.map_err(|failure| format!("{}: {failure}", self.name).into())
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
    measure(plan.warm_up, lanes).await?;
    for round in 1..=plan.rounds {
        eprintln!("round {round} of {}", plan.rounds);
        let samples = measure(plan.time, lanes).await?;
        lanes.iter_mut().zip(samples).for_each(|(lane, sample)| lane.samples.push(sample));
    }
    Ok(())
}

/// Measures each lane for this time, in slices that are spread evenly over the round.
async fn measure(time: Duration, lanes: &mut [Lane]) -> Result<Vec<Sample>, Failure> {
    let turns = lanes.iter().map(|lane| lane.slices(time)).max().unwrap_or(0);
    let mut slices: Vec<Vec<Slice>> = lanes.iter().map(|_| Vec::new()).collect();
    for turn in 0..turns {
        for (lane, slices) in lanes.iter_mut().zip(&mut slices) {
            let count = lane.slices(time);
            if turn * count % turns < count {
                slices.push(lane.measure(time / count).await?);
            }
        }
    }
    Ok(slices.into_iter().map(load::sample).collect())
}

/// Waits for it without the runtime: nothing else runs meanwhile.
fn run_role(
    words: &[String],
    environment: Option<(&'static str, &'static str)>,
    time: Duration,
) -> Result<Slice, Failure> {
    let seconds = time.as_secs_f64();
    let output = role_command(machine::SERVER)?.args(words).arg(seconds.to_string()).envs(environment).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let rate: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Slice { answers: rate * seconds, seconds, server: None, load: None, times: Vec::new() })
}

/// This program again, in another role.
pub fn role_command(cores: &str) -> Result<Command, Failure> {
    let own = std::env::current_exe()?;
    let mut command = machine::on_cores(cores, own.to_str().ok_or("the path of this program is no text")?);
    command.arg("--role");
    Ok(command)
}
