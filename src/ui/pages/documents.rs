//! The project's own documents (`docs/`) as pages, so that whoever watches the program can read what it promises and against which
//! attackers. They are in the binary, in English. Plain HTML without the browser's program, as the page about a forgotten password.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::request::Parts;
use leptos::prelude::*;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use rust_embed::{Embed, EmbeddedFile};

use crate::base_path::{self, at};
use crate::lang::lang;
use crate::ui::components::plain_page::PlainPage;
use crate::ui::footer::REPOSITORY;
use crate::ui::pages::api_reference::API_REFERENCE;

/// The path of the list; a document is below it.
pub const DOCUMENTS: &str = "/docs";

#[derive(Embed)]
#[folder = "docs/"]
#[include = "*.md"]
#[include = "pictures/*/*.svg"]
struct Files;

/// The picture (SVG) of the documents at a path of the site.
pub fn picture(path: &str) -> Option<Cow<'static, [u8]>> {
    let name = path.strip_prefix(DOCUMENTS)?.strip_prefix('/')?;
    Some(name.ends_with(".svg").then(|| Files::get(name))??.data)
}

/// The file of the document at a path of the site, which names it without its ending.
fn file_at(path: &str) -> Option<EmbeddedFile> {
    let name = path.strip_prefix(DOCUMENTS)?.strip_prefix('/')?;
    Files::get(&[name, ".md"].concat())
}

/// Whether there is a page at this path.
pub fn exists(path: &str) -> bool {
    path == DOCUMENTS || file_at(path).is_some()
}

/// Whether the document at a path has a heading with this anchor.
pub fn has_heading(path: &str, anchor: &str) -> bool {
    let html = file_at(path).as_ref().and_then(text_of).map(|text| html_at(path, text)).unwrap_or_default();
    html.contains(&["id=\"", anchor, "\""].concat())
}

/// The first heading of a document.
fn title_of(file: &EmbeddedFile) -> Option<String> {
    let title = text_of(file)?.lines().find_map(|line| line.strip_prefix("# "))?;
    Some(title.to_owned())
}

fn text_of(file: &EmbeddedFile) -> Option<&str> {
    str::from_utf8(&file.data).ok()
}

/// All documents: path and title.
fn all() -> BTreeMap<String, String> {
    let entry = |name: &str| {
        let path = [DOCUMENTS, "/", name.strip_suffix(".md")?].concat();
        let title = title_of(&file_at(&path)?)?;
        Some((path, title))
    };
    Files::iter().filter_map(|name| entry(&name)).collect()
}

/// The document at a path as HTML.
fn html_at(path: &str, text: &str) -> String {
    let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
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
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                let source = at(&["/", &*file_meant(&dest_url, folder)].concat());
                events.push(Event::Start(Tag::Image { link_type, dest_url: source.into(), title, id }));
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

/// Where a link of a document of a folder leads; `None` for a file that is only in the repository, when its address is not known.
fn link_target(target: &str, folder: &str) -> Option<String> {
    if target.starts_with('#') || target.contains("://") {
        return Some(target.to_owned());
    }
    let (file, fragment) = target.split_once('#').map_or((target, None), |(file, fragment)| (file, Some(fragment)));
    let path = file_meant(file, folder);
    let page = path.strip_suffix(".md").map(|name| ["/", name].concat()).filter(|page| exists(page));
    let address = match page {
        Some(page) => at(&page),
        None if path == "docs/decisions" || path == "docs" => at(DOCUMENTS),
        None if REPOSITORY.is_empty() => return None,
        None => [REPOSITORY, "/blob/main/", &path].concat(),
    };
    Some(fragment.map_or(address.clone(), |fragment| [&address, "#", fragment].concat()))
}

/// The file of the repository that a document of a folder means.
fn file_meant(target: &str, folder: &str) -> String {
    let mut path: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.join("/")
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
    let address = use_context::<Parts>().map(|parts| parts.uri.path().to_owned()).unwrap_or_default();
    let path = base_path::current().within(&address).to_owned();
    let file = file_at(&path);
    let title = file.as_ref().and_then(title_of).unwrap_or_else(|| lang().foot_docs().to_owned());
    let html = file.as_ref().and_then(text_of).map(|text| html_at(&path, text));
    let content = match html {
        Some(html) => view! { <article class="document prose" lang="en" inner_html=html></article> }.into_any(),
        None => view! { <List title=title.clone() /> }.into_any(),
    };
    let links = view! { <a href=at(DOCUMENTS)>{lang().foot_docs()}</a> };
    view! {
        <PlainPage title=title links=links.into_any()>
            {content}
        </PlainPage>
    }
}

#[component]
fn List(title: String) -> impl IntoView {
    let items = all().into_iter().map(|(path, title)| view! { <li><a href=at(&path)>{title}</a></li> });
    view! {
        <div class="document index prose">
            <h1>{title}</h1>
            <p>
                <a href=at(API_REFERENCE)>{lang().api_title()}</a>
            </p>
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
                let html = html_at(&path, text_of(&file_at(&path).unwrap()).unwrap());
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
    fn every_picture_of_the_documents_is_there_and_nothing_else_is_one() {
        let mut shown = 0;
        for path in all().into_keys() {
            let html = html_at(&path, text_of(&file_at(&path).unwrap()).unwrap());
            for source in html.split("<img src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(picture(source).is_some(), "{path}: {source}");
                shown += 1;
            }
        }
        assert!(shown > 0);
        for path in ["/docs/flow.md", "/docs/pictures/nothing.svg", "/docs/../public/favicon.svg"] {
            assert!(picture(path).is_none(), "{path}");
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
