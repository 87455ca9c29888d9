//! Where conditions on a cargo feature stand: `#[cfg(feature = …)]`, `#[cfg_attr(feature = …)]`, `cfg!(feature = …)`, in
//! macros too.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, ItemFn, Macro,
    visit::{self, Visit},
};

use super::source::Source;

/// Each condition that stands neither in `mod.rs`, `lib.rs` or `main.rs` nor in the body of a server function.
pub fn misplaced(sources: &[Source]) -> Vec<String> {
    let doors = ["mod.rs", "lib.rs", "main.rs"];
    let rooms = sources.iter().filter(|source| !doors.contains(&source.name()));
    rooms
        .flat_map(|source| lines(source).into_iter().map(|line| format!("{}:{line}: cfg(feature)", source.path)))
        .collect()
}

fn lines(source: &Source) -> Vec<usize> {
    let mut walk = Walk::default();
    walk.visit_file(&source.parsed());
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Vec<usize>,
}

impl Walk {
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(ident) if ident == "cfg" || ident == "cfg_attr" => {
                    let condition = tokens[at + 1..].iter().take(2).find_map(|token| match token {
                        TokenTree::Group(group) => Some(group.stream()),
                        _ => None,
                    });
                    if condition.is_some_and(names_a_feature) {
                        self.found.push(ident.span().start().line);
                    }
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {}
            }
        }
    }
}

fn names_a_feature(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "feature",
        TokenTree::Group(group) => names_a_feature(group.stream()),
        _ => false,
    })
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let server =
            |attribute: &Attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "server");
        if item.attrs.iter().any(server) {
            item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
            self.visit_signature(&item.sig);
        } else {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let path = attribute.path();
        if let syn::Meta::List(list) = &attribute.meta
            && (path.is_ident("cfg") || path.is_ident("cfg_attr"))
            && names_a_feature(list.tokens.clone())
        {
            self.found.push(path.segments[0].ident.span().start().line);
        }
    }

    fn visit_macro(&mut self, of: &'ast Macro) {
        if of.path.is_ident("cfg") && names_a_feature(of.tokens.clone()) {
            self.found.push(of.path.segments[0].ident.span().start().line);
        }
        self.tokens(of.tokens.clone());
    }
}
