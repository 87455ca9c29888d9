//! What only whole processes show: two instances on one PostgreSQL, and the faults that real life brings. Each fault asks
//! the same three things: nobody is signed out, nothing is half written, and it recovers by itself.

#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/server.rs"]
mod server;

mod behind_a_proxy;
mod killed;
mod postgres_away;
mod sqlite_trouble;
mod two_instances;
