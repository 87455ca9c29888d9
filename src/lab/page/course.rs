//! The scenes on the page: which one is shown, and how far its run is. A scene begins in an empty sandbox and causes its effects
//! one after the other, by the same actions as the levers of free play.

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::state::{ActionFailure, LabState, Pressed};
use crate::lab::frame::wire;
use crate::lab::model::event::{Action, LogEventKind};
use crate::lab::model::lever::LeverEffect;
use crate::lab::model::narration;
use crate::lab::model::scene::Scene;
use crate::lang::lang;

/// The scene of the first view.
const FIRST: &str = "silent-refresh";
/// How much slower the first view's scene is than real.
const SLOW: u32 = 3;

#[derive(Clone, Copy)]
pub struct Course {
    pub scenes: RwSignal<Vec<Scene>>,
    /// The index of the scene that is shown.
    pub chosen: RwSignal<Option<usize>>,
    /// How many of its steps have been run.
    pub done: RwSignal<usize>,
    /// The index of the answer that was chosen before the run.
    pub answer: RwSignal<Option<usize>>,
    /// Whether the scene's one defence is off in this run.
    pub broken: RwSignal<bool>,
    /// What was told at the step at which the runs differ: with the defence, and without it.
    pub results: RwSignal<[Vec<String>; 2]>,
    /// The ids of the scenes that were run to their end.
    pub finished: RwSignal<Vec<String>>,
    /// What is done before the first step has been done.
    pub prepared: RwSignal<bool>,
    /// Counts the runs: one that is not the newest stops.
    turn: StoredValue<u32>,
}

/// What the main button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Run,
    Step,
    Scene(usize),
}

impl Course {
    pub fn new() -> Self {
        Self {
            scenes: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(None),
            done: RwSignal::new(0),
            answer: RwSignal::new(None),
            broken: RwSignal::new(false),
            results: RwSignal::default(),
            finished: RwSignal::new(Vec::new()),
            prepared: RwSignal::new(false),
            turn: StoredValue::new(0),
        }
    }

    pub fn scene(self) -> Option<Scene> {
        let chosen = self.chosen.get()?;
        self.scenes.with(|scenes| scenes.get(chosen).cloned())
    }

    /// `None` before a scene is chosen, and after the last one.
    pub fn next(self) -> Option<Next> {
        let (chosen, done, broken) = (self.chosen.get()?, self.done.get(), self.broken.get());
        let steps = self.scenes.with(|scenes| scenes.get(chosen).map(|scene| steps(scene, broken)))?;
        match done {
            _ if done >= steps => {
                let next = chosen + 1;
                (next < self.scenes.with(Vec::len)).then_some(Next::Scene(next))
            }
            0 => Some(Next::Run),
            _ => Some(Next::Step),
        }
    }

    fn index_of(self, id: &str) -> Option<usize> {
        self.scenes.with_untracked(|scenes| scenes.iter().position(|scene| scene.id == id))
    }

    fn next_turn(self) -> u32 {
        self.turn.update_value(|turn| *turn += 1);
        self.turn.get_value()
    }
}

/// The steps of a run. One with the defence off ends at the step at which the two differ.
pub fn steps(scene: &Scene, broken: bool) -> usize {
    let last = scene.break_it.as_ref().filter(|_| broken).map(|data| &data.step);
    scene.run.iter().position(|step| Some(&step.id) == last).map_or(scene.run.len(), |at| at + 1)
}

impl LabState {
    /// Fetches the scenes, and opens the one of the address.
    pub async fn open_course(self) {
        match wire::get_for::<Vec<Scene>>("/lab/scenes.json").await {
            Ok(scenes) => self.course.scenes.set(scenes),
            Err(problem) => self.failure.set(Some(ActionFailure { of: Pressed::Scene, why: problem.detail })),
        }
        let wanted = query("scene").and_then(|id| self.course.index_of(&id));
        if let Some(index) = wanted {
            self.choose(index);
        }
    }

    /// Shows a scene, in an empty sandbox.
    pub fn choose(self, index: usize) {
        self.start(index, false, None);
    }

    /// Plays the first view's scene to its end, slowly.
    pub fn watch_first(self) {
        if let Some(index) = self.course.index_of(FIRST) {
            self.start(index, false, Some(usize::MAX));
        }
    }

    /// The scene once more with its one defence off, to the step at which the runs differ.
    pub fn break_it(self) {
        let (Some(index), Some(scene)) = (self.course.chosen.get_untracked(), untrack(|| self.course.scene())) else {
            return;
        };
        self.start(index, true, Some(steps(&scene, true)));
    }

    /// The main button: the next step of the scene, or the next scene.
    pub fn advance(self) {
        if self.busy.with_untracked(Option::is_some) || self.stash.with_untracked(Option::is_some) {
            return;
        }
        match untrack(|| self.course.next()) {
            Some(Next::Scene(index)) => self.choose(index),
            Some(Next::Run | Next::Step) => {
                let upto = self.course.done.get_untracked() + 1;
                let turn = self.course.next_turn();
                self.begin(Pressed::Scene);
                spawn_local(async move { self.ended(turn, self.run_to(turn, upto).await) });
            }
            None => {}
        }
    }

    /// Wipes the sandbox and shows the scene; runs its steps up to that one.
    fn start(self, index: usize, broken: bool, upto: Option<usize>) {
        let course = self.course;
        let turn = course.next_turn();
        let again = course.chosen.get_untracked() == Some(index);
        self.back_to_live();
        self.begin(Pressed::Scene);
        self.free.set(false);
        self.visit.set(None);
        course.chosen.set(Some(index));
        course.done.set(0);
        course.broken.set(broken);
        course.prepared.set(false);
        if !(again && broken) {
            course.answer.set(None);
            course.results.set(Default::default());
        }
        self.watch.since.set(None);
        self.outcome.set(String::new());
        show_in_address(&untrack(|| course.scene()).map(|scene| scene.id).unwrap_or_default());
        spawn_local(async move { self.ended(turn, self.play(turn, broken, upto).await) });
    }

    async fn play(self, turn: u32, broken: bool, upto: Option<usize>) -> Result<(), String> {
        self.wait_for_sandbox().await;
        if self.is_used() {
            self.act(Action::Reset).await?;
            self.wait_for_sandbox().await;
        }
        let Some(scene) = untrack(|| self.course.scene()) else { return Ok(()) };
        if let Some(data) = scene.break_it.as_ref().filter(|_| broken) {
            self.perform(LeverEffect::Run(Action::Weaken { defence: data.defence, weak: true })).await?;
        }
        match upto {
            None => Ok(()),
            Some(upto) => self.run_to(turn, upto).await,
        }
    }

    async fn run_to(self, turn: u32, upto: usize) -> Result<(), String> {
        let course = self.course;
        let Some(scene) = untrack(|| course.scene()) else { return Ok(()) };
        let is_newest = || course.turn.get_value() == turn;
        if !course.prepared.get_untracked() {
            self.prepare(&scene).await?;
            if !is_newest() {
                return Ok(());
            }
            course.prepared.set(true);
            if upto == usize::MAX {
                self.act(Action::SlowMotion { factor: SLOW }).await?;
            }
        }
        let broken = usize::from(course.broken.get_untracked());
        for (index, step) in scene.run.iter().enumerate().take(upto).skip(course.done.get_untracked()) {
            let before = self.newest();
            self.watch.since.set(Some(before));
            for effect in &step.effects {
                self.perform(effect.clone()).await?;
                if !is_newest() {
                    return Ok(());
                }
            }
            self.tell(before, "");
            if scene.break_it.as_ref().is_some_and(|data| data.step == step.id) {
                let told = self.watch.events.with_untracked(|events| narration::told(events, before));
                let words = told.iter().map(|sentence| sentence.words(lang())).collect();
                course.results.update(|results| results[broken] = words);
            }
            course.done.set(index + 1);
        }
        if course.done.get_untracked() >= scene.run.len() {
            course.finished.update(|finished| {
                if !finished.contains(&scene.id) {
                    finished.push(scene.id.clone());
                }
            });
        }
        Ok(())
    }

    async fn prepare(self, scene: &Scene) -> Result<(), String> {
        if scene.two_tabs {
            self.open_tab2().await;
        }
        for effect in &scene.prelude {
            self.perform(effect.clone()).await?;
        }
        Ok(())
    }

    fn ended(self, turn: u32, result: Result<(), String>) {
        // A newer run is under way, and this one was cut off by it.
        if self.course.turn.get_value() != turn {
            return;
        }
        if let Err(why) = result {
            self.failure.set(Some(ActionFailure { of: Pressed::Scene, why }));
        }
        self.busy.set(None);
    }

    /// Whether anything has been done in this sandbox. A tab that was only loaded leaves nothing.
    fn is_used(self) -> bool {
        let used = |kind: &LogEventKind| matches!(kind, LogEventKind::Acted { .. } | LogEventKind::Row { .. });
        self.tab2.get_untracked()
            || self.watch.events.with_untracked(|events| events.iter().any(|event| used(&event.kind)))
    }
}

/// A value of the address: `/lab?scene=two-tabs`.
pub fn query(name: &str) -> Option<String> {
    let search = window().location().search().ok()?;
    let value = |pair: &str| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
    search.trim_start_matches('?').split('&').find_map(value)
}

/// The address leads to this scene, also after a reload.
fn show_in_address(id: &str) {
    let view = query("view").filter(|view| view == "presenter").map(|_| "view=presenter&").unwrap_or_default();
    let address = ["/lab?", view, "scene=", id].concat();
    if let Ok(history) = window().history() {
        _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}
