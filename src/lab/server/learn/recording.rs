//! The recorded runs: what each step of a scene caused and told when `script/record-scenes` ran it last. A test runs the scenes again
//! and compares, so no picture shows what no longer happens.

use std::collections::BTreeMap;

use rust_embed::Embed;
use serde::{Deserialize, Serialize};

use super::strokes::{Stroke, strokes};
use crate::lab::model::event::LogEvent;
use crate::lab::model::narration::Fact;

#[derive(Embed)]
#[folder = "src/lab/server/learn/runs/"]
#[include = "*.json"]
struct Files;

/// What one step caused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedStep {
    pub strokes: Vec<Stroke>,
    pub story: Vec<Fact>,
}

impl RecordedStep {
    /// What the events from the index `begin` on caused, and what is told of them.
    pub fn of(events: &[LogEvent], begin: usize, story: impl Iterator<Item = Fact>) -> Self {
        Self { strokes: strokes(events, begin), story: story.collect() }
    }
}

/// The steps of a scene by their ids.
pub type Recording = BTreeMap<String, RecordedStep>;

/// The recorded run of a scene; `None` if there is none, or none that can be read.
pub fn of(scene: &str) -> Option<Recording> {
    serde_json::from_slice(&Files::get(&[scene, ".json"].concat())?.data).ok()
}

/// As it stands in its file.
pub fn written(recording: &Recording) -> String {
    let text = serde_json::to_string_pretty(recording).unwrap_or_default();
    text + "\n"
}
