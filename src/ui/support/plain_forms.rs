//! Where the plain forms are posted: those that a browser sends without the program. They lie below the path of the refresh cookie,
//! so a sign-in ends the session that the browser had, and a sign-out ends its own.

pub const SIGN_IN: &str = "/api/auth/form/login";
pub const REGISTER: &str = "/api/auth/form/register";
pub const SIGN_OUT: &str = "/api/auth/form/logout";

/// Server only: the address of the page that answers a refused form. Provided as context when the page is rendered; the start
/// script shows it in place of the form's own.
#[derive(Clone)]
pub struct ShownAt(pub String);
