//! Of what nobody is told: of what was old when it was found, and of machines that are left alone.

use std::ops::RangeInclusive;

use entity::anomaly::Source;
use entity::{MachineId, anomaly, machine, maintenance};

use super::Watched;
use crate::anomalies::{is_early, left_alone_until, settles_ms, shows_in_readings};
use crate::error::Result;
use crate::store::Store;

/// Why nobody is told of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It was found long after it showed.
    IsOld,
    /// Its machine is snoozed or worked on, or was until just now.
    IsLeftAlone,
}

/// What keeps anomalies quiet.
#[derive(Debug)]
pub(super) struct Quiet {
    after_ms: i64,
    windows: Vec<maintenance::Model>,
    /// What goes on and nobody was told of, as it was when it was looked up.
    unheard: Vec<anomaly::Model>,
}

impl Quiet {
    /// Nobody is told of what was seen longer ago than `after_ms`; nothing is looked up yet.
    pub(super) const fn new(after_ms: i64) -> Self {
        Self { after_ms, windows: Vec::new(), unheard: Vec::new() }
    }

    /// Learns of the windows that may matter where readings are expected so seldom at most, and of what nobody was told of.
    pub(super) async fn look(&mut self, store: &Store, longest_interval_ms: i64, now_ms: i64) -> Result<()> {
        self.unheard = store.unheard().await?;
        let settles_ms = settles_ms(longest_interval_ms, Source::Detector);
        let began_ms = self.unheard.iter().map(|row| row.started_at_ms).min().unwrap_or(now_ms);
        self.windows = store.maintenance(None, began_ms.min(now_ms - self.after_ms - settles_ms)).await?;
        Ok(())
    }

    /// Forgets what nobody was told of.
    pub(super) fn forget(&mut self) {
        self.unheard.clear();
    }

    /// What goes on at machines that are up to date though nothing keeps it quiet any more; said once of each look.
    pub(super) async fn take_uncovered<'a>(
        &mut self,
        store: &Store,
        up_to_date: impl Fn(MachineId) -> Option<&'a Watched>,
        now_ms: i64,
    ) -> Result<Vec<anomaly::Model>> {
        let mut uncovered = Vec::new();
        for row in std::mem::take(&mut self.unheard) {
            if let Some(watched) = up_to_date(row.machine_id)
                && !self.still_covers(store, watched, &row, now_ms).await?
            {
                uncovered.push(row);
            }
        }
        Ok(uncovered)
    }

    /// Why nobody is told of what was seen at `at_ms`, whose machine may be left alone at these instants, if nobody is.
    pub(super) fn covers(
        &self,
        machine: &machine::Model,
        source: Source,
        instants_ms: RangeInclusive<i64>,
        at_ms: i64,
        now_ms: i64,
    ) -> Option<Why> {
        if self.is_old(at_ms, now_ms) {
            return Some(Why::IsOld);
        }
        let until_ms = left_alone_until(machine, instants_ms, &self.windows)?;
        (at_ms < until_ms + settles_ms(machine.expected_interval_ms(), source)).then_some(Why::IsLeftAlone)
    }

    const fn is_old(&self, at_ms: i64, now_ms: i64) -> bool {
        at_ms < now_ms - self.after_ms
    }

    /// Whether nobody is told yet of what goes on at a machine that is up to date: not while it is worked on once more.
    async fn still_covers(&self, store: &Store, watched: &Watched, row: &anomaly::Model, now_ms: i64) -> Result<bool> {
        let seen_ms = if shows_in_readings(row) { watched.judged_ms } else { now_ms };
        if self.is_old(seen_ms, now_ms) {
            return Ok(true);
        }
        match left_alone_until(&watched.machine, row.started_at_ms..=seen_ms, &self.windows) {
            Some(until_ms) => is_early(store, &watched.machine, row, until_ms, seen_ms).await,
            None => Ok(false),
        }
    }
}
