//! What an operator's scraper reads, and what is built on it.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use two_tokens::server::metrics::Metrics;

use crate::support::{Authenticator, Client, Databases, Installation, PASSWORD, free_port};

/// The value of a series; `None` when it is not there.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test]
async fn a_scrape_counts_what_happened_and_is_not_on_the_public_address() {
    let (installation, port) = (Installation::on_sqlite(), free_port());
    let server = installation.serve(&["--metrics-addr", &format!("127.0.0.1:{port}")]).await;
    let mut scraper = Client::of(format!("http://127.0.0.1:{port}").as_str());
    let before = scraper.get("/metrics").await.expect(StatusCode::OK).body;
    assert_eq!(value(&before, r#"two_tokens_refreshes_total{outcome="rotated"}"#), Some(0.0), "{before}");

    let mut ada = server.registered("ada@example.com").await;
    ada.me().await.expect(StatusCode::OK);
    ada.refresh().await.expect(StatusCode::OK);
    server.client().login("ada@example.com", "not the password of Ada").await.refused(401, "invalid_credentials");
    server.client().login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    server.client().get("/such/a/page").await.expect(StatusCode::NOT_FOUND);
    ada.logout().await.expect(StatusCode::NO_CONTENT);

    let text = scraper.get("/metrics").await.expect(StatusCode::OK).body;
    for (series, expected) in [
        (r#"two_tokens_refreshes_total{outcome="rotated"}"#, 1.0),
        (r#"two_tokens_refreshes_total{outcome="reuse"}"#, 0.0),
        (r#"two_tokens_access_token_checks_total{outcome="accepted"}"#, 1.0),
        (r#"two_tokens_password_checks_total{outcome="wrong"}"#, 1.0),
        (r#"two_tokens_password_checks_total{outcome="right"}"#, 1.0),
        ("two_tokens_sessions_opened_total", 2.0),
        (r#"two_tokens_sessions_ended_total{reason="logout"}"#, 1.0),
        (r#"two_tokens_http_refusals_total{code="invalid_credentials"}"#, 1.0),
        (
            r#"two_tokens_http_request_duration_seconds_count{method="POST",route="/api/auth/refresh",status="200"}"#,
            1.0,
        ),
        (r#"two_tokens_http_request_duration_seconds_count{method="GET",route="none",status="404"}"#, 1.0),
        ("two_tokens_password_hashes_total", 3.0),
        ("two_tokens_ready", 1.0),
        ("two_tokens_cluster_link_up", 1.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series} in\n{text}");
    }
    assert!(!text.contains("ada"), "{text}");

    server.client().get("/metrics").await.expect(StatusCode::NOT_FOUND);
    scraper.get("/healthz").await.expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_browsers_do_for_bound_sessions_and_what_they_skip_is_counted() {
    let (installation, port) = (Installation::on_sqlite(), free_port());
    let server = installation.serve(&["--test-clock", "--metrics-addr", &format!("127.0.0.1:{port}")]).await;
    let (mut browser, device) = (server.client(), Authenticator::new());
    let challenge = browser.signed_up_with_offer("ada@example.com").await;
    let proof = device.registration(&challenge);
    let bound = browser.bind(&proof).await.expect(StatusCode::OK).json();
    let session_id = bound["session_identifier"].as_str().unwrap();
    browser.bind(&Authenticator::new().registration(&challenge)).await.refused(422, "validation_failed");
    browser.post("/test/clock", &[("seconds", "400")]).await;
    let skipped = [("secure-session-skipped", "server_error")];
    browser.post_with("/api/auth/refresh", &skipped, &[]).await.refused(403, "device_proof_required");
    let challenge = browser.renew(session_id, None).await.challenge();
    for key in [&Authenticator::new(), &device] {
        browser.renew(session_id, Some(&key.proof(&challenge))).await;
    }
    let late = browser.renew(session_id, Some(&device.proof(&challenge))).await;
    late.refused(403, "device_proof_required");
    browser.renew(session_id, Some("x")).await.refused(403, "device_proof_required");
    browser.renew("another", None).await.expect(StatusCode::OK);
    browser.refresh().await.expect(StatusCode::OK);

    let scraper = &mut Client::of(format!("http://127.0.0.1:{port}").as_str());
    let text = scraper.get("/metrics").await.expect(StatusCode::OK).body;
    for outcome in ["bound", "refused", "challenged", "renewed", "late", "malformed", "wrong_key", "ended"] {
        let series = format!(r#"two_tokens_device_bindings_total{{outcome="{outcome}"}}"#);
        assert_eq!(value(&text, &series), Some(1.0), "{series} in\n{text}");
    }
    for (series, expected) in [
        (r#"two_tokens_device_binding_skips_total{reason="server_error"}"#, 1.0),
        (r#"two_tokens_device_binding_skips_total{reason="unreachable"}"#, 0.0),
        (r#"two_tokens_refreshes_total{outcome="unbound"}"#, 1.0),
        (r#"two_tokens_refreshes_total{outcome="rotated"}"#, 1.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series} in\n{text}");
    }
}

#[tokio::test]
async fn the_end_of_a_session_on_another_instance_has_a_lag() {
    let (installation, port) = (Installation::on(&Databases::shared().empty().await), free_port());
    let first = installation.serve(&[]).await;
    let _second = installation.serve(&["--metrics-addr", &format!("127.0.0.1:{port}")]).await;
    first.registered("ada@example.com").await.logout().await.expect(StatusCode::NO_CONTENT);
    let mut scraper = Client::of(format!("http://127.0.0.1:{port}").as_str());
    let begin = std::time::Instant::now();
    loop {
        let text = scraper.get("/metrics").await.expect(StatusCode::OK).body;
        if value(&text, "two_tokens_revocation_lag_seconds_count") == Some(1.0) {
            assert!(value(&text, "two_tokens_revocation_lag_seconds_sum").unwrap() < 1.0, "{text}");
            return;
        }
        assert!(begin.elapsed().as_secs() < 5, "{text}");
    }
}

#[test]
fn alert_rules_and_dashboard_name_only_what_is_exported_and_the_document_all_of_it() {
    let known: BTreeSet<_> = Metrics::default().names().iter().cloned().collect();
    let named = |file: &str| -> BTreeSet<String> {
        let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(|word| word.starts_with("two_tokens_")).map(str::to_owned).collect()
    };
    for file in ["docs/metrics/alerts.yml", "docs/metrics/grafana.json"] {
        let named = named(file);
        assert!(named.len() >= 8, "{file}: {named:?}");
        assert_eq!(named.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "{file}");
    }
    let of_histograms = |name: &String| {
        ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).map(str::to_owned)
    };
    let series: BTreeSet<_> = known.iter().map(|name| of_histograms(name).unwrap_or_else(|| name.clone())).collect();
    assert_eq!(named("docs/metrics.md"), series);
}
