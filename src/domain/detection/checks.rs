//! The rules at work in a detector: a stuck meter and an overload are opened, kept and closed here.

use super::detector::{Detector, score_of, span};
use super::finding::{Band, Change, Finding, Kind, Sample, Traits};
use super::rules::narrow;
use super::runs::Manner;

/// How long a load must be back below the limit, ms.
const RELIEVED_MS: i64 = 600_000;

impl Detector {
    /// Opens, keeps and closes what a stuck meter shows.
    pub(super) fn check_stuck(&mut self, traits: &Traits, sample: Sample, expected: Band, changes: &mut Vec<Change>) {
        let manner = Manner::of(span(traits.expected_interval_ms), self.alarms.dismissals(Kind::Flatline));
        let high = self.streams.high();
        let before_kw = self.last_ms.map(|_| self.last_kw);
        let Some(severity) = self.runs.judge(sample, before_kw, high, manner) else {
            changes.extend(self.alarms.settle(Kind::Flatline, sample.time_ms, 0));
            return;
        };
        changes.extend(self.alarms.raise(Finding {
            kind: Kind::Flatline,
            severity,
            started_ms: self.runs.started_ms(),
            at_ms: sample.time_ms,
            value: sample.power_kw,
            expected,
            score: score_of(severity),
        }));
    }

    /// The same for a load beyond the rated power.
    pub(super) fn check_load(
        &mut self,
        traits: &Traits,
        sample: Sample,
        elapsed_ms: Option<f32>,
        expected: Band,
        changes: &mut Vec<Change>,
    ) {
        let patience = 1.0 + 0.1 * f32::from(self.alarms.dismissals(Kind::Overload));
        let limit_kw = traits.rated_power_kw.map(|rated_kw| patience * narrow(rated_kw));
        let severity = self.load.judge(sample.time_ms, narrow(sample.power_kw), elapsed_ms, limit_kw);
        let (Some(severity), Some(started_ms)) = (severity, self.load.started_ms()) else {
            changes.extend(self.alarms.settle(Kind::Overload, sample.time_ms, RELIEVED_MS));
            return;
        };
        changes.extend(self.alarms.raise(Finding {
            kind: Kind::Overload,
            severity,
            started_ms,
            at_ms: sample.time_ms,
            value: f64::from(self.load.mean()),
            expected: Band { high: traits.rated_power_kw.unwrap_or(expected.high), ..expected },
            score: score_of(severity),
        }));
    }
}
