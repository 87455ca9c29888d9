//! What each button does, event by event.

use two_tokens::lab::event::Action;

use crate::support::{Lab, story};

#[tokio::test(flavor = "multi_thread")]
async fn signing_in() {
    let lab = Lab::start().await;
    let visitor = lab.visitor().await;
    let events = visitor.act(Action::SignIn { tab2: false }).await;
    assert_eq!(story(&events), ["Tab POST /api/auth/login", "password true", "row 0 12", "200"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_is_refreshed_and_the_call_repeated() {
    let lab = Lab::start().await;
    let visitor = lab.signed_in().await;
    let events = visitor.act(Action::ExpireAccessToken).await;
    assert_eq!(
        story(&events),
        [
            "jump 901",
            "Tab GET /api/notes/list",
            "access Expired",
            "401 access_token_expired",
            "Tab POST /api/auth/refresh",
            "Rotate 0",
            "swapped true",
            "row 1 5",
            "200",
            "Tab GET /api/notes/list",
            "access Valid",
            "200",
        ]
    );
}
