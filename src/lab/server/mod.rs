//! The lab's half on the server: the sandboxes and what bounds them, the recorder around each, the troublemakers, and the routes.
//! It uses the app as any other program could, and the app knows nothing of it.

mod chips;
pub mod director;
mod faults;
mod injection;
mod jar;
mod log;
pub mod open;
mod other_site;
mod outside;
mod pace;
pub mod page;
mod recorder;
mod redacted;
pub mod rooms;
pub mod routes;
mod rows;
pub mod sandbox;
mod settled;
mod stream;
mod tamper;
mod thief;
mod under_way;
mod weak;
mod who;
