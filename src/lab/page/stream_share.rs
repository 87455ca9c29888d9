//! How the lab's pages of one browser share its connections. A browser opens six to one host (HTTP/1.1), and each event stream
//! holds one for as long as it lasts: with six streams the whole site would wait. So only the newest few pages follow their
//! sandbox; an older one stops, says so, and goes on when it is looked at again. HTTP/2 has one connection for all streams: there
//! the places of a sandbox on the server are the limit.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
};

use crate::dom;
use crate::lab::frame::wire::{FrameChannel, FrameMessage};
use crate::ui::support::browser;

/// Pages of one browser that follow at once. It leaves half of the connections for everything else.
const FOLLOWING_MAX: usize = 3;
/// The same over HTTP/2. It leaves two streams of a sandbox for pages that are being reloaded.
const FOLLOWING_MAX_HTTP_2: usize = 6;

#[derive(Clone)]
pub struct StreamShare(Rc<Share>);

struct Share {
    page: String,
    channel: Option<FrameChannel>,
    follows: Cell<bool>,
    following_max: usize,
    /// The pages that began to follow after this one.
    newer: RefCell<HashSet<String>>,
}

impl StreamShare {
    /// Calls `stop` when this page must no longer follow. Lives as long as the page.
    pub fn new(mut stop: impl FnMut() + 'static) -> Self {
        let share = Self(Rc::new(Share {
            page: browser::random_uuid(),
            // Of all sandboxes: the connections are the browser's.
            channel: FrameChannel::open("/pages"),
            follows: Cell::new(false),
            following_max: if came_over_http_2() { FOLLOWING_MAX_HTTP_2 } else { FOLLOWING_MAX },
            newer: RefCell::default(),
        }));
        if let Some(channel) = &share.0.channel {
            let share = share.clone();
            channel.hear(move |message| {
                if share.0.has_no_place_after(message) {
                    share.leave();
                    stop();
                }
            });
        }
        if let Some(window) = web_sys::window() {
            let share = share.clone();
            dom::on(&window, "pagehide", move |_| share.leave());
        }
        share
    }

    /// This page is the newest that follows.
    pub fn follow(&self) {
        self.0.newer.borrow_mut().clear();
        self.0.follows.set(true);
        self.0.say(FrameMessage::Follows { page: self.0.page.clone() });
    }

    /// This page follows no more.
    pub fn leave(&self) {
        if self.0.follows.replace(false) {
            self.0.say(FrameMessage::Left { page: self.0.page.clone() });
        }
    }
}

impl Share {
    fn has_no_place_after(&self, message: FrameMessage) -> bool {
        let mut newer = self.newer.borrow_mut();
        match message {
            FrameMessage::Follows { page } => newer.insert(page),
            FrameMessage::Left { page } => newer.remove(&page),
            FrameMessage::Ready { .. } | FrameMessage::Command { .. } => false,
        };
        self.follows.get() && newer.len() >= self.following_max
    }

    fn say(&self, message: FrameMessage) {
        if let Some(channel) = &self.channel {
            channel.say(&message);
        }
    }
}

/// Whether this page came over HTTP/2 or later (Navigation Timing, `nextHopProtocol`).
fn came_over_http_2() -> bool {
    let performance = web_sys::window().and_then(|window| window.performance());
    let navigation = performance.map(|performance| performance.get_entries_by_type("navigation").get(0));
    let protocol = navigation.and_then(|entry| js_sys::Reflect::get(&entry, &"nextHopProtocol".into()).ok());
    protocol.and_then(|protocol| protocol.as_string()).is_some_and(|protocol| protocol == "h2" || protocol == "h3")
}
