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

/// How long each lane is measured before it is the next one's turn.
const SLICE: Duration = Duration::from_millis(200);

/// One thing that is measured in each round.
pub struct Lane {
    pub name: String,
    work: Work,
    pub samples: Vec<Sample>,
}

enum Work {
    /// Requests to a server.
    Load { target: Target, talks: Vec<Talk>, in_one_piece: bool },
    /// Work without a server, in a process of its own on the server's core (`roles`).
    Role { words: Vec<String>, environment: Option<(&'static str, &'static str)> },
}

impl Lane {
    pub fn load(name: impl Into<String>, target: Target, talks: Vec<Talk>) -> Self {
        Self { name: name.into(), work: Work::Load { target, talks, in_one_piece: false }, samples: Vec::new() }
    }

    /// Measured once in each round: where an answer takes long, and where connections take longer to open than a slice lasts.
    pub fn in_one_piece(mut self) -> Self {
        if let Work::Load { in_one_piece, .. } = &mut self.work {
            *in_one_piece = true;
        }
        self
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

    /// What is to be measured in slices now, or else what is to be measured in one piece.
    async fn measure(&mut self, in_slices: bool, time: Duration) -> Result<Slice, Failure> {
        match &mut self.work {
            Work::Load { target, talks, in_one_piece } if *in_one_piece != in_slices => {
                load::run(*target, talks, time).await.map_err(|failure| self.named(failure))
            }
            _ => Ok(Slice::default()),
        }
    }

    fn named(&self, failure: Failure) -> Failure {
        format!("{}: {failure}", self.name).into()
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

/// Measures each lane for this time: in slices, the lanes in turn, and then the ones that are in one piece.
async fn measure(time: Duration, lanes: &mut [Lane]) -> Result<Vec<Sample>, Failure> {
    let slices = (time.as_secs_f64() / SLICE.as_secs_f64()).round().max(1.0) as u32;
    let mut sums: Vec<Slice> = lanes.iter().map(|_| Slice::default()).collect();
    for _ in 0..slices {
        for (lane, sum) in lanes.iter_mut().zip(&mut sums) {
            sum.add(lane.measure(true, time / slices).await?);
        }
    }
    let mut samples = Vec::new();
    for (lane, mut sum) in lanes.iter_mut().zip(sums) {
        sum.add(lane.measure(false, time).await?);
        let sample = match &lane.work {
            Work::Load { .. } => sum.sample().ok_or_else(|| "no answer".into()),
            Work::Role { words, environment } => run_role(words, *environment, time),
        };
        samples.push(sample.map_err(|failure| lane.named(failure))?);
    }
    Ok(samples)
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
