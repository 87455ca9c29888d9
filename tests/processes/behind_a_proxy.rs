use axum::http::StatusCode;

use crate::support::Installation;

/// How many wrong passwords for as many accounts are verified when each claims another address (`X-Forwarded-For`).
async fn verified(more: &[&str]) -> usize {
    let installation = Installation::on_sqlite();
    let server = installation.serve(more).await;
    let mut client = server.client();
    for guess in 0..25 {
        let (claimed, email) = (format!("198.51.100.{guess}"), format!("p{guess}@example.com"));
        let fields = [("email", &*email), ("password", "not the right password")];
        let answer = client.post_with("/api/auth/login", &[("x-forwarded-for", &claimed)], &fields).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.headers["retry-after"], "1");
            return guess;
        }
        answer.refused(401, "invalid_credentials");
    }
    25
}

/// The connection's own address, which only the real listener knows.
#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_connection_counts_unless_it_is_a_named_proxy() {
    assert_eq!(verified(&[]).await, 20);
    assert_eq!(verified(&["--trusted-proxies", "127.0.0.1"]).await, 25);
}
