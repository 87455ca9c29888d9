//! Passwords: hashing (argon2id), the policy for a new one (strength, blocklist), and passphrase suggestions (diceware).

pub mod hasher;
pub mod passphrase;
pub mod rules;
