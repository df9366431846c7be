//! What is usual at an instant, past or to come: the band behind the curve of a machine.

use super::detector::Detector;
use super::finding::Band;

const MINUTE_MS: i64 = 60_000;
const WEEK_MINUTES: i64 = 7 * 24 * 60;

impl Detector {
    /// The band in which about 95 % of the healthy readings of such an hour lie, and what the rhythm of day and week
    /// expects in it, kW; None while that hour of a working day, a Saturday or a Sunday has not been seen.
    ///
    /// `at_ms` is any instant, ms since the epoch. Its time on the wall clock is reckoned from that of the last reading,
    /// so beyond a change of the clocks it is an hour off until readings have come from there.
    #[must_use]
    pub fn usual(&self, at_ms: i64) -> Option<Band> {
        let minutes = (at_ms.div_euclid(MINUTE_MS)).saturating_sub(self.last_ms?.div_euclid(MINUTE_MS));
        let minute = (minutes % WEEK_MINUTES + i64::from(self.last_minute)).rem_euclid(WEEK_MINUTES);
        self.usual_in(u16::try_from(minute).ok()?)
    }

    /// The same at a minute of the week; 0 is Monday 00:00.
    pub(super) fn usual_in(&self, minute: u16) -> Option<Band> {
        let (low, high) = self.envelope.at(minute, self.streams.visits(minute))?;
        let mid = self.streams.season(minute)?.clamp(low, high.max(low));
        let [low, mid, high] = [low, mid, high].map(f64::from);
        Some(Band { low, mid, high })
    }
}
