//! The lab's half in the browser: the room that the page holds, its views, and the stage inside each frame. Downloaded when it
//! is needed and not before.

mod room;
pub mod stage;
pub mod view;
mod wire;
