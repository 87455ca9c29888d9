//! Nothing that the lab shows, streams, exports or logs holds a token or a password: a whole story is played, and all of it is
//! searched for every secret that was seen on the way.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use two_tokens::lab::event::{Action, Tamper};

use crate::support::{Lab, Visitor};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
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
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt().json().with_env_filter("debug,two_tokens=trace");
    subscriber.with_writer(move || writer.clone()).init();
    let visitor = Lab::start().await.visitor().await;
    whole_story(&visitor).await;
    let secrets = visitor.browser.secrets.lock().unwrap().clone();
    assert!(secrets.len() >= 10, "{}", secrets.len());
    let export = serde_json::to_vec(&visitor.log().await).unwrap();
    let (stream, logs) = (visitor.stream.bytes.lock().unwrap().clone(), captured.0.lock().unwrap().clone());
    assert!(!logs.is_empty() && stream.len() > 10_000);
    // A signature is as good as the token to who has the claims, so each part is a secret.
    let parts = secrets.iter().flat_map(|secret| secret.split('.')).filter(|part| part.len() > 8);
    for secret in parts {
        for (place, bytes) in [("export", &export), ("stream", &stream), ("logs", &logs)] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "the {place} holds {secret}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_thiefs_and_the_other_devices_tokens_are_not_shown_either() {
    let lab = Lab::start().await;
    let visitor = lab.visitor().await;
    whole_story(&visitor).await;
    let stream = String::from_utf8(visitor.stream.bytes.lock().unwrap().clone()).unwrap();
    assert!(!stream.contains("ttr_") && !stream.contains("eyJ"), "the shape of a token");
}
