//! Opening a database: the right settings, the right version, the right schema.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::Connection;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, Value};

use tokio::sync::Semaphore;

use super::failure::database_error;
use super::pulse::{Live, Pulse};
use super::{Store, StoreSettings};
use crate::codes::Code;
use crate::error::{Error, Result};

/// Older ones can corrupt a database whose write-ahead log is reset while it is read: <https://www.sqlite.org/wal.html>.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];
const OLDEST_POSTGRES: i32 = 150_000;
/// Any number that all Wattline processes share: it makes migrations on `PostgreSQL` wait for each other.
const MIGRATION_LOCK: i64 = 0x5741_5454_4c49_4e45;
/// Pages of the log before `SQLite` copies them into the database (16 MiB): fewer, larger copies than its default.
const WAL_PAGES: &str = "4096";
/// Connections that write, on `PostgreSQL`: the ingest, and changes beside it.
const WRITERS: u32 = 4;
/// Age at which a connection to `PostgreSQL` is given up, once its work is done: the server keeps memory for it.
const OLD: Duration = Duration::from_mins(30);
/// Series that are read at the same time.
const SERIES_AT_ONCE: usize = 2;
/// The writer's page cache, KiB.
const WRITER_CACHE_KIB: &str = "-65536";

/// The database file, remembered so that a write into a deleted or replaced one is refused instead of lost.
#[derive(Clone, Debug)]
pub(super) struct SqliteFile {
    pub(super) path: PathBuf,
    #[cfg(unix)]
    identity: (u64, u64),
}

impl SqliteFile {
    fn remember(path: PathBuf) -> Result<Self> {
        #[cfg(unix)]
        let identity = identity_of(&path).map_err(|e| Error::Unavailable(format!("{}: {e}", path.display())))?;
        Ok(Self {
            path,
            #[cfg(unix)]
            identity,
        })
    }

    /// Refuses when the file was deleted or replaced since it was opened.
    pub(super) fn check_still_there(&self) -> Result<()> {
        #[cfg(unix)]
        if identity_of(&self.path).ok() != Some(self.identity) {
            let path = self.path.display();
            return Err(Error::Unavailable(format!(
                "its file {path} was deleted or replaced while in use; restart Wattline to open what is there now"
            )));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn identity_of(path: &std::path::Path) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|m| (m.dev(), m.ino()))
}

/// How far a database's schema is this program's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// No Wattline has been here.
    Empty,
    /// So many migrations are missing.
    Behind(usize),
    /// As this program has it.
    Current,
    /// A newer program made a migration of this name.
    Newer(String),
}

impl SchemaState {
    /// By the names of the migrations that were applied.
    pub(super) fn of(applied: &[String]) -> Self {
        let known: Vec<String> = Migrator::migrations().iter().map(|m| m.name().to_owned()).collect();
        if applied.is_empty() {
            return Self::Empty;
        }
        if let Some(version) = applied.iter().find(|version| !known.contains(version)) {
            return Self::Newer(version.clone());
        }
        match known.iter().filter(|version| !applied.contains(version)).count() {
            0 => Self::Current,
            missing => Self::Behind(missing),
        }
    }

    /// Refuses what a newer program has written.
    pub(super) fn check_not_newer(&self) -> Result<()> {
        match self {
            Self::Newer(version) => Err(Error::Config(format!(
                "the database was written by a newer Wattline (it knows {version}, this one does not): install that version or use another database"
            ))),
            _ => Ok(()),
        }
    }
}

impl Store {
    /// Opens the database, creating an `SQLite` file that is missing, and brings its schema up to date.
    pub async fn open(settings: &StoreSettings) -> Result<Self> {
        let mut store = Self::connect(settings, true).await?;
        migrate(&store.write).await?;
        store.read.inner.set_metric_callback(|statement| {
            metrics::counter!("wattline_sql_statements_total").increment(1);
            metrics::histogram!("wattline_database_seconds", "what" => "read").record(statement.elapsed);
        });
        store.write.inner.set_metric_callback(|statement| {
            metrics::histogram!("wattline_database_seconds", "what" => "write").record(statement.elapsed);
        });
        Ok(store)
    }

    /// Opens a database that a Wattline has filled before: a mistyped name must not look like an empty plant.
    pub async fn open_existing(settings: &StoreSettings) -> Result<Self> {
        let store = Self::connect(settings, false).await?;
        store.bring_up_to_date().await?;
        Ok(store)
    }

    /// Opens a database that is there and changes nothing in it: another version may be serving it.
    pub async fn open_as_it_is(settings: &StoreSettings) -> Result<Self> {
        Self::connect(settings, false).await
    }

    /// Migrates a database that a Wattline has filled before.
    pub(super) async fn bring_up_to_date(&self) -> Result<()> {
        if self.schema_state().await? == SchemaState::Empty {
            return Err(Error::Config("this database holds no Wattline: check its name".to_owned()));
        }
        migrate(&self.write).await
    }

    /// How far its schema is this program's.
    pub async fn schema_state(&self) -> Result<SchemaState> {
        Ok(SchemaState::of(&applied(&self.write).await?))
    }

    /// Whether the schema is the one of this version (`NOT_MIGRATED`).
    pub async fn check_migrated(&self) -> Result<()> {
        let message = match is_up_to_date(&self.read).await {
            Ok(true) => return Ok(()),
            Ok(false) => "the database's schema is older than this Wattline: restart it".to_owned(),
            Err(Error::Config(message)) => message,
            Err(error) => return Err(error),
        };
        Err(Error::invalid(Code::NotMigrated, message))
    }

    async fn connect(settings: &StoreSettings, create: bool) -> Result<Self> {
        if settings.url.starts_with("sqlite:") {
            open_sqlite(settings, create).await
        } else if settings.url.starts_with("postgres:") || settings.url.starts_with("postgresql:") {
            open_postgres(settings).await
        } else {
            let scheme = settings.url.split(':').next().unwrap_or_default();
            Err(Error::Config(format!(
                "a database is sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME, not {scheme}:…"
            )))
        }
    }
}

/// How a database is connected to, in any case. Nothing looks after idle connections: what the library has for that may run
/// for ever and then keeps the process from ending (<https://github.com/launchbadge/sqlx/issues/3645>, in 0.9.0 still).
pub(super) fn connect_options(settings: &StoreSettings) -> ConnectOptions {
    let mut options = ConnectOptions::new(settings.url.clone());
    options.acquire_timeout(settings.busy_timeout).sqlx_logging(false);
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    options
}

async fn open_sqlite(settings: &StoreSettings, create: bool) -> Result<Store> {
    let path = sqlite_path(&settings.url)?;
    if !create && !path.exists() {
        return Err(Error::Config(format!("there is no database {}", path.display())));
    }
    let busy_timeout = settings.busy_timeout;
    let connect = |connections: u32, reader: bool| {
        let mut options = connect_options(settings);
        options.max_connections(connections).min_connections(1);
        options.map_sqlx_sqlite_opts(move |options| {
            let options = options
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(busy_timeout)
                .pragma("wal_autocheckpoint", WAL_PAGES);
            if reader { options.pragma("query_only", "ON") } else { options.pragma("cache_size", WRITER_CACHE_KIB) }
        });
        // When a commit fails, SQLite has rolled back already, and the library takes that for a transaction that is
        // still open: further ones would nest in it and never be committed. Such a connection is not used again.
        options.map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| {
                Box::pin(async move {
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
        });
        Database::connect(options)
    };
    let explain = |e| match database_error(e) {
        Error::Unavailable(why) => {
            Error::Unavailable(format!("{}: {why}; see that its folder exists and can be written", path.display()))
        }
        other => other,
    };
    let write = connect(1, false).await.map_err(explain)?;
    check_sqlite_version(&write).await?;
    let read = connect(settings.max_connections, true).await.map_err(explain)?;
    Ok(Store {
        read: Live::new(read, Pulse::default()),
        write: Live::new(write, Pulse::default()),
        file: Some(SqliteFile::remember(path)?),
        timeout: settings.timeout,
        series_turns: Arc::new(Semaphore::new(SERIES_AT_ONCE)),
        months: Arc::default(),
        view: super::view::View::default(),
    })
}

/// The file that an address names.
pub(super) fn sqlite_path(url: &str) -> Result<PathBuf> {
    let parsed = SqliteConnectOptions::from_str(url)
        .map_err(|e| Error::Config(format!("{url} is not an SQLite address: {e}")))?;
    let path = parsed.get_filename().to_owned();
    if path.as_os_str().is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
        return Err(Error::Config("Wattline keeps its data in a file: write sqlite://FILE".to_owned()));
    }
    Ok(path)
}

async fn check_sqlite_version(db: &DatabaseConnection) -> Result<()> {
    let version: String = scalar(db, "SELECT sqlite_version()").await?;
    let numbers: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    if numbers.as_slice() < OLDEST_SQLITE.as_slice() {
        return Err(Error::Config(format!(
            "SQLite {version} can corrupt a database that is read while its log is reset; 3.51.3 or newer is needed"
        )));
    }
    Ok(())
}

async fn open_postgres(settings: &StoreSettings) -> Result<Store> {
    // Looked at before, because the library says the whole address, with its password, where it cannot read it.
    let server = PgConnectOptions::from_str(&settings.url)
        .map_err(|e| Error::Config(format!("the database's address is none of PostgreSQL: {e}")))?;
    let lock_timeout = settings.busy_timeout;
    let pulse = Pulse::of(of_wattline(server, lock_timeout));
    let connect = |connections: u32, patience: Duration| {
        let mut options = connect_options(settings);
        options
            .max_connections(connections)
            .connect_timeout(settings.busy_timeout)
            // Asked by the pulse instead, which does not wait for ever.
            .test_before_acquire(false)
            .map_sqlx_postgres_opts(move |server| of_wattline(server, lock_timeout));
        let pulse = pulse.clone();
        options.map_sqlx_postgres_pool_opts(move |pool| {
            let (before, after) = (pulse.clone(), pulse.clone());
            pool.before_acquire(move |connection, meta| {
                let pulse = before.clone();
                Box::pin(async move { Ok(pulse.vouches_for(connection, meta.age).await) })
            })
            .after_release(move |connection, meta| {
                let pulse = after.clone();
                Box::pin(async move { Ok(meta.age < OLD && pulse.lets_keep(connection, patience).await) })
            })
        });
        Database::connect(options)
    };
    let explain = |e| match database_error(e) {
        Error::Busy(_) => {
            Error::Unavailable("no server answered in time: is PostgreSQL running at this address?".to_owned())
        }
        other => other,
    };
    // A question that was given up may keep the server busy for as long as one may take; what writes only waits for locks.
    let read = connect(settings.max_connections, settings.timeout).await.map_err(explain)?;
    // Of their own, so that no number of readers keeps a writer out.
    let write = connect(WRITERS, settings.busy_timeout).await.map_err(explain)?;
    let version: String = scalar(&read, "SHOW server_version_num").await?;
    if version.parse::<i32>().unwrap_or_default() < OLDEST_POSTGRES {
        return Err(Error::Config(format!("PostgreSQL 15 or newer is needed; the server says {version}")));
    }
    Ok(Store {
        read: Live::new(read, pulse.clone()),
        write: Live::new(write, pulse),
        file: None,
        timeout: settings.timeout,
        series_turns: Arc::new(Semaphore::new(SERIES_AT_ONCE)),
        months: Arc::default(),
        view: super::view::View::default(),
    })
}

/// What each session on `PostgreSQL` is told.
fn of_wattline(server: PgConnectOptions, lock_timeout: Duration) -> PgConnectOptions {
    server.application_name("wattline").options([
        ("synchronous_commit", "on"),
        ("lock_timeout", lock_timeout.as_millis().to_string().as_str()),
        ("jit", "off"),
        // When it is Wattline that has vanished, its sessions must not keep their locks until the network says so.
        ("idle_in_transaction_session_timeout", "10s"),
        ("tcp_keepalives_idle", "10s"),
        ("tcp_keepalives_interval", "5s"),
        ("tcp_user_timeout", "30s"),
    ])
}

pub(super) async fn scalar(db: &impl ConnectionTrait, sql: &str) -> Result<String> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.map_err(database_error)?;
    row.ok_or_else(|| Error::Internal(format!("{sql} gave nothing")))?.try_get_by_index(0).map_err(database_error)
}

/// The number that a statement finds, if it finds one.
pub(super) async fn number<const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<Option<i64>> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(statement).await.map_err(database_error)?;
    row.map(|row| row.try_get_by_index(0)).transpose().map_err(database_error)
}

/// Brings the schema up to date inside one transaction that only one process at a time can hold; where it is up to
/// date, nothing is locked.
async fn migrate(db: &Live<DatabaseConnection>) -> Result<()> {
    if is_up_to_date(db).await? {
        return Ok(());
    }
    let options = sea_orm::TransactionOptions {
        sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let transaction = db.begin(options).await.map_err(database_error)?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
        transaction.execute_unprepared(&lock).await.map_err(database_error)?;
    }
    if !is_up_to_date(&transaction).await? {
        refuse_foreign_tables(&transaction).await?;
        Migrator::up(&transaction.inner, None).await.map_err(database_error)?;
    }
    // However long it takes.
    transaction.inner.commit().await.map_err(database_error)
}

/// Whether every migration was applied; a database with one that this program does not know is refused.
async fn is_up_to_date(db: &impl ConnectionTrait) -> Result<bool> {
    let state = SchemaState::of(&applied(db).await?);
    state.check_not_newer()?;
    Ok(state == SchemaState::Current)
}

/// The names of the migrations that were applied.
async fn applied(db: &impl ConnectionTrait) -> Result<Vec<String>> {
    if !tables(db).await?.iter().any(|name| name == "seaql_migrations") {
        return Ok(Vec::new());
    }
    names(db, "SELECT version FROM seaql_migrations").await
}

/// Somebody else's database is left alone.
pub(super) async fn refuse_foreign_tables(db: &impl ConnectionTrait) -> Result<()> {
    let tables = tables(db).await?;
    match tables.first() {
        Some(table) if !tables.iter().any(|name| name == "seaql_migrations") => Err(Error::Config(format!(
            "the database holds tables of another program ({table}): give Wattline one of its own"
        ))),
        _ => Ok(()),
    }
}

pub(super) async fn tables(db: &impl ConnectionTrait) -> Result<Vec<String>> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
    };
    names(db, sql).await
}

pub(super) async fn names(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<String>> {
    let rows =
        db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.map_err(database_error)?;
    rows.iter().map(|row| row.try_get_by_index(0).map_err(database_error)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_looks_after_idle_connections() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("wattline.db").display());
        let second = Duration::from_secs(1);
        let settings = StoreSettings { url, max_connections: 1, busy_timeout: second, timeout: second };
        let db = Database::connect(connect_options(&settings)).await.expect("an open database");
        let pool = db.get_sqlite_connection_pool().options();
        assert_eq!((pool.get_idle_timeout(), pool.get_max_lifetime()), (None, None));
    }
}
