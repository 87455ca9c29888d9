//! The real graph of imports: every path of a file that leads into this crate, wherever it stands, and the file it leads to.
//!
//! Found are `use` trees (groups, globs, renames, in functions and inline modules), paths in bodies, types, attributes and
//! patterns, and paths in the tokens of macros, whose grammar is their own (`view!`, `macro_rules!`, `#[server(…)]`).
//! A name that a `use` brought in stands for what it named, so `use crate::ui as a` and then `a::pages::Home` is found twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::{
    Attribute, Item, ItemMod, ItemUse, Macro, UseTree, Visibility,
    visit::{self, Visit},
};

use super::source::Source;

const CRATE: &str = "two_tokens";

/// A module of this crate, by its names from the root.
type Module = Vec<String>;

/// Something of this crate, or of another, that a file names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    pub from: String,
    pub line: usize,
    /// As from the root of the crate: `crate::auth::model`. For another crate, its path.
    pub path: Vec<String>,
    /// The file of this crate that holds it.
    pub to: Option<String>,
    /// Named by a name that a `use` of this file brought in.
    pub by_name: bool,
}

impl Import {
    pub fn text(&self) -> String {
        self.path.join("::")
    }
}

/// Which file holds which module. A module with one file for each build (`#[path]`) has several.
struct Modules(BTreeMap<Module, BTreeSet<String>>);

impl Modules {
    fn of(sources: &[(Source, syn::File)]) -> Self {
        let mut modules = Self(BTreeMap::new());
        for (source, file) in sources {
            let module = module_of(source);
            modules.add(&module, &source.path);
            modules.aliases(&module, source, &file.items);
        }
        modules
    }

    fn add(&mut self, module: &[String], file: &str) {
        self.0.entry(module.to_vec()).or_default().insert(file.to_owned());
    }

    /// `#[path = "browser.rs"] mod imp;`
    fn aliases(&mut self, module: &[String], source: &Source, items: &[Item]) {
        for item in items {
            let Item::Mod(item) = item else { continue };
            let name = [module, &[item.ident.to_string()]].concat();
            for path in item.attrs.iter().filter_map(path_attribute) {
                let folder = Path::new(&source.path).parent().unwrap();
                self.add(&name, folder.join(path).to_str().unwrap());
            }
            if let Some((_, items)) = &item.content {
                self.aliases(&name, source, items);
            }
        }
    }

    fn is_module(&self, path: &[String]) -> bool {
        self.0.contains_key(path)
    }

    /// The files of the longest part of the path that is a module.
    fn files(&self, path: &[String]) -> impl Iterator<Item = &String> {
        (0..=path.len()).rev().find_map(|length| self.0.get(&path[..length])).into_iter().flatten()
    }
}

fn path_attribute(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(literal) = &pair.value else { return None };
    let syn::Lit::Str(text) = &literal.lit else { return None };
    pair.path.is_ident("path").then(|| text.value())
}

fn module_of(source: &Source) -> Module {
    let path = source.below_src().strip_suffix(".rs").unwrap();
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// Every import of these files.
pub fn imports(sources: &[Source]) -> Vec<Import> {
    let parsed: Vec<_> = sources.iter().map(|source| (source.clone(), source.parsed())).collect();
    let modules = Modules::of(&parsed);
    let mut found: Vec<_> = parsed.iter().flat_map(|(source, file)| imports_of(&modules, source, file)).collect();
    found.sort();
    found.dedup();
    found
}

fn imports_of(modules: &Modules, source: &Source, file: &syn::File) -> Vec<Import> {
    let module = module_of(source);
    let mut names = Names { module: module.clone(), found: Vec::new() };
    names.visit_file(file);
    let mut walk = Walk { modules, source, module, names: BTreeMap::new(), found: Vec::new() };
    // A name may stand for one that a later line brings in: again, until nothing is new.
    loop {
        let known = walk.names.len();
        for (place, name, path) in &names.found {
            walk.module.clone_from(place);
            if let Some(path) = walk.resolve(path).filter(|path| path[0] == "crate") {
                walk.names.entry(name.clone()).or_insert(path);
            }
        }
        if walk.names.len() == known {
            break;
        }
    }
    walk.module = module_of(source);
    walk.visit_file(file);
    walk.found
}

/// First pass: the names that `use` brings in, each with the module it stands in.
struct Names {
    module: Module,
    found: Vec<(Module, String, Vec<String>)>,
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for leaf in leaves(&item.tree) {
            if let Some(name) = leaf.name {
                self.found.push((self.module.clone(), name, leaf.path));
            }
        }
    }
}

struct Leaf {
    path: Vec<String>,
    /// What it is called here; a glob brings in no name of its own.
    name: Option<String>,
    span: Span,
}

fn leaves(tree: &UseTree) -> Vec<Leaf> {
    fn walk(tree: &UseTree, before: &[String], found: &mut Vec<Leaf>) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => walk(&path.tree, &with(&path.ident), found),
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, before, found)),
            UseTree::Glob(glob) => {
                found.push(Leaf { path: before.to_vec(), name: None, span: glob.star_token.spans[0] });
            }
            UseTree::Name(name) if name.ident == "self" => {
                found.push(Leaf { path: before.to_vec(), name: before.last().cloned(), span: name.ident.span() });
            }
            UseTree::Name(name) => {
                let called = Some(name.ident.to_string());
                found.push(Leaf { path: with(&name.ident), name: called, span: name.ident.span() });
            }
            UseTree::Rename(rename) => {
                let path =
                    if rename.ident == "self" && !before.is_empty() { before.to_vec() } else { with(&rename.ident) };
                found.push(Leaf { path, name: Some(rename.rename.to_string()), span: rename.ident.span() });
            }
        }
    }
    let mut found = Vec::new();
    walk(tree, &[], &mut found);
    found
}

/// Second pass: every path, with the module it stands in.
struct Walk<'a> {
    modules: &'a Modules,
    source: &'a Source,
    module: Module,
    /// What a name of this file stands for, from the root of the crate.
    names: BTreeMap<String, Vec<String>>,
    found: Vec<Import>,
}

impl Walk<'_> {
    /// From the root of the crate (`crate::…`), or of another crate; `None` where it is a name of this file alone.
    fn resolve(&self, path: &[String]) -> Option<Vec<String>> {
        let from_here = |module: &[String], rest: &[String]| [&["crate".to_owned()], module, rest].concat();
        let first = path.first()?;
        match first.as_str() {
            "crate" => Some(path.to_vec()),
            CRATE => Some(from_here(&[], &path[1..])),
            "self" if path.get(1).is_some_and(|next| next == "super") => self.resolve(&path[1..]),
            "self" if path.len() > 1 => Some(from_here(&self.module, &path[1..])),
            "super" => {
                let ups = path.iter().take_while(|name| *name == "super").count();
                let above = self.module.len().saturating_sub(ups);
                Some(from_here(&self.module[..above], &path[ups..]))
            }
            _ if self.names.contains_key(first) => Some([&self.names[first], &path[1..]].concat()),
            _ if self.modules.is_module(&[&self.module[..], std::slice::from_ref(first)].concat()) => {
                Some(from_here(&self.module, path))
            }
            "Self" | "self" => None,
            _ => Some(path.to_vec()),
        }
    }

    fn note(&mut self, path: &[String], span: Span) {
        let by_name = self.names.contains_key(&path[0]);
        let Some(path) = self.resolve(path) else { return };
        let found = |to: Option<&String>| Import {
            from: self.source.path.clone(),
            line: span.start().line,
            path: path.clone(),
            to: to.cloned(),
            by_name,
        };
        let new: Vec<_> = match path.split_first() {
            Some((first, rest)) if first == "crate" => self.modules.files(rest).map(|file| found(Some(file))).collect(),
            _ => vec![found(None)],
        };
        self.found.extend(new);
    }

    /// The tokens of a macro or an attribute: names with `::` between them, and groups after a last `::` as in `use`.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(ident) if !continues(&tokens, at) => {
                    at = self.token_path(&tokens, at, &[], ident.span())
                }
                TokenTree::Literal(literal) => self.literal(literal),
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads a path that begins at `at`; returns where it ends.
    fn token_path(&mut self, tokens: &[TokenTree], mut at: usize, before: &[String], span: Span) -> usize {
        let mut path = before.to_vec();
        loop {
            if let Some(TokenTree::Ident(ident)) = tokens.get(at) {
                path.push(ident.to_string());
            }
            let colons = is_punct(tokens.get(at + 1), ':') && is_punct(tokens.get(at + 2), ':');
            match tokens.get(at + 3).filter(|_| colons) {
                Some(TokenTree::Ident(_)) => at += 3,
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.token_group(&path, group.stream());
                    return at + 3;
                }
                _ => break,
            }
        }
        // A single name is a path only where something follows it.
        if path.len() > 1 {
            self.note(&path, span);
        }
        at
    }

    fn token_group(&mut self, before: &[String], stream: TokenStream) {
        let tokens: Vec<_> = stream.into_iter().collect();
        for branch in tokens.split(|token| is_punct(Some(token), ',')) {
            match branch.first() {
                Some(TokenTree::Ident(ident)) => drop(self.token_path(branch, 0, before, ident.span())),
                Some(TokenTree::Group(group)) => self.token_group(before, group.stream()),
                Some(other) => self.note(before, other.span()),
                None => {}
            }
        }
    }

    /// `#[serde(with = "crate::clock::millis")]`
    fn literal(&mut self, literal: &proc_macro2::Literal) {
        let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) else { return };
        if ["crate::", "super::", "self::"].iter().any(|root| text.value().starts_with(root))
            && let Ok(path) = syn::parse_str::<syn::Path>(&text.value())
        {
            self.note(&names(&path), literal.span());
        }
    }
}

/// Whether the name at `at` goes on from what stands before it: it is a method or a field, or `Type::<T>::name`.
fn continues(tokens: &[TokenTree], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    let member = is_punct(before(1), '.') && !is_punct(before(2), '.');
    let segment = is_punct(before(1), ':') && is_punct(before(2), ':');
    member || segment && (is_punct(before(3), '>') || matches!(before(3), Some(TokenTree::Ident(_))))
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn names(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        self.module.push(item.ident.to_string());
        for item in item.content.iter().flat_map(|(_, items)| items) {
            self.visit_item(item);
        }
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        for leaf in leaves(&item.tree) {
            self.note(&leaf.path, leaf.span);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let of_module = path.segments.len() > 1 || path.leading_colon.is_some();
        let name = names(path);
        if of_module || self.names.contains_key(&name[0]) {
            self.note(&name, path.segments[0].ident.span());
        }
        visit::visit_path(self, path);
    }

    /// `pub(in crate::auth)` says where something is seen, and names nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_macro(&mut self, of: &'ast Macro) {
        self.visit_path(&of.path);
        self.tokens(of.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        self.visit_path(attribute.path());
        match &attribute.meta {
            syn::Meta::List(list) => self.tokens(list.tokens.clone()),
            syn::Meta::NameValue(pair) => match &pair.value {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => self.literal(&text.token()),
                value => self.visit_expr(value),
            },
            syn::Meta::Path(_) => {}
        }
    }
}
