//! Throttling (rate limiting, brute-force protection): the pure rules, the attempt counter, and the device cookie (OWASP) that
//! keeps strangers from locking an account's owner out.

pub mod attempt;
pub mod attempts;
pub mod device_cookie;
mod refusal_log;
pub mod rules;
mod work;
