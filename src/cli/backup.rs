//! `wattline backup` and `wattline restore`.

use std::path::PathBuf;

use super::key::author;
use super::output::say;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Result;
use crate::store;

/// Where to copy the database to.
#[derive(Debug, clap::Args)]
pub(super) struct BackupArguments {
    /// File to write; whoever reads it reads all that is in the database
    file: PathBuf,
    /// Replace a file of this name
    #[arg(long)]
    replace: bool,
}

/// What to put in the place of the database.
#[derive(Debug, clap::Args)]
pub(super) struct RestoreArguments {
    /// File that `wattline backup` has written
    file: PathBuf,
    /// Put it in the place of a database that has rows: they are lost
    #[arg(long)]
    replace: bool,
}

/// Copies the database.
pub(super) async fn back_up(config: &Config, arguments: &BackupArguments) -> Result<()> {
    let bytes = store::back_up(&config.store(), &arguments.file, arguments.replace).await?;
    say(&format!("{} holds the database: {bytes} bytes", arguments.file.display()));
    Ok(())
}

/// Puts a copy back.
pub(super) async fn restore(config: &Config, arguments: &RestoreArguments) -> Result<()> {
    let author = author("restore", Clock::system().now_ms());
    store::restore(&config.store(), &arguments.file, arguments.replace, author).await?;
    say(&format!(
        "the database is as it was in {}. Keys that were revoked since are taken again: see `wattline key list`",
        arguments.file.display()
    ));
    Ok(())
}
