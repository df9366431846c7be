//! What goes on beside the doors, as long as the server runs: each a loop around a step that can be called by itself.

pub mod detect;
mod lease;
pub mod notify;
pub mod retention;
