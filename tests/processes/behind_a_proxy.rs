use axum::http::{Method, StatusCode};

use crate::{
    postgres::free_port,
    server::{Http, Server, Start},
};

/// How many wrong passwords for as many accounts are looked at, when each claims another address.
async fn looked_at(more: &[&str]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let secret_file = folder.path().join("secret");
    std::fs::write(&secret_file, two_tokens::auth::secret::ServerSecret::generate().to_text()).unwrap();
    let database_url = format!("sqlite://{}/a.db", folder.path().display());
    let start = Start { database_url: &database_url, secret_file: &secret_file, port: free_port(), more, prelude: "" };
    let server = Server::start(start).await;
    let http = Http::default();
    for guess in 0..25 {
        let claim = [("x-forwarded-for", format!("198.51.100.{guess}"))];
        let form = format!("email=p{guess}%40example.com&password=not+the+right+password");
        let url = format!("{}/api/auth/login", server.base);
        let answer = http.send(Method::POST, &url, &claim, &form).await.unwrap();
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.headers["retry-after"], "1");
            return guess;
        }
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
    }
    25
}

/// The connection's own address, which only the real listener knows.
#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_connection_counts_unless_it_is_a_named_proxy() {
    assert_eq!(looked_at(&[]).await, 20);
    assert_eq!(looked_at(&["--trusted-proxies", "127.0.0.1"]).await, 25);
}
