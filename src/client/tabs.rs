//! Multi-tab coordination. A Web Lock serializes refreshes and a `BroadcastChannel` carries events,
//! never tokens. Both are optimizations: the server resolves races, so a tab goes on without a lock
//! that does not come in time, and never steals one.

use std::{cell::RefCell, time::Duration};

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, BroadcastChannel, MessageEvent};

use super::test_controls;
use crate::base_path;
use crate::dom;

const LOCK: &str = "two-tokens/refresh";
const CHANNEL: &str = "two-tokens";
/// A frozen tab may hold the lock forever. After this wait a tab goes on without it.
const LOCK_LIMIT: Duration = Duration::from_secs(10);

#[wasm_bindgen]
extern "C" {
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &JsValue,
        granted: &Closure<dyn FnMut(JsValue) -> js_sys::Promise>,
    ) -> Result<js_sys::Promise, JsValue>;
}

/// Locks and channels belong to the origin, so each base path has names of its own.
fn of_this_base_path(name: &str) -> String {
    [name, base_path::current().as_str()].concat()
}

/// Releases the Web Lock on drop.
struct LockGuard {
    release: js_sys::Function,
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

/// Runs `work` under the Web Lock, or without it when the lock is not available within
/// [`LOCK_LIMIT`].
pub async fn with_lock<T>(work: impl Future<Output = T>) -> T {
    let lock = acquire().await;
    let done = work.await;
    drop(lock);
    done
}

async fn acquire() -> Option<LockGuard> {
    if test_controls::locks_are_off() {
        return None;
    }
    let navigator = web_sys::window()?.navigator();
    let locks: LockManager = dom::property(&navigator, "locks")?.unchecked_into();
    let abort = AbortController::new().ok()?;
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"signal".into(), &abort.signal()).ok()?;

    let mut release = None;
    let held_until = js_sys::Promise::new(&mut |resolve, _| release = Some(resolve));
    let release = release?;
    let (granted, was_granted) = oneshot::channel();
    let mut granted = Some(granted);
    let callback = Closure::<dyn FnMut(JsValue) -> js_sys::Promise>::new(move |_| {
        if let Some(granted) = granted.take() {
            let _ = granted.send(());
        }
        held_until.clone()
    });
    let ended = locks.request(&of_this_base_path(LOCK), &options, &callback).ok()?;
    // The closure must outlive the request: the browser may call it until the request has settled.
    wasm_bindgen_futures::spawn_local(async move {
        let _ = JsFuture::from(ended).await;
        drop(callback);
    });
    match dom::with_timeout(LOCK_LIMIT, was_granted).await {
        Some(Ok(())) => Some(LockGuard { release }),
        Some(Err(_)) => None,
        None => {
            // A grant that is already under way is released at once.
            let _ = release.call0(&JsValue::UNDEFINED);
            abort.abort();
            None
        }
    }
}

/// A message between tabs. JSON in the `BroadcastChannel`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum TabEvent {
    SignedIn { session_id: String },
    SignedOut { session_id: String },
    Refreshed { session_id: String },
}

thread_local! {
    static CHANNEL_HANDLE: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
}

/// Subscribes to the other tabs' events. Where `BroadcastChannel` is missing, tabs learn of changes
/// at their next request.
pub fn listen(mut on_event: impl FnMut(TabEvent) + 'static) {
    if dom::property(&js_sys::global(), "BroadcastChannel").is_none() {
        return;
    }
    let Ok(channel) = BroadcastChannel::new(&of_this_base_path(CHANNEL)) else { return };
    dom::on(&channel, "message", move |event| {
        let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
        if let Some(event) = text.and_then(|text| serde_json::from_str(&text).ok()) {
            on_event(event);
        }
    });
    CHANNEL_HANDLE.set(Some(channel));
}

/// Sends `event` to the other tabs.
pub fn broadcast(event: &TabEvent) {
    CHANNEL_HANDLE.with_borrow(|channel| {
        if let (Some(channel), Ok(text)) = (channel, serde_json::to_string(event)) {
            let _ = channel.post_message(&text.into());
        }
    });
}

/// Resolves as soon as either future does.
pub async fn either<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) {
    let (a, b) = (std::pin::pin!(a), std::pin::pin!(b));
    match select(a, b).await {
        Either::Left(_) | Either::Right(_) => {}
    }
}
