//! TLS of the server's own.

use std::path::PathBuf;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

use crate::support::{Client, Installation, PASSWORD, SELF_SIGNED, Server, Transport};

/// A certificate and its key, in files of the installation.
struct Files {
    cert: PathBuf,
    key: PathBuf,
}

impl Files {
    fn of(installation: &Installation) -> Self {
        let folder = installation.folder.path();
        Self { cert: folder.join("cert.pem"), key: folder.join("key.pem") }
    }

    /// Writes a new certificate for this name.
    fn renew(&self, name: &str) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        std::fs::write(&self.cert, pem("CERTIFICATE", made.cert.der())).unwrap();
        std::fs::write(&self.key, pem("PRIVATE KEY", &made.signing_key.serialize_der())).unwrap();
        made.cert.into()
    }

    fn settings<'a>(&'a self, public_url: &'a str) -> Vec<&'a str> {
        let [cert, key] = [&self.cert, &self.key].map(|path| path.to_str().unwrap());
        vec!["--tls-cert", cert, "--tls-key", key, "--public-url", public_url]
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The answer to a `GET` over TLS by a client that trusts this certificate alone; `None` when it trusts another one.
async fn get(server: &Server, name: &'static str, trusted: &CertificateDer<'static>, path: &str) -> Option<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let versions = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let versions = versions.with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(versions.with_root_certificates(roots).with_no_client_auth()));
    let stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let mut stream = connector.connect(ServerName::try_from(name).unwrap(), stream).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    Some(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_shown_after_a_hangup_and_a_broken_one_changes_nothing() {
    let installation = Installation::on_sqlite();
    let files = Files::of(&installation);
    let first = files.renew("app.example");
    let server = installation.serve(&files.settings("https://app.example")).await;
    // A handshake that is never finished holds nobody.
    let _silent = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let page = get(&server, "app.example", &first, "/login").await.expect("a trusted certificate");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("strict-transport-security: max-age=63072000\r\n"), "{page}");
    let address = format!("127.0.0.1:{}", server.port);
    let health = [&["health", "--addr", &address][..], &files.settings("https://app.example")].concat();
    assert!(installation.run(&health).contains("ready"));

    let second = files.renew("app.example");
    assert!(get(&server, "app.example", &second, "/healthz").await.is_none(), "not read yet");
    server.hang_up();
    let told = Instant::now();
    while get(&server, "app.example", &second, "/healthz").await.is_none() {
        assert!(told.elapsed() < Duration::from_secs(5), "the new certificate is not shown");
    }
    assert!(get(&server, "app.example", &first, "/healthz").await.is_none());

    std::fs::write(&files.cert, "no certificate").unwrap();
    server.hang_up();
    for _ in 0..3 {
        assert!(get(&server, "app.example", &second, "/healthz").await.is_some());
    }
    drop(server);
    let refused = installation.start_refused(&files.settings("https://app.example"));
    assert!(refused.contains("cert.pem cannot be read as certificates in PEM form"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hsts_is_for_more_than_the_host_only_where_an_operator_asks() {
    let installation = Installation::on_sqlite();
    let files = Files::of(&installation);
    let cert = files.renew("app.example");
    for (hsts, sent) in [
        ("off", None),
        ("subdomains", Some("max-age=63072000; includeSubDomains\r\n")),
        ("preload", Some("max-age=63072000; includeSubDomains; preload\r\n")),
    ] {
        let settings = [&files.settings("https://app.example")[..], &["--hsts", hsts]].concat();
        let server = installation.serve(&settings).await;
        let answer = get(&server, "app.example", &cert, "/healthz").await.unwrap();
        let found = answer.split_once("strict-transport-security: ").map(|(_, rest)| rest);
        assert_eq!(
            found.map(|rest| sent.is_some_and(|sent| rest.starts_with(sent))),
            sent.map(|_| true),
            "{hsts}: {answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_is_made_at_start_and_plain_http_gets_no_page() {
    let installation = Installation::on_sqlite();
    let settings = ["--tls", "self-signed", "--public-url", "https://localhost:3000", "--hsts", "preload"];
    let server = installation.serve(&settings).await;
    let address = format!("127.0.0.1:{}", server.port);
    assert!(installation.run(&[&["health", "--addr", &address][..], &settings].concat()).contains("ready"));
    let mut plain = TcpStream::connect(&address).await.unwrap();
    plain.write_all(b"GET /login HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
}

/// Signs in over HTTP/2, as a browser does, with HTTP/1.1 clients on the same port.
#[tokio::test(flavor = "multi_thread")]
async fn http_2_and_http_1_1_are_on_one_port_and_a_shutdown_under_load_loses_no_answer() {
    let installation = Installation::on_sqlite();
    let settings = [&SELF_SIGNED[..], &["--throttle", "off"]].concat();
    let mut server = installation.serve(&settings).await;
    let mut ada = server.registered("ada@example.com").await;
    ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    ada.refresh().await.expect(StatusCode::OK);
    let mut old = Client::of(Transport::http1(&server.base));
    old.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let begun = Arc::new(AtomicUsize::new(0));
    let tabs: Vec<_> = (0..40)
        .map(|number: usize| {
            let mut tab = if number.is_multiple_of(4) { old.clone() } else { ada.clone() };
            let begun = begun.clone();
            tokio::spawn(async move {
                let mut answered = 0;
                // An answer is whole; a connection that the server has closed takes no more requests.
                while let Some(answer) = tab.try_post("/api/notes/create", &[("title", "A"), ("body", "b")]).await {
                    assert!([200, 409].contains(&answer.status.as_u16()), "{answer:?}");
                    answered += 1;
                    begun.fetch_add(1, Ordering::Relaxed);
                }
                answered
            })
        })
        .collect();
    while begun.load(Ordering::Relaxed) < 80 {
        tokio::task::yield_now().await;
    }
    let told = Instant::now();
    server.signal();
    assert!(server.ended().await.success());
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    let mut answered = 0;
    for tab in tabs {
        answered += tab.await.unwrap();
    }
    let server = installation.serve(&settings).await;
    let mut ada = ada.at(&server);
    ada.refresh().await.expect(StatusCode::OK);
    // What was answered is written; what was written and not answered is what was under way.
    let notes = ada.notes().await.len();
    assert!(notes >= answered.min(1_000) && notes <= answered + 40, "{notes} notes, {answered} answers");
}
