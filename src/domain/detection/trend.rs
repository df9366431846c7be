//! What drifts: a leak or a filter that clogs, so slowly that every day is much like the one before, and that what is usual
//! follows it.
//!
//! A healthy machine draws now more and now less than such hours did in the last weeks. One that drifts is on the same side
//! for weeks: so it is the side that is averaged. And it is further there than when that began, unlike one that has another
//! level since a day. Hours that are not busy say nothing, nor does what is fed in.

use super::codec::Codec;

/// Days over which the side is averaged; with most of them on one side it is told soon after one week. And so many busy
/// hours at least.
const SIDE_DAYS: f32 = 21.0;
const SIDE_HOURS: f32 = 60.0;
/// Spreads for which an hour counts at most: it is not how far, but how often.
const MOST: f32 = 1.0;
/// Up to this mean side a trend has not begun.
const BEGINS: f32 = 0.1;
/// What a drift takes: so much of the side, and so many times the distance that there was when it began.
const ASIDE: f32 = 0.35;
const FURTHER: f32 = 1.5;

/// A busy hour that is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct BusyHour {
    /// Its mean, that of this hour in the last weeks, and how far from what is usual hours are, kW.
    pub(super) mean_kw: f32,
    pub(super) usual_kw: f32,
    pub(super) spread_kw: f32,
    /// Busy hours a day.
    pub(super) a_day: f32,
}

/// On which side of what is usual a machine has been in the last weeks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Trend {
    /// Mean distance from what is usual, in spreads: above is positive.
    side: f32,
    /// Mean of the busy hours of about a day, and of what was usual in them, kW.
    pub(super) day_kw: f32,
    pub(super) usual_kw: f32,
    /// The distance between them when the trend began, kW.
    began_kw: f32,
}

impl Trend {
    pub(super) fn learn(&mut self, hour: BusyHour) {
        let BusyHour { mean_kw, usual_kw, spread_kw, a_day } = hour;
        if self.day_kw == 0.0 && self.usual_kw == 0.0 {
            (self.day_kw, self.usual_kw) = (mean_kw, usual_kw);
        }
        let of_day = 1.0 / a_day.max(1.0);
        self.day_kw += (mean_kw - self.day_kw) * of_day;
        self.usual_kw += (usual_kw - self.usual_kw) * of_day;
        self.side +=
            (((mean_kw - usual_kw) / spread_kw).clamp(-MOST, MOST) - self.side) / (SIDE_DAYS * a_day).max(SIDE_HOURS);
        if !self.has_begun() {
            self.began_kw = (self.day_kw - self.usual_kw).abs();
        }
    }

    /// Whether it has been more on one side lately.
    pub(super) const fn has_begun(&self) -> bool {
        self.side.abs() >= BEGINS
    }

    /// Whether it drifts: by `more` of the side than a drift takes, and by so many kW at least.
    pub(super) fn is_drift(&self, more: f32, least_kw: f32) -> bool {
        self.side.abs() >= ASIDE + more && self.ahead_kw() >= least_kw.max(FURTHER * self.began_kw)
    }

    /// Whether what was a drift has come to an end.
    pub(super) fn is_over(&self) -> bool {
        self.side.abs() < 0.5 * ASIDE || self.ahead_kw() <= 0.0
    }

    /// By how much the last day was further on the side where the machine has been, kW; negative if it is back.
    fn ahead_kw(&self) -> f32 {
        (self.day_kw - self.usual_kw) * self.side.signum()
    }

    /// Begins anew, as what was a drift is over.
    pub(super) const fn forget(&mut self) {
        self.side = 0.0;
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        for number in [&mut self.side, &mut self.day_kw, &mut self.usual_kw, &mut self.began_kw] {
            codec.number(number);
        }
    }
}
