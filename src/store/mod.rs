//! The only room that speaks to the database. One file a subject; nothing above sees SQL, nothing here decides what a
//! number means.
//!
//! Reading and writing have connections of their own: on `SQLite` one writer at a time, in turn, while readers go on.

mod access;
mod alerts;
mod anomalies;
mod backup;
mod carriers;
mod connect;
mod demand;
mod detection;
mod failure;
mod leases;
mod machines;
mod maintenance;
mod meter_events;
mod pulse;
mod readings;
mod refused;
mod retention;
mod rollups;
mod rules;
mod series;
mod sites;
mod soundness;
mod sql;
mod statistics;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use entity::MachineId;
use parking_lot::Mutex;
use sea_orm::sea_query::{Asterisk, Query, UnionType};
use sea_orm::{
    AccessMode, ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait,
    FromQueryResult, IsolationLevel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, SqliteTransactionMode,
    TransactionOptions,
};

pub use access::{IssuedPerson, NewKey, NewPerson};
pub use alerts::DeliveryFilter;
pub use anomalies::{AnomalyFilter, AnomalyOrder, NewAnomaly, Said};
pub use backup::{back_up, restore};
pub use connect::SchemaState;
pub use detection::{Dismissal, Judged};
pub use leases::taken_over;
pub use machines::{DEFAULT_INTERVAL_S, MachineChange, MachineFilter, NewMachine};
pub use maintenance::NewMaintenance;
pub use refused::{NewRefused, RefusedCount, RefusedFilter};
pub use retention::Month;
pub use rollups::{carrier_scope, measured_of};
pub use sites::NewSite;
pub use soundness::{Checked, Difference, Disk, Owner, TotalsDiffer};
pub use statistics::Measured;
pub use view::Author;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::{Instrument, debug_span};

use crate::error::{Error, Result};
use connect::SqliteFile;
use failure::database_error;
use pulse::Live;
use view::View;

/// How to reach the database.
#[derive(Clone)]
pub struct StoreSettings {
    /// `sqlite://FILE` or `postgres://…`.
    pub url: String,
    /// Connections at most; on `SQLite` those that read.
    pub max_connections: u32,
    /// How long to wait for a connection or a lock before saying that the database is busy.
    pub busy_timeout: Duration,
    /// How long one piece of work may take before the database counts as unreachable.
    pub timeout: Duration,
}

/// A page of rows: at most `limit`, beyond `after` or before `before`, by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// Rows with a greater id.
    pub after: Option<i64>,
    /// Rows with a smaller id.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: u64,
    /// Take the last ones instead of the first.
    pub from_end: bool,
}

/// An open database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    read: Live<DatabaseConnection>,
    write: Live<DatabaseConnection>,
    file: Option<SqliteFile>,
    timeout: Duration,
    /// Series that are read at the same time; others wait.
    series_turns: Arc<Semaphore>,
    /// Begins of the months that are known to have a partition.
    months: Arc<Mutex<BTreeSet<i64>>>,
    /// What of it is seen, and in whose name it is written.
    view: View,
}

/// A transaction that writes. Dropped without [`WriteTransaction::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct WriteTransaction(Live<DatabaseTransaction>, View);

impl Store {
    /// Begins a write: on `SQLite` it holds the only writer's place from here on.
    pub async fn begin_write(&self) -> Result<WriteTransaction> {
        if let Some(file) = &self.file {
            file.check_still_there()?;
        }
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.write.begin(options).await.map_err(database_error)?;
        Ok(WriteTransaction(transaction, self.view.clone()))
    }

    /// Begins a read that sees one state of the database however many statements it takes.
    async fn begin_read(&self) -> Result<Live<DatabaseTransaction>> {
        let postgres = self.backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: None,
        };
        let transaction = self.read.begin(options).await.map_err(database_error)?;
        if postgres {
            // Before anything is seen: from here on no partition can go.
            let lock = transaction.execute_unprepared("LOCK TABLE reading IN ACCESS SHARE MODE").await;
            lock.map_err(database_error)?;
        }
        Ok(transaction)
    }

    /// Whether the database answers; the error says what is wrong.
    pub async fn check(&self) -> Result<()> {
        if let Some(file) = &self.file {
            file.check_still_there()?;
        }
        self.read.ping().await.map_err(database_error)
    }

    /// Whether a row can be written and made durable; the error says what is wrong.
    pub async fn check_writable(&self, now_ms: i64) -> Result<()> {
        let transaction = self.begin_write().await?;
        // Nobody's work: a row that every process may write.
        transaction.take_work("readiness", "anybody", now_ms, now_ms).await?;
        transaction.commit().await
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.backend() == DbBackend::Postgres { "postgres" } else { "sqlite" }
    }

    fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    /// Does some work, but does not wait for it for ever, even if the database answers.
    pub async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::time::timeout(self.timeout, work).await.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs();
            Err(Error::Unavailable(format!(
                "no answer within {seconds} s; what was being written may or may not be stored"
            )))
        })
    }

    /// Waits for what is under way and lets go of the database.
    pub async fn close(self) -> Result<()> {
        self.in_time(async {
            self.read.close().await.map_err(database_error)?;
            self.write.close().await.map_err(database_error)
        })
        .await
    }
}

impl WriteTransaction {
    /// Makes it durable: when this returns, the rows survive a power cut.
    pub async fn commit(self) -> Result<()> {
        self.note_author().await?;
        let begun = Instant::now();
        self.0.commit().instrument(debug_span!("commit")).await.map_err(|e| match database_error(e) {
            Error::Unavailable(why) => {
                Error::Unavailable(format!("{why}; what was being written may or may not be stored"))
            }
            other => other,
        })?;
        metrics::histogram!("wattline_database_seconds", "what" => "commit").record(begun.elapsed());
        Ok(())
    }
}

/// The rows of a page by a column of whole numbers, in rising order.
async fn read_page<E: EntityTrait>(
    db: &impl ConnectionTrait,
    query: Select<E>,
    by: E::Column,
    page: Page,
) -> Result<Vec<E::Model>> {
    let mut query = query.limit(page.limit);
    if let Some(after) = page.after {
        query = query.filter(by.gt(after));
    }
    if let Some(before) = page.before {
        query = query.filter(by.lt(before));
    }
    if !page.from_end {
        return query.order_by_asc(by).all(db).await.map_err(database_error);
    }
    let mut rows = query.order_by_desc(by).all(db).await.map_err(database_error)?;
    rows.reverse();
    Ok(rows)
}

/// Machines in one statement that reads a page of each.
const MACHINES_AT_ONCE: usize = 100;

/// A page of the rows of each of these machines, as few statements as there are hundreds of machines; the rows of one
/// are in rising order.
async fn read_pages<E: EntityTrait>(
    db: &impl ConnectionTrait,
    machines: &[MachineId],
    rows_of: impl Fn(MachineId) -> Select<E>,
    by: E::Column,
    page: Page,
) -> Result<Vec<E::Model>> {
    let of_machine = |machine: &MachineId| {
        let mut query = rows_of(*machine).limit(page.limit);
        if let Some(after) = page.after {
            query = query.filter(by.gt(after));
        }
        if let Some(before) = page.before {
            query = query.filter(by.lt(before));
        }
        let query = if page.from_end { query.order_by_desc(by) } else { query.order_by_asc(by) };
        // A part of a union may have an order and a limit only as a query of its own.
        Query::select().column(Asterisk).from_subquery(QueryTrait::into_query(query), "page").to_owned()
    };
    let mut rows = Vec::new();
    for machines in machines.chunks(MACHINES_AT_ONCE) {
        let mut pages = machines.iter().map(of_machine);
        let Some(mut all) = pages.next() else { break };
        for page in pages {
            all.union(UnionType::All, page);
        }
        let found = E::Model::find_by_statement(db.get_database_backend().build(&all)).all(db).await;
        rows.extend(found.map_err(database_error)?);
    }
    if page.from_end {
        rows.reverse();
    }
    Ok(rows)
}

/// How many rows there are of each of these machines that has any.
async fn count_rows<E: EntityTrait>(
    db: &impl ConnectionTrait,
    rows: Select<E>,
    machine: E::Column,
    machines: &[MachineId],
) -> Result<Vec<(MachineId, i64)>> {
    let rows = rows.filter(machine.is_in(machines.iter().copied())).select_only();
    let counts = rows.column(machine).column_as(machine.count(), "count").group_by(machine);
    counts.into_tuple().all(db).await.map_err(database_error)
}

fn unknown(what: &str, name: impl std::fmt::Display) -> Error {
    Error::NotFound(format!("there is no {what} {name}"))
}
