//! How a token is shown: a shape, two words and six digits, never the token. The same token looks the same in every panel, and
//! two differ by shape and words, so that nobody needs to tell colours apart.

use leptos::prelude::*;

use crate::lab::event::{AccessSeen, Chip, RefreshSeen};
use crate::ui::at_once::in_browser;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Access,
    /// With its number, if its tag is genuine.
    Refresh(Option<u32>),
    /// A signature, a salt: what is no token.
    Other(&'static str),
}

impl Kind {
    fn name(self) -> String {
        match self {
            Kind::Access => "access token".to_owned(),
            Kind::Refresh(Some(number)) => format!("refresh token {number}"),
            Kind::Refresh(None) => "refresh token".to_owned(),
            Kind::Other(name) => name.to_owned(),
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Kind::Access => "chip access",
            Kind::Refresh(_) => "chip refresh",
            Kind::Other(_) => "chip",
        }
    }
}

const SHAPES: [&str; 6] = [
    "M8 1a7 7 0 1 0 .01 0z",
    "M2 2h12v12H2z",
    "M8 1l7.5 13.5H.5z",
    "M8 .5L15.5 8 8 15.5.5 8z",
    "M4.5 1.5h7L15.5 8l-4 6.5h-7L.5 8z",
    "M8 .5l2.2 4.9 5.3.5-4 3.6 1.2 5.2L8 12l-4.7 2.7 1.2-5.2-4-3.6 5.3-.5z",
];

fn shape(chip: &Chip) -> &'static str {
    let sum: usize = chip.hex.bytes().chain(chip.words.bytes()).map(usize::from).sum();
    SHAPES[sum % SHAPES.len()]
}

#[component]
pub fn ChipView(kind: Kind, chip: Chip) -> impl IntoView {
    view(kind, &chip)
}

pub fn view(kind: Kind, chip: &Chip) -> AnyView {
    let name = kind.name();
    let title = format!("{name} · {} {}", chip.words, chip.hex);
    in_browser(view! {
        <span class=kind.class() title=title>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d=shape(chip)></path></svg>
            <span>{name + " · "}<b>{chip.words.clone()}</b>" "<code>{chip.hex.clone()}</code></span>
        </span>
    })
}

pub fn access(token: &AccessSeen) -> AnyView {
    view(Kind::Access, &token.chip)
}

pub fn refresh(seen: &RefreshSeen) -> AnyView {
    view(Kind::Refresh(seen.generation), &seen.chip)
}
