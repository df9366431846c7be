//! How a value reaches everyone who watches: statistics are computed once a tick and shared, and a slow watcher sheds
//! old ones; anomalies are read from a cursor, and none is shed. Subscriptions that are the same share one execution and
//! one text an event, and whoever has that text writes it to the sockets there and then.

mod anomalies;
mod format;
mod frames;
mod shared;
mod sockets;
mod stats;
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use anomalies::{AnomalyFeed, Found};
pub use format::{BOUNDARY, Format};
pub use frames::{Message, Reader, write_close, write_pong, write_text};
pub use shared::{Hub, Loss, Progress};
pub use sockets::{Operation, Socket, Sockets};
pub use stats::{Snapshot, StatsHub};

/// Locks what no panic can leave half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
