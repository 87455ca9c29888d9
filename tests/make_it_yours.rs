//! Follows `docs/make-it-yours.md` on a copy of the tree, from top to bottom as a reader does, with the commands it names. So
//! the worked example compiles in both builds, its migration applies, and its statements fit its table.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use proc_macro2::{TokenStream, TokenTree};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection, migrate::Migrator};

const DOCUMENT: &str = "docs/make-it-yours.md";

/// What a block of the document asks for.
enum Step {
    /// One line for the shell.
    Run(String),
    Write {
        path: String,
        text: String,
    },
    Change {
        path: String,
        diff: Vec<String>,
    },
}

#[tokio::test]
async fn the_worked_example_replaces_the_sample() {
    assert_browser_target_is_installed();
    let copy = copy_of_the_tree();
    for step in steps(&fs::read_to_string(root().join(DOCUMENT)).unwrap()) {
        match step {
            Step::Run(line) => run(&line, &copy),
            Step::Write { path, text } => write_new(&copy.join(path), &text),
            Step::Change { path, diff } => {
                let file = copy.join(&path);
                let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
                fs::write(file, changed(&text, &diff).unwrap_or_else(|wrong| panic!("{path}: {wrong}"))).unwrap();
            }
        }
    }
    assert_nothing_names_the_sample(&copy);
    assert_migrations_are_the_next_ones(&copy);
    assert_statements_fit_the_tables(&copy).await;
}

#[test]
fn the_document_checks_both_builds() {
    let document = fs::read_to_string(root().join(DOCUMENT)).unwrap();
    let checks = steps(&document).into_iter().filter_map(|step| match step {
        Step::Run(line) => line.strip_prefix("cargo check --no-default-features --features ").map(str::to_owned),
        _ => None,
    });
    let browser = "hydrate,app --lib --target wasm32-unknown-unknown";
    assert_eq!(checks.collect::<Vec<_>>(), ["ssr,app", browser], "the commands of {DOCUMENT}");
}

#[test]
fn a_change_replaces_whole_lines_that_occur_once() {
    let diff = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let text = "a\nb\nc\nd\ne\n";
    assert_eq!(changed(text, &diff(&["-b", "+x", "+y"])).unwrap(), "a\nx\ny\nc\nd\ne\n");
    assert_eq!(changed(text, &diff(&[" b", "-c", " d"])).unwrap(), "a\nb\nd\ne\n");
    assert_eq!(changed(text, &diff(&["-b", "-...", "+x", " e"])).unwrap(), "a\nx\ne\n");
    for wrong in [&["-x", "+y"][..], &["-b", "-d"], &["-b", "-...", " a"], &["+x"]] {
        assert!(changed(text, &diff(wrong)).is_err(), "{wrong:?}");
    }
    assert!(changed("a\nb\na\n", &diff(&["-a", "+x"])).is_err(), "a place that occurs twice");
}

#[test]
fn a_name_with_the_word_note_in_it_is_found() {
    for name in ["note", "notes", "common_notes", "NoteList", "NOTES", "MyNote", "notes_sql"] {
        assert!(names_a_note(name), "{name}");
    }
    for other in ["notices", "Notices", "denote", "not_found", "keynote"] {
        assert!(!names_a_note(other), "{other}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The steps of the document, in its order.
fn steps(document: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut path = None;
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(named) = line.strip_prefix("**").and_then(|rest| rest.strip_suffix("**")) {
            path = named.contains('/').then(|| named.to_owned());
        }
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect();
        let named = || path.clone().unwrap_or_else(|| panic!("no path above the block: {}", block.join("\n")));
        match language {
            "sh" => steps.extend(block.into_iter().map(Step::Run)),
            "diff" => steps.push(Step::Change { path: named(), diff: block }),
            _ => steps.push(Step::Write { path: named(), text: block.join("\n") + "\n" }),
        }
    }
    steps
}

/// A text with one `diff` block applied. `-...` stands for the lines down to the following one of the block.
fn changed(text: &str, diff: &[String]) -> Result<String, String> {
    let with = |mark: char| diff.iter().filter_map(move |line| line.strip_prefix([' ', mark])).collect::<Vec<_>>();
    let (old, new) = (with('-'), with('+'));
    let mut parts = old.split(|line| *line == "...");
    let (head, tail) = (parts.next().unwrap_or_default(), parts.next());
    let lines: Vec<_> = text.lines().collect();
    let places = |part: &[&str]| match part {
        [] => Vec::new(),
        part => (0..lines.len()).filter(|at| lines[*at..].starts_with(part)).collect(),
    };
    let [begin] = places(head)[..] else {
        return Err(format!("occurs {} times instead of once:\n{}", places(head).len(), head.join("\n")));
    };
    let mut end = begin + head.len();
    if let Some(tail) = tail {
        let after = places(tail).into_iter().find(|at| *at >= end);
        end = tail.len() + after.ok_or_else(|| format!("does not follow {head:?}:\n{}", tail.join("\n")))?;
    }
    Ok([&lines[..begin], &new, &lines[end..]].concat().join("\n") + "\n")
}

fn write_new(file: &Path, text: &str) {
    assert!(!file.exists(), "{} exists already", file.display());
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Always in the same place: cargo keeps what it compiles by path, and a new path each time would fill the target folder.
fn copy_of_the_tree() -> PathBuf {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("make-it-yours");
    if copy.exists() {
        fs::remove_dir_all(&copy).unwrap();
    }
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").args(arguments).current_dir(root()).output().expect("git starts");
    assert!(listed.status.success(), "git lists the files of a clone only: {}", said(&listed));
    let listed = String::from_utf8(listed.stdout).unwrap();
    // A file that was deleted and not committed yet is listed still.
    for path in listed.split_terminator('\0').filter(|path| root().join(path).is_file()) {
        let to = copy.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root().join(path), to).unwrap();
    }
    copy
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}

fn assert_browser_target_is_installed() {
    let target = "wasm32-unknown-unknown";
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    let asked = asked.expect("rustc starts");
    let library = PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim());
    let is_installed = asked.status.success() && library.is_dir();
    assert!(is_installed, "this toolchain has no {target}: run script/bootstrap, then test in a shell with script/env");
}

/// One command of the document. The dependencies are compiled already where these tests are, so cargo compiles there.
fn run(line: &str, folder: &Path) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let output = Command::new("sh").args(["-c", line]).current_dir(folder).env("CARGO_TARGET_DIR", target).output();
    let output = output.unwrap_or_else(|error| panic!("{line}: {error}"));
    let text = said(&output);
    assert!(output.status.success(), "{line}: {}\n{text}", output.status);
    assert!(!text.lines().any(|line| line.starts_with("warning")), "{line} warns\n{text}");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The tokens of a file that are no group, also inside macros. Comments are none, except those of the documentation, which
/// are string literals.
fn tokens(file: &Path) -> Vec<TokenTree> {
    fn walk(tokens: TokenStream, found: &mut Vec<TokenTree>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => walk(group.stream(), found),
                token => found.push(token),
            }
        }
    }
    let mut found = Vec::new();
    let text = fs::read_to_string(file).unwrap();
    walk(text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display())), &mut found);
    found
}

/// `common_notes`, `NoteList`, `NOTES`: a name that has the word in it.
fn names_a_note(name: &str) -> bool {
    let mut words = String::new();
    for (at, c) in name.char_indices() {
        let begins = c.is_uppercase() && name[..at].ends_with(|before: char| before.is_lowercase());
        words.extend(begins.then_some('_'));
        words.extend(c.to_lowercase());
    }
    words.split('_').any(|word| word == "note" || word == "notes")
}

fn assert_nothing_names_the_sample(copy: &Path) {
    let files = rust_files(&copy.join("src")).into_iter().filter(|file| !file.starts_with(copy.join("src/lab")));
    for file in files {
        for token in tokens(&file) {
            let left = match &token {
                TokenTree::Ident(name) => names_a_note(&name.to_string()),
                // The address of the page, in a route or a link.
                TokenTree::Literal(literal) => is_of_a_page(&file, copy) && literal.to_string() == "\"/notes\"",
                _ => false,
            };
            assert!(!left, "{} names {token}", file.display());
        }
    }
}

fn is_of_a_page(file: &Path, copy: &Path) -> bool {
    ["app.rs", "ui/components", "ui/pages"].iter().any(|place| file.starts_with(copy.join("src").join(place)))
}

fn migrations(root: &Path, database: &str) -> BTreeSet<String> {
    let files = fs::read_dir(root.join("migrations").join(database)).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

fn number(migration: &str) -> u32 {
    migration.split('_').next().unwrap().parse().unwrap()
}

fn assert_migrations_are_the_next_ones(copy: &Path) {
    for database in ["sqlite", "postgres"] {
        let (before, after) = (migrations(root(), database), migrations(copy, database));
        let new: Vec<_> = after.difference(&before).map(|name| number(name)).collect();
        let last = before.last().map_or(0, |name| number(name));
        assert_eq!(new, [last + 1], "the number of the new migration for {database}");
    }
    assert_eq!(migrations(copy, "sqlite"), migrations(copy, "postgres"), "the two databases have the same migrations");
}

async fn assert_statements_fit_the_tables(copy: &Path) {
    let mut database = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let migrations = Migrator::new(copy.join("migrations/sqlite")).await.unwrap();
    migrations.run(&mut database).await.unwrap();
    let mut tried = 0;
    for token in tokens(&copy.join("src/bookmarks/sql.rs")) {
        let Ok(text) = syn::parse_str::<syn::LitStr>(&token.to_string()) else { continue };
        if ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| text.value().starts_with(verb)) {
            let statement = AssertSqlSafe(text.value());
            database.prepare(sqlx::SqlSafeStr::into_sql_str(statement)).await.unwrap();
            tried += 1;
        }
    }
    assert!(tried >= 3, "src/bookmarks/sql.rs holds {tried} statements");
}
