//! How a value reaches everyone who watches: statistics are computed once a tick and shared, and a slow watcher sheds
//! old ones; anomalies are read from a cursor, and none is shed. Subscriptions that are the same share one execution and
//! one text an event, and whoever has that text writes it to the sockets there and then.

mod feed;
mod format;
mod frames;
mod members;
mod shared;
mod sockets;
mod stats;
mod tls;
mod wire;

pub use feed::{Changed, Feed, Found};
pub use format::{BOUNDARY, Format};
pub use frames::{Message, Reader, write_close, write_pong, write_text};
pub use members::Loss;
pub use shared::{Hub, Progress, measure_push};
pub use sockets::{GOING_AWAY, Operation, Socket, Sockets};
pub use stats::{Snapshot, StatsHub};
