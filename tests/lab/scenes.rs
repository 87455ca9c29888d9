//! Every scene of the course, run in a sandbox of its own over HTTP: the events that it must cause, the story that it must tell, and
//! what becomes of it with its one defence off. What an injected script reads and what a browser sends along for another site are
//! played here as browsers do them; `end2end/tests/lab.spec.ts` holds a real browser to the same.

use std::path::Path;

use axum::http::Method;
use serde_json::json;
use two_tokens::lab::model::event::{Action, Defence, ForeignOrigin, Lifeline, LogEvent, LogEventKind, TokenStorage};
use two_tokens::lab::model::lever::{LeverEffect, LeverGroup};
use two_tokens::lab::model::narration::{self, Sentence};
use two_tokens::lab::model::scene::{Scene, Word};
use two_tokens::lab::server::learn::recording::{self, RecordedStep, Recording};
use two_tokens::lab::server::scenes::{SCENES, SceneData};
use two_tokens::lang::Lang;

use super::support::{Lab, Visitor, story};

/// What one step of a run caused.
struct Ran {
    /// Everything up to the end of the step.
    log: Vec<LogEvent>,
    /// The index of its first event.
    begin: usize,
    told: Vec<Sentence>,
}

impl Ran {
    fn events(&self) -> &[LogEvent] {
        &self.log[self.begin..]
    }

    fn words(&self) -> Vec<String> {
        self.told.iter().map(|sentence| sentence.words(Lang::En)).collect()
    }
}

/// Runs a scene from its prelude on; with that defence off as far as the step where the runs differ, as the lab's page does.
async fn run(lab: &Lab, scene: &SceneData, off: Option<Defence>) -> Vec<Ran> {
    let differ = scene.break_it.as_ref().filter(|_| off.is_some()).map(|data| data.step);
    let visitor = lab.visitor().await;
    if let Some(defence) = off {
        visitor.act(Action::Weaken { defence, weak: true }).await;
    }
    for effect in scene.prelude {
        cause(&visitor, effect, off).await;
    }
    if scene.two_tabs {
        visitor.tab2.refresh().await;
    }
    let mut steps = Vec::new();
    for step in scene.run {
        let begin = visitor.log().await.len();
        let mut told: Vec<Sentence> = Vec::new();
        let mut log = Vec::new();
        for effect in step.effects {
            let before = visitor.log().await.len() as u64;
            cause(&visitor, effect, off).await;
            log = in_order(visitor.log().await);
            let story = narration::story(&log).filter(|story| story.from > before);
            told.extend(story.into_iter().flat_map(|story| story.sentences));
        }
        steps.push(Ran { log, begin, told });
        if Some(step.id) == differ {
            break;
        }
    }
    // Makes room for the next one.
    visitor.try_act(Action::Reset).await;
    steps
}

async fn cause(visitor: &Visitor, effect: &LeverEffect, off: Option<Defence>) {
    match effect {
        LeverEffect::Run(action) => drop(visitor.act(action.clone()).await),
        LeverEffect::Attack(from) => attack(visitor, *from).await,
        LeverEffect::Inject { policy } => inject(visitor, *policy, off).await,
        LeverEffect::Arrive => panic!("a person follows the link"),
    }
}

/// What the page of `src/lab/server/other_site.rs` makes a browser send.
async fn attack(visitor: &Visitor, from: ForeignOrigin) {
    let site = match from {
        ForeignOrigin::OtherSite => "cross-site",
        ForeignOrigin::OtherPort => "same-site",
    };
    let own = [("sec-fetch-site", site), ("origin", "http://evil.example")];
    for (method, path) in
        [(Method::POST, "/api/auth/logout"), (Method::GET, "/api/account/me"), (Method::POST, "/api/auth/refresh")]
    {
        visitor.browser.send_as(method, &[&*visitor.opened.mount, path].concat(), &own).await;
    }
}

/// What `src/lab/server/injection.js` finds in a browser.
async fn inject(visitor: &Visitor, policy: bool, off: Option<Defence>) {
    let page = format!("{}/-/injection?policy={}", visitor.opened.mount, if policy { "on" } else { "off" });
    let answer = visitor.browser.get(&page).await;
    let runs = answer.headers["content-security-policy"].to_str().unwrap().contains("'unsafe-inline'");
    assert_eq!(runs, !policy);
    let http_only = answer.set_cookies().iter().any(|line| line.contains("; HttpOnly"));
    assert_eq!(http_only, off != Some(Defence::HttpOnly));
    let storages =
        [TokenStorage::LocalStorage, TokenStorage::ReadableCookie, TokenStorage::Memory, TokenStorage::HttpOnlyCookie];
    let found = storages.map(|storage| {
        let read = runs && !(storage == TokenStorage::HttpOnlyCookie && http_only);
        json!({ "storage": storage, "read": read, "used": runs, "survives": storage != TokenStorage::Memory })
    });
    let body = json!({ "content_policy": policy, "results": found }).to_string();
    visitor.browser.post(&format!("{}/-/probed", visitor.opened.mount), &body, &[]).await;
}

/// The log as if the first of two tabs were always the first to refresh: which of them is, is chance.
fn in_order(mut events: Vec<LogEvent>) -> Vec<LogEvent> {
    let race =
        events.iter().rposition(|event| matches!(&event.kind, LogEventKind::Acted { action: Action::RaceTwoTabs }));
    let Some(race) = race else { return events };
    let first = events[race..].iter().find_map(|event| match &event.kind {
        LogEventKind::Request(request) if request.path == "/api/auth/refresh" => Some(request.from),
        _ => None,
    });
    if first == Some(Lifeline::Tab2) {
        let swap = |who: &mut Lifeline| match who {
            Lifeline::Tab => *who = Lifeline::Tab2,
            Lifeline::Tab2 => *who = Lifeline::Tab,
            _ => {}
        };
        for event in &mut events[race..] {
            match &mut event.kind {
                LogEventKind::Request(request) => swap(&mut request.from),
                LogEventKind::Response(response) => swap(&mut response.to),
                LogEventKind::Lost { to } => swap(to),
                LogEventKind::Seen { tab, .. } => swap(tab),
                _ => {}
            }
        }
    }
    events
}

/// The first of these words that is not among the told ones, in this order.
fn missing<'w>(told: &[String], wanted: &[&'w str]) -> Option<&'w str> {
    let mut told = told.iter();
    wanted.iter().find(|word| !told.any(|one| one == *word)).copied()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scene_causes_its_events_and_tells_its_story() {
    let lab = Lab::start().await;
    for scene in SCENES {
        for (step, ran) in scene.run.iter().zip(run(&lab, scene, None).await) {
            let events = story(ran.events());
            let missing = missing(&events, step.expects);
            assert_eq!(missing, None, "{}/{}: {events:#?}", scene.id, step.id);
            assert_eq!(ran.words(), step.tells, "{}/{}", scene.id, step.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_defence_a_scene_ends_as_it_says() {
    let lab = Lab::start().await;
    let mut off = Vec::new();
    for scene in SCENES {
        let Some(data) = &scene.break_it else { continue };
        let ran = run(&lab, scene, Some(data.defence)).await;
        let at = scene.run.iter().position(|step| step.id == data.step).unwrap();
        assert_eq!(missing(&ran[at].words(), data.tells), None, "{}: {:#?}", scene.id, ran[at].words());
        assert_ne!(ran[at].words(), scene.run[at].tells, "{}: nothing has changed", scene.id);
        let forged = |ran: &&Ran| story(ran.events()).iter().any(|word| word == "Thief GET /api/account/me");
        for ran in ran.iter().filter(forged) {
            assert_eq!(ran.words(), data.tells, "{}: each forgery gets in", scene.id);
            assert_eq!(missing(&story(ran.events()), &["access Valid", "200"]), None, "{}", scene.id);
        }
        off.push(data.defence);
    }
    // These have their two sides within the scenes themselves.
    off.extend([Defence::ContentPolicy, Defence::SameSite, Defence::DeviceBinding]);
    for defence in Defence::ALL {
        assert!(off.contains(&defence), "{defence:?}");
    }
    for scene in SCENES.into_iter().filter(|scene| !scene.run.is_empty()) {
        assert!(scene.break_it.is_some(), "{} has nothing to take away", scene.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_labs_page_gets_the_scenes_in_its_language() {
    let lab = Lab::start().await;
    let browser = lab.browser();
    let scenes = async |language: &str| -> Vec<Scene> {
        let headers = [("accept-language", language)];
        browser.send(Method::GET, "/lab/scenes.json", "", &headers).await.unwrap().parsed()
    };
    let (english, german) = (scenes("en").await, scenes("de").await);
    assert_eq!(english.len(), SCENES.len());
    assert_eq!((&*english[0].title, &*german[0].title), ("Sign in: what lives where", "Anmelden: was wo liegt"));
    let words: Vec<Word> =
        browser.send(Method::GET, "/lab/words.json", "", &[("accept-language", "de")]).await.unwrap().parsed();
    assert_eq!((&*words[3].forms[0], &*words[3].scene), ("Refresh-Token", "sign-in"));
    let levers: Vec<LeverGroup> =
        browser.send(Method::GET, "/lab/levers.json", "", &[("accept-language", "de")]).await.unwrap().parsed();
    assert_eq!((&*levers[0].name, &*levers[0].levers[0].name), ("An- und Abmelden", "Anmelden"));
    let off = |scenes: &[Scene], id: &str| {
        let scene = scenes.iter().find(|scene| scene.id == id).unwrap();
        scene.break_it.as_ref().unwrap().off.clone()
    };
    assert_eq!(off(&english, "two-tabs"), "Grace for requests under way");
    assert_eq!(off(&german, "two-tabs"), "Frist für Anfragen unterwegs");
    assert!(german[0].why.rule.replace('\u{a0}', " ").contains("15 Minuten"), "{}", german[0].why.rule);
}

/// What a run shows, as it is recorded for `/learn`.
fn recorded(scene: &SceneData, ran: &[Ran]) -> Recording {
    let steps = scene.run.iter().zip(ran).map(|(step, ran)| {
        let story = ran.told.iter().map(|sentence| sentence.fact.clone());
        (step.id.to_owned(), RecordedStep::of(&ran.log, ran.begin, story))
    });
    steps.collect()
}

/// In any order: which of two tabs sends its call first is chance.
fn sorted(recording: &Recording) -> Vec<(String, RecordedStep)> {
    let steps = recording.iter().map(|(id, step)| {
        let mut step = step.clone();
        step.strokes.sort();
        (id.clone(), step)
    });
    steps.collect()
}

/// `script/record-scenes` writes them anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_runs_are_those_of_today() {
    let lab = Lab::start().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lab/server/learn/runs");
    for scene in SCENES.into_iter().filter(|scene| !scene.run.is_empty()) {
        let today = recorded(scene, &run(&lab, scene, None).await);
        if std::env::var_os("TWO_TOKENS_RECORD").is_some() {
            std::fs::write(folder.join(scene.id).with_extension("json"), recording::written(&today)).unwrap();
            continue;
        }
        let kept = recording::of(scene.id).unwrap_or_else(|| panic!("{} is not recorded", scene.id));
        assert_eq!(sorted(&today), sorted(&kept), "{}: run script/record-scenes", scene.id);
    }
}
