//! The lab's page: it reads the stream of events, has the tabs do what they are asked, and presses buttons.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::BodyExt as _;
use tokio::sync::watch;
use two_tokens::lab::model::event::{Action, LogEvent, OpenedSandbox, TabCommand};
use two_tokens::lab::server::sandboxes::Sandboxes;

use super::{Browser, Tab, story};
use crate::support::Answer;

/// LogEventKind came over the stream.
#[derive(Clone)]
pub struct Stream {
    pub events: Arc<Mutex<Vec<LogEvent>>>,
    pub bytes: Arc<Mutex<Vec<u8>>>,
    pub gone: watch::Sender<bool>,
    grew: watch::Sender<u64>,
    /// Deeds under way in the tabs.
    busy: watch::Sender<u32>,
}

impl Default for Stream {
    fn default() -> Self {
        let (events, bytes) = Default::default();
        Self {
            events,
            bytes,
            gone: watch::Sender::new(false),
            grew: watch::Sender::new(0),
            busy: watch::Sender::new(0),
        }
    }
}

pub struct Visitor {
    pub browser: Browser,
    pub opened: OpenedSandbox,
    pub tab: Tab,
    pub tab2: Tab,
    pub stream: Stream,
    pub(super) sandboxes: Arc<Sandboxes>,
}

impl Visitor {
    /// Reads the stream from after `seq` on, and has the tabs do what is asked.
    pub async fn follow(&self, seq: u64) {
        self.follow_from(seq, false).await;
    }

    /// The same; with `header`, as a browser that comes back says where it was.
    pub async fn follow_from(&self, seq: u64, header: bool) {
        let (after, last) = if header { ("0".to_owned(), seq.to_string()) } else { (seq.to_string(), String::new()) };
        let path = format!("{}/-/events?after={after}", self.opened.mount);
        let headers = [("last-event-id", &*last)];
        let headers = if header { &headers[..] } else { &[] };
        let (stream, tabs) = (self.stream.clone(), [self.tab.clone(), self.tab2.clone()]);
        let mut body = self.browser.stream(&path, headers).await;
        tokio::spawn(async move {
            let mut read = String::new();
            while let Some(Ok(frame)) = body.frame().await {
                let data = frame.into_data().unwrap_or_default();
                stream.bytes.lock().unwrap().extend_from_slice(&data);
                read.push_str(std::str::from_utf8(&data).unwrap());
                while let Some((block, rest)) = read.split_once("\n\n") {
                    take(block, &stream, &tabs);
                    read = rest.to_owned();
                }
            }
        });
    }

    pub async fn try_act(&self, action: Action) -> Answer {
        let path = format!("{}/-/act", self.opened.mount);
        self.browser.post(&path, &serde_json::to_string(&action).unwrap(), &[]).await
    }

    #[track_caller]
    pub fn act(&self, action: Action) -> impl Future<Output = Vec<LogEvent>> {
        let caller = std::panic::Location::caller();
        async move {
            let before = self.latest();
            let answer = self.try_act(action.clone()).await;
            assert_eq!(answer.status, axum::http::StatusCode::NO_CONTENT, "{caller} {action:?}: {:?}", answer.body);
            self.stream_has(self.latest()).await;
            let mut busy = self.stream.busy.subscribe();
            let idle = busy.wait_for(|deeds| *deeds == 0);
            tokio::time::timeout(Duration::from_secs(10), idle).await.expect("a tab is not done").unwrap();
            self.stream.events.lock().unwrap()[usize::try_from(before).unwrap()..].to_vec()
        }
    }

    fn latest(&self) -> u64 {
        self.sandboxes.find(&self.opened.mount["/lab/".len()..]).unwrap().log.latest()
    }

    async fn stream_has(&self, seq: u64) {
        let mut grew = self.stream.grew.subscribe();
        let all = grew.wait_for(|brought| *brought >= seq);
        tokio::time::timeout(Duration::from_secs(10), all).await.expect("the stream is behind").unwrap();
    }

    /// Waits until the log tells this.
    pub async fn until(&self, word: &str) {
        let mut grew = self.stream.grew.subscribe();
        let told = grew.wait_for(|_| story(&self.stream.events.lock().unwrap()).iter().any(|told| told == word));
        tokio::time::timeout(Duration::from_secs(10), told).await.expect(word).unwrap();
    }

    /// The whole log, as exported; the stream has brought all of it when this returns.
    pub async fn log(&self) -> Vec<LogEvent> {
        let log: Vec<LogEvent> = self.browser.get(&format!("{}/-/export.json", self.opened.mount)).await.parsed();
        self.stream_has(log.len() as u64).await;
        log
    }
}

fn take(block: &str, stream: &Stream, tabs: &[Tab; 2]) {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    match field("event") {
        Some("event") => {
            let event: LogEvent = serde_json::from_str(field("data").unwrap()).unwrap();
            assert_eq!(field("id").unwrap(), event.seq.to_string());
            let seq = event.seq;
            stream.events.lock().unwrap().push(event);
            stream.grew.send_replace(seq);
        }
        Some("ask") => {
            let command: TabCommand = serde_json::from_str(field("data").unwrap()).unwrap();
            let tab = tabs.iter().find(|tab| tab.who == command.tab).unwrap().clone();
            let busy = stream.busy.clone();
            busy.send_modify(|deeds| *deeds += 1);
            tokio::spawn(async move {
                tab.obey(command.task).await;
                busy.send_modify(|deeds| *deeds -= 1);
            });
        }
        Some("gone") => drop(stream.gone.send_replace(true)),
        _ => {}
    }
}
