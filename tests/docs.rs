//! What the documentation says is so: the tour of the README works, its tables list what exists, and the tests and files
//! that the documents name are there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use clap::{Args as _, CommandFactory as _, Parser as _};
use two_tokens::api::edge::client_address::PlainListener;
use two_tokens::protocol::code::{Code, Reaction};
use two_tokens::server::assemble::{Assembled, assemble};
use two_tokens::server::config::Config;
use two_tokens::server::{pages, serve};

#[path = "../benches/http/summary.rs"]
mod summary;

use summary::{Summary, number};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with("node_modules"));
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The documents of the repository, with their names.
fn documents() -> Vec<(String, String)> {
    let top = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let all = top.filter(|path| path.is_file()).chain(files(&root().join("docs")));
    let documents = all.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

/// The part of a document under a heading.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let (_, rest) = document.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    rest.split("\n## ").next().unwrap()
}

/// The lines of the fenced blocks of a language.
fn fenced<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}");
    let mut found = Vec::new();
    let mut lines = text.lines();
    while lines.by_ref().any(|line| line == fence) {
        found.extend(lines.by_ref().take_while(|line| *line != "```"));
    }
    assert!(!found.is_empty(), "no {fence}");
    found
}

/// The rows of the tables in a text, as cells without what is around them.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| ")).map(|line| line.trim_matches('|'));
    rows.map(|row| row.split(" | ").map(str::trim).collect()).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_works() {
    let folder = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let database = format!("sqlite://{}/tour.db", folder.path().display());
    // Without a grace the tour need not wait for its end.
    let arguments = ["two-tokens", "--public-url", &url, "--database-url", &database, "--refresh-grace", "0s"];
    let config = Config::parse_from(arguments).check().unwrap();
    let Assembled { state, database, clock, .. } = assemble(&config).await.unwrap();
    let state = state
        .with_resource(two_tokens::notes::open(&database, clock))
        .with_export(two_tokens::notes::EXPORT)
        .with_operations(two_tokens::notes::operations);
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async {
        let _ = ended.await;
    };
    let listener = PlainListener(listener);
    let server = tokio::spawn(serve::serve(listener, state, pages::pages(), shutdown, serve::no_extra_routes));
    let tour = move || Command::new(root().join("script/tour")).arg(url).env("GRACE", "0").output().unwrap();
    let output = tokio::task::spawn_blocking(tour).await.unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    end.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[test]
fn the_readme_shows_the_tour_as_it_is_tested() {
    let readme = read("README.md");
    let shown = fenced(section(&readme, "## A tour with curl"), "sh");
    let shown: Vec<_> = shown.into_iter().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let script = read("script/tour");
    let tested: Vec<_> = script.lines().map(str::trim).collect();
    for line in &shown {
        // The one line that is said otherwise: there it is an argument.
        assert!(tested.contains(line) || *line == "BASE=http://localhost:3000", "script/tour lacks: {line}");
    }
    let mut commands = script.split("run <<'LINE'\n").skip(1).map(|rest| rest.lines().next().unwrap());
    assert_eq!(commands.find(|command| !shown.contains(command)), None, "not in the README");
}

/// The commands of the README, beside the tour, each with the file that runs it and the words that do.
const RUN_BY: [(&str, &str, &str); 6] = [
    ("make run", "script/test-run", "script/run"),
    ("make test", ".ci/run", "exec make test"),
    ("make bench", "script/bench", "--check"),
    ("TWO_TOKENS_FEATURES=app make build", "script/without-lab", "TWO_TOKENS_FEATURES=app"),
    ("make lighthouse", "script/test", "lighthouse"),
    ("docker build", "script/test-image", "script/image-root"),
];

#[test]
fn every_command_of_the_readme_is_run_by_a_test_or_a_check() {
    let readme = read("README.md");
    let in_fences = fenced(&readme, "text").into_iter().map(|line| line.split("  ").next().unwrap());
    let in_lines = quoted(&readme).filter(|text| !text.contains('\n'));
    let commands: BTreeSet<_> = in_fences.chain(in_lines).map(str::trim).collect();
    let is_command = |text: &&&str| text.contains("make ") || text.starts_with("docker ") || text.starts_with("cargo ");
    let commands: Vec<_> = commands.iter().filter(is_command).collect();
    assert!(commands.len() >= RUN_BY.len(), "{commands:?}");
    for command in commands {
        let run = RUN_BY.iter().find(|(known, ..)| command.starts_with(known));
        let (_, file, words) = run.unwrap_or_else(|| panic!("`{command}` is run by no test that RUN_BY names"));
        assert!(read(file).contains(words), "{file} does not run `{command}`");
    }
}

/// The names in a text that begin as those of this program's settings do.
fn variables(text: &str) -> BTreeSet<&str> {
    let ends = |c: char| !(c.is_ascii_uppercase() || c == '_');
    let begins = text.match_indices("TWO_TOKENS_").map(|(at, _)| text[at..].split(ends).next().unwrap());
    begins.filter(|name| !name.ends_with('_')).collect()
}

#[test]
fn make_run_hands_no_variable_of_the_scripts_to_the_server_which_would_refuse_it() {
    let example = read(".env.example");
    let settings = variables(&example);
    let run = read("script/run");
    let taken_away = variables(run.split_once("\nunset ").unwrap().1.split("\nexec").next().unwrap());
    let scripts: Vec<_> =
        files(&root().join("script")).iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    let documented = read("CONTRIBUTING.md");
    let of_scripts = scripts.iter().chain([&documented]).flat_map(|text| variables(text));
    let left: BTreeSet<_> = of_scripts.filter(|name| !settings.contains(name) && !taken_away.contains(name)).collect();
    assert!(left.is_empty(), "script/run does not unset {left:?}");
    assert!(taken_away.is_disjoint(&settings), "a person's own setting would be lost");
}

#[test]
fn every_setting_is_documented_with_its_default() {
    let readme = read("README.md");
    let table = rows(section(&readme, "## Settings"));
    let example = read(".env.example");
    let mut names = BTreeSet::new();
    #[cfg(feature = "lab")]
    let command = two_tokens::lab::server::LabOptions::augment_args(Config::command());
    #[cfg(not(feature = "lab"))]
    let command = Config::command();
    for argument in command.get_arguments() {
        let Some(name) = argument.get_env().map(|name| name.to_str().unwrap()) else { continue };
        names.insert(name.to_owned());
        let row = table.iter().find(|row| row[0] == format!("`{name}`"));
        let row = row.unwrap_or_else(|| panic!("the README lacks {name}"));
        assert_eq!(row[1], format!("`--{}`", argument.get_long().unwrap()), "{name}");
        let line = example.lines().find(|line| line.starts_with(&format!("#{name}=")));
        let line = line.unwrap_or_else(|| panic!(".env.example lacks {name}"));
        if let Some(default) = argument.get_default_values().first().map(|value| value.to_str().unwrap()) {
            assert_eq!(row[2], format!("`{default}`"), "{name} in the README");
            assert_eq!(line, format!("#{name}={default}"), ".env.example");
        }
    }
    let spoken_of = quoted(&readme).chain(example.lines().filter_map(|line| line.strip_prefix('#')?.split('=').next()));
    let unknown: Vec<_> = spoken_of.filter(|name| name.starts_with("TWO_TOKENS_") && !names.contains(*name)).collect();
    assert!(unknown.is_empty(), "no such settings: {unknown:?}");
}

#[test]
fn the_endpoint_table_lists_exactly_what_is_served() {
    let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, method)| format!("{method} {path}"));
    let router = read("src/server/router.rs");
    let routes = router.split(".route(\"").skip(1).filter_map(|rest| rest.split_once("\", get("));
    let status = routes.filter(|(path, _)| !path.contains('"')).map(|(path, _)| format!("GET {path}"));
    let served: BTreeSet<_> = functions.chain(status).collect();
    let readme = read("README.md");
    let table = rows(section(&readme, "## Endpoints"));
    let listed: BTreeSet<_> = table.iter().skip(1).map(|row| row[0].trim_matches('`').to_owned()).collect();
    assert_eq!(listed, served);
}

#[test]
fn every_code_is_in_the_contract_with_its_status_and_reaction() {
    let flow = read("docs/flow.md");
    let table = rows(section(&flow, "## 2. HTTP contract"));
    for code in Code::ALL {
        let row = table.iter().find(|row| quoted(row[0]).next() == Some(code.as_str()));
        let row = row.unwrap_or_else(|| panic!("docs/flow.md lacks {code}"));
        assert!(row[1].starts_with(&code.status().to_string()), "{code}: {}", row[1]);
        let reaction = match code.reaction() {
            Reaction::RefreshAndRetry => "refreshes once, retries once",
            Reaction::SignOut => "is signed out and says why; never retries",
            Reaction::Wait => "waits; **not** signed out",
            // Some add where it is shown, or what to do next.
            Reaction::Show => continue,
        };
        assert_eq!(row[2], reaction, "{code}");
    }
}

#[test]
fn the_example_of_a_protected_function_is_the_real_one() {
    let source = read("src/notes/api.rs");
    for line in fenced(&read("README.md"), "rust") {
        assert!(source.lines().any(|real| real == line), "not in src/notes/api.rs: {line}");
    }
}

/// The names between backticks are those of tests that exist.
fn assert_tests(names: &str) {
    static SOURCES: LazyLock<String> = LazyLock::new(|| {
        let sources = ["src", "tests", "end2end/tests"].iter().flat_map(|folder| files(&root().join(folder)));
        sources.filter_map(|path| fs::read_to_string(path).ok()).collect()
    });
    for test in quoted(names) {
        let quotes = ['"', '`'].map(|quote| format!("test({quote}{test}{quote}"));
        let exists = SOURCES.contains(&format!("fn {test}(")) || quotes.iter().any(|call| SOURCES.contains(call));
        assert!(exists, "there is no test `{test}`");
    }
}

const REVIEW: &str = "## What a reviewer checks";

#[test]
fn the_threat_model_names_tests_that_exist() {
    let model = read("docs/threat-model.md");
    let threats = model.split(REVIEW).next().unwrap();
    let sections: Vec<_> = threats.split("\n### ").skip(1).collect();
    assert!(sections.len() > 30, "only {} threats", sections.len());
    for section in sections {
        let threat = section.lines().next().unwrap();
        for part in ["- **Stopped by:** ", "- **Remains:** "] {
            assert!(section.contains(part), "{threat}: no {part}");
        }
        let (_, tests) = section.split_once("- **Tests:**\n").unwrap_or_else(|| panic!("{threat}: no tests"));
        let tests = tests.split("\n## ").next().unwrap();
        assert_tests(tests);
        assert!(quoted(tests).next().is_some(), "no test shows: {threat}");
    }
}

#[test]
fn each_requirement_of_a_reviewer_is_met_by_tests_that_exist_or_says_what_is_missing() {
    let model = read("docs/threat-model.md");
    let table = rows(section(&model, REVIEW));
    for (index, row) in table.iter().skip(1).enumerate() {
        let [number, requirement, status, shown] = row[..] else { panic!("{row:?}") };
        assert_eq!(number, (index + 1).to_string(), "{requirement}");
        assert!(["met", "in part", "not met", "not applicable"].contains(&status), "{number}: {status}");
        assert_tests(shown);
        assert!(quoted(shown).next().is_some() || status != "met", "no test shows: {requirement}");
        assert!(shown.len() > 10, "{number} says nothing");
    }
    assert_eq!(table.len(), 64);
}

/// The value of a constant's expression: a product of whole numbers, also as a duration in seconds.
fn evaluated(expression: &str) -> Option<u64> {
    let product = expression.strip_prefix("Duration::from_secs(").and_then(|rest| rest.strip_suffix(')'));
    let factors =
        product.unwrap_or(expression).split('*').map(|factor| factor.trim().replace('_', "").parse::<u64>().ok());
    factors.product()
}

#[test]
fn each_limit_is_a_constant_with_that_value_and_has_a_test() {
    let document = read("docs/limits.md");
    let table = rows(&document);
    assert!(table.len() > 40, "only {} rows", table.len());
    for row in table.iter().skip(1) {
        let [what, limit, said, constant, test] = row[..] else { panic!("{row:?}") };
        let [file, name] = quoted(constant).collect::<Vec<_>>()[..] else { panic!("{what}: {constant}") };
        let source = read(file);
        let declared = source.lines().find_map(|line| {
            let (_, rest) = line.split_once(&format!("const {name}: "))?;
            Some(rest.split_once(" = ")?.1.trim_end_matches(';'))
        });
        let declared = declared.unwrap_or_else(|| panic!("{what}: {file} has no constant {name}"));
        let value = quoted(limit).next().and_then(|value| value.replace(',', "").parse().ok());
        assert!(value.is_some(), "{what}: no value in {limit}");
        assert_eq!(evaluated(declared), value, "{what}: {name} is {declared}");
        assert!(!said.is_empty(), "{what} says nothing");
        assert!(quoted(test).next().is_some(), "no test shows: {what}");
        assert_tests(test);
    }
}

#[test]
fn every_file_that_is_named_is_there() {
    for (name, document) in documents() {
        let folder = Path::new(&name).parent().unwrap();
        let links = document.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for link in links.filter(|link| !link.is_empty() && !link.starts_with("http")) {
            assert!(folder.join(link).exists(), "{name} links to {link}");
        }
        for path in quoted(&document) {
            let top = path.split('/').next().unwrap();
            let ours = ["src", "tests", "script", "docs", "migrations", "end2end"].contains(&top) && path.contains('/');
            if ours && path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)) {
                assert!(root().join(path).exists(), "{name} names {path}");
            }
        }
    }
}

#[test]
fn what_is_said_to_be_measured_is_what_the_kept_runs_have() {
    let figures = |run: &str| -> Vec<serde_json::Value> {
        let run: serde_json::Value = serde_json::from_str(&read(&format!("docs/performance/{run}.json"))).unwrap();
        run["figures"].as_array().unwrap().clone()
    };
    let summary = |figure: &serde_json::Value| {
        let rounds: Vec<_> = figure["rounds"].as_array().unwrap().iter().map(|round| round.as_f64().unwrap()).collect();
        Summary::of(&rounds).unwrap()
    };
    let readme = read("README.md");
    for figure in figures("own") {
        let row = format!("| {} | {} |", figure["what"].as_str().unwrap(), summary(&figure).text());
        assert!(readme.contains(&row), "README.md lacks {row}");
        if figure["id"] == "refresh.32" {
            let digits = number(summary(&figure).median);
            let (thousands, rest) = digits.split_at(digits.len() - 3);
            for document in ["README.md", "docs/alternatives.md"] {
                assert!(read(document).contains(&format!("{thousands},{rest}")), "{document}: {thousands},{rest}");
            }
        }
    }
    let performance = read("docs/performance.md");
    for figure in figures("growth") {
        let (id, shown) = (figure["id"].as_str().unwrap(), summary(&figure).text());
        // Of those at so many connections: refreshes and protected requests, three sizes each.
        let (row, column) = match id.rsplit_once(" users, ") {
            Some((of, at)) => {
                let sizes = ["@100,000 ", "@1,000,000 ", "@10,000,000 "];
                let size = sizes.iter().position(|size| of.contains(size)).unwrap();
                (at, 1 + size + if of.starts_with("growth.protected") { 3 } else { 0 })
            }
            None => (figure["what"].as_str().unwrap(), 1),
        };
        let row = performance.lines().find_map(|line| line.strip_prefix(&format!("| {row} |")));
        let cell = row.and_then(|row| row.split('|').nth(column - 1)).map(str::trim);
        assert_eq!(cell, Some(&*shown), "docs/performance.md, {id}");
    }
    for figure in figures("peers") {
        let is_memory = figure["id"].as_str().unwrap().starts_with("peer.memory");
        let shown = if is_memory { number(summary(&figure).median) } else { summary(&figure).text() };
        let places = [format!("| {shown} |"), format!("used {shown} MB")];
        assert!(places.iter().any(|place| readme.contains(place)), "README.md lacks {shown}");
    }
}
