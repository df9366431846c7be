//! The rules at work in a detector: a stuck meter, an overload and a drift are opened, kept and closed here.

use super::detector::{Detector, NOT_RISING_MS, score_of, span};
use super::finding::{Band, Change, Finding, Kind, Sample, Severity, Traits};
use super::rules::narrow;
use super::runs::Manner;

/// How long a load must be back below the limit, ms.
const RELIEVED_MS: i64 = 600_000;
/// More on one side of what is usual for each time that people said that a drift was none, in spreads; and the least drift,
/// of the highest power.
const ASIDE_IF_DISMISSED: f32 = 0.15;
const FAR: f32 = 0.04;

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

    /// The same for a drift.
    pub(super) fn check_drift(&mut self, time_ms: i64, changes: &mut Vec<Change>) {
        let least_kw = FAR * self.streams.high();
        let dismissed = ASIDE_IF_DISMISSED * f32::from(self.alarms.dismissals(Kind::Drift));
        let is_open = self.is_open(Kind::Drift);
        let trend = self.streams.trend();
        self.drifting_ms = if trend.has_begun() { self.drifting_ms.min(time_ms) } else { NOT_RISING_MS };
        if is_open && trend.is_over() {
            trend.forget();
            changes.extend(self.alarms.settle(Kind::Drift, time_ms, 0));
        } else if is_open {
            self.alarms.keep(Kind::Drift, time_ms);
        } else if trend.is_drift(dismissed, least_kw) {
            let [value, mid] = [trend.day_kw, trend.usual_kw].map(f64::from);
            changes.extend(self.alarms.raise(Finding {
                kind: Kind::Drift,
                severity: Severity::Warning,
                started_ms: self.drifting_ms,
                at_ms: time_ms,
                value,
                expected: Band { low: mid, mid, high: mid },
                score: score_of(Severity::Warning),
            }));
        }
    }
}
