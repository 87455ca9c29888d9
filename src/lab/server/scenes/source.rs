//! Where the rule of a scene stands: a line of the source, a page of the documentation, a section of a standard. The number of a line
//! is found while compiling, so a link to a line that is no longer there does not compile.

use super::text::Text;
use crate::base_path;
use crate::lab::model::scene::Link;
use crate::lang::Lang;
use crate::ui::footer::REPOSITORY;
use crate::ui::pages::documents::DOCUMENTS;

/// Something to read.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// A line of the source, by its file.
    Line { path: &'static str, line: u32 },
    /// A page of `docs/` without its ending, with the heading's anchor.
    Page { label: Text, path: &'static str },
    /// A section of a standard.
    Standard { label: &'static str, href: &'static str },
}

/// `source!("src/auth/token/rotation.rs", "pub fn decide(")` is the first line with that text.
macro_rules! source {
    ($path:literal, $text:literal) => {{
        const LINE: u32 = $crate::lab::server::scenes::source::line_of(
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path)),
            $text,
        );
        $crate::lab::server::scenes::source::Source::Line { path: $path, line: LINE }
    }};
}
pub(super) use source;

/// The number of the first line of `file` that contains `text`, from 1.
///
/// # Panics
/// If there is none: while compiling, because every caller is a constant.
pub const fn line_of(file: &str, text: &str) -> u32 {
    let (file, text) = (file.as_bytes(), text.as_bytes());
    let (mut at, mut line) = (0, 1);
    while at + text.len() <= file.len() {
        let mut same = 0;
        while same < text.len() && file[at + same] == text[same] {
            same += 1;
        }
        if same == text.len() {
            return line;
        }
        if file[at] == b'\n' {
            line += 1;
        }
        at += 1;
    }
    panic!("no line of the file has this text")
}

impl Source {
    pub fn link(&self, lang: Lang) -> Link {
        match self {
            Source::Line { path, line } => Link {
                label: format!("{path}:{line}"),
                href: (!REPOSITORY.is_empty()).then(|| format!("{REPOSITORY}/blob/main/{path}#L{line}")),
            },
            Source::Page { label, path } => {
                Link { label: label.raw(lang).to_owned(), href: Some(base_path::at(&[DOCUMENTS, "/", path].concat())) }
            }
            Source::Standard { label, href } => Link { label: (*label).to_owned(), href: Some((*href).to_owned()) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_by_its_text() {
        assert_eq!(line_of("one\ntwo\nthree two\n", "two"), 2);
        assert_eq!(line_of("one\ntwo\nthree two\n", "ee"), 3);
        assert!(std::panic::catch_unwind(|| line_of("one", "two")).is_err());
    }
}
