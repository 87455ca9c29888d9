//! Behind PgBouncer: Debian's, which knows nothing of prepared statements.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use futures::future::join_all;

use crate::support::{Client, Databases, Installation, Pooler, Server};

const UNTHROTTLED: &[&str] = &["--throttle", "off"];

/// Every kind of statement a few times: single ones, transactions, rotations that share one.
async fn use_everything(mut client: Client, round: usize) -> Client {
    for turn in 0..5 {
        client.refresh().await.expect(StatusCode::OK);
        let title = format!("{round}.{turn}");
        client.post("/api/notes/create", &[("title", &title), ("body", "")]).await.expect(StatusCode::OK);
        assert_eq!(client.notes().await.len(), turn + 1);
        client.get("/api/account/history").await.expect(StatusCode::OK);
    }
    client
}

/// The arguments with which `backup` calls `pg_dump`.
fn dumped_from(installation: &Installation) -> String {
    let folder = installation.folder.path();
    let (program, arguments) = (folder.join("pg_dump"), folder.join("arguments"));
    std::fs::write(&program, format!("#!/bin/sh\necho \"$@\" >{}\n", arguments.display())).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    installation.run_with_path(&["backup", folder.join("copy").to_str().unwrap()], &path);
    std::fs::read_to_string(arguments).unwrap()
}

async fn use_by_many(servers: &[&Server]) {
    let clients = (0..12).map(|index| {
        let client = servers[index % servers.len()].client();
        tokio::spawn(async move {
            let client = client.signed_up(&format!("ada{index}@example.com")).await;
            use_everything(client, index).await
        })
    });
    for client in join_all(clients).await {
        client.unwrap().get("/readyz").await.expect(StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_session_mode_needs_no_listen_address() {
    let pooler = Pooler::before(&Databases::shared().empty().await, "session", 40);
    let installation = Installation::on(&pooler.url);
    let server = installation.serve(UNTHROTTLED).await;
    use_by_many(&[&server]).await;
    let said = installation.doctor(&server);
    assert!(said.contains("ok    notifications of other instances arrive"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_transaction_mode_works_with_a_listen_address() {
    let direct = Databases::shared().empty().await;
    // Fewer sessions than clients: each transaction runs in whichever is free.
    let pooler = Pooler::before(&direct, "transaction", 5);
    let installation = Installation::on(&pooler.url).listening_at(&direct);
    let (one, two) = (installation.serve(UNTHROTTLED).await, installation.serve(UNTHROTTLED).await);
    use_by_many(&[&one, &two]).await;

    let mut here = one.registered("eve@example.com").await;
    let mut there = here.clone().at(&two);
    there.me().await.expect(StatusCode::OK);
    here.logout().await.expect(StatusCode::NO_CONTENT);
    let ended = Instant::now();
    while there.me().await.status == StatusCode::OK {
        assert!(ended.elapsed() < Duration::from_secs(1), "still accepted after a second");
    }
    installation.run(&["keys", "rotate"]);
    assert!(installation.run(&["users", "list"]).contains("eve@example.com"));
    let said = installation.doctor(&one);
    assert!(said.contains("ok    notifications of other instances arrive"), "{said}");
    assert!(dumped_from(&installation).contains(&direct), "pg_dump leaves settings behind in a session");
    use_everything(one.registered("zoe@example.com").await, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_transaction_mode_without_a_listen_address_is_refused() {
    let direct = Databases::shared().empty().await;
    let pooler = Pooler::before(&direct, "transaction", 20);
    let (mut installation, begun) = (Installation::on(&pooler.url), Instant::now());
    let names_the_mend = |said: &str| {
        let named = said.contains("pooler in transaction mode") && said.contains("set TWO_TOKENS_LISTEN_URL");
        assert!(named, "{said}");
    };
    names_the_mend(&installation.start_refused(&[]));
    assert!(begun.elapsed() < Duration::from_secs(3), "it waited for what could not come");
    // Nothing was made.
    let said = Installation::on(&direct).refused(&["doctor"]);
    assert!(said.contains("has no tables"), "{said}");
    // With tables it is the same.
    installation.listen_url = Some(direct.clone());
    drop(installation.serve(&[]).await);
    installation.listen_url = None;
    names_the_mend(&installation.refused(&["users", "list"]));
    let said = installation.refused(&["doctor"]);
    names_the_mend(&said);
    assert!(said.contains("WRONG notifications do not arrive"), "{said}");
    // They left nothing behind in the sessions of the pooler.
    let server = installation.listening_at(&direct).serve(UNTHROTTLED).await;
    use_by_many(&[&server]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listen_address_where_nothing_is_heard_is_refused() {
    let (direct, other) = (Databases::shared().empty().await, Databases::shared().empty().await);
    let pooler = Pooler::before(&direct, "transaction", 20);
    let refused = |listen: &str| Installation::on(&pooler.url).listening_at(listen).start_refused(&[]);
    let said = refused(&other);
    let (_, name) = other.rsplit_once('/').unwrap();
    assert!(said.contains("TWO_TOKENS_LISTEN_URL leads to the database") && said.contains(name), "{said}");
    let said = refused(&pooler.url);
    assert!(said.contains("TWO_TOKENS_LISTEN_URL leads to a pooler in transaction mode"), "{said}");
    let said = refused("postgres://tester@127.0.0.1:1/x");
    assert!(said.contains("TWO_TOKENS_LISTEN_URL: ") && said.contains("refused"), "{said}");
    // No table in either database.
    for url in [&direct, &other] {
        let said = Installation::on(url).refused(&["doctor"]);
        assert!(said.contains("has no tables"), "{said}");
    }
}
