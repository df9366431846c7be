//! One event, one anomaly: to which of those that are open it belongs what is odd, and what keeps them open.

use super::detector::{Detector, is_of_means};
use super::finding::{Band, Kind, Sample};
use super::streams::{Surprises, WATCHED};
use super::watch::RISES;

/// Surprise from which on a kind counts as showing.
pub(super) const SHOWS: f32 = 2.0;

impl Detector {
    /// The kind that what is odd belongs to. A stop is a fall, though another level may show first, or a rhythm that is not
    /// the hour's, and later jumps far below what is usual: one anomaly, which grows. So is a jump, for a level or a rhythm
    /// that has shown since before it was told.
    pub(super) fn event_of(&self, index: usize, sample: Sample, expected: Band) -> Kind {
        let kind = WATCHED[index];
        if self.is_open(kind) {
            return kind;
        }
        let usual_kw = self.streams.season(sample.local_minute_of_week).map_or(expected.mid, f64::from);
        let stands = self.stands_at_work(sample) || self.pauses.are_long();
        let is_of_jump = self.is_open(Kind::Spike) && is_of_means(kind) && self.has_told_since(self.rising_ms[index]);
        if (self.is_open(Kind::Drop) || stands) && sample.power_kw < usual_kw {
            Kind::Drop
        } else if is_of_jump && sample.power_kw > expected.high {
            Kind::Spike
        } else {
            kind
        }
    }

    /// Keeps a fall open while the level or the rhythm that it led to shows, and the power is below what is usual.
    pub(super) fn keep_fall(&mut self, sample: Sample, surprises: Surprises) {
        let shows = |(kind, surprise)| is_of_means(kind) && !self.is_open(kind) && surprise >= SHOWS;
        if self.is_open(Kind::Drop)
            && WATCHED.into_iter().zip(surprises).any(shows)
            && self.usual_in(sample.local_minute_of_week).is_some_and(|usual| sample.power_kw < usual.low)
        {
            self.alarms.keep(Kind::Drop, sample.time_ms);
        }
    }

    /// Keeps what was told open, as long as it is not learned, while the means of the last steps and of the last minutes are
    /// nearer to the upper edge of what is usual than to its middle, or beyond it: the second time, the tails may have seen as
    /// much.
    pub(super) fn keep_excess(&mut self, sample: Sample) {
        for kind in WATCHED {
            if kind != Kind::Drop && self.alarms.teaches_nothing(kind, sample.time_ms) && self.draws_much(sample) {
                self.alarms.keep(kind, sample.time_ms);
            }
        }
    }

    fn draws_much(&self, sample: Sample) -> bool {
        let usual = self.usual_in(sample.local_minute_of_week);
        let recent_kw = f64::from(self.streams.recent().min(self.half_hours.last()));
        usual.is_some_and(|usual| recent_kw > f64::midpoint(usual.mid, usual.high))
    }

    /// Keeps open what a rise still shows: by as much surprise as a warning takes; and a fall while the machine stands in
    /// hours in which it works, however long.
    pub(super) fn keep_rises(&mut self, sample: Sample, expected: Option<Band>) {
        if self.stands_at_work(sample) {
            self.alarms.keep(Kind::Drop, sample.time_ms);
        }
        for rise in RISES {
            if self.rises[rise as usize] >= 0.0 {
                self.alarms.keep(WATCHED[Self::index_of(rise, sample.power_kw, expected)], sample.time_ms);
            }
        }
    }

    /// Whether the machine stands still in an hour in which it works.
    pub(super) fn stands_at_work(&self, sample: Sample) -> bool {
        self.pauses.stands() && self.streams.is_busy(sample.local_minute_of_week)
    }
}
