//! Signals inside the process. A signal says where to look, never what is there: whoever hears it reads the database
//! from its own cursor, so a lost or doubled signal cannot make a number wrong.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use entity::MachineId;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// All signals there are; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Events {
    anomalies: Latest,
    changes: Latest,
    readings: Arc<Readings>,
}

/// The greatest id heard of: one number, however many rows there were.
#[derive(Clone, Debug)]
pub struct Latest(watch::Sender<Heard>);

/// What was heard of last.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    /// The greatest id.
    pub id: i64,
    /// When: right after the commit, if this process made it.
    pub at: Instant,
}

/// Machines with new readings that nobody has looked at yet: as many as there are machines, at most.
#[derive(Debug, Default)]
struct Readings {
    machines: Mutex<BTreeSet<MachineId>>,
    settings_changed: AtomicBool,
    bell: Notify,
}

impl Default for Latest {
    fn default() -> Self {
        Self(watch::Sender::new(Heard { id: 0, at: Instant::now() }))
    }
}

impl Latest {
    /// There is a row with this id, and perhaps more before it.
    pub fn stored(&self, id: i64) {
        self.0.send_if_modified(|last| {
            let is_newer = id > last.id;
            if is_newer {
                *last = Heard { id, at: Instant::now() };
            }
            is_newer
        });
    }

    /// The greatest id heard of, and its changes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Heard> {
        self.0.subscribe()
    }
}

impl Events {
    /// Anomalies that were stored.
    #[must_use]
    pub fn anomalies(&self) -> &Latest {
        &self.anomalies
    }

    /// Changes of anomalies that were stored.
    #[must_use]
    pub fn changes(&self) -> &Latest {
        &self.changes
    }

    /// Readings of these machines were stored.
    pub fn readings_stored(&self, machines: impl IntoIterator<Item = MachineId>) {
        self.readings.machines.lock().extend(machines);
        self.readings.bell.notify_one();
    }

    /// The machines with new readings, each once; for the one who looks after them.
    #[must_use]
    pub fn take_machines(&self) -> BTreeSet<MachineId> {
        std::mem::take(&mut self.readings.machines.lock())
    }

    /// What people have set for machines has changed: rules, snoozes, maintenance.
    pub fn settings_changed(&self) {
        self.readings.settings_changed.store(true, Ordering::SeqCst);
        self.readings.bell.notify_one();
    }

    /// Whether they have since this was asked last; for the one who looks after them.
    #[must_use]
    pub fn take_settings_changed(&self) -> bool {
        self.readings.settings_changed.swap(false, Ordering::SeqCst)
    }

    /// Waits until there may be such machines, or settings.
    pub async fn readings(&self) {
        self.readings.bell.notified().await;
    }
}
