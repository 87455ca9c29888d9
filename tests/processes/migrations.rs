//! Starts beside each other, and beside a newer version.

use axum::http::StatusCode;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use two_tokens::store;

use crate::support::{Databases, Installation};

pub(super) const NEWER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
     VALUES (9999, 'of tomorrow', TRUE, $1, 1)";

#[tokio::test(flavor = "multi_thread")]
async fn an_older_program_starts_on_a_newer_database() {
    let sqlite = Installation::on_sqlite();
    drop(sqlite.serve(&[]).await);
    let mut connection = SqliteConnection::connect(&sqlite.database_url).await.unwrap();
    sqlx::query(NEWER).bind(vec![1_u8; 48]).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let postgres = Installation::on(&Databases::shared().empty().await);
    drop(postgres.serve(&[]).await);
    let mut connection = PgConnection::connect(&postgres.database_url).await.unwrap();
    sqlx::query(NEWER).bind(vec![1_u8; 48]).execute(&mut connection).await.unwrap();
    for installation in [sqlite, postgres] {
        let server = installation.serve(&[]).await;
        server.registered("ada@example.com").await.me().await.expect(StatusCode::OK);
        let said = installation.run(&["keys", "list"]);
        assert!(said.contains("newer version of this program") && said.contains("9999"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn first_starts_at_once_make_the_tables_once() {
    for round in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = format!("sqlite://{}/a.db", folder.path().display());
        for url in [sqlite, Databases::shared().empty().await] {
            let starts = (0..6).map(|_| {
                let url = url.clone();
                tokio::spawn(async move { store::open(&url).await.map(|database| database.store()) })
            });
            for start in futures::future::join_all(starts).await {
                let store = start.unwrap().unwrap_or_else(|error| panic!("round {round}: {error}"));
                store.ping().await.unwrap();
            }
        }
    }
}

/// An older program works on the tables of a newer one.
#[test]
fn migrations_only_add() {
    for database in ["sqlite", "postgres"] {
        let folder = format!("{}/migrations/{database}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let statements = text.lines().map(|line| line.split("--").next().unwrap().to_uppercase());
            let removes = statements.filter(|line| ["DROP ", "RENAME "].iter().any(|word| line.contains(word)));
            assert_eq!(removes.collect::<Vec<_>>(), Vec::<String>::new(), "{}", path.display());
        }
    }
}
