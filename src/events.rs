//! Signals inside the process. A signal says where to look, never what is there: whoever hears it reads the database
//! from its own cursor, so a lost or doubled signal cannot make a number wrong.

use tokio::sync::watch;

/// All signals there are; clones share them.
#[derive(Clone, Debug)]
pub struct Events {
    last_anomaly: watch::Sender<i64>,
}

impl Default for Events {
    fn default() -> Self {
        Self { last_anomaly: watch::Sender::new(0) }
    }
}

impl Events {
    /// There is an anomaly with this id, and perhaps more before it.
    pub fn anomaly_stored(&self, id: i64) {
        self.last_anomaly.send_if_modified(|last| {
            let newer = id > *last;
            *last = id.max(*last);
            newer
        });
    }

    /// The greatest anomaly id heard of, and its changes. Holds one number, however many there were.
    #[must_use]
    pub fn anomalies(&self) -> watch::Receiver<i64> {
        self.last_anomaly.subscribe()
    }
}
