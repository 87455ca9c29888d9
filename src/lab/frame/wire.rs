//! The lab's own connections in the browser: requests to the sandbox's control endpoints (`{mount}/-/…`), its event stream (SSE), and
//! the `BroadcastChannel` between the page and the tabs in its frames. None is part of the app, so none appears in the log.

use futures::StreamExt as _;
use gloo_net::{eventsource::futures::EventSource, http::Request};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent, RequestInit};

use crate::dom::on;
use crate::lab::model::event::tagged::tagged;
use crate::lab::model::event::{Lifeline, TabCommand};
use crate::lab::words::{filled, t};
use crate::lang::{LANGUAGE_HEADER, lang};
use crate::protocol::problem::Problem;

/// A message between the lab's pages of this browser, and between a page and its frames. The serialized names are part of the wire format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum FrameMessage {
    /// This tab is loaded and accepts commands.
    #[serde(rename = "here")]
    Ready { tab: Lifeline },
    #[serde(rename = "please")]
    Command {
        #[serde(rename = "ask")]
        command: TabCommand,
    },
    /// Another page follows the sandbox from now on.
    Follows { page: String },
    /// It does no more.
    Left { page: String },
}

tagged!(FrameMessage, "word");

/// Posts JSON.
///
/// # Errors
/// A response other than 2xx, or an unreachable server, as a [`Problem`].
pub async fn post(path: &str, body: &impl Serialize) -> Result<String, Problem> {
    send(path, body).await.unwrap_or_else(|_| Err(unreachable()))
}

fn unreachable() -> Problem {
    Problem::unavailable(t("The lab's server cannot be reached.", "Der Server des Labors ist nicht erreichbar."), 1)
}

fn senseless() -> Problem {
    let words = t(
        "The lab's server gave an answer that makes no sense.",
        "Der Server des Labors gab eine Antwort, die keinen Sinn ergibt.",
    );
    Problem::unavailable(words, 1)
}

/// Posts JSON and parses the response.
///
/// # Errors
/// As [`post`], and if the response cannot be parsed.
pub async fn post_for<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Problem> {
    let text = post(path, body).await?;
    serde_json::from_str(&text).map_err(|_| senseless())
}

async fn send(path: &str, body: &impl Serialize) -> Result<Result<String, Problem>, gloo_net::Error> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&serde_json::to_string(body)?.into());
    // A report must arrive even if the tab is closed. gloo's builder has no `keepalive`.
    let _ = js_sys::Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE);
    let request = web_sys::Request::new_with_str_and_init(path, &init).map(Request::from);
    let request = request.map_err(|error| gloo_net::Error::GlooError(format!("{error:?}")))?;
    request.headers().set("content-type", "application/json");
    request.headers().set(LANGUAGE_HEADER, lang().tag());
    read(request).await
}

async fn read(request: Request) -> Result<Result<String, Problem>, gloo_net::Error> {
    let answer = request.send().await?;
    let text = answer.text().await?;
    if answer.ok() {
        return Ok(Ok(text));
    }
    let unclear = || {
        let words = t("The lab's server refused this ({}).", "Der Server des Labors hat das abgelehnt ({}).");
        Problem::unavailable(filled(words, &[&answer.status().to_string()]), 1)
    };
    Ok(Err(serde_json::from_str(&text).unwrap_or_else(|_| unclear())))
}

/// Gets JSON in the language of this page.
///
/// # Errors
/// As [`post_for`].
pub async fn get_for<T: DeserializeOwned>(path: &str) -> Result<T, Problem> {
    let request = Request::get(path).header(LANGUAGE_HEADER, lang().tag()).build();
    let answer = match request {
        Ok(request) => read(request).await,
        Err(error) => Err(error),
    };
    let text = answer.unwrap_or_else(|_| Err(unreachable()))?;
    serde_json::from_str(&text).map_err(|_| senseless())
}

/// A server-sent event stream (SSE); closed when dropped. The browser reconnects by itself.
pub struct EventStream(EventSource);

impl EventStream {
    pub fn open(path: &str) -> Option<Self> {
        EventSource::new(path).ok().map(Self)
    }

    /// Calls `handler` with the data of every event of this type, until the stream is closed.
    pub fn on(&mut self, event: &str, mut handler: impl FnMut(String) + 'static) {
        let Ok(mut messages) = self.0.subscribe(event) else { return };
        spawn_local(async move {
            while let Some(Ok((_, message))) = messages.next().await {
                handler(message.data().as_string().unwrap_or_default());
            }
        });
    }
}

/// The broadcast channel of one sandbox.
#[derive(Clone)]
pub struct FrameChannel(BroadcastChannel);

impl FrameChannel {
    pub fn open(mount: &str) -> Option<Self> {
        BroadcastChannel::new(&["two-tokens-lab", mount].concat()).ok().map(Self)
    }

    pub fn say(&self, message: &FrameMessage) {
        if let Ok(text) = serde_json::to_string(message) {
            let _ = self.0.post_message(&text.into());
        }
    }

    pub fn hear(&self, mut handler: impl FnMut(FrameMessage) + 'static) {
        on(&self.0, "message", move |event| {
            let text = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
            if let Some(message) = text.and_then(|text| serde_json::from_str(&text).ok()) {
                handler(message);
            }
        });
    }
}
