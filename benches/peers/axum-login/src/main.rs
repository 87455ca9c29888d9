//! axum-login with tower-sessions and their SQLite store: axum-login-peer PORT DATABASE EMAIL PASSWORD

use std::error::Error;

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend, UserId, login_required};
use serde::{Deserialize, Serialize};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::time::Duration};
use tower_sessions_sqlx_store::SqliteStore;

#[derive(Clone, Debug, sqlx::FromRow)]
struct User {
    id: i64,
    email: String,
    password_hash: String,
}

impl AuthUser for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.password_hash.as_bytes()
    }
}

#[derive(Clone, Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

#[derive(Clone)]
struct Backend(SqlitePool);

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = Credentials;
    type Error = sqlx::Error;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<User>, sqlx::Error> {
        let user: Option<User> = sqlx::query_as("SELECT id, email, password_hash FROM users WHERE email = ?")
            .bind(credentials.email)
            .fetch_optional(&self.0)
            .await?;
        // argon2id with 19 MiB and two passes is what password-auth does by default.
        let verified = tokio::task::spawn_blocking(move || {
            user.filter(|user| password_auth::verify_password(credentials.password, &user.password_hash).is_ok())
        });
        Ok(verified.await.ok().flatten())
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, sqlx::Error> {
        sqlx::query_as("SELECT id, email, password_hash FROM users WHERE id = ?").bind(id).fetch_optional(&self.0).await
    }
}

type Auth = axum_login::AuthSession<Backend>;

#[derive(Serialize)]
struct Me {
    id: i64,
    email: String,
}

async fn me(auth: Auth) -> Result<Json<Me>, StatusCode> {
    let user = auth.user.ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(Json(Me { id: user.id, email: user.email }))
}

/// The nearest that there is to a refresh: the session goes on under another id.
async fn refresh(auth: Auth) -> Result<Json<Me>, StatusCode> {
    auth.session.cycle_id().await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    me(auth).await
}

async fn login(mut auth: Auth, Json(credentials): Json<Credentials>) -> Result<Json<Me>, StatusCode> {
    let failed = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let user = auth.authenticate(credentials).await.map_err(failed)?.ok_or(StatusCode::UNAUTHORIZED)?;
    auth.login(&user).await.map_err(failed)?;
    Ok(Json(Me { id: user.id, email: user.email }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [port, database, email, password] = &arguments[..] else {
        return Err("axum-login-peer PORT DATABASE EMAIL PASSWORD".into());
    };
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePool::connect_with(options).await?;
    sqlx::query("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL)")
        .execute(&pool)
        .await?;
    sqlx::query("INSERT INTO users (email, password_hash) VALUES (?, ?)")
        .bind(email)
        .bind(password_auth::generate_hash(password))
        .execute(&pool)
        .await?;
    let store = SqliteStore::new(pool.clone());
    store.migrate().await?;
    let sessions = SessionManagerLayer::new(store).with_expiry(Expiry::OnInactivity(Duration::days(7)));
    let auth = AuthManagerLayerBuilder::new(Backend(pool), sessions).build();
    let protected = Router::new().route("/me", get(me)).route("/refresh", post(refresh));
    let app = protected
        .route_layer(login_required!(Backend))
        .route("/login", post(login))
        .layer(auth)
        .route("/open", get(async || "ok"));
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    Ok(axum::serve(listener, app).await?)
}
