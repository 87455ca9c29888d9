//! One file for each page.

pub mod account;
mod account_forms;
#[cfg(feature = "ssr")]
pub mod api_reference;
#[cfg(feature = "ssr")]
pub mod documents;
pub mod ended;
#[cfg(feature = "ssr")]
pub mod forgot_password;
pub mod history;
pub mod home;
pub mod login;
pub mod not_found;
pub mod register;
pub mod sessions;
