//! For each rule: a tree that breaks it in one place is found out, and one that keeps it is not.

use super::{
    OF_THE_SERVER,
    conditions::misplaced,
    decides, forbidden,
    graph::imports,
    is_framework, is_long_without_a_reason, leads_to, listed_and_found, names_a_token,
    rooms::wrong_ways,
    source::{Source, split},
    wording::{sentences_without_a_subject, texts_of_views},
};

/// A small tree that keeps the order, with one file in it replaced.
fn tree_with(path: &str, text: &str) -> Vec<Source> {
    let mut tree: Vec<_> = [
        ("src/lib.rs", "pub mod auth; pub mod store; pub mod api; pub mod ui; pub fn start() { ui::show() }"),
        ("src/protocol/mod.rs", "pub struct Code;"),
        ("src/auth/mod.rs", "pub mod rules; use crate::protocol::Code; use self::rules::Rule;"),
        (
            "src/auth/rules.rs",
            "pub struct Rule; use super::super::protocol as wire; fn code() -> wire::Code { todo!() }",
        ),
        ("src/store/mod.rs", "use crate::auth::rules::Rule;"),
        ("src/api/mod.rs", "pub mod edge; use edge::Context; use crate::{auth::rules::{self, Rule}, store};"),
        ("src/api/edge/mod.rs", "pub struct Context; use crate::auth;"),
        ("src/ui/mod.rs", "pub mod page; pub fn show() { page::show(); crate::api::call() }"),
        ("src/ui/page.rs", "use super::*; pub fn show() {}"),
    ]
    .map(|(path, text)| Source::new(path, text))
    .to_vec();
    tree.retain(|source| source.path != path);
    tree.push(Source::new(path, text));
    tree
}

const AUTH: &str = "src/auth/mod.rs";

/// This text in the middle of `src/auth/` is found out once, on this line, with these words.
#[track_caller]
fn found_out(text: &str, line: usize, path: &str) {
    let wrong = wrong_ways(&tree_with(AUTH, text));
    let expected = format!("{AUTH}:{line}: room auth imports room ui ({path}), which stands above it");
    assert_eq!(wrong, [expected], "{text}");
}

#[test]
fn a_tree_in_order_is_left_alone() {
    assert_eq!(wrong_ways(&tree_with("src/protocol/mod.rs", "pub struct Code;")), Vec::<String>::new());
}

#[test]
fn a_plain_use_is_found() {
    found_out("use crate::ui::page;", 1, "crate::ui::page");
    found_out("pub use crate::ui::page;", 1, "crate::ui::page");
    found_out("use crate::protocol;\n\nuse ::two_tokens::ui::page;", 3, "crate::ui::page");
}

#[test]
fn a_use_in_a_group_is_found() {
    found_out("use crate::{protocol::Code, ui::page::{self}};", 1, "crate::ui::page");
    found_out("use crate::{\n    protocol,\n    ui::{\n        page::show,\n    },\n};", 4, "crate::ui::page::show");
}

#[test]
fn a_renamed_use_is_found() {
    found_out("use crate::ui::page as harmless;", 1, "crate::ui::page");
    found_out("use crate::ui::page as _;", 1, "crate::ui::page");
}

#[test]
fn what_a_renamed_root_leads_to_is_found() {
    let wrong = wrong_ways(&tree_with(AUTH, "use crate as root;\nfn f() { root::ui::show() }"));
    assert!(wrong.contains(&format!("{AUTH}:2: room auth imports room ui (crate::ui::show), which stands above it")));
}

#[test]
fn a_glob_is_found() {
    found_out("use crate::ui::*;", 1, "crate::ui");
}

#[test]
fn a_way_through_super_is_found() {
    found_out("use super::ui::page;", 1, "crate::ui::page");
    found_out("mod inner {\n    use super::super::ui::page;\n}", 2, "crate::ui::page");
    found_out("use self::super::ui::page;", 1, "crate::ui::page");
}

#[test]
fn a_path_in_a_body_is_found() {
    found_out("fn f() {\n    crate::ui::show();\n}", 2, "crate::ui::show");
    found_out("fn f() { let _ = <crate::ui::Page as Default>::default(); }", 1, "crate::ui::Page");
}

#[test]
fn a_path_in_a_type_is_found() {
    found_out("struct S {\n    page: Option<crate::ui::Page>,\n}", 2, "crate::ui::Page");
    found_out("impl crate::ui::Show for S {}", 1, "crate::ui::Show");
    found_out("fn f<T: crate::ui::Show>(_: T) {}", 1, "crate::ui::Show");
}

#[test]
fn a_path_in_an_attribute_is_found() {
    found_out("#[server(prefix = \"/api\", client = crate::ui::Client)]\nfn f() {}", 1, "crate::ui::Client");
    found_out("#[derive(Clone, crate::ui::Show)]\nstruct S;", 1, "crate::ui::Show");
    found_out("#[serde(with = \"crate::ui::page\")]\nstruct S;", 1, "crate::ui::page");
}

#[test]
fn a_path_inside_a_macro_is_found() {
    found_out("fn f() { view! { <p>{crate::ui::show()}</p> } }", 1, "crate::ui::show");
    found_out("fn f() {\n    println!(\"{}\", super::ui::NAME);\n}", 2, "crate::ui::NAME");
    found_out("macro_rules! m { () => { $crate::ui::show() } }", 1, "crate::ui::show");
    found_out("macro_rules! m { () => { use crate::{protocol, ui::page}; } }", 1, "crate::ui::page");
}

#[test]
fn a_use_inside_a_function_is_found() {
    found_out("fn f() {\n    use crate::ui::page;\n}", 2, "crate::ui::page");
}

#[test]
fn a_use_in_tests_counts_as_any_other() {
    found_out("#[cfg(test)]\nmod tests {\n    use crate::ui::page;\n}", 3, "crate::ui::page");
}

#[test]
fn nobody_imports_what_stands_in_lib_itself() {
    let wrong = wrong_ways(&tree_with("src/ui/page.rs", "use crate::start;"));
    assert_eq!(wrong, ["src/ui/page.rs:1: room ui imports room lib.rs (crate::start), which stands above it"]);
}

/// `api/edge/` is what server functions stand on, so it stands below the rest of `api/`.
#[test]
fn a_room_inside_a_room_is_a_room() {
    let wrong = wrong_ways(&tree_with("src/api/edge/mod.rs", "use super::call;"));
    assert_eq!(
        wrong,
        ["src/api/edge/mod.rs:1: room api/edge imports room api (crate::api::call), which stands above it"]
    );
}

#[test]
fn a_module_with_a_file_for_each_build_is_followed() {
    let door = "#[path = \"server.rs\"]\nmod imp;\nuse imp::now;";
    let mut tree = tree_with("src/clock/mod.rs", door);
    tree.push(Source::new("src/clock/server.rs", "pub fn now() {}"));
    let found = imports(&tree);
    let import = found.iter().find(|import| import.text() == "crate::clock::imp::now").unwrap();
    assert_eq!(import.to.as_deref(), Some("src/clock/server.rs"));
}

#[test]
fn a_file_without_a_room_is_found() {
    assert_eq!(wrong_ways(&tree_with("src/odd.rs", "")), ["src/odd.rs stands in no room of the list"]);
}

#[test]
fn what_only_looks_like_an_import_is_left_alone() {
    for text in [
        "// use crate::ui::page;",
        "/// See [`crate::ui::page`].\nfn f() {}",
        "fn f() -> &'static str { \"crate::ui::page\" }",
        "pub(in crate::auth) fn f() {}",
        "fn f() { view! { <ui::page/> } }",
    ] {
        assert_eq!(wrong_ways(&tree_with(AUTH, text)), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_framework_in_the_rules_is_found() {
    let named = |text| forbidden(&imports(&tree_with(AUTH, text)), &["auth/"], is_framework);
    for text in [
        "use axum::http::StatusCode;",
        "use {serde::Serialize, sqlx as database};",
        "fn f(_: http::StatusCode) {}",
        "fn f() { ::tower_http::trace(); }",
        "fn f() { format!(\"{}\", leptos::prelude::VERSION) }",
        "#[cfg(test)]\nmod tests { use tower::ServiceExt as _; }",
    ] {
        assert_eq!(named(text).len(), 1, "{text}: {:?}", named(text));
    }
    assert!(named("use serde::Serialize; use towering::High; // axum::http").is_empty());
}

#[test]
fn a_store_that_decides_is_found() {
    let named = |text| forbidden(&imports(&tree_with("src/store/mod.rs", text)), &["store/"], decides);
    assert_eq!(named("use crate::auth::rules::decide;").len(), 1);
    assert_eq!(named("fn f() { crate::auth::rules::decide(); }").len(), 1);
    assert!(named("use crate::auth::rules::Decision;").is_empty());
}

#[test]
fn a_page_that_reaches_into_the_server_is_found() {
    let tree = tree_with("src/ui/page.rs", "use crate::auth::rules::Rule;");
    let wrong = forbidden(&imports(&tree), &["ui/"], |import| leads_to(import, &OF_THE_SERVER));
    assert_eq!(wrong, ["src/ui/page.rs:1: crate::auth::rules::Rule"]);
}

#[test]
fn a_page_that_names_a_token_is_found() {
    let named = |text| names_a_token(&Source::new("src/ui/page.rs", text)).len();
    assert_eq!(named("use crate::protocol::AccessToken as A;"), 1);
    assert_eq!(named("fn f() { view! { <p>{token_store::current()}</p> } }"), 1);
    assert_eq!(named("// AccessToken\nconst A: &str = \"RefreshToken\";"), 0);
}

#[test]
fn a_text_on_a_page_is_found() {
    let named = |text| texts_of_views(&Source::new("src/ui/page.rs", text)).len();
    assert_eq!(named("fn f() { view! { <p class=\"x\">\"Sign in\"</p> } }"), 1);
    assert_eq!(named("fn f() { view! { <p>{move || view! { \"Sign in\" }}</p> } }"), 1);
    assert_eq!(named("fn f() { view! { <p>{\"Sign in\"}</p> } }"), 1);
    assert_eq!(
        named("fn f() { view! { <p class=move || if g() { \"x\" } else { \"y\" }>{path(\"/notes\")}</p> } }"),
        0
    );
    assert_eq!(named("fn f() { view! { <p class={\"x\"} id=\"y\">{words(\"sign_in\")}\" · \"</p> } }"), 0);
}

#[test]
fn a_condition_elsewhere_than_at_a_door_is_found() {
    for text in [
        "#[cfg(feature = \"ssr\")]\nfn f() {}",
        "#[cfg(not(any(test, feature = \"ssr\")))]\nfn f() {}",
        "#[cfg_attr(feature = \"ssr\", derive(Clone))]\nstruct S;",
        "fn f() { if cfg!(feature = \"ssr\") {} }",
        "fn f() { #[cfg(feature = \"ssr\")]\n    g(); }",
        "fn f() { view! { <p>{cfg!(feature = \"ssr\")}</p> } }",
        "macro_rules! m { () => { #[cfg(feature = \"ssr\")] fn f() {} } }",
        "#[server]\n#[cfg(feature = \"ssr\")]\nfn f() {}",
    ] {
        assert_eq!(misplaced(&[Source::new("src/auth/x.rs", text)]).len(), 1, "{text}");
        assert!(misplaced(&[Source::new("src/auth/mod.rs", text)]).is_empty(), "{text}");
    }
}

#[test]
fn a_condition_in_the_body_of_a_server_function_or_on_something_else_is_left_alone() {
    for text in [
        "#[server(prefix = \"/api\")]\npub async fn f() { #[cfg(feature = \"ssr\")] { g() } }",
        "#[leptos::server]\npub async fn f() { if cfg!(feature = \"ssr\") {} }",
        "#[cfg(test)]\nmod tests {}",
        "#[cfg(unix)]\nfn f() {}",
    ] {
        assert!(misplaced(&[Source::new("src/api/auth.rs", text)]).is_empty(), "{text}");
    }
}

#[test]
fn a_long_file_without_a_reason_is_found() {
    let lines = "fn f() {}\n".repeat(401);
    assert!(is_long_without_a_reason(&Source::new("src/auth/x.rs", &lines)));
    assert!(is_long_without_a_reason(&Source::new("src/auth/x.rs", &format!("{lines}//! Why so long: late"))));
    assert!(!is_long_without_a_reason(&Source::new(
        "src/auth/x.rs",
        &format!("//! All.\n//! Why so long: x.\n{lines}")
    )));
    assert!(!is_long_without_a_reason(&Source::new("src/auth/x.rs", &"fn f() {}\n".repeat(400))));
}

#[test]
fn a_sentence_without_a_subject_is_found() {
    for text in [
        "// Who knows the password may pass.",
        "/// It is so. Whoever asks is told.",
        "//! One thing.\n//! Who asks, is told.",
        "/* Who asks is told. */",
        "fn f() {} // Who asks is told.",
    ] {
        assert_eq!(sentences_without_a_subject(&Source::new("src/x.rs", text)).len(), 1, "{text}");
    }
    let fine = "/// The [`Who`] of it: a client who asks.\nconst A: &str = \"// Who asks\"; fn f(_: Who) {}";
    assert!(sentences_without_a_subject(&Source::new("src/x.rs", fine)).is_empty());
}

#[test]
fn code_and_comments_are_told_apart() {
    let text = "let a = \"// no\"; // one\nlet b = r#\"/* no \" */\"#; /* two /* nested */\n   three */ let c = '\"'; // four\nfn f<'a>() {}";
    let split = split(text);
    let comments: Vec<_> = split.comments.iter().map(|(line, text)| (*line, text.as_str())).collect();
    assert_eq!(comments, [(1, "one"), (2, "two /* nested"), (3, "three"), (3, "four")]);
    let code = "let a = \"// no\"; \nlet b = r#\"/* no \" */\"#; \n let c = '\"'; \nfn f<'a>() {}";
    assert_eq!(split.code, code);
}

#[test]
fn a_file_that_names_the_sample_and_is_not_listed_is_found() {
    let head =
        "//! The sample. Outside of it these files name it:\n//!\n//! - `src/lib.rs`: the module\n//! - src/app.rs\n";
    let tree = [
        Source::new("src/notes/mod.rs", head),
        Source::new("src/notes/page.rs", "use crate::notes;"),
        Source::new("src/lib.rs", "pub mod notes;"),
        Source::new("src/app.rs", "const PATH: &str = \"/notes\";"),
        Source::new("src/ui/mod.rs", "// notes\nfn footnotes() {}"),
    ];
    let (listed, found) = listed_and_found(&tree);
    assert_eq!(listed, found);
    assert_eq!(found.len(), 2);
    let more = [&tree[..], &[Source::new("src/ui/page.rs", "use crate::notes::Note;")]].concat();
    let (listed, found) = listed_and_found(&more);
    assert!(listed != found && found.contains("src/ui/page.rs"));
}
