//! What is deployed together (`docs/deploy/compose.yaml`): its proxy in front of two instances, and its settings.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::body::Body;
use axum::http::{Method, StatusCode};
use clap::CommandFactory as _;
use two_tokens::server::config::Config;

use crate::support::{Client, Databases, Installation, Server, Transport, free_port};

fn deployed(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/deploy").join(file)).unwrap()
}

/// The proxy, with the file that is deployed, for two servers of this machine and without TLS.
struct Proxy {
    child: Child,
    base: String,
    _folder: tempfile::TempDir,
}

impl Proxy {
    async fn start(port: u16, instances: [&Server; 2]) -> Self {
        let mut file = deployed("Caddyfile");
        for (name, server) in ["two-tokens-1:3000", "two-tokens-2:3000"].iter().zip(instances) {
            assert!(file.contains(name), "{file}");
            file = file.replace(name, &format!("127.0.0.1:{}", server.port));
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Caddyfile"), file).unwrap();
        let base = format!("http://localhost:{port}");
        let child = Command::new("caddy")
            .args(["run", "--adapter", "caddyfile", "--config", "Caddyfile"])
            .current_dir(&folder)
            .env("APP_HOST", &base)
            .envs(["XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| (name, folder.path())))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is no caddy: run script/bootstrap caddy");
        let proxy = Self { child, base, _folder: folder };
        // It has no other way to say that it listens.
        loop {
            let transport = Transport::from(proxy.base.as_str());
            let request = transport.request(Method::GET, "/readyz").body(Body::empty()).unwrap();
            match transport.send(request).await {
                Some(answer) if answer.status == StatusCode::OK => break,
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
        proxy
    }

    fn client(&self) -> Client {
        Client::of(self.base.as_str())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many access tokens an instance has accepted, by its metrics.
async fn accepted(metrics: u16) -> f64 {
    let mut scraper = Client::of(format!("http://127.0.0.1:{metrics}").as_str());
    let text = scraper.get("/metrics").await.expect(StatusCode::OK).body;
    let line =
        text.lines().find_map(|line| line.strip_prefix(r#"two_tokens_access_token_checks_total{outcome="accepted"} "#));
    line.expect("the metric").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_serves_one_session_by_two_instances_and_goes_on_with_one() {
    let installation = Installation::on(&Databases::shared().empty().await);
    let (port, metrics) = (free_port(), [free_port(), free_port()]);
    let url = format!("http://localhost:{port}");
    let settings = metrics.map(|port| format!("127.0.0.1:{port}"));
    let settings = settings.each_ref().map(|metrics| {
        ["--public-url", &url, "--trusted-proxies", "127.0.0.1", "--metrics-addr", metrics, "--shutdown-notice", "2s"]
    });
    let mut one = installation.serve(&settings[0]).await;
    let two = installation.serve(&settings[1]).await;
    let proxy = Proxy::start(port, [&one, &two]).await;

    let mut ada = proxy.client().signed_up("ada@example.com").await;
    for _ in 0..10 {
        // Twice, because an even number of requests a round would give all of one kind to one instance.
        ada.me().await.expect(StatusCode::OK);
        ada.me().await.expect(StatusCode::OK);
        ada.refresh().await.expect(StatusCode::OK);
    }
    let counts = [accepted(metrics[0]).await, accepted(metrics[1]).await];
    assert!(counts.iter().all(|&count| count >= 5.0) && counts.iter().sum::<f64>() == 20.0, "{counts:?}");

    // A client may claim any address; the proxy says where it came from, and the guesses are counted as one source's.
    let mut guessed = 0;
    let refused = loop {
        let (claimed, email) = (format!("198.51.100.{guessed}"), format!("p{guessed}@example.com"));
        let fields = [("email", &*email), ("password", "not the right password")];
        let answer = proxy.client().post_with("/api/auth/login", &[("x-forwarded-for", &claimed)], &fields).await;
        if answer.status != StatusCode::UNAUTHORIZED || guessed == 25 {
            break answer.status;
        }
        guessed += 1;
    };
    assert_eq!((refused, guessed), (StatusCode::TOO_MANY_REQUESTS, 20));

    // One shuts down while requests go on: none is lost.
    one.signal();
    while one.is_running() {
        ada.me().await.expect(StatusCode::OK);
    }
    for _ in 0..4 {
        ada.me().await.expect(StatusCode::OK);
        ada.refresh().await.expect(StatusCode::OK);
    }
}

/// The names of the settings, as environment variables.
fn settings() -> BTreeSet<String> {
    let command = Config::command();
    command.get_arguments().filter_map(|argument| Some(argument.get_env()?.to_str()?.to_owned())).collect()
}

#[test]
fn the_container_and_the_compose_file_name_settings_that_exist() {
    let settings = settings();
    for (file, at_least) in [("compose.yaml", 5), ("Dockerfile", 2), ("two-tokens.service", 3)] {
        let text = deployed(file);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let named: BTreeSet<_> = words.filter(|word| word.starts_with("TWO_TOKENS_")).collect();
        // Those of the build.
        let named = &named - &BTreeSet::from(["TWO_TOKENS_FEATURES", "TWO_TOKENS_BUILD"]);
        let unknown: Vec<_> = named.iter().filter(|name| !settings.contains(**name)).collect();
        assert!(unknown.is_empty() && named.len() >= at_least, "{file}: {unknown:?} of {named:?}");
    }
}

#[test]
fn the_unit_the_container_and_make_run_put_the_memory_of_hashes_into_large_pages() {
    const SETTING: &str = "glibc.malloc.hugetlb=1";
    for (file, line) in [
        ("docs/deploy/two-tokens.service", format!("Environment=GLIBC_TUNABLES={SETTING}")),
        ("docs/deploy/Dockerfile", format!("    GLIBC_TUNABLES={SETTING}")),
        ("script/run", format!("export GLIBC_TUNABLES=${{GLIBC_TUNABLES:-{SETTING}}}")),
    ] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        assert!(text.lines().any(|found| found == line), "{file}: {line}");
    }
}

#[test]
fn nothing_but_the_proxy_is_published_and_every_part_of_ours_has_a_read_only_root() {
    let text = deployed("compose.yaml");
    let published: Vec<_> = text.lines().filter(|line| line.trim_start().starts_with("ports:")).collect();
    assert_eq!(published, [r#"    ports: ["80:80", "443:443"]"#]);
    // Once for both instances.
    for rule in ["read_only: true", "cap_drop: [ALL]", r#"security_opt: ["no-new-privileges:true"]"#] {
        assert_eq!(text.matches(rule).count(), 3, "{rule}");
    }
}
