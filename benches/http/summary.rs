//! A figure with its noise, as the tables of a run print it. The tests of the documents read it too.

use serde::Serialize;

/// A value with its noise: the median of the rounds, the lowest and the highest.
#[derive(Clone, Copy, Serialize)]
pub struct Summary {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Summary {
    /// `None` without a sample.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        } else {
            sorted[middle]
        };
        Some(Self { median, low, high })
    }

    pub fn text(self) -> String {
        let Self { median, low, high } = self;
        format!("{} ({} to {})", number(median), number(low), number(high))
    }
}

/// Three digits that count, or all of a whole number.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
