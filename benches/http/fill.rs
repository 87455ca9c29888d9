//! Databases with very many sessions, filled by SQL in one transaction. The rows have every column that a sign-in writes, and
//! their sessions belong to users that exist.

use std::{fs, path::Path};

use sqlx::{
    AssertSqlSafe, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{Failure, support::Installation};

/// Up to this number every session belongs to another user; above, each of so many users has several.
const USERS: u64 = 1_000_000;

#[derive(Clone, Copy)]
pub struct Size {
    pub sessions: u64,
    users: u64,
}

impl Size {
    pub fn of(sessions: u64) -> Self {
        Self { sessions, users: sessions.min(USERS) }
    }

    pub fn text(self) -> String {
        format!("{} sessions of {} users", thousands(self.sessions), thousands(self.users))
    }
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let grouped = digits
        .char_indices()
        .map(|(index, digit)| if index > 0 && index % 3 == first { format!(",{digit}") } else { digit.to_string() });
    grouped.collect()
}

/// The installation once more, with so many sessions and users beside the people who are registered there. Its server is not
/// running.
pub async fn copy_with(base: &Installation, size: Size) -> Result<Installation, Failure> {
    let copy = Installation::on_sqlite();
    for name in ["a.db", "secret"] {
        fs::copy(base.folder.path().join(name), copy.folder.path().join(name))?;
    }
    fill(&copy.folder.path().join("a.db"), size).await?;
    Ok(copy)
}

/// The ids lie evenly in the space of ids and are inserted in their order: that is fast, and the sessions of the people lie on
/// pages far from each other, as in a database that grew by itself.
async fn fill(file: &Path, Size { sessions, users }: Size) -> Result<(), Failure> {
    // The references are right by construction, and counted at the end. No journal: a fill that fails is thrown away, and the
    // server goes back to WAL.
    let options = SqliteConnectOptions::new()
        .filename(file)
        .foreign_keys(false)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-200000");
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let id = |number: &str, count: u64, end: &str| {
        format!("unhex(printf('%014x', ({number}) * {}) || {end})", (1_u64 << 56) / count)
    };
    let (user_end, session_end) = ("'000000000000000000'", "hex(randomblob(9))");
    let per_user = sessions.div_ceil(users);
    let numbers =
        |count: u64| format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count} - 1)");
    let fill_users = format!(
        "{} INSERT INTO users (id, email, password_hash, created_at, session_epoch) \
         SELECT {}, printf('%014x@example.org', i), model.password_hash, model.created_at, 0 \
         FROM n, (SELECT password_hash, created_at FROM users LIMIT 1) AS model",
        numbers(users),
        id("i", users, user_end),
    );
    // Neighbouring sessions belong to one user, so the index by user too is written in its order.
    let owner = id(&format!("i / {per_user}"), users, user_end);
    let fill_sessions = format!(
        "{} INSERT INTO sessions (id, user_id, salt, generation, parent, ring, created_at, last_used_at, idle_expires_at, \
         absolute_expires_at, device, authenticated_at) \
         SELECT {}, {owner}, randomblob(32), 0, NULL, x'', model.created_at, \
         model.last_used_at, model.idle_expires_at, model.absolute_expires_at + i, model.device, model.authenticated_at \
         FROM n, (SELECT * FROM sessions LIMIT 1) AS model",
        numbers(sessions),
        id("i", sessions, session_end),
    );
    let mut transaction = connection.begin().await?;
    for statement in [fill_users, fill_sessions] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    let count = "SELECT count(*) FROM sessions JOIN users ON users.id = sessions.user_id";
    let owned: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await?;
    if owned.unsigned_abs() < sessions {
        return Err(format!("of {sessions} sessions only {owned} have a user").into());
    }
    connection.close().await?;
    // Now, and not during the measurement.
    Ok(fs::File::open(file)?.sync_all()?)
}
