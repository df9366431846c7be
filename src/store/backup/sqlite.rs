//! `SQLite`: a copy is a database file of its own, made by `VACUUM INTO` while others read and write.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, Connection};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{cannot_write, folder_of, note, refuse_rows, sync_folder};
use crate::error::{Error, Result};
use crate::store::connect::{refuse_foreign_tables, sqlite_path};
use crate::store::failure::database_error;
use crate::store::{Author, Store, StoreSettings};

/// Writes a copy into a file that is empty. It reads one state of the database from beginning to end.
pub(super) async fn back_up(db: &impl ConnectionTrait, file: &Path) -> Result<()> {
    let name = file.to_str().ok_or_else(|| cannot_write(file, &"its name is not UTF-8"))?;
    let vacuum = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [name.into()]);
    let copied = db.execute_raw(vacuum).await.map_err(database_error);
    copied.map(drop).map_err(|e| match e {
        Error::Full(why) => cannot_write(file, &format!("there is no room: {why}")),
        other => other,
    })
}

/// Everything is done to a copy beside the database; only a whole one that is on the disk takes its place.
pub(super) async fn restore(settings: &StoreSettings, file: &Path, replaces: bool, author: Author) -> Result<()> {
    let target = sqlite_path(&settings.url)?;
    refuse_in_use(file, &target)?;
    if target.exists() && !replaces {
        let store = Store::open_as_it_is(settings).await?;
        refuse_foreign_tables(&store.write).await?;
        refuse_rows(&store.write).await?;
        store.close().await?;
    }
    let folder = tempfile::Builder::new().prefix(".wattline-").tempdir_in(folder_of(&target));
    let folder = folder.map_err(|e| cannot_write(&target, &e))?;
    let copy = folder.path().join("restored.db");
    std::fs::copy(file, &copy).map_err(|e| cannot_write(&copy, &e))?;
    bring_up_to_date(settings, file, &copy, author).await?;
    let synced = std::fs::File::open(&copy).and_then(|copy| copy.sync_all());
    synced.map_err(|e| cannot_write(&copy, &e))?;
    if target.exists() {
        take_out_of_use(&target, replaces).await?;
    }
    std::fs::rename(&copy, &target).map_err(|e| cannot_write(&target, &e))?;
    sync_folder(&target)
}

/// A copy of a file without its log lacks what is in the log.
fn refuse_in_use(file: &Path, target: &Path) -> Result<()> {
    if matches!((file.canonicalize(), target.canonicalize()), (Ok(file), Ok(target)) if file == target) {
        return Err(Error::Config(format!("{} is the database itself", file.display())));
    }
    let log = beside(file, "-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(Error::Config(format!(
            "{} is a database in use, not a backup: {} lies beside it",
            file.display(),
            log.display()
        )));
    }
    Ok(())
}

/// Checks the copy and migrates it.
async fn bring_up_to_date(settings: &StoreSettings, file: &Path, copy: &Path, author: Author) -> Result<()> {
    let damaged = |why: &dyn std::fmt::Display| Error::Config(format!("{} is damaged: {why}", file.display()));
    let store = Store::open_as_it_is(&StoreSettings { url: address_of(copy)?, ..settings.clone() }).await;
    let store = store.map_err(|e| damaged(&e))?;
    let problems = store.integrity_problems().await.map_err(|e| damaged(&e))?;
    if let Some(problem) = problems.first() {
        return Err(damaged(problem));
    }
    store.bring_up_to_date().await?;
    note(&store, author).await?;
    store.close().await?;
    // Whoever closes a database last leaves no log behind.
    if beside(copy, "-wal").exists() {
        return Err(Error::Internal("the log of the restored database was not emptied".to_owned()));
    }
    Ok(())
}

/// Empties the log of a database that is to be replaced: beside another file it would destroy that one. Where anybody
/// else has the database open, `SQLite` refuses to leave the mode in which there is a log.
async fn take_out_of_use(path: &Path, replaces: bool) -> Result<()> {
    let closed = async {
        let mut db = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await?;
        sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut db).await?;
        db.close().await
    };
    match closed.await.map_err(|e| database_error(sea_orm::DbErr::Exec(sea_orm::RuntimeErr::SqlxError(e.into())))) {
        Err(Error::Busy(_)) => {
            return Err(Error::Config(format!("{} is in use: stop Wattline, then restore", path.display())));
        }
        // It may be replaced because it is damaged.
        Err(error) if !replaces => return Err(error),
        _ => {}
    }
    for log in [beside(path, "-wal"), beside(path, "-shm")] {
        match std::fs::remove_file(&log) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(cannot_write(&log, &e)),
            _ => {}
        }
    }
    Ok(())
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}

/// The address of a file: what means something in an address is written by its number.
fn address_of(file: &Path) -> Result<String> {
    let name = file.to_str().ok_or_else(|| cannot_write(file, &"its name is not UTF-8"))?;
    Ok(format!("sqlite://{}", name.replace('%', "%25").replace('?', "%3F").replace('#', "%23")))
}
