//! The `wattline` program: reads its command line and runs it.

use std::process::ExitCode;

use clap::Parser;
use wattline::cli::{Cli, run};

#[tokio::main]
async fn main() -> ExitCode {
    run(Cli::parse()).await
}
