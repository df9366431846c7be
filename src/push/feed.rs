//! Rows from a cursor on, without gap or repeat: anomalies, and what becomes of them.
//!
//! A watcher listens first and reads then; each signal makes it read again from where it stands. Ids grow in commit
//! order, so the last id read is a cursor that outlives the connection, the process and the replica.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use entity::{anomaly, anomaly_change, machine};
use futures_util::{Stream, stream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep};

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::events::{Events, Heard, Latest};
use crate::store::{AnomalyFilter, AnomalyOrder, Page, Store};

/// Rows read at once by one watcher.
const PAGE_ROWS: u64 = 100;
/// Pages read at the same time by all watchers: when a thousand come back at once, the others must still find a connection
/// to the database.
const PAGES_AT_ONCE: usize = 4;
/// How long until a failed read is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How often the database is asked for rows that another process stored.
const POLL: Duration = Duration::from_secs(1);

/// A kind of row that can be watched.
pub trait Watched: Sized + Send + Sync + 'static {
    /// Its table.
    const TABLE: &'static str;
    /// Where its rows are heard of.
    fn signals(events: &Events) -> &Latest;
    /// The greatest id so far, 0 when there is none.
    fn last_id(store: &Store) -> impl Future<Output = Result<i64>> + Send;
    /// A page of those whose anomaly the filter finds, by id.
    fn read(store: &Store, filter: &AnomalyFilter, page: Page) -> impl Future<Output = Result<VecDeque<Self>>> + Send;
    /// Its id.
    fn id(&self) -> i64;
    /// Notes when it was heard of.
    fn heard(&mut self, at: Instant);
}

/// An anomaly and its machine, read with it: a thousand that come back at once must not ask for each.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as above")]
pub struct Found {
    pub anomaly: anomaly::Model,
    pub machine: Option<machine::Model>,
    /// When it was heard of, if it was waited for.
    pub heard: Option<Instant>,
}

/// A change and its anomaly as it is now.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as above")]
pub struct Changed {
    pub change: anomaly_change::Model,
    pub anomaly: Option<anomaly::Model>,
    /// When it was heard of, if it was waited for.
    pub heard: Option<Instant>,
}

/// Gives each watcher the rows it wants. Clones share.
#[derive(Clone, Debug)]
pub struct Feed<Row> {
    store: Store,
    events: Events,
    turns: Arc<Semaphore>,
    rows: PhantomData<Row>,
}

struct Watcher<Row> {
    store: Store,
    turns: Arc<Semaphore>,
    signals: watch::Receiver<Heard>,
    filter: AnomalyFilter,
    cursor: i64,
    read: VecDeque<Row>,
    failed: bool,
    /// When the rows that are read now were heard of; none while it catches up.
    heard: Option<Instant>,
    has_caught_up: bool,
}

impl<Row: Watched> Feed<Row> {
    /// A feed over the database's rows.
    #[must_use]
    pub fn new(store: Store, events: Events) -> Self {
        Self { store, events, turns: Arc::new(Semaphore::new(PAGES_AT_ONCE)), rows: PhantomData }
    }

    /// The same, over what a store sees.
    #[must_use]
    pub fn over(&self, store: Store) -> Self {
        let (events, turns) = (self.events.clone(), self.turns.clone());
        Self { store, events, turns, rows: PhantomData }
    }

    /// The rows with an id greater than `after` (none: those stored from now on), for ever. An error is given once, and
    /// reading goes on from the same place.
    pub async fn watch(
        &self,
        filter: AnomalyFilter,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Row>> + Send + use<Row>> {
        let signals = Row::signals(&self.events).watch();
        let cursor = match after {
            // One that was taken back may have been the last.
            Some(after) if after < 0 || after > self.store.last_id_ever(Row::TABLE).await? => {
                let message =
                    format!("there is nothing with the cursor {after} yet: it is of another database, begin anew");
                return Err(Error::invalid(Code::InvalidCursor, message));
            }
            Some(after) => after,
            None => Row::last_id(&self.store).await?,
        };
        let (store, turns) = (self.store.clone(), self.turns.clone());
        let (read, failed, heard, has_caught_up) = (VecDeque::new(), false, None, false);
        let watcher = Watcher { store, turns, signals, filter, cursor, read, failed, heard, has_caught_up };
        Ok(stream::unfold(watcher, |mut watcher| async { watcher.next().await.map(|item| (item, watcher)) }))
    }

    /// Looks once for rows that another process stored.
    pub async fn step(&self) -> Result<()> {
        Row::signals(&self.events).stored(self.store.in_time(Row::last_id(&self.store)).await?);
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

impl<Row: Watched> Watcher<Row> {
    /// None when the process shuts down.
    async fn next(&mut self) -> Option<Result<Row>> {
        loop {
            if let Some(mut row) = self.read.pop_front() {
                self.cursor = row.id();
                if let Some(at) = self.heard {
                    row.heard(at);
                }
                return Some(Ok(row));
            }
            // What is heard of now is committed, ids being in commit order: it need not be looked at twice.
            let heard_of = *self.signals.borrow_and_update();
            self.heard = self.has_caught_up.then_some(heard_of.at);
            match self.read_page().await {
                Ok(rows) if rows.is_empty() => {
                    (self.failed, self.has_caught_up) = (false, true);
                    self.cursor = self.cursor.max(heard_of.id);
                    self.signals.changed().await.ok()?;
                }
                Ok(rows) => self.read = rows,
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

    async fn read_page(&self) -> Result<VecDeque<Row>> {
        let page = Page { after: Some(self.cursor), before: None, limit: PAGE_ROWS, from_end: false };
        let _turn = self.turns.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
        Row::read(&self.store, &self.filter, page).await
    }
}

impl Watched for Found {
    const TABLE: &'static str = "anomaly";

    fn signals(events: &Events) -> &Latest {
        events.anomalies()
    }

    async fn last_id(store: &Store) -> Result<i64> {
        store.last_anomaly_id().await
    }

    async fn read(store: &Store, filter: &AnomalyFilter, page: Page) -> Result<VecDeque<Self>> {
        let rows = store.anomalies(filter, AnomalyOrder::Found, page).await?;
        let mut ids: Vec<_> = rows.iter().map(|row| row.machine_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let machines = if ids.is_empty() { Vec::new() } else { store.machines_by_id(&ids).await? };
        let machine_of = |row: &anomaly::Model| machines.iter().find(|machine| machine.id == row.machine_id).cloned();
        Ok(rows.into_iter().map(|anomaly| Self { machine: machine_of(&anomaly), anomaly, heard: None }).collect())
    }

    fn id(&self) -> i64 {
        self.anomaly.id.0
    }

    fn heard(&mut self, at: Instant) {
        self.heard = Some(at);
    }
}

impl Watched for Changed {
    const TABLE: &'static str = "anomaly_change";

    fn signals(events: &Events) -> &Latest {
        events.changes()
    }

    async fn last_id(store: &Store) -> Result<i64> {
        store.last_anomaly_change_id().await
    }

    async fn read(store: &Store, filter: &AnomalyFilter, page: Page) -> Result<VecDeque<Self>> {
        let rows = store.anomaly_changes(filter, page).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.anomaly_id).collect();
        let anomalies = if ids.is_empty() { Vec::new() } else { store.anomalies_by_id(&ids).await? };
        let anomaly_of =
            |row: &anomaly_change::Model| anomalies.iter().find(|known| known.id == row.anomaly_id).cloned();
        Ok(rows.into_iter().map(|change| Self { anomaly: anomaly_of(&change), change, heard: None }).collect())
    }

    fn id(&self) -> i64 {
        self.change.id.0
    }

    fn heard(&mut self, at: Instant) {
        self.heard = Some(at);
    }
}
