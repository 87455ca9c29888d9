//! Passwords: hashing (argon2id), the policy for a new one (strength, blocklist), and passphrase suggestions (diceware).

mod fair_queue;
pub mod hasher;
pub mod passphrase;
pub mod pool;
pub mod rules;
