//! `PostgreSQL`: its own programs copy it, and put it back in one transaction.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use sea_orm::{Database, DatabaseConnection};

use super::{note, refuse_rows};
use crate::error::{Error, Result};
use crate::store::connect::{connect_options, refuse_foreign_tables, scalar, tables};
use crate::store::failure::database_error;
use crate::store::{Author, SchemaState, Store, StoreSettings};

/// How long a connection of a Wattline is waited for that may just be ending.
const IN_USE: Duration = Duration::from_secs(2);

/// Writes a copy, in `pg_dump`'s custom format, into a file.
pub(super) async fn back_up(url: &str, file: &Path) -> Result<()> {
    let mut dump = Command::new("pg_dump");
    dump.args(["--format=custom", "--no-owner", "--no-privileges", "--no-password"]).arg("--file").arg(file);
    at_server(&mut dump, url)?;
    in_background(move || run(dump).map(drop)).await
}

/// Checks the file, then puts it in the place of whatever is in the database: all or nothing.
pub(super) async fn restore(settings: &StoreSettings, file: &Path, replaces: bool, author: Author) -> Result<()> {
    match SchemaState::of(&versions(file).await?) {
        SchemaState::Empty => return Err(Error::Config(format!("{} holds no Wattline", file.display()))),
        state => state.check_not_newer()?,
    }
    // Not as a Wattline, so that it is not taken for one that has the database in use.
    let mut options = connect_options(settings);
    options.max_connections(1).connect_timeout(settings.busy_timeout);
    let db = Database::connect(options).await.map_err(database_error)?;
    refuse_foreign_tables(&db).await?;
    refuse_in_use(&db).await?;
    if !replaces {
        refuse_rows(&db).await?;
    }
    let present = tables(&db).await?;
    db.close().await.map_err(database_error)?;
    let (url, file) = (settings.url.clone(), file.to_owned());
    in_background(move || load(&url, &file, &present)).await?;
    let store = Store::open_existing(settings).await?;
    note(&store, author).await?;
    store.close().await
}

/// The migrations that the copied database had.
async fn versions(file: &Path) -> Result<Vec<String>> {
    let mut restore = Command::new("pg_restore");
    restore.args(["--data-only", "--table=seaql_migrations", "--file=-"]).arg(file);
    let text = in_background(move || run(restore)).await?;
    let rows = text.lines().skip_while(|line| !line.starts_with("COPY ")).skip(1).take_while(|line| *line != "\\.");
    Ok(rows.filter_map(|row| row.split('\t').next()).map(str::to_owned).collect())
}

/// Refuses while any Wattline is connected to the database. One that has just ended may seem so for a moment.
async fn refuse_in_use(db: &DatabaseConnection) -> Result<()> {
    let sql = "SELECT CAST(count(*) AS text) FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = 'wattline'";
    let deadline = Instant::now() + IN_USE;
    while scalar(db, sql).await? != "0" {
        if Instant::now() > deadline {
            return Err(Error::Config("the database is in use: stop every Wattline over it, then restore".to_owned()));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Drops these tables and loads the file, in one transaction.
fn load(url: &str, file: &PathBuf, present: &[String]) -> Result<()> {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--file=-"]);
    at_server(&mut psql, url)?;
    let mut psql = start(psql.stdin(Stdio::piped()).stdout(Stdio::null()))?;
    let mut restore = Command::new("pg_restore");
    let restore = start(restore.args(["--no-owner", "--no-privileges", "--file=-"]).arg(file).stdout(Stdio::piped()))?;
    let written = psql.stdin.take().ok_or_else(|| Error::Internal("psql has no input".to_owned()));
    let written = written.and_then(|script| write(script, restore, present));
    // Where psql ended early, what it says tells more than that nobody took the script.
    end(psql, "psql").and(written)
}

/// Writes the whole script; without its last line nothing of it counts.
fn write(mut script: ChildStdin, mut restore: Child, present: &[String]) -> Result<()> {
    let wrong = |e: std::io::Error| Error::Config(format!("psql: {e}"));
    let names: Vec<String> = present.iter().map(|name| format!("\"{name}\"")).collect();
    writeln!(script, "BEGIN;").map_err(wrong)?;
    if !names.is_empty() {
        writeln!(script, "DROP TABLE IF EXISTS {} CASCADE;", names.join(", ")).map_err(wrong)?;
    }
    let mut output = restore.stdout.take().ok_or_else(|| Error::Internal("pg_restore has no output".to_owned()))?;
    let copied = std::io::copy(&mut output, &mut script).map_err(wrong);
    drop(output);
    end(restore, "pg_restore").and(copied)?;
    writeln!(script, "COMMIT;").map_err(wrong)
}

/// Says which server and database; the password goes by the environment, which other users cannot see.
fn at_server(command: &mut Command, url: &str) -> Result<()> {
    let mut url = url::Url::parse(url).map_err(|e| Error::Config(format!("the database's address: {e}")))?;
    let of_query = url.query_pairs().find(|(name, _)| name == "password").map(|(_, password)| password.into_owned());
    let of_user = url.password().map(|password| percent_decode(password).into_owned());
    if let Some(password) = of_query.clone().or(of_user) {
        command.env("PGPASSWORD", password);
        let _ = url.set_password(None);
    }
    if of_query.is_some() {
        let others: Vec<(String, String)> =
            url.query_pairs().into_owned().filter(|(name, _)| name != "password").collect();
        url.query_pairs_mut().clear().extend_pairs(others);
    }
    command.arg("--dbname").arg(url.as_str());
    Ok(())
}

fn percent_decode(text: &str) -> std::borrow::Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

/// Runs a program to its end; what it printed.
fn run(mut command: Command) -> Result<String> {
    let child = start(command.stdout(Stdio::piped()))?;
    end(child, &command.get_program().to_string_lossy())
}

fn start(command: &mut Command) -> Result<Child> {
    command.stderr(Stdio::piped()).spawn().map_err(|e| {
        let program = command.get_program().to_string_lossy();
        Error::Config(format!(
            "{program} cannot be run ({e}): install PostgreSQL's client programs, not older than the server (Debian: \
             apt-get install postgresql-client)"
        ))
    })
}

fn end(child: Child, program: &str) -> Result<String> {
    let output = child.wait_with_output().map_err(|e| Error::Internal(format!("{program}: {e}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::Config(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

async fn in_background<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(e.to_string()))?
}
