//! The command line: one file a subcommand.

mod backup;
mod detect;
mod doctor;
mod import;
mod key;
mod log;
mod output;
mod serve;
mod stats;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigFile, Options};
use crate::error::{Error, Result};
use crate::graphql;
use crate::measures;
use crate::store::Store;
use crate::traces::Traces;

/// Live energy statistics for factories
#[derive(Debug, Parser)]
#[command(name = "wattline", version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    file: ConfigFile,
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the dashboard, the GraphQL API and the other doors
    Serve,
    /// Serve a simulated plant, kept in wattline-demo.db unless told otherwise: some days of history, then live
    Demo(serve::DemoArguments),
    /// Store readings from a CSV file, or from standard input
    Import(import::Arguments),
    /// Judge the rows of a CSV file, time,value, as serve judges readings
    Detect(detect::Arguments),
    /// Print the sixteen statistics
    Stats(stats::Arguments),
    /// Make, list, replace and revoke the keys that programs call with
    #[command(subcommand)]
    Key(key::Command),
    /// Let people sign in to the page, and no longer
    #[command(subcommand)]
    User(user::Command),
    /// Print the GraphQL schema
    Schema,
    /// Bring the database's schema up to date and end
    Migrate,
    /// Copy the database into a file, while it is in use
    Backup(backup::BackupArguments),
    /// Put a backup in the place of the database, while no Wattline uses it
    Restore(backup::RestoreArguments),
    /// Check the database against its readings, the configuration, the disk and the clock
    Doctor(doctor::Arguments),
}

/// Runs the command line; errors go to standard error.
pub async fn run(cli: Cli) -> ExitCode {
    match Box::pin(run_command(cli)).await {
        Ok(code) => code,
        Err(error) => {
            output::say(&format!("wattline: {error}"));
            ExitCode::from(if matches!(error, Error::Config(_)) { 2 } else { 1 })
        }
    }
}

async fn run_command(cli: Cli) -> Result<ExitCode> {
    let mut options = cli.options.with_file(cli.file.config.as_deref())?;
    if matches!(cli.command, Command::Demo(_)) {
        options.database.get_or_insert_with(|| "sqlite://wattline-demo.db".to_owned());
        // Its history is written newest first, all at once, and judged when that is done.
        options.rejudge_after.get_or_insert(20.0);
    }
    let config = options.resolve()?;
    let traces = Traces::open(&config.otlp_endpoint)?;
    log::start(config.log_format, traces.as_ref());
    measures::count_panics();
    let outcome = Box::pin(carry_out(cli.command, config)).await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    outcome
}

async fn carry_out(command: Command, config: Config) -> Result<ExitCode> {
    match command {
        Command::Serve => serve::serve(config).await?,
        Command::Demo(arguments) => serve::demo(config, arguments).await?,
        Command::Import(arguments) => return import::import(&config, arguments).await,
        Command::Detect(arguments) => return detect::detect(&arguments),
        Command::Stats(arguments) => stats::stats(&config, arguments).await?,
        Command::Key(command) => key::run(&config, command).await?,
        Command::User(command) => user::run(&config, command).await?,
        Command::Schema => output::print(&graphql::sdl())?,
        Command::Migrate => migrate(&config).await?,
        Command::Backup(arguments) => backup::back_up(&config, &arguments).await?,
        Command::Restore(arguments) => backup::restore(&config, &arguments).await?,
        Command::Doctor(arguments) => return doctor::examine(&config, &arguments).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate(config: &Config) -> Result<()> {
    Store::open(&config.store()).await?.close().await
}
