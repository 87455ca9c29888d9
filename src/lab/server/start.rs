//! From the configuration to the lab's routes: the extra routes that `main` hands to the server (dependency injection, so the
//! server does not import the lab).

use std::sync::Arc;

use axum::Router;

use super::sandbox::{app::SandboxBase, folder};
use super::sandboxes::{ForeignOrigins, Limits, Sandboxes};
use super::{other_site, routes};
use crate::auth::password::hasher::PasswordHasher;
use crate::clock::{Clock, SystemClock};
use crate::server::config::Config;
use crate::server::loopback::Loopback;
use crate::server::serve::{Error, Starting};
use crate::server::tls::TlsContext;

/// Sign-ins of all sandboxes that may queue for their one hasher thread, which the app does not share.
const LOGINS_WAITING: usize = 32;

/// The visitors the lab is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// One machine, with a second address that plays another site.
    Local,
    /// Strangers: smaller, and without the other site.
    Public,
}

/// The lab's routes. `tls` is that of the server.
///
/// # Errors
/// If the hasher thread or the attacker's second port cannot be started.
pub async fn extra_routes(
    config: &Config,
    audience: Audience,
    tls: Option<TlsContext>,
    starting: Starting,
) -> Result<Router, Error> {
    let sandboxes = sandboxes(config, audience, tls, &starting, Arc::new(SystemClock)).await?;
    Ok(routes::router(sandboxes, starting.state)?)
}

/// The sandboxes, with a background task that purges idle ones until the server stops. `clock` measures idleness.
///
/// # Errors
/// If the hasher thread or the attacker's second port cannot be started.
pub async fn sandboxes(
    config: &Config,
    audience: Audience,
    tls: Option<TlsContext>,
    starting: &Starting,
    clock: Arc<dyn Clock>,
) -> Result<Arc<Sandboxes>, Error> {
    let limits = match audience {
        Audience::Local => Limits::LOCAL,
        Audience::Public => Limits::PUBLIC,
    };
    folder::remove_abandoned();
    let leptos = starting.state.leptos.clone();
    let passwords = PasswordHasher::start(1, LOGINS_WAITING)?;
    let base = SandboxBase { config: config.clone(), leptos, passwords, log_bytes: limits.log_bytes };
    let connector = tls.as_ref().map(TlsContext::connector).transpose()?;
    let server = Loopback::to(starting.address, connector);
    let stopping = starting.stopping.clone();
    let foreign_origins = match audience {
        Audience::Local => other_site::serve(&config.public_url, tls, stopping.clone()).await?.unwrap_or_default(),
        Audience::Public => ForeignOrigins::default(),
    };
    let sandboxes = Sandboxes::new(base, limits, foreign_origins, server, stopping, clock);
    tokio::spawn(sandboxes.clone().maintain());
    Ok(sandboxes)
}
