//! Nothing that the lab shows, streams, exports or logs holds a token or a password: a whole story is played, and all of it is
//! searched for every secret that was seen on the way.

use std::{
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tracing_subscriber::{EnvFilter, Layer as _, filter::FilterExt as _, filter::dynamic_filter_fn, fmt, prelude::*};
use two_tokens::lab::model::event::{Action, Tamper};

use super::support::{Lab, Visitor};

/// The log of the whole process while `ON` is set: a server writes from many threads, so a subscriber of one
/// thread would miss most of it. Other tests that run meanwhile are in it too, which does no harm.
struct Captured;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ON: AtomicBool = AtomicBool::new(false);

impl Captured {
    fn start() {
        let only_while_on = dynamic_filter_fn(|_, _| ON.load(Ordering::Relaxed));
        let everything = EnvFilter::new("debug,two_tokens=trace");
        let layer = fmt::layer().json().with_writer(|| Self).with_filter(everything.and(only_while_on));
        tracing_subscriber::registry().with(layer).init();
        ON.store(true, Ordering::Relaxed);
    }

    fn stop() -> Vec<u8> {
        ON.store(false, Ordering::Relaxed);
        std::mem::take(&mut LOG.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn whole_story(visitor: &Visitor) {
    let actions = [
        Action::SignIn { tab2: false },
        Action::ExpireAccessToken,
        Action::SignInOtherDevice,
        Action::StealFromBoundDevice,
        Action::StealRefreshToken,
        Action::StealAccessToken,
        Action::ThiefCalls,
        Action::LeakDatabase,
        Action::Tamper { how: Tamper::Subject },
        Action::ChangePassword,
        Action::RotateKeys,
        Action::StealAndReplay { thief_first: false, within_grace: false },
        Action::SignIn { tab2: false },
        Action::SignOutEverywhere,
    ];
    for action in actions {
        visitor.act(action).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_shown_streamed_exported_or_logged() {
    Captured::start();
    let visitor = Lab::start().await.visitor().await;
    whole_story(&visitor).await;
    let secrets = visitor.browser.secrets.lock().unwrap().clone();
    assert!(secrets.len() >= 10, "{}", secrets.len());
    let export = serde_json::to_vec(&visitor.log().await).unwrap();
    let (stream, logs) = (visitor.stream.bytes.lock().unwrap().clone(), Captured::stop());
    assert!(!logs.is_empty() && stream.len() > 10_000);
    // The claims are no secret, so a signature alone is as good as the token: each part is a secret.
    let parts = secrets.iter().flat_map(|secret| secret.split('.')).filter(|part| part.len() > 8);
    for secret in parts {
        for (place, bytes) in [("export", &export), ("stream", &stream), ("logs", &logs)] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "the {place} holds {secret}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tokens_of_the_thief_and_of_the_other_device_are_not_shown_either() {
    let lab = Lab::start().await;
    let visitor = lab.visitor().await;
    whole_story(&visitor).await;
    let stream = String::from_utf8(visitor.stream.bytes.lock().unwrap().clone()).unwrap();
    assert!(!stream.contains("ttr_") && !stream.contains("eyJ"), "the shape of a token");
}
