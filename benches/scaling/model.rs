//! A day of many users, simulated, and what it asks of servers and database. The habits are assumptions and stand here; what a
//! request costs is measured (`docs/performance/own.json`), and what an ended session takes in memory is found by filling the
//! program's own revocation list. The same seed gives the same table, which `docs/scaling.md` shows; `tests/costs.rs` compares
//! the two.

use std::{fmt::Write as _, time::Duration};

use serde_json::Value;
use two_tokens::auth::model::session::SessionId;
use two_tokens::auth::service::VERIFIED_TOKENS;
use two_tokens::auth::token::revoked::{REMEMBERED, Revocation, RevokedSessions};
use two_tokens::clock::Timestamp;
use two_tokens::protocol::session::RevokeReason;

/// The default lifetime of an access token.
const ACCESS_TTL: Duration = Duration::from_secs(15 * 60);
/// The default absolute limit of a session, days: so many of its users reach it on a day.
const ABSOLUTE_LIMIT_DAYS: f64 = 30.0;

/// Users who come on the simulated day.
const USERS: u32 = 100_000;
const SEED: u64 = 1;
/// Visits of a user a day, in the mean; each has at least one.
const MORE_VISITS: f64 = 2.0;
/// How long a visit lasts in the mean, seconds.
const VISIT: f64 = 20.0 * 60.0;
/// Tabs opened or reloaded in a visit, in the mean; at least one.
const MORE_TABS: f64 = 1.0;
/// The pause between two actions in an open tab, in the mean, seconds, and the protected requests of each.
const BETWEEN_ACTIONS: f64 = 60.0;
const REQUESTS_OF_ACTION: u32 = 2;
/// The share of visits that end with a sign-out.
const SIGNS_OUT: f64 = 0.05;
/// The share of users who end all their sessions on a day, by a new password or from the list of browsers.
const ENDS_ALL: f64 = 0.001;
/// When visits begin: the weight of each hour. One region, so the whole day's curve.
const HOURS: [f64; 24] = [
    1.0, 0.6, 0.4, 0.3, 0.4, 0.8, 1.8, 3.2, 4.6, 5.4, 5.8, 6.0, 5.8, 5.6, 5.4, 5.2, 5.2, 5.6, 6.2, 6.8, 7.0, 6.2, 4.4,
    2.3,
];

const MINUTES: usize = 24 * 60;
/// How busy a core is planned to be in the busiest hour: what is left is for bursts, failovers and noisy neighbours.
const LOAD: f64 = 0.5;
/// A notification of an ended session in PostgreSQL's queue, bytes: the payload and 16 bytes of header, with the channel's name.
const NOTIFICATION: f64 = 100.0;
/// The queue of notifications that a listener has not read yet: PostgreSQL's limit.
const QUEUE: f64 = 8.0 * 1024.0 * 1024.0 * 1024.0;

/// Pseudo-random numbers (SplitMix64): the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to less than 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn happens(&mut self, share: f64) -> bool {
        self.uniform() < share
    }

    /// The time until the next of events that come independently of each other.
    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// How many independent events there are.
    fn poisson(&mut self, mean: f64) -> u32 {
        let (mut count, mut left) = (0, mean);
        loop {
            left -= self.exponential(1.0);
            if left <= 0.0 {
                return count;
            }
            count += 1;
        }
    }

    /// A second of the day, by the weights of its hours.
    fn second_of_day(&mut self) -> f64 {
        let mut left = self.uniform() * HOURS.iter().sum::<f64>();
        for (hour, weight) in (0u8..).zip(HOURS) {
            if left < weight {
                return (f64::from(hour) + left / weight) * 3600.0;
            }
            left -= weight;
        }
        0.0
    }
}

/// Counts of an event, a minute of the day each.
struct Minutes(Vec<u32>);

impl Minutes {
    fn new() -> Self {
        Self(vec![0; MINUTES])
    }

    /// What goes on after midnight belongs to the morning: each day is like the one before.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time of some hours")]
    fn count(&mut self, second: f64, times: u32) {
        self.0[(second / 60.0) as usize % MINUTES] += times;
    }

    fn total(&self) -> f64 {
        self.0.iter().copied().map(f64::from).sum()
    }

    /// The most within so many minutes that follow each other.
    fn most_within(&self, minutes: usize) -> f64 {
        let within = |start: usize| (start..start + minutes).map(|minute| f64::from(self.0[minute % MINUTES])).sum();
        (0..MINUTES).map(within).fold(0.0, f64::max)
    }

    /// A second, in the busiest hour.
    fn busiest(&self) -> f64 {
        self.most_within(60) / 3600.0
    }
}

/// What all users ask on one day.
pub struct Day {
    sign_ins: Minutes,
    refreshes: Minutes,
    requests: Minutes,
    /// Sessions that ended, each alone.
    ended: Minutes,
    /// Users whose sessions ended all at once.
    ended_all: Minutes,
}

impl Day {
    pub fn simulate() -> Self {
        let new = Minutes::new;
        let mut day = Self { sign_ins: new(), refreshes: new(), requests: new(), ended: new(), ended_all: new() };
        let mut random = Random(SEED);
        for _ in 0..USERS {
            day.user(&mut random);
        }
        day
    }

    fn user(&mut self, random: &mut Random) {
        let visits = 1 + random.poisson(MORE_VISITS);
        let mut visits: Vec<_> = (0..visits).map(|_| random.second_of_day()).collect();
        visits.sort_by(f64::total_cmp);
        let mut signed_in = !random.happens(1.0 / ABSOLUTE_LIMIT_DAYS);
        if random.happens(ENDS_ALL) {
            self.ended_all.count(visits[0], 1);
        }
        for start in visits {
            let end = start + random.exponential(VISIT);
            for tab in 0..=random.poisson(MORE_TABS) {
                let opened = if tab == 0 { start } else { start + (end - start) * random.uniform() };
                self.tab(random, opened, end, signed_in);
                signed_in = true;
            }
            if random.happens(SIGNS_OUT) {
                self.ended.count(end, 1);
                signed_in = false;
            }
        }
    }

    /// A page load gets a token by a refresh, or by a sign-in. Later ones are fetched on need, not by timer: by the first action
    /// after the token has expired (`docs/flow/browser.md`).
    fn tab(&mut self, random: &mut Random, opened: f64, end: f64, signed_in: bool) {
        if signed_in { &mut self.refreshes } else { &mut self.sign_ins }.count(opened, 1);
        let mut received = opened;
        let mut now = opened;
        while now < end {
            if now - received >= ACCESS_TTL.as_secs_f64() {
                self.refreshes.count(now, 1);
                received = now;
            }
            self.requests.count(now, REQUESTS_OF_ACTION);
            now += random.exponential(BETWEEN_ACTIONS);
        }
    }
}

/// What was measured: processor time of a request in microseconds, and rates.
pub struct Measured {
    refresh_us: f64,
    refresh_with_postgres_us: f64,
    request_us: f64,
    sign_in_us: f64,
    first_verification_us: f64,
    refreshes_with_postgres: f64,
}

impl Measured {
    /// Reads them from the result of a benchmark (`docs/performance/own.json`): the median of its rounds.
    ///
    /// # Panics
    ///
    /// When the file has no such series.
    pub fn read(json: &str) -> Self {
        let file: Value = serde_json::from_str(json).expect("the benchmark's result is JSON");
        let series = file["series"].as_array().expect("the result has series");
        let median = |lane: &str, connections: Option<u64>, value: &str| {
            let found = series
                .iter()
                .find(|series| series["lane"] == lane && series["connections"].as_u64() == connections)
                .unwrap_or_else(|| panic!("the result lacks {lane}"));
            let rounds = found["rounds"].as_array().expect("a series has rounds");
            let mut values: Vec<_> = rounds.iter().map(|round| round[value].as_f64().expect("a number")).collect();
            values.sort_by(f64::total_cmp);
            let middle = values.len() / 2;
            if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
        };
        Self {
            refresh_us: median("refresh, SQLite", Some(32), "server_cpu_us"),
            refresh_with_postgres_us: median("refresh, PostgreSQL", Some(32), "server_cpu_us"),
            request_us: median("protected request", Some(32), "server_cpu_us"),
            sign_in_us: median("sign-in", Some(2), "server_cpu_us"),
            first_verification_us: 1e6 / median("verification, first time", None, "answers_per_second"),
            refreshes_with_postgres: median("refresh, PostgreSQL", Some(32), "answers_per_second"),
        }
    }
}

/// The program's own revocation list with so many ended sessions.
pub fn fill(entries: u64) -> RevokedSessions {
    let list = RevokedSessions::default();
    let (at, reason) = (Timestamp::from_secs(0), RevokeReason::Logout);
    for entry in 0..entries {
        list.add(Revocation { session_id: SessionId(u128::from(entry).to_be_bytes()), at, reason });
    }
    list
}

/// Bytes of memory: what the list holds, and the most while it grew.
#[derive(Clone, Copy)]
pub struct Memory {
    pub held: u64,
    pub most: u64,
}

/// The table for a million users a day and more. `memory` measures a list of so many entries.
pub fn table(day: &Day, measured: &Measured, mut memory: impl FnMut(u64) -> Memory) -> String {
    let columns = [1e6, 1e7, 1e8].map(|users| Column::of(day, measured, users, &mut memory));
    let mut text = String::from("| users who come a day | 1 million | 10 million | 100 million |\n|---|---|---|---|\n");
    let mut row = |what: &str, value: &dyn Fn(&Column) -> String| {
        let [one, ten, hundred] = columns.each_ref().map(value);
        writeln!(text, "| {what} | {one} | {ten} | {hundred} |").expect("a string takes all");
    };
    row("refreshes a second, busiest hour", &|column| number(column.refreshes));
    row("protected requests a second", &|column| number(column.requests));
    row("sign-ins a second", &|column| number(column.sign_ins));
    row("sessions ended a second, alone", &|column| number(column.ended));
    row("users whose sessions all ended, a second", &|column| number(column.ended_all));
    row("access tokens in use", &|column| number(column.tokens_in_use));
    row("share of requests whose token an instance remembers", &|column| number(column.remembered));
    row("cores for refreshes", &|column| number(column.refresh_cores));
    row("… for protected requests, beside that", &|column| number(column.request_cores));
    row("… for signatures of tokens that are not remembered", &|column| number(column.verification_cores));
    row("… for sign-ins (argon2id)", &|column| number(column.sign_in_cores));
    row("instances of one core at half load", &|column| number(column.instances));
    row("databases like the measured one, at half load", &|column| number(column.databases));
    row("ended sessions in memory, at most", &|column| number(column.entries));
    row("… memory of each instance", &|column| bytes(column.memory.held));
    row("… after a start, which loads a day", &|column| number(column.entries_of_day));
    row("… memory then; the most while it grows", &|column| {
        format!("{}; {}", bytes(column.memory_of_day.held), bytes(column.memory_of_day.most))
    });
    row("notifications of ended sessions, bytes a second", &|column| number(column.notified));
    row("hours until they fill PostgreSQL's queue of 8 GB, if one listener hangs", &|column| {
        number(column.queue_hours)
    });
    text
}

/// Users a day that one core and one SQLite file carry at half load.
#[expect(clippy::cast_precision_loss, reason = "a number of tokens")]
pub fn users_of_one_core(day: &Day, measured: &Measured) -> String {
    let [refreshes, requests, sign_ins] = [&day.refreshes, &day.requests, &day.sign_ins].map(Minutes::busiest);
    let busy = |users: f64| {
        let scale = users / f64::from(USERS);
        let tokens_in_use = requests * scale / f64::from(REQUESTS_OF_ACTION) * BETWEEN_ACTIONS;
        let first = refreshes + sign_ins;
        let verified = first + (requests - first) * (1.0 - (VERIFIED_TOKENS as f64 / tokens_in_use).min(1.0));
        let us = refreshes * measured.refresh_us
            + requests * measured.request_us
            + verified * measured.first_verification_us
            + sign_ins * measured.sign_in_us;
        us * scale / 1e6
    };
    // It grows with the users, so the middle of what is too few and what is too many comes ever closer.
    let (mut few, mut many) = (0.0, 1e9);
    for _ in 0..60 {
        let middle = f64::midpoint(few, many);
        if busy(middle) < LOAD { few = middle } else { many = middle }
    }
    number(few)
}

struct Column {
    refreshes: f64,
    requests: f64,
    sign_ins: f64,
    ended: f64,
    ended_all: f64,
    refresh_cores: f64,
    request_cores: f64,
    verification_cores: f64,
    sign_in_cores: f64,
    instances: f64,
    tokens_in_use: f64,
    remembered: f64,
    databases: f64,
    entries: f64,
    memory: Memory,
    entries_of_day: f64,
    memory_of_day: Memory,
    notified: f64,
    queue_hours: f64,
}

impl Column {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "counts of sessions and tokens"
    )]
    fn of(day: &Day, measured: &Measured, users: f64, memory: &mut impl FnMut(u64) -> Memory) -> Self {
        let scale = users / f64::from(USERS);
        let [refreshes, requests, sign_ins, ended, ended_all] =
            [&day.refreshes, &day.requests, &day.sign_ins, &day.ended, &day.ended_all]
                .map(|minutes| minutes.busiest() * scale);
        let cores = |rate: f64, us: f64| rate * us / 1e6;
        let refresh_cores = cores(refreshes, measured.refresh_with_postgres_us);
        let request_cores = cores(requests, measured.request_us);
        let sign_in_cores = cores(sign_ins, measured.sign_in_us);
        // Requests go to any instance. Each verifies a token when it first sees it, once for each of its requests at most, and
        // again when it has forgotten it for others.
        let tokens = refreshes + sign_ins;
        let tokens_in_use = requests / f64::from(REQUESTS_OF_ACTION) * BETWEEN_ACTIONS;
        let kept = (VERIFIED_TOKENS as f64 / tokens_in_use).min(1.0);
        let verified_by = |instances: f64| {
            let first = tokens * instances.min(requests / tokens);
            first + (requests - first) * (1.0 - kept)
        };
        let instances = |verifications: f64| {
            let all =
                refresh_cores + request_cores + sign_in_cores + cores(verifications, measured.first_verification_us);
            (all / LOAD).ceil().max(2.0)
        };
        // More instances verify more, which may take more instances: until it fits.
        let mut count = 2.0;
        while instances(verified_by(count)) > count {
            count = instances(verified_by(count));
        }
        let remembered = REMEMBERED.as_secs().div_ceil(60) as usize;
        let entries = (day.ended.most_within(remembered) + day.ended_all.most_within(remembered)) * scale;
        let entries_of_day = (day.ended.total() + day.ended_all.total()) * scale;
        let notified = (ended + ended_all) * NOTIFICATION;
        Self {
            refreshes,
            requests,
            sign_ins,
            ended,
            ended_all,
            refresh_cores,
            request_cores,
            verification_cores: cores(verified_by(count), measured.first_verification_us),
            sign_in_cores,
            instances: count,
            tokens_in_use,
            remembered: 1.0 - verified_by(count) / requests,
            databases: (refreshes / measured.refreshes_with_postgres / LOAD).ceil(),
            entries,
            memory: memory(entries as u64),
            entries_of_day,
            memory_of_day: memory(entries_of_day as u64),
            notified,
            queue_hours: QUEUE / notified / 3600.0,
        }
    }
}

/// Two digits that count, with words for what is long.
fn number(value: f64) -> String {
    let (value, word) = match value {
        value if value >= 999_500.0 => (value / 1e6, " million"),
        value => (value, ""),
    };
    let digits = match value {
        value if value >= 9.95 || value == value.round() => 0,
        value if value >= 0.995 => 1,
        value if value >= 0.0995 => 2,
        _ => 3,
    };
    let rounded = if value >= 99.5 {
        let unit = 10f64.powf(value.log10().floor() - 1.0);
        (value / unit).round() * unit
    } else {
        value
    };
    let text = format!("{rounded:.digits$}");
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    rest.map_or_else(|| format!("{grouped}{word}"), |rest| format!("{grouped}.{rest}{word}"))
}

#[expect(clippy::cast_precision_loss, reason = "megabytes")]
fn bytes(value: u64) -> String {
    format!("{} MB", number(value as f64 / 1e6))
}
