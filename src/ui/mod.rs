//! What the person sees, in both builds: a page a file, and the few parts they share. Pages read the auth state and call
//! commands; they never see a token, set the auth state or ask for protected data while the server renders them.

mod account;
pub mod app;
pub(crate) mod at_once;
pub(crate) mod browser;
mod countdown;
mod credentials;
mod desk;
mod diagram;
mod ended;
pub mod header;
mod history;
mod home;
mod language;
mod later;
pub(crate) mod live;
mod login;
pub mod next;
mod not_found;
mod note_editor;
mod notebook;
mod notes;
mod notices;
mod parts;
mod password_field;
pub mod posted;
mod register;
mod sessions;
pub mod settings;
#[cfg(feature = "ssr")]
pub mod shell;
mod signed_in_only;
mod signed_out_only;
mod step_up;
mod visitor;
