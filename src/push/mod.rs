//! How a value reaches everyone who watches: statistics are computed once a tick and shared, and a slow watcher sheds
//! old ones; anomalies are read from each watcher's own cursor, and none is shed.

mod anomalies;
mod stats;

pub use anomalies::AnomalyFeed;
pub use stats::{Snapshot, StatsHub};
