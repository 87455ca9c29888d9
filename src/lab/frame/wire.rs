//! The lab's own connections in the browser: requests to the sandbox's control endpoints (`{mount}/-/…`), its event stream (SSE), and
//! the `BroadcastChannel` between the page and the tabs in its frames. None is part of the app, so none appears in the log.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, EventSource, MessageEvent, RequestInit};

use crate::dom::on;
use crate::lab::model::event::{Lifeline, TabCommand};
use crate::protocol::problem::Problem;

/// A message between the page and its frames. The serialized names are part of the wire format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum FrameMessage {
    /// This tab is loaded and accepts commands.
    #[serde(rename = "here")]
    Ready { tab: Lifeline },
    #[serde(rename = "please")]
    Command {
        #[serde(rename = "ask")]
        command: TabCommand,
    },
}

/// Posts JSON.
///
/// # Errors
/// A response other than 2xx, or an unreachable server, as a [`Problem`].
pub async fn post(path: &str, body: &impl Serialize) -> Result<String, Problem> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&serde_json::to_string(body).unwrap_or_default().into());
    let headers = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&headers, &"content-type".into(), &"application/json".into());
    init.set_headers(&headers);
    // A report must arrive even if the tab is closed.
    let _ = js_sys::Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE);
    send(path, &init).await.unwrap_or_else(|_| Err(Problem::unavailable("The lab's server cannot be reached.", 1)))
}

/// Posts JSON and parses the response.
///
/// # Errors
/// As [`post`], and if the response cannot be parsed.
pub async fn post_for<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Problem> {
    let text = post(path, body).await?;
    serde_json::from_str(&text)
        .map_err(|_| Problem::unavailable("The lab's server gave an answer that makes no sense.", 1))
}

async fn send(path: &str, init: &RequestInit) -> Result<Result<String, Problem>, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let answer: web_sys::Response = JsFuture::from(window.fetch_with_str_and_init(path, init)).await?.dyn_into()?;
    let text = JsFuture::from(answer.text()?).await?.as_string().unwrap_or_default();
    if answer.ok() {
        return Ok(Ok(text));
    }
    let unclear = || Problem::unavailable(format!("The lab's server refused this ({}).", answer.status()), 1);
    Ok(Err(serde_json::from_str(&text).unwrap_or_else(|_| unclear())))
}

/// A server-sent event stream; closed when dropped.
pub struct EventStream(EventSource);

impl EventStream {
    pub fn open(path: &str) -> Option<Self> {
        EventSource::new(path).ok().map(Self)
    }

    /// Calls `handler` with the data of every event of this type.
    pub fn on(&self, event: &str, mut handler: impl FnMut(String) + 'static) {
        on(&self.0, event, move |event| {
            let data = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
            handler(data.unwrap_or_default());
        });
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.0.close();
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
