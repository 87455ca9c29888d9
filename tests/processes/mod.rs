//! What only whole processes show: settings, files and commands, two instances on one PostgreSQL, a reverse proxy, a pooler, and faults:
//! a kill, a full disk, a database that goes away. Each fault asks the same three things: nobody is signed out, nothing is half written, and the
//! server recovers by itself.

mod behind_a_proxy;
mod commands;
mod compose;
mod files;
mod hostile_load;
mod killed;
mod metrics;
mod migrations;
mod poolers;
mod postgres_away;
mod readiness;
mod rolling;
mod settings;
mod shutdown;
mod sqlite_trouble;
mod tls;
mod two_instances;
