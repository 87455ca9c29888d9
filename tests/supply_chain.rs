//! What is fetched from others: each package has a hash that is known before, and another one is refused. `make soak` tries the
//! registries themselves (`script/test-pins`, `script/test-sbom`).

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Name, version and SHA-256 of a package of Cargo.lock.
fn locked(name: &str) -> [String; 3] {
    let lock = read("Cargo.lock");
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{name}\"\n"))).unwrap();
    ["name", "version", "checksum"].map(|key| {
        let (_, rest) = entry.split_once(&format!("\n{key} = \"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    })
}

/// The lines of `script/pins/crates`: name, version and SHA-256.
fn pins() -> Vec<[String; 3]> {
    let pins = read("script/pins/crates");
    let lines = pins.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>().try_into().expect("three words")).collect()
}

fn unpack([name, version, sha256]: &[String; 3], folder: &Path) -> Output {
    Command::new(root().join("script/crate")).args([name, version, sha256]).arg(folder).output().unwrap()
}

#[test]
fn a_crate_with_another_hash_is_refused_and_nothing_is_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    // One that was compiled for this test, so cargo has it.
    let [name, version, sha256] = locked("percent-encoding");
    let other = [&name, &version, &"0".repeat(64)].map(String::clone);
    let refused = unpack(&other, folder.path());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("another SHA-256") && said.contains(&sha256), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    let accepted = unpack(&[name, version, sha256], folder.path());
    assert!(accepted.status.success(), "{}", String::from_utf8_lossy(&accepted.stderr));
    assert!(folder.path().join("src/lib.rs").exists());
}

#[test]
fn each_tool_has_a_version_and_a_hash_and_that_of_wasm_bindgen_fits_the_crate() {
    let pins = pins();
    assert!(pins.len() >= 4, "{pins:?}");
    for [name, version, sha256] in &pins {
        assert!(sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name} {version}");
    }
    let tool = pins.iter().find(|[name, ..]| name == "wasm-bindgen-cli").unwrap();
    assert_eq!(tool[1], locked("wasm-bindgen")[1]);
    for entry in fs::read_dir(root().join("script/pins")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(lock) = file.strip_suffix(".lock") else { continue };
        assert!(pins.iter().any(|[name, version, _]| lock == format!("{name}-{version}")), "{file} is for no tool");
    }
}

#[test]
fn each_package_of_npm_has_a_hash() {
    for folder in ["script/web-tools", "end2end", "benches/peers"] {
        let lock: serde_json::Value = serde_json::from_str(&read(format!("{folder}/package-lock.json"))).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        assert!(packages.len() > 5, "{folder}");
        // A folder of this repository (a workspace) is fetched from nowhere.
        let fetched = |(name, package): &(&String, &serde_json::Value)| {
            name.contains("node_modules/") && package["link"].is_null()
        };
        for (name, package) in packages.iter().filter(fetched) {
            let integrity = package["integrity"].as_str().unwrap_or_default();
            assert!(integrity.starts_with("sha512-"), "{folder}: {name} has {integrity:?}");
        }
        // Without a range, so that a new lock file has the same versions.
        let manifest: serde_json::Value = serde_json::from_str(&read(format!("{folder}/package.json"))).unwrap();
        for (name, version) in
            ["dependencies", "devDependencies"].iter().filter_map(|kind| manifest[kind].as_object()).flatten()
        {
            assert!(version.as_str().unwrap().starts_with(|c: char| c.is_ascii_digit()), "{folder}: {name} {version}");
        }
    }
}

/// The scripts, and what builds the container.
fn scripts() -> impl Iterator<Item = (PathBuf, String)> {
    let scripts = fs::read_dir(root().join("script")).unwrap().map(|entry| entry.unwrap().path());
    let scripts = scripts.filter(|path| path.is_file()).chain([root().join("Makefile")]);
    scripts.map(|path| (path.clone(), read(path)))
}

/// Why a line of a script fetches something that has no hash, if it does.
fn unlocked(line: &str) -> Option<&'static str> {
    // Comments, and what a message tells a person to run, are no commands.
    let line = if line.trim_start().starts_with('#') { "" } else { line };
    let command = [" # ", "die ", "say ", "echo "].iter().fold(line, |rest, begins| rest.split(begins).next().unwrap());
    let has = |words: &str| command.contains(words);
    if (has("cargo install") || has(" install --path") || has("cargo fetch")) && !has("--locked") {
        return Some("cargo without its lock file");
    }
    if ["npm install", "npm i ", "npx --yes", "npx -y", "playwright install"].iter().any(|words| has(words)) {
        return Some("npm without its lock file");
    }
    if (has("pip install") || has("pip download")) && !has("--require-hashes") {
        return Some("pip without hashes");
    }
    let fetched = command.split_once("curl ").or(command.split_once("wget ")).map_or("", |(_, rest)| rest);
    let mut readers = fetched.split('|').skip(1).filter_map(|filter| filter.split_whitespace().next());
    readers.any(|program| !["grep", "head", "tee"].contains(&program)).then_some("a script that is fetched and run")
}

#[test]
fn no_script_fetches_what_has_no_hash() {
    for line in
        ["cargo install x", "npm install", "pip install x", "curl https://x | sh", "npx playwright install chromium"]
    {
        assert!(unlocked(line).is_some(), "{line}");
    }
    for (path, text) in scripts() {
        // The tour is for a person, and asks this server.
        if path.ends_with("tour") {
            continue;
        }
        let text = text.replace("\\\n", " ");
        for line in text.lines() {
            assert_eq!(unlocked(line), None, "{}: {line}", path.display());
        }
    }
}

#[test]
fn each_exception_for_a_dependency_has_a_reason() {
    let deny = read("deny.toml");
    let entries: Vec<_> = deny.lines().filter(|line| line.trim_start().starts_with("{ crate = ")).collect();
    assert!(entries.len() > 10, "{entries:?}");
    for entry in entries {
        let (_, reason) = entry.split_once("reason = \"").unwrap_or_else(|| panic!("no reason: {entry}"));
        assert!(reason.split('"').next().unwrap().len() > 3, "{entry}");
    }
}
