//! The lab's setting on the command line, and the server with the lab beside the app.

use clap::ValueEnum;

use super::LAB;
use super::learn;
use super::start::{self, Audience};
use crate::api::edge::app_state::{AppState, ExtraLink};
use crate::server::config::{Config, ConfigError, refuse};
use crate::server::pages;
use crate::server::serve::{self, Error};
use crate::server::tls::Listener;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LabMode {
    Off,
    /// With a second address that plays another site.
    Local,
    /// For strangers: smaller, and without the other site.
    Public,
}

#[derive(Clone, Debug, clap::Args)]
pub struct LabOptions {
    /// The lab at `/lab`: sandboxes in which visitors watch and attack this app. `local` is for loopback addresses only.
    #[arg(long = "lab", global = true, env = "TWO_TOKENS_LAB", value_enum, default_value = "off")]
    pub mode: LabMode,
}

impl LabOptions {
    /// Checks the mode against the address.
    ///
    /// # Errors
    ///
    /// `local` on a server that others reach.
    pub fn check(&self, config: &Config) -> Result<(), ConfigError> {
        if self.mode == LabMode::Local {
            config.only_on_loopback("TWO_TOKENS_LAB", "local is for one person; public is made for strangers")?;
        }
        if self.mode != LabMode::Off && !config.base_path.is_root() {
            return refuse("TWO_TOKENS_LAB", "must be off with TWO_TOKENS_BASE_PATH: the lab is at /lab of the host");
        }
        Ok(())
    }

    /// The visitors the lab is for; `None` where it is off.
    pub fn audience(&self) -> Option<Audience> {
        match self.mode {
            LabMode::Off => None,
            LabMode::Local => Some(Audience::Local),
            LabMode::Public => Some(Audience::Public),
        }
    }
}

/// Serves the app with the lessons beside it, and the lab where it is on.
///
/// # Errors
///
/// Those of [`serve::run`], and the lab cannot be started.
pub async fn run(lab: &LabOptions, config: &Config, listener: Listener, state: AppState) -> Result<(), Error> {
    let (state, pages) = (with_link(state, lab.audience()), learn::beside(pages::pages()));
    let Some(audience) = lab.audience() else {
        return serve::run(config, listener, state, pages, serve::no_extra_routes).await;
    };
    let tls = listener.tls();
    let extra_routes = async |starting| start::extra_routes(config, audience, tls, starting).await;
    serve::run(config, listener, state, pages, extra_routes).await
}

/// The state whose pages lead to the lab, and where it is off to the lessons.
pub fn with_link(mut state: AppState, audience: Option<Audience>) -> AppState {
    state.extra_link = Some(match audience {
        None => ExtraLink { href: learn::LEARN, label: |lang| learn::LESSONS.raw(lang) },
        Some(_) => ExtraLink { href: LAB, label: |lang| lang.common_lab() },
    });
    state
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _, Parser as _};

    use super::*;

    #[test]
    fn local_is_refused_where_others_reach_it() {
        for arguments in [["--addr", "0.0.0.0:80"], ["--public-url", "https://app.example.com"]] {
            let config = Config::parse_from([&["two-tokens"][..], &arguments].concat());
            let command = LabOptions::augment_args(clap::Command::new("two-tokens"));
            let matches = command.get_matches_from(["two-tokens", "--lab", "local"]);
            let error = LabOptions::from_arg_matches(&matches).unwrap().check(&config).unwrap_err();
            assert_eq!(error.setting, "TWO_TOKENS_LAB");
        }
    }
}
