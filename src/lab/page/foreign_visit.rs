//! Pages in a frame that are not the app: an attacker's, or one with an injected script.

use leptos::prelude::*;

use super::state::LabState;
use crate::lab::model::event::ForeignOrigin;
use crate::lab::words::t;
use crate::lang::lang;

/// A visit of such a page.
#[derive(Clone, PartialEq, Eq)]
pub struct ForeignVisit {
    pub title: &'static str,
    pub address: String,
    /// Distinguishes repeated visits of one address.
    pub number: u32,
}

impl LabState {
    pub(super) fn visit(self, from: ForeignOrigin) -> Result<(), String> {
        let opened = self.opened.get_untracked().ok_or_else(no_sandbox)?;
        let origin = match from {
            ForeignOrigin::OtherSite => opened.other_site,
            ForeignOrigin::OtherPort => opened.other_port,
        };
        let origin = origin.ok_or_else(|| {
            t(
                "This lab has no second address to attack from: start it on your own machine.",
                "Dieses Labor hat keine zweite Adresse für Angriffe: Starte es auf deinem Rechner.",
            )
        })?;
        let own = window().location().origin().unwrap_or_default();
        let title = t("Somebody else's page", "Eine fremde Seite");
        self.show(title, format!("{origin}/attack?mount={}&origin={own}&lang={}", opened.mount, lang().tag()));
        Ok(())
    }

    pub(super) fn inject(self, policy: bool) -> Result<(), String> {
        let mount = self.mount().ok_or_else(no_sandbox)?;
        let title = t("A page with an injected script", "Eine Seite mit eingeschleustem Skript");
        self.show(title, format!("{mount}/-/injection?policy={}", if policy { "on" } else { "off" }));
        Ok(())
    }

    fn show(self, title: &'static str, address: String) {
        let number = self.visit.with_untracked(|visit| visit.as_ref().map_or(0, |visit| visit.number + 1));
        self.visit.set(Some(ForeignVisit { title, address, number }));
    }
}

pub(super) fn no_sandbox() -> &'static str {
    t("There is no sandbox yet.", "Es gibt noch keinen Sandkasten.")
}
