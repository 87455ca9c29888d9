//! From the settings to the lab's routes: what `main` hands to the server, which does not know what it serves beside the app.

use std::sync::Arc;

use axum::Router;

use super::rooms::{Limits, Others, Rooms};
use super::routes;
use super::sandbox::Base;
use crate::auth::password::PasswordHasher;
use crate::server::{
    config::{Config, Lab},
    serve::{Beside, Error},
};

/// Sign-ins in all sandboxes that may wait for their hasher thread, which is not the app's.
const LOGINS_WAITING: usize = 32;

/// The lab's routes; none where it is off.
pub async fn beside(config: &Config, place: Beside) -> Result<Router, Error> {
    match rooms(config, &place).await? {
        Some(rooms) => Ok(routes::router(rooms, place.state)?),
        None => Ok(Router::new()),
    }
}

/// The sandboxes, kept in order until the server stops.
pub async fn rooms(config: &Config, place: &Beside) -> Result<Option<Arc<Rooms>>, Error> {
    let limits = match config.lab {
        Lab::Off => return Ok(None),
        Lab::Local => Limits::LOCAL,
        Lab::Public => Limits::PUBLIC,
    };
    let leptos = leptos::config::LeptosOptions::clone(&place.state.leptos);
    let passwords = PasswordHasher::start(1, LOGINS_WAITING)?;
    let base = Base { config: config.clone(), leptos, passwords };
    let rooms = Rooms::new(base, limits, Others::default(), place.address, place.stopping.clone());
    tokio::spawn(rooms.clone().keep_house());
    Ok(Some(rooms))
}
