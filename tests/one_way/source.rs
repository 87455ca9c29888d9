//! The files of `src/` as text: code and comments apart.

use std::{fs, path::Path};

/// A file, by its path from the root of the repository (`src/auth/mod.rs`).
#[derive(Clone, Debug)]
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The path below `src/`.
    pub fn below_src(&self) -> &str {
        self.path.strip_prefix("src/").expect("a file of src/")
    }

    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }

    /// The lines of `//!` at the top.
    pub fn head(&self) -> Vec<&str> {
        let comment = |line: &&str| line.starts_with("//") || line.is_empty();
        self.text.lines().take_while(comment).filter_map(|line| line.strip_prefix("//!")).collect()
    }

    pub fn parsed(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }
}

/// Every Rust file below `src/`.
pub fn tree() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "src", &mut found);
    assert!(found.len() > 50, "src/ holds no code");
    found
}

fn collect(folder: &Path, name: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &name, found);
        } else if name.ends_with(".rs") {
            found.push(Source { text: fs::read_to_string(entry.path()).unwrap(), path: name });
        }
    }
}

/// A source with its comments taken out: what is left keeps its lines.
pub struct Split {
    pub code: String,
    /// By line; the marks that begin a comment are left out.
    pub comments: Vec<(usize, String)>,
}

/// Strings and character literals are skipped, so `"https://…"` is no comment.
pub fn split(text: &str) -> Split {
    let (mut code, mut comments) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else {
            let length = literal(rest, code.chars().next_back()).unwrap_or(next.len_utf8());
            code.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        };
        let first = code.matches('\n').count() + 1;
        for (offset, line) in rest[..length].lines().enumerate() {
            let line = line.trim().trim_start_matches(['/', '*', '!']).trim_end_matches(['*', '/']);
            comments.push((first + offset, line.trim().to_owned()));
            code.push_str(if offset > 0 { "\n" } else { "" });
        }
        rest = &rest[length..];
    }
    Split { code, comments }
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let (change, length) = match () {
            () if rest.starts_with("/*") => (1, 2),
            () if rest.starts_with("*/") => (-1, 2),
            () => (0, rest.chars().next().unwrap().len_utf8()),
        };
        depth += change;
        at += length;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of the string or character literal that begins here.
fn literal(text: &str, before: Option<char>) -> Option<usize> {
    let in_word = before.is_some_and(|before| before.is_alphanumeric() || before == '_');
    if let Some(rest) = text.strip_prefix('"') {
        return Some(1 + quoted(rest, '"'));
    }
    if let Some(rest) = text.strip_prefix('\'') {
        let mut chars = rest.chars();
        let (first, second) = (chars.next()?, chars.next()?);
        // Otherwise it is a lifetime.
        return (first == '\\' || second == '\'').then(|| 1 + quoted(rest, '\''));
    }
    let raw = text.strip_prefix('r').or_else(|| text.strip_prefix("br"))?;
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    if in_word || !raw[hashes..].starts_with('"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let begin = text.len() - raw.len() + hashes + 1;
    Some(begin + text[begin..].find(&end)? + end.len())
}

fn quoted(text: &str, end: char) -> usize {
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == end => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether a text holds this word, with no letter, digit or `_` beside it.
pub fn has_word(text: &str, word: &str) -> bool {
    let part = |char: char| char.is_alphanumeric() || char == '_';
    text.match_indices(word).any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}
