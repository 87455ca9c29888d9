//! The one table of what is aimed at and what may not be lost: `--check` compares a run with the limits. Only ratios within a
//! run have a limit, since every machine has another speed.

use super::result::Figure;
use super::summary::Summary;

/// A bound from below or from above.
#[derive(Clone, Copy)]
pub enum Bound {
    Least(f64),
    Most(f64),
}
use Bound::{Least, Most};

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Least(bound) => value >= bound,
            Most(bound) => value <= bound,
        }
    }

    /// Moved outwards by what the noise of a short run may explain.
    fn with_noise(self, noise: f64) -> Self {
        match self {
            Least(bound) => Least(bound * (1.0 - noise)),
            Most(bound) => Most(bound * (1.0 + noise)),
        }
    }

    fn at(self, bound: f64) -> Self {
        match self {
            Least(_) => Least(bound),
            Most(_) => Most(bound),
        }
    }

    fn text(self) -> String {
        match self {
            Least(bound) => format!("at least {bound}"),
            Most(bound) => format!("at most {bound}"),
        }
    }
}

/// Which of a figure's two values is compared.
#[derive(Clone, Copy)]
enum By {
    Rate,
    /// The server's processor time: a neighbour on the same cores changes it little.
    Cpu,
}

pub struct Rule {
    pub id: &'static str,
    /// The row's words; an `@` becomes what tells it apart.
    pub what: &'static str,
    aim: Option<Bound>,
    limit: Option<Limit>,
}

#[derive(Clone, Copy)]
struct Limit {
    by: By,
    bound: Bound,
    /// The share of the bound that noise may explain.
    noise: f64,
}

const fn aim(id: &'static str, what: &'static str, aim: Option<Bound>) -> Rule {
    Rule { id, what, aim, limit: None }
}

const fn limit(id: &'static str, what: &'static str, aim: Option<Bound>, by: By, bound: Bound, noise: f64) -> Rule {
    Rule { id, what, aim, limit: Some(Limit { by, bound, noise }) }
}

/// A ratio of counts, which have little noise.
const fn count(id: &'static str, what: &'static str, most: f64) -> Rule {
    limit(id, what, None, By::Rate, Most(most), 0.03)
}

const RULES: &[Rule] = &[
    limit("open", "open route / hello world in axum", Some(Least(0.9)), By::Cpu, Least(0.35), 0.15),
    limit(
        "protected",
        "protected request (server function, EdDSA, claims, revocation) / open route",
        Some(Least(0.87)),
        By::Cpu,
        Least(0.6),
        0.15,
    ),
    limit("refused", "refused access token / open route", None, By::Cpu, Least(0.2), 0.15),
    limit("forged", "cost of a forged refresh token / of an open route", Some(Most(1.5)), By::Cpu, Most(2.0), 0.15),
    aim("refresh.16", "refreshes a second, SQLite, each durable, 16 at once", None),
    aim("refresh.16.p50", "… median time, ms", None),
    aim("refresh.16.p99", "… 99th percentile, ms", Some(Most(2.0))),
    aim("refresh.32", "refreshes a second, SQLite, each durable, 32 at once", Some(Least(20_000.0))),
    aim("refresh.32.p50", "… median time, ms", None),
    aim("refresh.32.p99", "… 99th percentile, ms", Some(Most(3.0))),
    limit(
        "refresh.commits",
        "refreshes, 32 at once / durable commits one after another on this disk",
        None,
        By::Rate,
        Least(1.0),
        0.2,
    ),
    limit("refresh.cost", "cost of a refresh, 32 at once / of an open route", None, By::Cpu, Most(10.0), 0.15),
    // 20,000 a second on a machine where a hello world takes 8.7 µs, as it did where that aim was set.
    aim("refresh.hello", "cost of a refresh, 32 at once / of a hello world in axum", Some(Most(5.75))),
    limit(
        "refresh.bound",
        "cost of a refresh of a session that is bound to a device / of one that is not",
        None,
        By::Cpu,
        Most(1.25),
        0.1,
    ),
    aim(
        "postgres.refresh",
        "refreshes on PostgreSQL, 32 at once / its durable commits on 16 connections",
        Some(Least(0.9)),
    ),
    limit(
        "sign-in",
        "sign-ins / the argon2 crate alone with reused memory",
        Some(Least(0.97)),
        By::Rate,
        Least(0.9),
        0.1,
    ),
    aim("sign-in.large-pages", "sign-ins / the same in large pages, which the server has", None),
    aim("remembered", "verifying a remembered access token: times as fast as one seen for the first time", None),
    aim("instructions.hello", "instructions of a hello world in axum", None),
    count("instructions.open", "instructions of an open route / of a hello world", 1.75),
    count("instructions.protected", "instructions of a protected request / of an open route", 1.32),
    count("instructions.refused", "instructions of a refused access token / of an open route", 23.0),
    count("instructions.forged", "instructions of a forged refresh token / of an open route", 1.95),
    count("instructions.refresh", "instructions of a refresh that commits alone / of an open route", 12.0),
    count("instructions.bound", "instructions of a refresh of a bound session / of another", 1.25),
    aim("start", "start to first ready answer, ms", Some(Most(100.0))),
    aim("memory.idle", "memory, idle, MB", Some(Most(30.0))),
    aim("memory.sign-ins", "memory at most, with 64 sign-ins at once, MB", Some(Most(100.0))),
    // Growth: nothing grows with the number of stored sessions.
    limit("growth.refresh", "refreshes, @", Some(Least(0.9)), By::Rate, Least(0.67), 0.1),
    limit("growth.protected", "protected requests, @", Some(Least(0.95)), By::Cpu, Least(0.9), 0.05),
    aim("growth.start", "start to first ready answer, @, ms", Some(Most(100.0))),
    aim("growth.idle", "memory, idle, without pages of files, @, MB", Some(Most(30.0))),
    limit("growth.session", "memory for each stored session, @, bytes", Some(Most(0.5)), By::Rate, Most(4.0), 0.0),
    aim("growth.connection", "memory for each idle connection, kB", None),
    // Peers: how many times as fast this server is. What each does is in docs/performance.md.
    aim("peer", "this server / @", None),
    aim("peer.memory", "memory after the load, @, MB", None),
];

pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

fn rule_of(figure: &Figure) -> Option<&'static Rule> {
    rule(figure.id.split('@').next().unwrap_or(&figure.id))
}

/// The last column of the table.
pub fn aim_of(figure: &Figure) -> String {
    let Some(aim) = rule_of(figure).and_then(|rule| rule.aim) else { return "–".into() };
    let missed = figure.summary.is_some_and(|summary| !aim.holds(summary.median));
    aim.text() + if missed { ", **missed**" } else { "" }
}

/// Another bound in place of a committed one, to see the check fail: `--limit protected=2`.
#[derive(Clone)]
pub struct Override {
    id: String,
    bound: f64,
}

impl std::str::FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, bound) = text.split_once('=').ok_or("this is NAME=NUMBER")?;
        if rule(id).is_none_or(|rule| rule.limit.is_none()) {
            let names: Vec<_> = RULES.iter().filter(|rule| rule.limit.is_some()).map(|rule| rule.id).collect();
            return Err(format!("no limit is named {id}; there are: {}", names.join(", ")));
        }
        Ok(Self { id: id.to_owned(), bound: bound.parse().map_err(|_| format!("{bound} is no number"))? })
    }
}

/// A sentence for each figure that is worse than its limit, noise included.
pub fn regressions(figures: &[Figure], overrides: &[Override]) -> Vec<String> {
    figures.iter().filter_map(|figure| regression(figure, overrides)).collect()
}

fn regression(figure: &Figure, overrides: &[Override]) -> Option<String> {
    let rule = rule_of(figure)?;
    let Limit { by, bound, noise } = rule.limit?;
    let bound = overrides.iter().find(|other| other.id == rule.id).map_or(bound, |other| bound.at(other.bound));
    let (summary, by) = match by {
        By::Rate => (figure.summary, "by rate"),
        By::Cpu => (figure.cpu_summary, "by server CPU"),
    };
    // A ratio that was not measured does not hold.
    let Some(Summary { median, low, high }) = summary else {
        return Some(format!("\"{}\" was not measured {by}.", figure.what));
    };
    if bound.with_noise(noise).holds(median) {
        return None;
    }
    Some(format!(
        "\"{}\" is {median:.2} {by} ({low:.2} to {high:.2} in the rounds), and must be {}; {:.0} % of that is noise.",
        figure.what,
        bound.text(),
        noise * 100.0,
    ))
}

/// How many of the figures have a limit.
pub fn limited(figures: &[Figure]) -> usize {
    figures.iter().filter(|figure| rule_of(figure).is_some_and(|rule| rule.limit.is_some())).count()
}
