//! The project's own documents (`docs/`) as pages, so that whoever watches the program can read what it promises and against which
//! attackers. They are in the binary, in English. Plain HTML without the browser's program, as the page about a forgotten password.

use std::collections::BTreeMap;

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use rust_embed::Embed;

use crate::base_path::{self, at};
use crate::lang::lang;
use crate::ui::components::header::Brand;
use crate::ui::footer::REPOSITORY;
use crate::ui::support::page_settings::header_link;

/// The path of the list; a document is below it.
pub const DOCUMENTS: &str = "/docs";

#[derive(Embed)]
#[folder = "docs/"]
#[include = "*.md"]
struct Files;

/// The text of the document at a path of the site, which names the file without its ending.
fn document_at(path: &str) -> Option<String> {
    let name = path.strip_prefix(DOCUMENTS)?.strip_prefix('/')?;
    let file = Files::get(&[name, ".md"].concat())?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// Whether there is a page at this path.
pub fn exists(path: &str) -> bool {
    path == DOCUMENTS || document_at(path).is_some()
}

/// All documents: path and title.
fn all() -> BTreeMap<String, String> {
    let entry = |file: &str| {
        let path = [DOCUMENTS, "/", file.strip_suffix(".md")?].concat();
        let text = document_at(&path)?;
        let title = text.lines().find_map(|line| line.strip_prefix("# "))?;
        Some((path, title.to_owned()))
    };
    Files::iter().filter_map(|file| entry(&file)).collect()
}

/// A document as HTML. `folder` is that of the file below `docs/`, with a slash at its end, or empty.
fn html_of(text: &str, folder: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut events: Vec<Event<'_>> = Vec::new();
    // The place of the heading that is open.
    let mut heading = None;
    // Whether each open link is kept.
    let mut links = Vec::new();
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let target = link_target(&dest_url, folder);
                links.push(target.is_some());
                if let Some(target) = target {
                    events.push(Event::Start(Tag::Link { link_type, dest_url: target.into(), title, id }));
                }
            }
            Event::End(TagEnd::Link) => {
                if links.pop().unwrap_or(true) {
                    events.push(Event::End(TagEnd::Link));
                }
            }
            Event::Start(Tag::Heading { .. }) => {
                heading = Some(events.len());
                events.push(event);
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some(start) = heading.take() {
                    let anchor = anchor(&events[start..]);
                    if let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(start) {
                        *id = Some(CowStr::from(anchor));
                    }
                }
                events.push(event);
            }
            event => events.push(event),
        }
    }
    let mut page = String::with_capacity(text.len() * 2);
    html::push_html(&mut page, events.into_iter());
    page
}

/// Where a link of a document leads; `None` for a file that is only in the repository, when its address is not known.
fn link_target(target: &str, folder: &str) -> Option<String> {
    if target.starts_with('#') || target.contains("://") {
        return Some(target.to_owned());
    }
    let (file, fragment) = target.split_once('#').map_or((target, None), |(file, fragment)| (file, Some(fragment)));
    let mut path: Vec<&str> = vec!["docs"];
    for part in folder.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    let path = path.join("/");
    let page = path.strip_suffix(".md").map(|name| ["/", name].concat()).filter(|page| exists(page));
    let address = match page {
        Some(page) => at(&page),
        None if path == "docs/decisions" || path == "docs" => at(DOCUMENTS),
        None if REPOSITORY.is_empty() => return None,
        None => [REPOSITORY, "/blob/main/", &path].concat(),
    };
    Some(fragment.map_or(address.clone(), |fragment| [&address, "#", fragment].concat()))
}

/// The id of a heading, as code hosts make it: links inside the documents use it.
fn anchor(heading: &[Event<'_>]) -> String {
    let text: String = heading
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(&**text),
            _ => None,
        })
        .collect();
    text.chars()
        .filter_map(|char| match char {
            ' ' => Some('-'),
            '-' | '_' => Some(char),
            char if char.is_alphanumeric() => char.to_lowercase().next(),
            _ => None,
        })
        .collect()
}

/// The document that the request names, or the list.
#[component]
pub fn Documents() -> impl IntoView {
    provide_meta_context();
    let address = use_context::<Parts>().map(|parts| parts.uri.path().to_owned()).unwrap_or_default();
    let path = base_path::current().within(&address).to_owned();
    let text = document_at(&path);
    let title = text.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("# ")));
    let title = title.unwrap_or_else(|| lang().foot_docs()).to_owned();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = folder.strip_prefix(DOCUMENTS).unwrap_or_default().trim_start_matches('/');
    let content = text.map(|text| html_of(&text, folder));
    view! {
        <Title text=[&*title, " · Two Tokens"].concat() />
        <a class="skip" href="#main">
            {lang().common_skip()}
        </a>
        <header class="top">
            <Brand />
            <nav aria-label=lang().common_main_navigation()>
                <a href=at("/")>{lang().common_home()}</a>
                <a href=at(DOCUMENTS)>{lang().foot_docs()}</a>
                {header_link().map(|link| view! { <a href=link.href>{link.label}</a> })}
            </nav>
        </header>
        <main id="main" tabindex="-1">
            {match content {
                Some(html) => view! { <article class="document prose" lang="en" inner_html=html></article> }.into_any(),
                None => view! { <List title=title /> }.into_any(),
            }}
        </main>
    }
}

#[component]
fn List(title: String) -> impl IntoView {
    let items = all().into_iter().map(|(path, title)| view! { <li><a href=at(&path)>{title}</a></li> });
    view! {
        <div class="document index prose">
            <h1>{title}</h1>
            <ul lang="en">{items.collect_view()}</ul>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_between_the_documents_leads_to_a_page_and_a_heading() {
        let pages: BTreeMap<String, String> = all()
            .into_keys()
            .map(|path| {
                let folder = path.rsplit_once('/').unwrap().0.trim_start_matches(DOCUMENTS).trim_start_matches('/');
                let html = html_of(&document_at(&path).unwrap(), folder);
                (path.clone(), html)
            })
            .collect();
        assert!(pages.len() > 10);
        for (path, html) in &pages {
            assert!(html.contains("<h1 id="), "{path}");
            for link in html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                let (page, fragment) = link.split_once('#').unwrap_or((link, ""));
                let page = if page.is_empty() { path } else { page };
                if let Some(target) = pages.get(page) {
                    assert!(fragment.is_empty() || target.contains(&format!("id=\"{fragment}\"")), "{path}: {link}");
                } else {
                    assert!(page == DOCUMENTS || page.contains("://"), "{path}: {link}");
                }
            }
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_a_document() {
        for path in ["/docs/../README", "/docs/", "/docs//flow", "/docs/flow.md", "/docs/nothing", "/flow", "docs/flow"]
        {
            assert!(!exists(path), "{path}");
        }
        assert!(exists("/docs") && exists("/docs/flow") && exists("/docs/decisions/0008-throttling"));
    }
}
