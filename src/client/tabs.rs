//! The other tabs of this browser. A lock keeps their refreshes apart and a channel tells them what happened; both are an
//! optimisation, because the server decides between racers. So a lock that does not come in time is done without, and never
//! stolen, and messages carry events, never tokens.

use std::{cell::RefCell, time::Duration};

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, BroadcastChannel, MessageEvent};

use super::page;
use crate::mount;

const LOCK: &str = "two-tokens/refresh";
const CHANNEL: &str = "two-tokens";
/// A frozen tab may hold the lock: after this the others go on without.
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

/// All mounts of one site share the browser's locks and channels.
fn of_this_mount(name: &str) -> String {
    [name, mount::current().as_str()].concat()
}

/// Releases the lock when dropped.
struct Lock {
    release: js_sys::Function,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

/// Runs `work` while no other tab refreshes, if that can be had in time.
pub async fn with_lock<T>(work: impl Future<Output = T>) -> T {
    let lock = acquire().await;
    let done = work.await;
    drop(lock);
    done
}

async fn acquire() -> Option<Lock> {
    let navigator = web_sys::window()?.navigator();
    let locks: LockManager = page::property(&navigator, "locks")?.unchecked_into();
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
    let ended = locks.request(&of_this_mount(LOCK), &options, &callback).ok()?;
    // The browser keeps calling into `callback` until the request ends, however it ends.
    wasm_bindgen_futures::spawn_local(async move {
        let _ = JsFuture::from(ended).await;
        drop(callback);
    });
    match page::within(LOCK_LIMIT, was_granted).await {
        Some(Ok(())) => Some(Lock { release }),
        Some(Err(_)) => None,
        None => {
            // Should the grant be on its way, it is let go at once.
            let _ = release.call0(&JsValue::UNDEFINED);
            abort.abort();
            None
        }
    }
}

/// What tabs tell each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    SignedIn { session_id: String },
    SignedOut { session_id: String },
    Refreshed { session_id: String },
}

thread_local! {
    static LINE: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
}

/// Hears what other tabs say. Without the channel tabs learn of each other from the server, at their next call.
pub fn listen(mut heard: impl FnMut(Event) + 'static) {
    if page::property(&js_sys::global(), "BroadcastChannel").is_none() {
        return;
    }
    let Ok(channel) = BroadcastChannel::new(&of_this_mount(CHANNEL)) else { return };
    page::on(&channel, "message", move |event| {
        let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
        if let Some(event) = text.and_then(|text| serde_json::from_str(&text).ok()) {
            heard(event);
        }
    });
    LINE.set(Some(channel));
}

pub fn tell(event: &Event) {
    LINE.with_borrow(|line| {
        if let (Some(line), Ok(text)) = (line, serde_json::to_string(event)) {
            let _ = line.post_message(&text.into());
        }
    });
}

/// Whichever of the two comes first.
pub async fn either<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) {
    let (a, b) = (std::pin::pin!(a), std::pin::pin!(b));
    match select(a, b).await {
        Either::Left(_) | Either::Right(_) => {}
    }
}
