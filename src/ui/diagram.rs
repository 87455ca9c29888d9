//! The flow in one picture. It is one constant string and not a view: it never changes, and each element of a view costs
//! code in the program.

use leptos::prelude::*;

#[component]
pub fn Diagram() -> impl IntoView {
    view! { <figure class="diagram" inner_html=include_str!("diagram.svg")></figure> }
}
