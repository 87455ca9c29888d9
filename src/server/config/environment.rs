//! Where the settings come from: the process environment and `./.env` (dotenv), read in this one place. Only names that begin
//! with `TWO_TOKENS_` are settings. A line or a name that cannot be read is refused with a sentence; an empty value counts as
//! unset, because Compose files make empty variables.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io::Read as _,
    path::Path,
};

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue};

/// The file, in the working directory alone: a file of a parent folder may be another program's, or another person's.
const FILE: &str = ".env";
/// The largest file that is read, in bytes.
const MAX: u64 = 64 * 1024;
/// What the name of each setting begins with.
const PREFIX: &str = "TWO_TOKENS_";

/// A setting of the environment that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EnvironmentError(String);

fn refuse<T>(problem: impl Into<String>) -> Result<T, EnvironmentError> {
    Err(EnvironmentError(problem.into()))
}

/// Where a value was read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Variable,
    Line(usize),
}

/// The settings of the environment and of `./.env`. Has no `Debug`: a database URL has a password in it.
#[derive(Default)]
pub struct Environment {
    values: BTreeMap<String, (String, Source)>,
    empty: Vec<String>,
    /// The names in `./.env` that are no settings of this program. They are ignored.
    pub ignored: Vec<String>,
}

impl Environment {
    /// Reads the environment of this process and `./.env`. `command` says which settings there are.
    ///
    /// # Errors
    ///
    /// An unknown `TWO_TOKENS_` name, or a `.env` that cannot be read, with the number of the line.
    pub fn read(command: &clap::Command) -> Result<Self, EnvironmentError> {
        let known: Vec<_> = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str()).collect();
        let file = read_file(Path::new(FILE))?;
        Self::gather(std::env::vars_os(), file.as_deref(), &known)
    }

    fn gather(
        variables: impl Iterator<Item = (OsString, OsString)>,
        file: Option<&[u8]>,
        known: &[&str],
    ) -> Result<Self, EnvironmentError> {
        let mut environment = Self::default();
        environment.add_file(file.unwrap_or_default(), known)?;
        environment.add_variables(variables, known)?;
        Ok(environment)
    }

    fn add_file(&mut self, file: &[u8], known: &[&str]) -> Result<(), EnvironmentError> {
        let mut lines = BTreeMap::new();
        let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        for (number, line) in (1..).zip(file.split(|byte| *byte == b'\n')) {
            let at = |problem: &str| EnvironmentError(format!("{FILE} line {number}: {problem}"));
            let line = std::str::from_utf8(line).map_err(|_| at("is not UTF-8"))?;
            let Some((name, value)) = assignment(line).map_err(at)? else { continue };
            if !name.to_ascii_uppercase().starts_with(PREFIX) {
                self.ignored.push(name.to_owned());
                continue;
            }
            if let Some(first) = lines.insert(name.to_owned(), number) {
                return Err(at(&format!("{name} is set again; line {first} sets it already")));
            }
            if value.is_empty() {
                continue;
            }
            if !known.contains(&name) {
                return Err(at(&unknown(name, known)));
            }
            self.values.insert(name.to_owned(), (value, Source::Line(number)));
        }
        Ok(())
    }

    fn add_variables(
        &mut self,
        variables: impl Iterator<Item = (OsString, OsString)>,
        known: &[&str],
    ) -> Result<(), EnvironmentError> {
        let variables: Vec<_> = variables.collect();
        let in_kubernetes = variables.iter().any(|(name, _)| name == "KUBERNETES_SERVICE_HOST");
        for (name, value) in variables {
            let name = name.to_string_lossy().into_owned();
            if !name.starts_with(PREFIX) || in_kubernetes && is_service_link(&name) {
                continue;
            }
            let Some(text) = value.to_str() else { return refuse(format!("{name}: the value is not UTF-8")) };
            if text.trim().is_empty() {
                self.empty.push(name);
            } else if known.contains(&&*name) {
                self.values.insert(name, (text.to_owned(), Source::Variable));
            } else {
                return refuse(unknown(&name, known));
            }
        }
        Ok(())
    }

    /// The command with the values of `./.env` as defaults, so that flags and variables come before them. Help shows no value:
    /// it would print the password in a database URL.
    pub fn apply(&self, command: clap::Command) -> clap::Command {
        command.mut_args(|argument| {
            let Some(name) = argument.get_env().and_then(OsStr::to_str).map(str::to_owned) else { return argument };
            let mut argument = argument.hide_env_values(true);
            if self.empty.contains(&name) {
                argument = argument.env(Resettable::Reset);
            }
            match self.values.get(&name) {
                Some((value, Source::Line(_))) => argument.default_value(value.clone()).hide_default_value(true),
                _ => argument,
            }
        })
    }

    /// The line of `./.env` that sets this name.
    pub fn line_of(&self, name: &str) -> Option<usize> {
        match self.values.get(name)? {
            (_, Source::Line(number)) => Some(*number),
            (_, Source::Variable) => None,
        }
    }

    /// Where the value was read that `error` refuses, as a sentence; `None` when it was a flag.
    pub fn origin(&self, error: &clap::Error, command: &clap::Command) -> Option<String> {
        let Some(ContextValue::String(refused)) = error.get(ContextKind::InvalidArg) else { return None };
        let flag = refused.split(' ').next()?.strip_prefix("--")?;
        let argument = command.get_arguments().find(|argument| argument.get_long() == Some(flag))?;
        let name = argument.get_env()?.to_str()?;
        let (_, source) = self.values.get(name)?;
        let given_as_flag =
            std::env::args().any(|word| word.strip_prefix("--").is_some_and(|word| word.starts_with(flag)));
        match source {
            _ if given_as_flag => None,
            Source::Variable => Some(format!("The value is that of the environment variable {name}.")),
            Source::Line(number) => Some(format!("The value is that of {name} in {FILE}, line {number}.")),
        }
    }
}

fn read_file(path: &Path) -> Result<Option<Vec<u8>>, EnvironmentError> {
    let name = path.display();
    // A link that leads nowhere is a file that cannot be read, not one that is missing.
    if let Err(error) = std::fs::symlink_metadata(path) {
        return match error.kind() {
            std::io::ErrorKind::NotFound => Ok(None),
            _ => refuse(format!("{name}: {error}")),
        };
    }
    let read = || {
        let metadata = std::fs::metadata(path)?;
        if !metadata.is_file() || metadata.len() > MAX {
            return Err(std::io::Error::other("is not a file of at most 64 kB"));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map(Some).map_err(|error: std::io::Error| EnvironmentError(format!("{name}: cannot be read: {error}")))
}

/// The name and the value of a line; `None` for an empty line or a comment.
fn assignment(line: &str) -> Result<Option<(&str, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let Some((name, value)) = line.split_once('=') else {
        return Err("is not NAME=value");
    };
    let name = name.trim();
    let valid = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !valid || name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err("the name before = has other characters than letters, digits and _");
    }
    Ok(Some((name, value_of(value.trim())?)))
}

/// A value: between single quotes as it stands; between double quotes with `\"`, `\\` and `\$`; without quotes up to ` #`.
fn value_of(text: &str) -> Result<String, &'static str> {
    const UNQUOTED: &str = "has a quote, a backslash or a $ in its value: put the value between single quotes";
    const AFTER: &str = "has something after the closing quote";
    const OPEN: &str = "opens a quote and does not close it; a value is on one line";
    if text.contains(|c: char| c.is_control()) {
        return Err("has a control character in its value");
    }
    if let Some(rest) = text.strip_prefix('\'') {
        let (value, after) = rest.split_once('\'').ok_or(OPEN)?;
        return if is_comment(after) { Ok(value.to_owned()) } else { Err(AFTER) };
    }
    let Some(rest) = text.strip_prefix('"') else {
        let end = text.find(" #").or_else(|| text.find("\t#")).unwrap_or(text.len());
        let value = if text.starts_with('#') { "" } else { text[..end].trim_end() };
        return if value.contains(['\'', '"', '\\', '$', '`']) { Err(UNQUOTED) } else { Ok(value.to_owned()) };
    };
    let (mut value, mut characters) = (String::new(), rest.chars());
    loop {
        match characters.next().ok_or(OPEN)? {
            '"' => break,
            '$' | '`' => return Err(UNQUOTED),
            '\\' => match characters.next() {
                Some(escaped @ ('"' | '\\' | '$')) => value.push(escaped),
                _ => return Err(UNQUOTED),
            },
            character => value.push(character),
        }
    }
    if is_comment(characters.as_str()) { Ok(value) } else { Err(AFTER) }
}

fn is_comment(text: &str) -> bool {
    let trimmed = text.trim_start();
    trimmed.is_empty() || trimmed.starts_with('#') && trimmed.len() < text.len()
}

fn unknown(name: &str, known: &[&str]) -> String {
    let upper = name.to_ascii_uppercase();
    let close = known.iter().find(|known| **known == upper || differ_by_one(known, name));
    let hint = close.map(|close| format!(" Is it {close}?")).unwrap_or_default();
    format!("{name} is not a setting of this program.{hint} --help lists the settings; remove the others.")
}

/// Whether one character was added, left out or replaced.
fn differ_by_one(one: &str, other: &str) -> bool {
    let same_start = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let same_end = one.bytes().rev().zip(other.bytes().rev()).take_while(|(a, b)| a == b).count();
    one.len().abs_diff(other.len()) <= 1 && same_start + same_end + 1 >= one.len().max(other.len())
}

/// Kubernetes puts such variables into each container, after a service whose name begins with `two-tokens`.
fn is_service_link(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let of_port = |rest: &str| {
        let mut words = rest.split('_');
        words.next().is_some_and(digits) && matches!(words.next(), Some("TCP" | "UDP" | "SCTP"))
    };
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name.split("_PORT_").skip(1).any(of_port)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::super::Config;
    use super::*;

    const KNOWN: [&str; 3] = ["TWO_TOKENS_ADDR", "TWO_TOKENS_TRUSTED_PROXIES", "TWO_TOKENS_LOG"];

    fn gathered(variables: &[(&str, &str)], file: &str) -> Result<Environment, String> {
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Environment::gather(variables, Some(file.as_bytes()), &KNOWN).map_err(|error| error.to_string())
    }

    fn config(file: &str, arguments: &[&str]) -> Result<Config, clap::Error> {
        let known: Vec<_> =
            Config::command().get_arguments().filter_map(|a| a.get_env()?.to_str().map(str::to_owned)).collect();
        let known: Vec<_> = known.iter().map(|name| &**name).collect();
        let environment = Environment::gather(std::iter::empty(), Some(file.as_bytes()), &known).unwrap();
        let arguments = std::iter::once(&"two-tokens").chain(arguments);
        let matches = environment.apply(Config::command()).try_get_matches_from(arguments)?;
        Config::from_arg_matches(&matches)
    }

    #[test]
    fn a_line_is_a_name_and_a_value() {
        for (line, value) in [
            ("A=b", "b"),
            ("A=127.0.0.1, 10.0.0.0/8", "127.0.0.1, 10.0.0.0/8"),
            ("  export A = b c  # why", "b c"),
            ("A=b#c", "b#c"),
            ("A=", ""),
            ("A= # nothing", ""),
            ("A='a $b \"c\" \\d' # x", "a $b \"c\" \\d"),
            (r#"A="a \"b\" \\ \$c # d""#, r#"a "b" \ $c # d"#),
            ("A=x=y\r", "x=y"),
        ] {
            assert_eq!(assignment(line), Ok(Some(("A", value.to_owned()))), "{line}");
        }
        assert_eq!((assignment(" # A=b"), assignment("\r")), (Ok(None), Ok(None)));
    }

    #[test]
    fn an_unreadable_line_is_refused_with_its_number() {
        for line in [
            "nonsense",
            "=x",
            "A B=c",
            "A-B=c",
            "1A=b",
            "A: b",
            "A='b",
            "A=\"b",
            "A='b'c",
            "A=\"b\"#c",
            "A=it's",
            "A=$B",
            "A=\"${B}\"",
            r"A=C:\d",
            r#"A="\n""#,
            "A=a\tb\u{0}",
            "A=`id`",
        ] {
            let error = gathered(&[], &format!("# settings\n\n{line}\nTWO_TOKENS_LOG=info\n")).err().unwrap();
            assert!(error.starts_with(".env line 3: "), "{line}: {error}");
        }
        let not_utf8 = Environment::gather(std::iter::empty(), Some(b"\nTWO_TOKENS_LOG=\xff"), &KNOWN).err().unwrap();
        assert_eq!(not_utf8.to_string(), ".env line 2: is not UTF-8");
    }

    #[test]
    fn only_settings_of_this_program_are_read_and_an_unknown_one_is_refused() {
        let environment =
            gathered(&[("HOME", "/x")], "LEPTOS_SITE_ROOT=/\nPOSTGRES_USER=x\nTWO_TOKENS_LOG=warn").unwrap();
        assert_eq!(environment.ignored, ["LEPTOS_SITE_ROOT", "POSTGRES_USER"]);
        assert_eq!(environment.values.keys().collect::<Vec<_>>(), ["TWO_TOKENS_LOG"]);
        for (file, said) in [
            (
                "TWO_TOKENS_ADR=x",
                ".env line 1: TWO_TOKENS_ADR is not a setting of this program. Is it TWO_TOKENS_ADDR?",
            ),
            ("two_tokens_log=x", ".env line 1: two_tokens_log is not a setting of this program. Is it TWO_TOKENS_LOG?"),
            ("TWO_TOKENS_LOG=a\nTWO_TOKENS_LOG=b", ".env line 2: TWO_TOKENS_LOG is set again; line 1"),
        ] {
            assert!(gathered(&[], file).err().unwrap().starts_with(said), "{file}");
        }
        let variable = gathered(&[("TWO_TOKENS_NONSENSE", "x")], "").err().unwrap();
        assert!(variable.starts_with("TWO_TOKENS_NONSENSE is not a setting"), "{variable}");
    }

    #[test]
    fn an_empty_value_counts_as_unset() {
        let environment = gathered(&[("TWO_TOKENS_ADDR", ""), ("TWO_TOKENS_OLD", " ")], "TWO_TOKENS_LOG=''\n").unwrap();
        assert!(environment.values.is_empty());
        assert_eq!(environment.empty, ["TWO_TOKENS_ADDR", "TWO_TOKENS_OLD"]);
    }

    #[test]
    fn what_kubernetes_adds_for_a_service_is_no_setting() {
        let link = ("TWO_TOKENS_PORT_3000_TCP_ADDR", "10.0.0.1");
        let others =
            [("TWO_TOKENS_SERVICE_HOST", "x"), ("TWO_TOKENS_SERVICE_PORT_HTTP", "1"), ("TWO_TOKENS_DB_PORT", "x")];
        let there = [&[("KUBERNETES_SERVICE_HOST", "10.0.0.1"), link][..], &others].concat();
        assert!(gathered(&there, "").is_ok());
        assert!(gathered(&[link], "").is_err());
        assert!(gathered(&[("KUBERNETES_SERVICE_HOST", "x"), ("TWO_TOKENS_ADR", "x")], "").is_err());
    }

    #[test]
    fn a_flag_comes_before_the_file_and_the_file_before_the_default() {
        let file = "TWO_TOKENS_ACCESS_TTL=7m\nTWO_TOKENS_TRUSTED_PROXIES=127.0.0.1, 10.0.0.0/8\n";
        let from_file = config(file, &[]).unwrap();
        assert_eq!(from_file.access_ttl.as_secs(), 7 * 60);
        assert!(from_file.trusted_proxies.is_some());
        assert_eq!(config(file, &["--access-ttl", "8m"]).unwrap().access_ttl.as_secs(), 8 * 60);
        assert_eq!(config("", &[]).unwrap().access_ttl.as_secs(), 15 * 60);
    }

    #[test]
    fn help_shows_no_value() {
        let file = "TWO_TOKENS_DATABASE_URL=postgres://app:hunter2@db/app";
        for arguments in [["--help"], ["-h"]] {
            let help = config(file, &arguments).unwrap_err().to_string();
            assert!(help.contains("TWO_TOKENS_DATABASE_URL") && !help.contains("hunter2"), "{help}");
        }
    }
}
