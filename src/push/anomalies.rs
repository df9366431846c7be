//! Anomalies from a cursor on, without gap or repeat.
//!
//! A watcher listens first and reads then; each signal makes it read again from where it stands. Ids grow in commit
//! order, so the last id read is a cursor that outlives the connection, the process and the replica.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use entity::{anomaly, machine};
use futures_util::{Stream, stream};
use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::store::{AnomalyFilter, Page, Store};

/// Anomalies read at once by one watcher.
const PAGE_ROWS: u64 = 100;
/// Pages read at the same time by all watchers: when a thousand come back at once, the others must still find a connection
/// to the database.
const PAGES_AT_ONCE: usize = 4;
/// How long until a failed read is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How often the database is asked for anomalies that another process stored.
const POLL: Duration = Duration::from_secs(1);

/// Gives each watcher the anomalies it wants. Clones share.
#[derive(Clone, Debug)]
pub struct AnomalyFeed {
    store: Store,
    events: Events,
    turns: Arc<Semaphore>,
}

/// An anomaly and its machine, read with it: a thousand that come back at once must not ask for each.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as above")]
pub struct Found {
    pub anomaly: anomaly::Model,
    pub machine: Option<machine::Model>,
}

struct Watcher {
    store: Store,
    turns: Arc<Semaphore>,
    signals: watch::Receiver<i64>,
    filter: AnomalyFilter,
    cursor: i64,
    read: VecDeque<Found>,
    failed: bool,
}

impl AnomalyFeed {
    /// A feed over the database's anomalies.
    #[must_use]
    pub fn new(store: Store, events: Events) -> Self {
        Self { store, events, turns: Arc::new(Semaphore::new(PAGES_AT_ONCE)) }
    }

    /// The anomalies with an id greater than `after` (none: those stored from now on), for ever. An error is given
    /// once, and reading goes on from the same place.
    pub async fn watch(
        &self,
        filter: AnomalyFilter,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Found>> + Send + use<>> {
        let signals = self.events.anomalies();
        let cursor = match after {
            Some(after) if after < 0 || after > self.store.last_anomaly_id().await? => {
                let message = format!("there is no anomaly {after} yet: the cursor is of another database, begin anew");
                return Err(Error::invalid(Code::InvalidCursor, message));
            }
            Some(after) => after,
            None => self.store.last_anomaly_id().await?,
        };
        let (store, turns) = (self.store.clone(), self.turns.clone());
        let watcher = Watcher { store, turns, signals, filter, cursor, read: VecDeque::new(), failed: false };
        Ok(stream::unfold(watcher, |mut watcher| async { watcher.next().await.map(|item| (item, watcher)) }))
    }

    /// Looks once for anomalies that another process stored.
    pub async fn step(&self) -> Result<()> {
        self.events.anomaly_stored(self.store.in_time(self.store.last_anomaly_id()).await?);
        Ok(())
    }

    /// Looks for ever.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.step().await {
                tracing::error!(code = %error.code(), %error, "anomalies could not be looked up");
            }
            sleep(POLL).await;
        }
    }
}

impl Watcher {
    /// None when the process shuts down.
    async fn next(&mut self) -> Option<Result<Found>> {
        loop {
            if let Some(found) = self.read.pop_front() {
                self.cursor = found.anomaly.id.0;
                return Some(Ok(found));
            }
            // What is heard of now is committed, ids being in commit order: it need not be looked at twice.
            let heard_of = *self.signals.borrow_and_update();
            let page = Page { after: Some(self.cursor), before: None, limit: PAGE_ROWS, from_end: false };
            match self.read_page(page).await {
                Ok(found) if found.is_empty() => {
                    self.failed = false;
                    self.cursor = self.cursor.max(heard_of);
                    self.signals.changed().await.ok()?;
                }
                Ok(found) => self.read = found,
                Err(error) if self.failed => {
                    tracing::debug!(%error, "anomalies still cannot be read");
                    sleep(RETRY).await;
                }
                Err(error) => {
                    self.failed = true;
                    return Some(Err(error));
                }
            }
        }
    }

    async fn read_page(&self, page: Page) -> Result<VecDeque<Found>> {
        let _turn = self.turns.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
        let rows = self.store.anomalies(&self.filter, page).await?;
        let mut ids: Vec<_> = rows.iter().map(|row| row.machine_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let machines = if ids.is_empty() { Vec::new() } else { self.store.machines_by_id(&ids).await? };
        let machine_of = |row: &anomaly::Model| machines.iter().find(|machine| machine.id == row.machine_id).cloned();
        Ok(rows.into_iter().map(|anomaly| Found { machine: machine_of(&anomaly), anomaly }).collect())
    }
}
