//! What both databases do about migrations. They only add, so an older program works on a newer database: a release can be
//! rolled back, and old and new servers run side by side.

use sqlx::migrate::{MigrateError, Migrator};

use crate::auth::store::StoreError;

/// The versions that were applied.
pub(super) const APPLIED: &str = "SELECT version FROM _sqlx_migrations ORDER BY version";

/// Says that the database is newer than this program.
pub(super) fn log_newer(migrator: &Migrator, applied: &[i64]) {
    let newer: Vec<_> = applied.iter().filter(|version| !migrator.version_exists(**version)).collect();
    if !newer.is_empty() {
        tracing::warn!(
            ?newer,
            "a newer version of this program has migrated the database: this one works with it, because migrations only add"
        );
    }
}

/// Maps a failed migration.
pub(super) fn failed(error: MigrateError) -> StoreError {
    StoreError::Unavailable(format!("running the migrations: {error}"))
}
