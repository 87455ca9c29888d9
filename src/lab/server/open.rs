//! From the settings to the lab's routes: what `main` hands to the server, which does not know what it serves beside the app.

use std::sync::Arc;

use axum::Router;

use super::rooms::{Limits, Others, Rooms};
use super::sandbox::Base;
use super::{other_site, routes};
use crate::auth::password::PasswordHasher;
use crate::clock::{Clock, SystemClock};
use crate::server::{
    config::{Config, Lab},
    serve::{Beside, Error},
};

/// Sign-ins in all sandboxes that may wait for their hasher thread, which is not the app's.
const LOGINS_WAITING: usize = 32;

/// The lab's routes; none where it is off.
pub async fn beside(config: &Config, place: Beside) -> Result<Router, Error> {
    match rooms(config, &place, Arc::new(SystemClock)).await? {
        Some(rooms) => Ok(routes::router(rooms, place.state)?),
        None => Ok(Router::new()),
    }
}

/// The sandboxes, kept in order until the server stops. `clock` says how long one was not used.
pub async fn rooms(config: &Config, place: &Beside, clock: Arc<dyn Clock>) -> Result<Option<Arc<Rooms>>, Error> {
    let limits = match config.lab {
        Lab::Off => return Ok(None),
        Lab::Local => Limits::LOCAL,
        Lab::Public => Limits::PUBLIC,
    };
    let leptos = leptos::config::LeptosOptions::clone(&place.state.leptos);
    let passwords = PasswordHasher::start(1, LOGINS_WAITING)?;
    let base = Base { config: config.clone(), leptos, passwords };
    let others = match config.lab {
        Lab::Local => other_site::serve(&config.public_url, place.stopping.clone()).await?.unwrap_or_default(),
        _ => Others::default(),
    };
    let rooms = Rooms::new(base, limits, others, place.address, place.stopping.clone(), clock);
    tokio::spawn(rooms.clone().keep_house());
    Ok(Some(rooms))
}
