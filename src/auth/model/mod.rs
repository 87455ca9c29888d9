//! The domain model: users, sessions, devices, security events, secrets.

pub mod device;
pub mod email;
pub mod event;
pub mod secret;
pub mod session;
pub mod submission;
pub mod user;
