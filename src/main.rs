//! The `wattline` program: reads its command line and runs it.

use std::process::ExitCode;

use clap::Parser;
use wattline::cli::{Cli, run};

#[tokio::main]
async fn main() -> ExitCode {
    // Apart, because it holds every setting.
    Box::pin(run(Cli::parse())).await
}
