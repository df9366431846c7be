//! Copies of a whole database: made while it is in use, and put back.
//!
//! A copy is one state of the database, with everything that was acknowledged before it began. It lies beside its place
//! until it is whole and on the disk, and has its name then: a file of that name is never half a copy. It holds what the
//! database holds, secrets of webhooks among it, so nobody but its owner may read it.

mod postgres;
mod sqlite;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sea_orm::{ConnectionTrait, DbBackend};
use tempfile::NamedTempFile;

use super::connect::{number, tables};
use super::{Author, SchemaState, Store, StoreSettings};
use crate::error::{Error, Result};

/// Tables that a Wattline fills by itself, and with how many rows; others are empty until somebody fills them.
const OF_ITSELF: [(&str, i64); 5] =
    [("seaql_migrations", i64::MAX), ("site", 1), ("horizon", 1), ("lease", i64::MAX), ("bookmark", i64::MAX)];

/// Copies the database into a file, in place of one of that name if `replaces`; how long the file is, bytes.
pub async fn back_up(settings: &StoreSettings, file: &Path, replaces: bool) -> Result<u64> {
    if file.exists() && !replaces {
        return Err(Error::Config(format!("{} is there already: say --replace to replace it", file.display())));
    }
    let part = tempfile::Builder::new().prefix(".wattline-").suffix(".part").tempfile_in(folder_of(file));
    let part = part.map_err(|e| cannot_write(file, &e))?;
    let store = Store::open_as_it_is(settings).await?;
    if store.schema_state().await? == SchemaState::Empty {
        return Err(Error::Config("this database holds no Wattline: check its name".to_owned()));
    }
    match store.backend() {
        DbBackend::Postgres => postgres::back_up(&settings.url, part.path()).await?,
        _ => sqlite::back_up(&store.write, part.path()).await?,
    }
    store.close().await?;
    put_in_place(part, file, replaces)
}

/// Puts a copy in the place of the database, brings its schema up to date, and notes in its audit who did so. A database
/// that has rows is refused, unless `replaces`; one that is in use is refused anyway.
pub async fn restore(settings: &StoreSettings, file: &Path, replaces: bool, author: Author) -> Result<()> {
    let is_of_postgres = is_of_postgres(file)?;
    if is_of_postgres == settings.url.starts_with("sqlite:") {
        let [backup, database] = if is_of_postgres { ["PostgreSQL", "SQLite"] } else { ["SQLite", "PostgreSQL"] };
        let message = format!("{} is a backup of {backup}, and --database names one of {database}", file.display());
        return Err(Error::Config(message));
    }
    if is_of_postgres {
        postgres::restore(settings, file, replaces, author).await
    } else {
        sqlite::restore(settings, file, replaces, author).await
    }
}

/// By how it begins: <https://www.sqlite.org/fileformat.html>, and what `pg_dump` writes.
fn is_of_postgres(file: &Path) -> Result<bool> {
    let mut begin = Vec::new();
    let opened = File::open(file).and_then(|opened| opened.take(16).read_to_end(&mut begin));
    opened.map_err(|e| Error::Config(format!("{}: {e}", file.display())))?;
    match begin.as_slice() {
        b"SQLite format 3\0" => Ok(false),
        begin if begin.starts_with(b"PGDMP") => Ok(true),
        _ => Err(Error::Config(format!("{} is no backup of a Wattline", file.display()))),
    }
}

/// Gives a whole file its name; its length, bytes.
fn put_in_place(part: NamedTempFile, file: &Path, replaces: bool) -> Result<u64> {
    let wrong = |e: std::io::Error| cannot_write(file, &e);
    part.as_file().sync_all().map_err(wrong)?;
    let bytes = part.as_file().metadata().map_err(wrong)?.len();
    let placed = if replaces { part.persist(file) } else { part.persist_noclobber(file) };
    placed.map_err(|e| wrong(e.error))?;
    sync_folder(file)?;
    Ok(bytes)
}

/// Makes a new name durable.
fn sync_folder(file: &Path) -> Result<()> {
    File::open(folder_of(file)).and_then(|folder| folder.sync_all()).map_err(|e| cannot_write(file, &e))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn cannot_write(file: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::Config(format!("{} cannot be written: {why}", file.display()))
}

/// Refuses a database in which there is more than a Wattline writes by itself.
async fn refuse_rows(db: &impl ConnectionTrait) -> Result<()> {
    for table in tables(db).await? {
        let of_itself = OF_ITSELF.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| *rows);
        let sql = format!("SELECT count(*) FROM (SELECT 1 AS found FROM \"{table}\" LIMIT 2) filled");
        let rows = number(db, &sql, []).await?.unwrap_or(0);
        if rows > of_itself {
            let message = format!(
                "the database has rows already, {table} for one: restore into another one, or say --replace to lose \
                 what is there"
            );
            return Err(Error::Config(message));
        }
    }
    Ok(())
}

/// Notes in the audit who restored the database.
async fn note(store: &Store, author: Author) -> Result<()> {
    store.written_by(author).begin_write().await?.commit().await
}
