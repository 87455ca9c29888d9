//! The arrows of the house: who may name whom. Reads the sources, so a wrong `use` fails here and not in a review.

use std::{fs, path::Path};

/// Every line of a folder's files that is not a comment, with where it stands.
fn lines(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder), &mut found);
    assert!(!found.is_empty(), "src/{folder} holds no code");
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
                found.push((format!("{}:{}", path.display(), number + 1), line.to_owned()));
            }
        }
    }
}

fn never(folder: &str, forbidden: &[&str]) {
    let wrong: Vec<_> = lines(folder)
        .into_iter()
        .filter(|(_, line)| forbidden.iter().any(|word| line.contains(word)))
        .map(|(place, line)| format!("{place}: {}", line.trim()))
        .collect();
    assert!(wrong.is_empty(), "src/{folder} must not name {forbidden:?}:\n{}", wrong.join("\n"));
}

#[test]
fn the_rules_know_no_framework_and_no_database() {
    never("auth", &["axum", "leptos", "sqlx", "tower", "crate::server", "crate::client", "crate::ui"]);
}

#[test]
fn a_store_decides_nothing() {
    never("store", &["decide(", "crate::server", "crate::client", "crate::ui", "auth::service"]);
}

#[test]
fn the_tab_never_imports_the_server() {
    never("client", &["crate::auth::", "crate::store", "crate::server::edge", "crate::server::app_state"]);
}

#[test]
fn nobody_knows_who_watches() {
    never("client", &["crate::lab", "lab::"]);
    never("ui", &["crate::lab", "lab::"]);
    never("auth", &["crate::lab", "lab::"]);
    never("store", &["crate::lab", "lab::"]);
}

/// A text of a view stands on a line of its own, or between tags. The project's name is the same in every language.
#[test]
fn the_pages_speak_through_the_catalogue() {
    let is_text = |line: &str| {
        let line = line.trim();
        let between = line.split(">\"").nth(1).is_some_and(|text| text.starts_with(char::is_alphabetic));
        let alone = line.starts_with('"') && line.ends_with('"') && line.chars().any(char::is_alphabetic);
        (between || alone) && line != "\"Two Tokens\""
    };
    let wrong: Vec<_> = lines("ui").into_iter().filter(|(_, line)| is_text(line)).collect();
    assert!(wrong.is_empty(), "texts belong into locales/words.yaml: {wrong:#?}");
}

#[test]
fn the_pages_hold_no_token() {
    never("ui", &["token_store", "AccessToken", "RefreshToken", "crate::server", "crate::store", "crate::auth::"]);
}

#[test]
fn nothing_of_the_server_knows_the_lab() {
    for folder in ["server", "auth", "store"] {
        never(folder, &["crate::lab"]);
    }
}
