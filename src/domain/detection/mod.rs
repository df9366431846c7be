//! Anomaly detection: one small detector for each machine that learns what is usual as the readings come.
//!
//! A reading passes four sorts of eyes, and each may open an anomaly of its own kinds:
//! - `streams`: numbers watched step by step (the power, its residual to the rhythm of day and week, its trend, ...),
//!   each judged by the tail of its own past, in the one currency of surprise: -log10 of the chance of as much;
//! - `rises`: steps and levels against the peaks of the hour, for alarms alone: what stays up is told within minutes;
//! - `rules`: what needs no statistics, a stuck meter and an overloaded machine;
//! - `silence`: readings that do not come, told by the clock or by the next reading alike.
//!
//! `envelope` keeps the range of each hour, `usual` tells it for any instant.
//! `gate` holds back what was told already, `alarms` knows what is open, `store` packs it all for the database.

mod alarms;
mod checks;
mod codec;
mod detector;
mod envelope;
mod finding;
mod gate;
mod half;
mod peaks;
mod rhythm;
mod rises;
mod rules;
mod sentence;
mod silence;
mod store;
mod streams;
mod tail;
#[cfg(test)]
mod tests;
mod usual;
mod values;

pub use codec::RestoreError;
pub use detector::Detector;
pub use finding::{Band, Change, Finding, Judgement, Kind, Sample, Severity, Traits};
pub use sentence::sentence;
