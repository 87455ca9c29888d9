//! The order of the house, read from the sources: a wrong import fails here and not in a review. The sources are parsed by
//! `syn`, so a rule is about what the code says and not about words on a line. `fixtures` shows for each rule that it fails.

mod conditions;
mod fixtures;
mod graph;
mod rooms;
mod source;
mod wording;

use std::{collections::BTreeSet, sync::LazyLock};

use graph::{Import, imports};
use rooms::{ROOMS, room, wrong_ways};
use source::{Source, has_word, split, tree};

static TREE: LazyLock<Vec<Source>> = LazyLock::new(tree);
static IMPORTS: LazyLock<Vec<Import>> = LazyLock::new(|| imports(&TREE));

/// The files below these folders (or with this name) of `src/`.
fn below<'a>(sources: &'a [Source], places: &'a [&str]) -> impl Iterator<Item = &'a Source> {
    sources.iter().filter(move |source| places.iter().any(|place| source.below_src().starts_with(place)))
}

#[track_caller]
fn nothing(wrong: Vec<String>, rule: &str) {
    assert!(wrong.is_empty(), "{rule}\n{}", wrong.join("\n"));
}

/// The imports of these folders that a rule forbids.
fn forbidden(imports: &[Import], places: &[&str], wrong: impl Fn(&Import) -> bool) -> Vec<String> {
    let here = |import: &&Import| places.iter().any(|place| import.from["src/".len()..].starts_with(place));
    let found = imports.iter().filter(here).filter(|import| wrong(import));
    found.map(|import| format!("{}:{}: {}", import.from, import.line, import.text())).collect()
}

fn leads_to(import: &Import, places: &[&str]) -> bool {
    import.to.as_ref().is_some_and(|to| places.iter().any(|place| to["src/".len()..].starts_with(place)))
}

#[test]
fn every_import_goes_down_in_the_order_of_the_rooms() {
    nothing(wrong_ways(&TREE), "tests/one_way/rooms.rs lists the rooms, lowest first:");
}

#[test]
fn every_room_of_the_list_is_there() {
    let there: BTreeSet<_> = TREE.iter().filter_map(|source| room(&source.path)).collect();
    let empty = (0..ROOMS.len()).filter(|room| !there.contains(room)).map(|room| ROOMS[room].to_owned());
    nothing(empty.collect(), "no file stands in:");
}

const FRAMEWORKS: [&str; 6] = ["axum", "leptos", "sqlx", "tower", "http", "hyper"];

/// Another crate, or a crate of its family: `tower`, `tower_http`.
fn is_framework(import: &Import) -> bool {
    let name = &import.path[0];
    let of =
        |framework: &str| name.strip_prefix(framework).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    import.to.is_none() && FRAMEWORKS.into_iter().any(of)
}

#[test]
fn the_rules_know_no_framework_and_no_database() {
    nothing(forbidden(&IMPORTS, &["auth/"], is_framework), "src/auth/ must not name them:");
}

const USE_CASES: [&str; 8] = [
    "auth/service.rs",
    "auth/sign_in.rs",
    "auth/refresh.rs",
    "auth/revocation.rs",
    "auth/account.rs",
    "auth/maintenance.rs",
    "auth/step_up.rs",
    "auth/audit.rs",
];

/// A store may name values of `auth`, and neither its decision nor its use cases.
fn decides(import: &Import) -> bool {
    leads_to(import, &USE_CASES) || import.path.iter().any(|name| name == "decide" || name == "AuthService")
}

#[test]
fn a_store_decides_nothing() {
    nothing(forbidden(&IMPORTS, &["store/"], decides), "src/store/ must not name them:");
}

/// Though all of it stands below: the two meet in server functions and nowhere else.
const OF_THE_SERVER: [&str; 4] = ["auth/", "store/", "api/edge/", "server/"];

#[test]
fn the_tab_never_imports_the_server() {
    let wrong = forbidden(&IMPORTS, &["client/", "ui/", "app.rs"], |import| leads_to(import, &OF_THE_SERVER));
    nothing(wrong, "what runs in a tab must not name them:");
}

/// Names of the types that hold a token, and of the place that keeps one.
fn names_a_token(source: &Source) -> Vec<String> {
    let token = |name: &str| name.contains("AccessToken") || name.contains("RefreshToken") || name == "token_store";
    let names = wording::names(source).into_iter().filter(|(_, name)| token(name));
    names.map(|(line, name)| format!("{}:{line}: {name}", source.path)).collect()
}

#[test]
fn the_pages_hold_no_token() {
    let pages = below(&TREE, &["ui/", "notes/", "app.rs"]);
    nothing(pages.flat_map(names_a_token).collect(), "a page must not name what holds a token:");
}

#[test]
fn the_pages_speak_through_the_catalogue() {
    let pages = below(&TREE, &["ui/", "notes/", "app.rs"]);
    nothing(pages.flat_map(wording::texts_of_views).collect(), "texts belong into locales/:");
}

#[test]
fn conditions_on_a_feature_stand_at_the_doors() {
    let rule = "cfg(feature) stands in mod.rs, lib.rs, main.rs and in bodies of server functions, but not at:";
    nothing(conditions::misplaced(&TREE), rule);
}

const LONG: usize = 400;

fn is_long_without_a_reason(source: &Source) -> bool {
    source.text.lines().count() > LONG && !source.head().iter().any(|line| line.contains("Why so long:"))
}

#[test]
fn a_long_file_says_why() {
    let long = TREE.iter().filter(|source| is_long_without_a_reason(source)).map(|source| source.path.clone());
    nothing(long.collect(), "over 400 lines, and no \"Why so long:\" in the comment at the top:");
}

#[test]
fn sentences_of_comments_have_a_subject() {
    let wrong = TREE.iter().flat_map(wording::sentences_without_a_subject);
    nothing(wrong.collect(), "a sentence begins with Who or Whoever:");
}

const SAMPLE: &str = "src/notes/";

/// What the head of the sample lists, `- src/app.rs` on a line of its own, and what is so.
fn listed_and_found(sources: &[Source]) -> (BTreeSet<String>, BTreeSet<String>) {
    let head = sources.iter().find(|source| source.path == "src/notes/mod.rs").expect("src/notes/mod.rs").head();
    let items = head.iter().filter_map(|line| line.trim().strip_prefix("- "));
    let paths = items.filter_map(|item| item.trim_start_matches('`').split(['`', ' ', ':', ',']).next());
    let listed = paths.filter(|path| path.starts_with("src/") && path.ends_with(".rs")).map(str::to_owned).collect();
    let outside = sources.iter().filter(|source| !source.path.starts_with(SAMPLE));
    let naming = outside.filter(|source| has_word(&split(&source.text).code, "notes"));
    (listed, naming.map(|source| source.path.clone()).collect())
}

#[test]
fn the_sample_lists_every_file_outside_that_names_it() {
    let (listed, found) = listed_and_found(&TREE);
    assert_eq!(listed, found, "the list at the top of src/notes/mod.rs (left) is not what names the sample (right)");
}
