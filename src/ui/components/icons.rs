//! The icons, drawn in this file alone. The server writes each page's set once, as symbols of one hidden SVG beside the app (an
//! SVG sprite); an icon is a reference to its symbol, so no drawing is in the browser's program.

use leptos::prelude::*;

/// The reference to a symbol: its name, as the inner HTML of an element of class `icon`. Icons are decoration: the name of the
/// button or the text beside them says the same.
pub fn icon(name: &str) -> String {
    ["<svg aria-hidden=\"true\"><use href=\"#icon-", name, "\"></use></svg>"].concat()
}

#[component]
pub fn Icon(name: &'static str) -> impl IntoView {
    view! { <span class="icon" inner_html=icon(name)></span> }
}

/// The name of each symbol and the path that is stroked, in a square of 24.
const ICONS: [(&str, &str); 12] = [
    ("eye", "M2 12c2.5-4.7 6-7 10-7s7.5 2.3 10 7c-2.5 4.7-6 7-10 7s-7.5-2.3-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z"),
    (
        "eye-off",
        "M2 12c2.5-4.7 6-7 10-7s7.5 2.3 10 7c-2.5 4.7-6 7-10 7s-7.5-2.3-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM4 20 20 4",
    ),
    ("copy", "M9 9h11v11H9zM15 9V4H4v11h5"),
    ("laptop", "M5 5h14v10H5zM2 19h20"),
    ("phone", "M7 2h10v20H7zM11 18.5h2"),
    ("shield", "M12 2.5 20 5.5V11c0 5-3.3 8.5-8 10.5C7.3 19.5 4 16 4 11V5.5zM12 8v4.5M12 15.8v.2"),
    ("check", "M4 12.5 9.5 18 20 6.5"),
    ("cross", "M5.5 5.5 18.5 18.5M18.5 5.5 5.5 18.5"),
    ("external", "M10 5H5v14h14v-5M14 4h6v6M20 4 11 13"),
    ("chevron", "M6 9.5 12 15.5 18 9.5"),
    ("person", "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c.6-4.2 3.6-6 8-6s7.4 1.8 8 6"),
    ("pen", "M4 20l1-4L16 5l3 3L8 19z"),
];

/// The symbols, for the shell.
pub fn sprite() -> String {
    let symbols = ICONS
        .map(|(name, path)| format!(r#"<symbol id="icon-{name}" viewBox="0 0 24 24"><path d="{path}"/></symbol>"#));
    symbols.concat()
}
