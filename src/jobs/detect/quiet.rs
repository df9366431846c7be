//! Of what nobody is told: of what was old when it was found, and of machines that are left alone.

use entity::{anomaly, machine, maintenance};

use super::Watched;
use crate::anomalies::{is_worked_on, left_alone_until};
use crate::domain::detection::Kind;
use crate::error::Result;
use crate::store::Store;

/// What began while its machine was snoozed or worked on is told if it goes on for so long after that, ms: a machine needs its
/// time to be as usual again.
const SETTLES_MS: i64 = 15 * 60_000;

/// What keeps anomalies quiet.
#[derive(Debug)]
pub(super) struct Quiet {
    after_ms: i64,
    windows: Vec<maintenance::Model>,
}

impl Quiet {
    /// Nobody is told of what was seen longer ago than `after_ms`; no window is known yet.
    pub(super) const fn new(after_ms: i64) -> Self {
        Self { after_ms, windows: Vec::new() }
    }

    /// Learns of the windows that may matter.
    pub(super) async fn look(&mut self, store: &Store, now_ms: i64) -> Result<()> {
        self.windows = store.maintenance(None, now_ms - self.after_ms - SETTLES_MS).await?;
        Ok(())
    }

    /// Whether nobody is told of what began then and was seen at `at_ms`.
    pub(super) fn covers(&self, machine: &machine::Model, started_ms: i64, at_ms: i64, now_ms: i64) -> bool {
        let until_ms = left_alone_until(machine, started_ms, &self.windows);
        at_ms < now_ms - self.after_ms || until_ms.is_some_and(|until_ms| at_ms < until_ms + SETTLES_MS)
    }

    /// Whether nobody is told yet of what goes on at a machine that is up to date: not while it is worked on once more.
    pub(super) fn still_covers(&self, watched: &Watched, row: &anomaly::Model, now_ms: i64) -> bool {
        // Of silence the clock tells, of all else the last reading.
        let seen_ms = if row.kind == Kind::NoData.as_str() { now_ms } else { watched.judged_ms };
        self.covers(&watched.machine, row.started_at_ms, seen_ms, now_ms)
            || self.windows.iter().any(|window| is_worked_on(&watched.machine, window, seen_ms))
    }
}
