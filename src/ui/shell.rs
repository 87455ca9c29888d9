//! The HTML document around the app, rendered by the server. The start script and its preloads are
//! written by hand: Leptos 0.8.23 puts the nonce into `crossorigin` (leptos issue 4843), so Firefox
//! drops the preload, and Leptos shows no message when loading fails.

use std::{
    path::Path,
    sync::{LazyLock, OnceLock},
};

use leptos::{either::Either, nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use super::components::icons::sprite;
use super::footer::Footer;
use super::support::form_result::form_result;
use super::support::page_settings::{absolute_limit, header_link_attribute, idle_limit, password_min};
use super::support::plain_forms::{self, ShownAt};
use crate::base_path;
use crate::client::auth_state::signed_in_hint;
use crate::lang::lang;
use crate::protocol::theme::Theme;

/// Renders the document with `app` as its body, and with the browser's program.
pub fn shell(options: LeptosOptions, app: impl FnOnce() -> AnyView) -> AnyView {
    document(options, true, app())
}

/// Renders the document with a page that needs no program and gets none.
pub fn plain_shell(options: LeptosOptions, page: impl FnOnce() -> AnyView) -> AnyView {
    document(options, false, page())
}

fn document(options: LeptosOptions, has_program: bool, app: AnyView) -> AnyView {
    let files = base_path::files();
    let [js, loader, wasm, css] = assets(&options).each().map(|path| files.at(path));
    // What restores the session is fetched beside the program and not after it.
    let session = if signed_in_hint() { &*assets(&options).session } else { &[] };
    let session = session.iter().map(|path| files.at(path)).map(preload).collect_view();
    let icon = files.at("/favicon.svg");
    let nonce = use_nonce();
    let base_path = base_path::current();
    let port = base_path.port().map(|port| port.to_string());
    let base_path = (!base_path.is_root()).then(|| base_path.as_str().to_owned());
    let start = start_script(&js, &wasm, "hydrate");
    let shown_at = use_context().map(|ShownAt(address)| address);
    let refused = form_result();
    let refused = refused.as_ref();
    let problem = refused.map(|refused| &refused.problem);
    let theme = use_context::<Theme>().and_then(Theme::attribute);
    view! {
        <!DOCTYPE html>
        <html lang=lang().tag() data-mount=base_path data-port=port data-shown-at=shown_at data-signed-in-hint=signed_in_hint().then_some("1") data-theme=theme data-password-min=password_min() data-idle=idle_limit() data-absolute=absolute_limit() data-header-link=header_link_attribute() data-refused=problem.map(|problem| problem.detail.clone()) data-refused-code=problem.map(|problem| problem.code.as_str()) data-refused-field=problem.and_then(|problem| problem.field.clone()) data-refused-email=refused.map(|refused| refused.email.clone()) data-retry-after=problem.and_then(|problem| problem.retry_after).map(|seconds| seconds.to_string())>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta
                    name="description"
                    content=lang().shell_description()
                />
                <link rel="icon" href=icon type="image/svg+xml" />
                // `cargo leptos watch` finds the stylesheet by this id.
                <link id="leptos" rel="stylesheet" href=css />
                {has_program
                    .then(|| {
                        view! {
                            <link rel="modulepreload" href=js nonce=nonce.clone() />
                            <link rel="modulepreload" href=loader nonce=nonce.clone() />
                            {preload(wasm)}
                            {session}
                            <AutoReload options=options />
                            <script type="module" nonce=nonce inner_html=start></script>
                        }
                    })}
                <MetaTags />
            </head>
            <body>
                <svg class="sprite" aria-hidden="true" inner_html=sprite()></svg>
                {has_program.then(|| view! { <TroubleMessages /> })}
                <div id="app">{app}</div>
                <Footer />
            </body>
        </html>
    }
    .into_any()
}

/// After the stylesheet, for which the first paint waits: the form is of use without the program.
fn preload(wasm: String) -> impl IntoView {
    view! {
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" fetchpriority="low" />
    }
}

/// What the page says on top when the program is not there. Outside the app's element, so that neither the app nor its absence
/// touches them.
#[component]
fn TroubleMessages() -> impl IntoView {
    view! {
        <div id="boot-failed" class="problem boot" role="alert" hidden>
            <p>{lang().shell_boot_failed()}</p>
            <Reload scripts=true />
            <PlainSignOut />
        </div>
        <div id="stopped" class="problem boot" role="alert" hidden>
            <p>{lang().shell_stopped()}</p>
            <Reload scripts=true />
        </div>
        <noscript>
            <div class="notice boot">
                <p>{lang().shell_without_scripts()}</p>
                <Reload scripts=false />
                <PlainSignOut />
            </div>
        </noscript>
    }
}

/// The sign-out as a plain form, where this browser may be signed in.
#[component]
fn PlainSignOut() -> impl IntoView {
    signed_in_hint().then(|| {
        view! {
            <p>{lang().shell_signed_in()}</p>
            <form method="post" action=base_path::at(plain_forms::SIGN_OUT)>
                <button type="submit">{lang().common_sign_out()}</button>
            </form>
        }
    })
}

/// Loads the page again. With scripts a button, which the start script serves: a link here would be the first of the page, and that
/// is the skip link. Without scripts a link, to the page's own address.
#[component]
fn Reload(scripts: bool) -> impl IntoView {
    if scripts {
        return Either::Left(view! { <button type="button" data-reload="">{lang().common_reload()}</button> });
    }
    Either::Right(view! {
        <a class="button" href="" rel="external">
            {lang().common_reload()}
        </a>
    })
}

/// URL paths of the built files below the base path, with their content hashes.
#[derive(Clone)]
pub struct Assets {
    pub js: String,
    /// The loader of lazy parts (code splitting). `js` imports it, so it is preloaded.
    pub loader: String,
    pub wasm: String,
    pub css: String,
    /// The lazy part of the session, and the chunks that it shares with other parts. None where names are unhashed.
    pub session: Vec<String>,
}

impl Assets {
    fn each(&self) -> [&str; 4] {
        [&self.js, &self.loader, &self.wasm, &self.css]
    }
}

/// The paths of the program and of the app's stylesheet. File names do not change while the server runs.
pub fn assets(options: &LeptosOptions) -> &'static Assets {
    static ASSETS: OnceLock<Assets> = OnceLock::new();
    ASSETS.get_or_init(|| {
        let path = |kind: &str| hashed_path(options, &options.output_name, kind, kind);
        // Unhashed, the loader's name holds a placeholder as long as a hash.
        let loader_hash = find_hash(hashes(options), "split").map_or_else(|| "_".repeat(22), str::to_owned);
        let loader = format!("/{}/__wasm_split.{loader_hash}.js", options.site_pkg_dir);
        let session = find_hash(hashes(options), "session").unwrap_or_default().split_whitespace();
        let session = session.map(|name| hashed_path(options, name, "wasm", "split")).collect();
        Assets { js: path("js"), loader, wasm: path("wasm"), css: path("css"), session }
    })
}

/// The path of a stylesheet that pages load in addition to the app's: `name` is that of the file in `style/`, without `.css`.
pub fn stylesheet(options: &LeptosOptions, name: &str) -> String {
    hashed_path(options, name, "css", &format!("{name}-css"))
}

/// `/pkg/<name>.<hash>.<extension>`. The hash is the one of `kind` in the hash file; without it the name is unhashed.
fn hashed_path(options: &LeptosOptions, name: &str, extension: &str, kind: &str) -> String {
    let hash = find_hash(hashes(options), kind).map(|hash| format!(".{hash}")).unwrap_or_default();
    format!("/{}/{name}{hash}.{extension}", options.site_pkg_dir)
}

/// Finds `kind: <hash>` in the hash file.
fn find_hash<'a>(hashes: &'a str, kind: &str) -> Option<&'a str> {
    hashes.lines().find_map(|line| line.trim().strip_prefix(kind)?.strip_prefix(':')).map(str::trim)
}

static HASHES: OnceLock<String> = OnceLock::new();

/// Takes this list of hashes for that of the hash file; before the first page is rendered.
pub fn set_hashes(hashes: String) {
    let _ = HASHES.set(hashes);
}

fn hashes(options: &LeptosOptions) -> &'static str {
    HASHES.get_or_init(|| if options.hash_files { read_hashes(&options.hash_file) } else { String::new() })
}

/// Reads the hash file that cargo-leptos writes next to the server binary. Without it the names
/// carry no hash.
fn read_hashes(file: &str) -> String {
    let next_to_binary = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(file)));
    let path = next_to_binary.unwrap_or_else(|| Path::new(file).to_owned());
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        leptos::logging::error!("no file hashes in {}: {error}", path.display());
        String::new()
    })
}

/// The start script `start.js`: loads the WebAssembly and calls `export`. On failure it reveals the message `#boot-failed`, after a
/// panic later `#stopped`.
pub fn start_script(js: &str, wasm: &str, export: &str) -> String {
    static CODE: LazyLock<String> = LazyLock::new(|| {
        let lines = include_str!("start.js").lines().map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with("//")).collect::<Vec<_>>().join("\n")
    });
    // Another address of the same file, of which the browser makes another instance, also of the loader that it imports.
    let again = js.rsplit_once('/').map_or(js.to_owned(), |(folder, file)| [folder, AGAIN, "/", file].concat());
    format!("const JS = {js:?}, AGAIN = {again:?}, WASM = {wasm:?}, ENTRY = {export:?};\n{}", *CODE)
}

/// Below it, the folder of the built files is served a second time: a module has one instance for each address.
pub const AGAIN: &str = "/again";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stylesheet_has_its_own_line_in_the_hash_file() {
        let hashes = "js: program\ncss: main\nprint-css: print\n";
        assert_eq!(find_hash(hashes, "css"), Some("main"));
        assert_eq!(find_hash(hashes, "print-css"), Some("print"));
        assert_eq!(find_hash(hashes, "int-css"), None);
    }
}
