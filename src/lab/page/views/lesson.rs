//! Below the stage: the story of the moment, and beside it the scene's text: before the run a question, then the step, then the
//! rule, the same run with its defence off, and what all this does not protect against.

use leptos::prelude::*;

use super::super::state::LabState;
use super::super::words::t;
use crate::lab::model::labels;
use crate::lab::model::narration::{Mood, Sentence};
use crate::lab::model::scene::{Answer, BreakIt, Link, Scene};
use crate::lang::lang;
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn Lesson(state: LabState) -> impl IntoView {
    let scene = Memo::new(move |_| if state.free.get() { None } else { state.course.scene() });
    let begun = Memo::new(move |_| state.free.get() || state.watch.since.with(Option::is_some));
    client_only(view! {
        <section class="lesson" aria-labelledby="lesson-title" tabindex="0">
            <h2 id="lesson-title">
                {move || scene.with(|scene| scene.as_ref().map_or_else(
                    || t("Free play", "Freies Spiel").to_owned(), |scene| scene.title.clone()))}
            </h2>
            <div class="lesson-body">
                {move || begun.get().then(|| story(state))}
                {move || scene.get().map(|scene| text(state, scene))}
            </div>
            // The one live region of the page: what came of an action, when it has ended.
            <p id="outcome" class="unseen" role="status" aria-live="polite">
                {move || state.outcome.get()}
            </p>
        </section>
    })
}

/// What happened, in a few sentences. Each leads to its moment.
fn story(state: LabState) -> AnyView {
    let told = Memo::new(move |_| state.watch.story());
    let current = Memo::new(move |_| {
        let chosen = state.watch.chosen.get()?;
        told.with(|told| told.iter().rev().map(|sentence| sentence.seq).find(|seq| *seq <= chosen))
    });
    let line = move |sentence: &Sentence| {
        let seq = sentence.seq;
        let class = match sentence.mood() {
            Mood::Plain => "plain",
            Mood::Good => "good",
            Mood::Bad => "bad",
        };
        client_only(view! {
            <li class=class>
                <button type="button" class="line" aria-current=move || (current.get() == Some(seq)).then_some("step")
                    on:click=move |_| state.watch.chosen.set(Some(seq))>
                    {sentence.words(lang())}
                </button>
            </li>
        })
    };
    let lines = move || {
        told.with(|told| match told.as_slice() {
            [] if state.busy.with(Option::is_some) => {
                vec![client_only(view! { <li class="none">{t("It begins…", "Es geht los…")}</li> })]
            }
            [] => vec![client_only(
                view! { <li class="none">{t("Nothing has happened yet.", "Noch ist nichts geschehen.")}</li> },
            )],
            told => told.iter().map(line).collect(),
        })
    };
    let plain = move || (state.free.get()).then(|| state.outcome.get()).filter(|_| told.with(Vec::is_empty));
    client_only(view! {
        <div class="story">
            <h3 class="unseen">{t("What happened", "Was geschah")}</h3>
            <ol class="told">{lines}</ol>
            <p aria-hidden="true">{plain}</p>
        </div>
    })
}

fn text(state: LabState, scene: Scene) -> AnyView {
    let course = state.course;
    let steps = scene.run.len();
    let (before, captions) =
        (scene.before.clone(), scene.run.iter().map(|step| step.caption.clone()).collect::<Vec<_>>());
    let running = move || state.busy.with(Option::is_some);
    // The step under way, or the last one.
    let step = Memo::new(move |_| {
        let (done, busy) = (course.done.get(), running());
        if busy && state.watch.since.with(Option::is_some) { (done + 1).min(steps) } else { done }
    });
    let caption = move || {
        let at = step.get().checked_sub(1)?;
        let words = captions.get(at)?.clone();
        let place = (steps > 1).then(|| format!("{} {}/{steps}", t("Step", "Schritt"), at + 1));
        Some(client_only(view! {
            <p class="caption">
                {place.map(|place| client_only(view! { <span class="place">{place}</span> }))}
                {words}
            </p>
        }))
    };
    let over = Memo::new(move |_| course.is_over() && !running());
    client_only(view! {
        <div class="text">
            {move || (step.get() == 0).then(|| question(state, &before))}
            {caption}
            {move || over.get().then(|| after(state, &scene))}
        </div>
    })
}

/// Before the run: what will happen?
fn question(state: LabState, before: &crate::lab::model::scene::Before) -> AnyView {
    let chosen = state.course.answer;
    let answer = |(index, answer): (usize, &Answer)| {
        let Answer { text, right, reply } = answer.clone();
        let is_chosen = move || chosen.get() == Some(index);
        client_only(view! {
            <li>
                <button type="button" class="answer" aria-pressed=move || is_chosen().to_string()
                    on:click=move |_| chosen.set(Some(index))>
                    {text}
                </button>
                <p class="reply" class:good=right role="status">
                    {move || is_chosen().then(|| [if right { "✓ " } else { "✗ " }, &reply].concat())}
                </p>
            </li>
        })
    };
    client_only(view! {
        <p class="lead">{before.sentence.clone()}</p>
        <h3>{before.question.clone()}</h3>
        <ul class="answers">{before.answers.iter().enumerate().map(answer).collect::<Vec<_>>()}</ul>
    })
}

/// After the run: the rule, where it stands, what popular articles say, the other run, and the limits.
fn after(state: LabState, scene: &Scene) -> AnyView {
    let link = |link: &Link| {
        let label = link.label.clone();
        match link.href.clone() {
            Some(href) => client_only(view! { <li><a href=href rel="external">{label}</a></li> }),
            None => client_only(view! { <li><code>{label}</code></li> }),
        }
    };
    let myth = scene.myth.as_ref().map(|myth| {
        client_only(view! {
            <h3>{t("Often said", "Oft gesagt")}</h3>
            <p>{myth.said.clone()} " " {myth.shown.clone()}</p>
        })
    });
    let limits: Vec<AnyView> =
        scene.limits.iter().map(|limit| client_only(view! { <li>{limit.clone()}</li> })).collect();
    client_only(view! {
        <h3>{t("Why", "Warum")}</h3>
        <p class="rule">{scene.why.rule.clone()}</p>
        <ul class="links">{scene.why.links.iter().map(link).collect::<Vec<_>>()}</ul>
        {scene.break_it.as_ref().map(|data| broken(state, data))}
        {myth}
        <h3>{t("What this does not protect against", "Wovor das nicht schützt")}</h3>
        <ul class="limits">{limits}</ul>
    })
}

/// The same run with the one defence off, and what came of both side by side.
fn broken(state: LabState, data: &BreakIt) -> AnyView {
    let course = state.course;
    let off = labels::defence(data.defence);
    let results = move |at: usize| {
        course.results.with(|results| {
            results[at].iter().map(|words| client_only(view! { <li>{words.clone()}</li> })).collect::<Vec<_>>()
        })
    };
    let is_broken = move || course.results.with(|results| !results[1].is_empty());
    let (with, without) = (data.with.clone(), data.without.clone());
    let both = move || {
        is_broken().then(|| {
            client_only(view! {
                <div class="both">
                    <div class="with">
                        <h4>{[t("On: ", "An: "), off].concat()}</h4>
                        <p>"✓ " {with.clone()}</p>
                        <ol>{results(0)}</ol>
                    </div>
                    <div class="without">
                        <h4>{[t("Off: ", "Aus: "), off].concat()}</h4>
                        <p>"✗ " {without.clone()}</p>
                        <ol>{results(1)}</ol>
                    </div>
                </div>
            })
        })
    };
    client_only(view! {
        <h3>{t("Break it", "Mach es kaputt")}</h3>
        <p>{data.sentence.clone()}</p>
        <button type="button" class="break" aria-disabled=move || state.busy.with(Option::is_some).then_some("true")
            on:click=move |_| if state.busy.with_untracked(Option::is_none) { state.break_it() }>
            {[t("Run without: ", "Ablaufen lassen ohne: "), off].concat()}
        </button>
        {both}
    })
}
