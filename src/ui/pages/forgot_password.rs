//! The page about a forgotten password. No mail can be sent, so nothing can be reset here; the page says so, and what helps. It is
//! plain HTML without the browser's program: the server alone renders it, and links to it load it as a page.

use leptos::prelude::*;

use crate::base_path::at;
use crate::lang::lang;
use crate::ui::components::plain_page::PlainPage;

/// Its path; also in `src/ui/pages/login.rs`.
pub const FORGOT_PASSWORD: &str = "/forgot-password";

#[component]
pub fn ForgotPassword() -> impl IntoView {
    let account = view! {
        <div class="account">
            <a href=at("/login")>{lang().common_sign_in()}</a>
        </div>
    };
    view! {
        <PlainPage title=lang().forgot_title().to_owned() account=account.into_any()>
            <div class="narrow prose">
                <h1>{lang().forgot_title()}</h1>
                <p>{lang().forgot_no_mail()}</p>
                <h2>{lang().forgot_look_title()}</h2>
                <p>{lang().forgot_look()}</p>
                <h2>{lang().forgot_other_title()}</h2>
                <p>{lang().forgot_other()}</p>
                <h2>{lang().forgot_operator_title()}</h2>
                <p>{lang().forgot_operator()}</p>
                <p>
                    <code>{lang().forgot_command()}</code>
                </p>
                <p>
                    <a href=at("/login")>{lang().forgot_back()}</a>
                </p>
            </div>
        </PlainPage>
    }
}
