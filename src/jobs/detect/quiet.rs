//! Of what nobody is told: of what was old when it was found, and of machines that are left alone.

use std::ops::RangeInclusive;

use entity::anomaly::Source;
use entity::{MachineId, anomaly, machine, maintenance};

use super::Watched;
use crate::anomalies::{left_alone_until, settles_ms};
use crate::domain::detection::Kind;
use crate::error::Result;
use crate::store::Store;

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
        let settles_ms = settles_ms(longest_interval_ms, Source::Detector);
        self.windows = store.maintenance(None, now_ms - self.after_ms - settles_ms).await?;
        self.unheard = store.unheard().await?;
        Ok(())
    }

    /// Forgets what nobody was told of.
    pub(super) fn forget(&mut self) {
        self.unheard.clear();
    }

    /// What goes on at machines that are up to date though nothing keeps it quiet any more; said once of each look.
    pub(super) fn take_uncovered<'a>(
        &mut self,
        up_to_date: impl Fn(MachineId) -> Option<&'a Watched>,
        now_ms: i64,
    ) -> Vec<anomaly::Model> {
        let mut unheard = std::mem::take(&mut self.unheard);
        unheard
            .retain(|row| up_to_date(row.machine_id).is_some_and(|watched| !self.still_covers(watched, row, now_ms)));
        unheard
    }

    /// Whether nobody is told of what was seen at `at_ms` because of what these instants fall into.
    pub(super) fn covers(
        &self,
        machine: &machine::Model,
        source: Source,
        instants_ms: RangeInclusive<i64>,
        at_ms: i64,
        now_ms: i64,
    ) -> bool {
        let settles_ms = settles_ms(machine.expected_interval_ms(), source);
        let until_ms = left_alone_until(machine, instants_ms, &self.windows);
        at_ms < now_ms - self.after_ms || until_ms.is_some_and(|until_ms| at_ms < until_ms + settles_ms)
    }

    /// Whether nobody is told yet of what goes on at a machine that is up to date: not while it is worked on once more.
    fn still_covers(&self, watched: &Watched, row: &anomaly::Model, now_ms: i64) -> bool {
        // Of silence the clock tells, of all else the last reading.
        let seen_ms = if row.kind == Kind::NoData.as_str() { now_ms } else { watched.judged_ms };
        self.covers(&watched.machine, row.source, row.started_at_ms..=seen_ms, seen_ms, now_ms)
    }
}
