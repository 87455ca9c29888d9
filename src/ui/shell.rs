//! The document around the app, written by the server. The script and its preloads are written by hand: Leptos 0.8.23 puts the
//! nonce into `crossorigin` (leptos issue 4843), on which Firefox drops the preload, and offers no word when loading fails.

use std::{path::Path, sync::OnceLock};

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use super::{
    app::App,
    settings::{lab_is_on, password_min},
};
use crate::client::auth_state::signed_in_hint;
use crate::lang::lang;
use crate::mount;

pub fn shell(options: LeptosOptions) -> impl IntoView {
    let Assets { js, loader, wasm, css } = assets(&options).clone();
    let nonce = use_nonce();
    let mount = mount::current();
    let mount = (!mount.is_root()).then(|| mount.as_str().to_owned());
    let start = start_script(&js, &wasm, "hydrate");
    view! {
        <!DOCTYPE html>
        <html lang=lang().tag() data-mount=mount data-signed-in-hint=signed_in_hint().then_some("1") data-password-min=password_min() data-lab=lab_is_on().then_some("on")>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta
                    name="description"
                    content=lang().shell_description()
                />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                // `cargo leptos watch` finds the stylesheet by this id.
                <link id="leptos" rel="stylesheet" href=css />
                <link rel="modulepreload" href=js nonce=nonce.clone() />
                <link rel="modulepreload" href=loader nonce=nonce.clone() />
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <AutoReload options=options />
                <script type="module" nonce=nonce>
                    {start}
                </script>
                <MetaTags />
            </head>
            <body>
                <App />
                <p id="boot-failed" class="problem boot" role="alert" hidden>
                    {lang().shell_boot_failed()}
                </p>
                <noscript>
                    <p class="notice boot">
                        {lang().shell_without_scripts()}
                    </p>
                </noscript>
            </body>
        </html>
    }
}

#[derive(Clone)]
pub struct Assets {
    pub js: String,
    /// Fetches the parts that come later; the script asks for it at once.
    pub loader: String,
    pub wasm: String,
    pub css: String,
}

/// Where the program and the style lie. The names do not change while the server runs.
pub fn assets(options: &LeptosOptions) -> &'static Assets {
    static ASSETS: OnceLock<Assets> = OnceLock::new();
    ASSETS.get_or_init(|| {
        let hashes = if options.hash_files { read_hashes(&options.hash_file) } else { String::new() };
        let hash = |kind: &str| {
            let hash = hashes.lines().find_map(|line| line.trim().strip_prefix(kind)?.strip_prefix(':'));
            hash.map(|hash| format!(".{}", hash.trim()))
        };
        let path = |kind: &str| {
            let hash = hash(kind).unwrap_or_default();
            format!("/{}/{}{hash}.{kind}", options.site_pkg_dir, options.output_name)
        };
        let loader_hash = hash("split").unwrap_or_else(|| format!(".{}", "_".repeat(22)));
        let loader = format!("/{}/__wasm_split{loader_hash}.js", options.site_pkg_dir);
        Assets { js: path("js"), loader, wasm: path("wasm"), css: path("css") }
    })
}

/// cargo-leptos writes the hashes beside the server. Without them the plain names are tried.
fn read_hashes(file: &str) -> String {
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(file)));
    let path = beside.unwrap_or_else(|| Path::new(file).to_owned());
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        leptos::logging::error!("no file hashes in {}: {error}", path.display());
        String::new()
    })
}

/// Loads the program and calls one of its exports.
pub fn start_script(js: &str, wasm: &str, export: &str) -> String {
    format!(
        "try {{ const program = await import({js:?}); await program.default({{ module_or_path: {wasm:?} }}); \
         program.{export}(); }} catch (error) {{ console.error(error); \
         document.getElementById(\"boot-failed\").hidden = false; }}"
    )
}
