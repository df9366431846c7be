//! Missing data: when a machine has been silent for too long, told by the clock or by the next reading alike.
//!
//! All times follow from the last reading and the machine's interval alone, so it does not matter who looked when.

use super::detector::{Detector, score_of};
use super::finding::{Band, Change, Finding, Kind, Sample, Severity, Traits};
use super::streams::{Surprises, WATCHED};

/// Intervals that may be missed, and the shortest silence that counts, ms.
const MISSED: i64 = 3;
const SHORTEST_MS: i64 = 300_000;
/// Critical after so many times the allowed silence.
const CRITICAL: i64 = 6;

/// Silence until a warning, ms.
const fn allowed_ms(traits: &Traits, dismissals: u8) -> i64 {
    let allowed = MISSED * traits.expected_interval_ms;
    (if allowed > SHORTEST_MS { allowed } else { SHORTEST_MS }) << dismissals
}

impl Detector {
    /// When the clock should ask for [`Detector::silence`] next, ms since the epoch; None when it has nothing to say.
    #[must_use]
    pub fn next_silence_ms(&self, traits: &Traits) -> Option<i64> {
        let allowed_ms = allowed_ms(traits, self.alarms.dismissals(Kind::NoData));
        match self.alarms.severity_of(Kind::NoData) {
            None => Some(self.last_ms? + allowed_ms),
            Some(Severity::Warning) => Some(self.last_ms? + CRITICAL * allowed_ms),
            Some(Severity::Critical) => None,
        }
    }

    /// What the clock has to say at this time; ask until it says nothing.
    pub fn silence(&mut self, traits: &Traits, now_ms: i64) -> Option<Change> {
        let due_ms = self.next_silence_ms(traits).filter(|&due_ms| due_ms <= now_ms)?;
        let open = self.alarms.severity_of(Kind::NoData).is_some();
        let severity = if open { Severity::Critical } else { Severity::Warning };
        let started_ms = self.last_ms? + allowed_ms(traits, self.alarms.dismissals(Kind::NoData));
        self.alarms.raise(Finding {
            kind: Kind::NoData,
            severity,
            started_ms,
            at_ms: due_ms,
            value: self.last_kw,
            expected: self.last_band(),
            score: score_of(severity),
        })
    }

    /// A reading has come: says what the clock would have said before it, and ends the silence. What the step before a
    /// silence showed says nothing of now.
    pub(super) fn end_silence(&mut self, traits: &Traits, sample: Sample, changes: &mut Vec<Change>) {
        while let Some(change) = self.silence(traits, sample.time_ms - 1) {
            changes.push(change);
        }
        self.alarms.keep(Kind::NoData, sample.time_ms);
        changes.extend(self.alarms.settle(Kind::NoData, sample.time_ms, 0));
        if self.last_ms.is_some_and(|last_ms| sample.time_ms - last_ms > allowed_ms(traits, 0)) {
            (self.sum, self.count, self.surprises) = (0.0, 0, Surprises::default());
            self.forget_pause();
            // What the machine still does may take some steps to show again.
            if !self.is_as_usual(sample) {
                for kind in WATCHED {
                    self.alarms.keep(kind, sample.time_ms);
                }
            }
        }
    }

    fn last_band(&self) -> Band {
        Band { low: self.last_kw, mid: self.last_kw, high: self.last_kw }
    }
}
