//! The user interface, in both builds: [`pages`] has one file for each page, [`components`] what
//! pages share, [`support`] what works behind them. Pages read the auth state and call commands.
//! They never see a token, never write the auth state, and never fetch protected data during server
//! rendering.

pub mod components;
pub mod pages;
pub mod support;

#[cfg(feature = "ssr")]
pub mod footer;
#[cfg(feature = "ssr")]
pub mod shell;
