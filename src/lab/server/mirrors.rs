//! Mirrors: what a presenter's sandbox shows, for those who follow it with a code. A mirror has the picture and the story of the last
//! action, as `/learn` draws them: numbers of tokens and names of endpoints, and nothing that was typed or issued. It is drawn once for
//! all who follow, and belongs to the visitor, so it goes on in the sandbox that comes after a reset.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::AbortHandle,
    time::sleep,
};

use super::event_log::EventLog;
use super::learn::{picture, recording::RecordedStep};
use super::scenes::text::{Text, t};
use crate::auth::random;
use crate::clock::Timestamp;
use crate::lab::model::event::LogEvent;
use crate::lab::model::narration;
use crate::lang::Lang;

/// Mirrors of all visitors.
pub const MIRRORS_MAX: usize = 64;
/// Streams that follow one mirror: a large class.
pub const FOLLOWERS_PER_MIRROR: usize = 100;
/// Streams that follow any mirror.
pub const FOLLOWERS_MAX: usize = 512;
/// How long a mirror waits for its visitor's next sandbox.
const ORPHAN_KEPT: Duration = Duration::from_secs(2 * 60);
/// Strokes and sentences that a mirror shows: the newest.
const STROKES_MAX: usize = 60;
const SENTENCES_MAX: usize = 12;
/// Events that come this close together are drawn together.
const TOGETHER: Duration = Duration::from_millis(100);

const TITLE: Text = t("What the last action caused", "Was die letzte Aktion bewirkt hat");
const NOTHING_YET: Text = t("Nothing has happened yet.", "Noch ist nichts geschehen.");

/// Letters and digits that nobody confuses (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code: 50 bits, and who guesses one sees a lesson.
const CODE_LETTERS: usize = 10;

/// A code as it was typed, as [`Mirror::code`] has it: hyphens and spaces do not count, and letters that look like digits are digits.
pub fn code_of(typed: &str) -> String {
    typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(CODE_LETTERS + 1)
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        })
        .collect()
}

/// What is shown, as HTML in each language.
type Shown = Arc<[String; Lang::ALL.len()]>;

pub struct Mirror {
    pub code: String,
    shown: watch::Sender<Shown>,
    drawing: Mutex<Option<AbortHandle>>,
    places: Arc<Semaphore>,
}

impl Mirror {
    fn new() -> Arc<Self> {
        let code = random::bytes::<CODE_LETTERS>().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
        Arc::new(Self {
            code: code.into_iter().collect(),
            shown: watch::Sender::new(shown(&[])),
            drawing: Mutex::default(),
            places: Arc::new(Semaphore::new(FOLLOWERS_PER_MIRROR)),
        })
    }

    /// Draws the sandbox with this log from now on.
    fn turn_to(self: &Arc<Self>, log: &Arc<EventLog>) {
        let task = tokio::spawn(draw(Arc::downgrade(self), Arc::downgrade(log)));
        if let Some(before) = self.drawing().replace(task.abort_handle()) {
            before.abort();
        }
    }

    fn drawing(&self) -> MutexGuard<'_, Option<AbortHandle>> {
        self.drawing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        if let Some(task) = self.drawing().take() {
            task.abort();
        }
    }
}

/// Draws what a log has, and again with each new event. It holds neither the mirror nor the log while it waits.
async fn draw(mirror: Weak<Mirror>, log: Weak<EventLog>) {
    let Some(mut latest) = log.upgrade().map(|log| log.watch()) else { return };
    loop {
        latest.mark_unchanged();
        let Some(events) = log.upgrade().map(|log| log.after(0)) else { return };
        let events: Vec<LogEvent> = events.iter().map(|event| LogEvent::clone(event)).collect();
        let Some(mirror) = mirror.upgrade() else { return };
        mirror.shown.send_replace(shown(&events));
        drop(mirror);
        if latest.changed().await.is_err() {
            return;
        }
        sleep(TOGETHER).await;
    }
}

fn shown(events: &[LogEvent]) -> Shown {
    let mut step = last_story(events);
    let (strokes, sentences) = (step.strokes.len(), step.story.len());
    step.strokes.drain(..strokes.saturating_sub(STROKES_MAX));
    step.story.drain(..sentences.saturating_sub(SENTENCES_MAX));
    Arc::new(Lang::ALL.map(|lang| match step.strokes.is_empty() && step.story.is_empty() {
        true => format!("<p>{}</p>", NOTHING_YET.raw(lang)),
        false => picture::shown(&step, TITLE.raw(lang), lang),
    }))
}

/// What came of the last action.
fn last_story(events: &[LogEvent]) -> RecordedStep {
    let begin = narration::cause(events).map_or(0, |seq| events.partition_point(|event| event.seq < seq));
    let sentences = narration::story(events).into_iter().flat_map(|story| story.sentences);
    RecordedStep::of(events, begin, sentences.map(|sentence| sentence.fact))
}

/// Follows a mirror, in a language. It holds a place until it is dropped.
pub struct Following {
    shown: watch::Receiver<Shown>,
    lang: Lang,
    _places: [OwnedSemaphorePermit; 2],
}

impl Following {
    /// What is shown now, as HTML.
    pub fn now(&mut self) -> String {
        let index = Lang::ALL.iter().position(|lang| *lang == self.lang).unwrap_or(0);
        self.shown.borrow_and_update()[index].clone()
    }

    /// Waits until something else is shown; `false` once nothing will be.
    pub async fn changed(&mut self) -> bool {
        self.shown.changed().await.is_ok()
    }
}

/// The mirrors of all visitors, by their sandboxes.
pub struct Mirrors {
    by_sandbox: Mutex<HashMap<String, Kept>>,
    places: Arc<Semaphore>,
}

struct Kept {
    mirror: Arc<Mirror>,
    /// When a purge first found its sandbox gone.
    orphaned: Option<Timestamp>,
}

impl Default for Mirrors {
    fn default() -> Self {
        Self { by_sandbox: Mutex::default(), places: Arc::new(Semaphore::new(FOLLOWERS_MAX)) }
    }
}

impl Mirrors {
    /// The mirror of a sandbox, a new one if it has none; `None` if there are too many.
    pub fn of(&self, sandbox: &str, log: &Arc<EventLog>) -> Option<Arc<Mirror>> {
        let mut kept = self.kept();
        if let Some(kept) = kept.get(sandbox) {
            return Some(kept.mirror.clone());
        }
        if kept.len() >= MIRRORS_MAX {
            return None;
        }
        let mirror = Mirror::new();
        mirror.turn_to(log);
        kept.insert(sandbox.to_owned(), Kept { mirror: mirror.clone(), orphaned: None });
        Some(mirror)
    }

    /// A visitor has another sandbox now, and is followed there.
    pub fn moved(&self, from: &str, to: &str, log: &Arc<EventLog>) {
        let mut kept = self.kept();
        if let Some(Kept { mirror, .. }) = kept.remove(from) {
            mirror.turn_to(log);
            kept.insert(to.to_owned(), Kept { mirror, orphaned: None });
        }
    }

    /// The mirror with that code.
    pub fn find(&self, code: &str) -> Option<Arc<Mirror>> {
        self.kept().values().find(|kept| kept.mirror.code == code).map(|kept| kept.mirror.clone())
    }

    /// Follows a mirror; `None` if too many do.
    pub fn follow(&self, mirror: &Mirror, lang: Lang) -> Option<Following> {
        let of_mirror = mirror.places.clone().try_acquire_owned().ok()?;
        let of_all = self.places.clone().try_acquire_owned().ok()?;
        Some(Following { shown: mirror.shown.subscribe(), lang, _places: [of_mirror, of_all] })
    }

    /// Forgets the mirrors whose sandboxes are long gone: after a reset the visitor's next sandbox comes in a moment.
    pub fn purge(&self, now: Timestamp, is_alive: impl Fn(&str) -> bool) {
        self.kept().retain(|sandbox, kept| {
            if is_alive(sandbox) {
                return true;
            }
            *kept.orphaned.get_or_insert(now) > now.minus(ORPHAN_KEPT)
        });
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.by_sandbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::lab::model::event::LogEventKind;

    #[test]
    fn a_picture_that_is_followed_is_bounded() {
        let jump = |seq: u64| {
            let kind = LogEventKind::ClockJumped { seconds: seq };
            LogEvent { seq, at: Timestamp(0), elapsed: 0, exchange: None, kind }
        };
        let events: Vec<LogEvent> = (1..=5_000).map(jump).collect();
        for html in &*shown(&events) {
            assert_eq!(html.matches("<g class").count(), STROKES_MAX);
            assert!(html.len() < 30_000, "{}", html.len());
        }
    }

    #[tokio::test]
    async fn presenters_who_are_followed_are_bounded() {
        let (mirrors, log) = (Mirrors::default(), Arc::new(EventLog::new(Arc::new(SystemClock), 1024)));
        let share = |number: usize| mirrors.of(&number.to_string(), &log).map(|mirror| mirror.code.clone());
        let codes: Vec<_> = (0..MIRRORS_MAX).map_while(share).collect();
        assert_eq!((codes.len(), share(MIRRORS_MAX)), (MIRRORS_MAX, None));
        assert_eq!(share(0), Some(codes[0].clone()), "one that is shared already is found");
        mirrors.moved("0", "next", &log);
        assert_eq!((share(0), share(1)), (None, Some(codes[1].clone())), "the next sandbox has its place");
        let found_gone = Timestamp::from_secs(0);
        for now in [found_gone, found_gone.plus(ORPHAN_KEPT)] {
            mirrors.purge(now, |sandbox| sandbox != "next");
        }
        assert!(share(0).is_some_and(|code| code != codes[0]), "a sandbox that is gone keeps its place");
    }

    #[test]
    fn those_who_follow_any_presenter_are_bounded_too() {
        let mirrors = Mirrors::default();
        let all: Vec<_> = (0..=FOLLOWERS_MAX / FOLLOWERS_PER_MIRROR).map(|_| Mirror::new()).collect();
        let follow = || all.iter().find_map(|mirror| mirrors.follow(mirror, Lang::En));
        let mut following: Vec<_> = (0..FOLLOWERS_MAX).map_while(|_| follow()).collect();
        assert!(following.len() == FOLLOWERS_MAX && follow().is_none());
        following.pop();
        assert!(follow().is_some(), "one who has left keeps the place");
    }

    #[test]
    fn a_code_is_found_however_it_was_typed() {
        let mirror_code = "K7Q0A1XP4H";
        for typed in ["K7Q0A1XP4H", "k7q0a-1xp4h", " K7QOA-IXP4H ", "k7qoa lxp4h"] {
            assert_eq!(code_of(typed), mirror_code, "{typed}");
        }
        assert_ne!(code_of("K7Q0A1XP4HH"), mirror_code);
        assert!(code_of(&"é🦀 ".repeat(100_000)).is_empty());
    }
}
