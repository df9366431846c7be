//! Wattline through its public doors: a real server on a free port over a fresh database, real clients, the binary
//! itself. One program for all subjects, because each further one would be linked anew.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::format_collect,
    reason = "the tests' numbers and texts are small"
)]

mod harness;

mod access;
mod anomalies;
mod attacks;
mod backup;
mod bad_input;
mod bad_weather;
mod budgets;
mod carriers;
mod cli;
mod demand;
mod demo;
mod deploy;
mod detection;
mod doctor;
mod doors;
mod exports;
mod graphql;
mod graphql_ws;
mod limits;
mod measures;
mod metering;
mod migrations;
mod promises;
mod push;
mod quarantine;
mod readiness;
mod recordings;
mod relay;
mod retention;
mod series;
mod source_numbers;
mod source_system;
mod statistics;
mod streams;
mod survival;
mod telling;
mod tidy;
mod tls;
mod told;
mod traces;
mod traps;
mod watch_rules;
mod wire;
