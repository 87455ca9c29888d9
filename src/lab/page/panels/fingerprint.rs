//! A token's fingerprint on the page: a shape, two words and six digits (an identicon), never the token. The same token looks the
//! same in every panel, and two tokens differ by shape and words, so nothing depends on colour (WCAG 1.4.1).

use super::super::diagram::escape;
use crate::lab::model::event::{AccessSeen, Fingerprint, RefreshSeen};
use crate::lab::words::t;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FingerprintKind {
    Access,
    /// With its generation, if its tag is genuine.
    Refresh(Option<u32>),
    /// Not a token: a signature, a salt.
    Other(&'static str),
}

impl FingerprintKind {
    fn name(self) -> String {
        match self {
            FingerprintKind::Access => t("access token", "Access-Token").to_owned(),
            FingerprintKind::Refresh(Some(number)) => {
                [t("refresh token ", "Refresh-Token "), &number.to_string()].concat()
            }
            FingerprintKind::Refresh(None) => t("refresh token", "Refresh-Token").to_owned(),
            FingerprintKind::Other(name) => name.to_owned(),
        }
    }

    const fn class(self) -> &'static str {
        match self {
            FingerprintKind::Access => "chip access",
            FingerprintKind::Refresh(_) => "chip refresh",
            FingerprintKind::Other(_) => "chip",
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

fn shape(fingerprint: &Fingerprint) -> &'static str {
    let sum: usize = fingerprint.hex.bytes().chain(fingerprint.words.bytes()).map(usize::from).sum();
    SHAPES[sum % SHAPES.len()]
}

pub fn chip(kind: FingerprintKind, fingerprint: &Fingerprint) -> String {
    let name = kind.name();
    let (words, hex) = (escape(&fingerprint.words), escape(&fingerprint.hex));
    format!(
        r#"<span class="{}" title="{name} · {words} {hex}"><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="{}"></path></svg><span>{name} · <b>{words}</b> <code>{hex}</code></span></span>"#,
        kind.class(),
        shape(fingerprint)
    )
}

pub fn access(token: &AccessSeen) -> String {
    chip(FingerprintKind::Access, &token.fingerprint)
}

pub fn refresh(seen: &RefreshSeen) -> String {
    chip(FingerprintKind::Refresh(seen.generation), &seen.fingerprint)
}
