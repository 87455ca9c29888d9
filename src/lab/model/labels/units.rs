//! Numbers for people: durations, points in time, and counted nouns.

use crate::clock::Timestamp;
use crate::lab::words::{filled, t};
use crate::ui::support::live;

/// A duration in its two largest units.
pub fn duration(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3600 % 24) {
        (0, _) => live::span(seconds),
        (days, 0) => format!("{days} d"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

/// `in 14 min 20 s` or `3 s ago`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let millis = at.since(now);
    let seconds = millis.unsigned_abs() / 1000;
    let words = match millis {
        _ if seconds == 0 => t("now", "jetzt"),
        1.. => "in {}",
        _ => t("{} ago", "vor {}"),
    };
    filled(words, &[&duration(seconds)])
}

/// The time of day in UTC, `14:03:25`.
pub fn clock(at: Timestamp) -> String {
    let seconds = at.secs().rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Microseconds in a readable unit.
pub fn micros(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

/// Time since the sandbox was opened, by the monotonic clock: `+1:04.2`.
pub fn elapsed(micros: u64) -> String {
    let tenths = micros / 100_000;
    format!("+{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// The number with the noun for it.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    [&*count.to_string(), " ", if count == 1 { one } else { many }].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::{Lang, in_language_now};

    #[test]
    fn a_duration_shows_its_two_largest_units() {
        let spans = [(0, "0 s"), (59, "59 s"), (60, "1 min"), (723, "12 min 3 s"), (3600, "1 h"), (604_800, "7 d")];
        for (seconds, words) in spans {
            assert_eq!(duration(seconds), words);
        }
        assert_eq!(relative(Timestamp(61_000), Timestamp(0)), "in 1 min 1 s");
        assert_eq!(relative(Timestamp(0), Timestamp(3_900)), "3 s ago");
        assert_eq!(in_language_now(Lang::De, || relative(Timestamp(0), Timestamp(3_900))), "vor 3 s");
        assert_eq!(relative(Timestamp(i64::MIN), Timestamp(i64::MAX)).split(' ').next_back(), Some("ago"));
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(clock(Timestamp::from_secs(86_400 + 3_723)), "01:02:03");
        assert_eq!(elapsed(64_250_000), "+1:04.2");
        for (time, words) in [(7, "7 µs"), (1_250, "1.2 ms"), (45_000, "45 ms"), (3_040_000, "3.0 s")] {
            assert_eq!(micros(time), words);
        }
    }
}
