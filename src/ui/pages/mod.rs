//! One file for each page.

pub mod account;
pub mod ended;
pub mod history;
pub mod home;
pub mod login;
pub mod not_found;
pub mod register;
pub mod sessions;
