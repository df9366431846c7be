//! How often a number gets as high as this: by the highest of each half day.
//!
//! A tail knows how rare a value is among all values, but alarms are counted by the week, and high values come in
//! bunches and by the machine's own habits. So the highest value of each half day is kept, if it is among the four
//! highest; how many half days it takes to get beyond follows from how many there were (Weissman 1978, for an
//! exponential tail). This bounds the false alarms of each machine, however restless it is.

use super::codec::Codec;

const HALF_DAY_MS: i64 = 43_200_000;
const HIGHEST: usize = 4;
/// Half days until anything is said, and how many are remembered.
const WARM_UP: f32 = 14.0;
const MEMORY: f32 = 140.0;
/// A maximum counts at most this many spreads beyond the highest when learned.
const CLIP: f32 = 1.0;

/// The maxima of one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    highest: [f32; HIGHEST],
    known: f32,
    /// Of the half day that runs.
    running: f32,
}

impl Rates {
    pub(super) const fn new() -> Self {
        Self { highest: [f32::NEG_INFINITY; HIGHEST], known: 0.0, running: f32::NEG_INFINITY }
    }

    /// -log10 of the share of half days that get as high; None until some are known. `floor` is the least spread.
    pub(super) fn surprise(&self, value: f32, floor: f32) -> Option<f32> {
        let fourth = self.highest[HIGHEST - 1];
        let rarity = (self.known / 3.0).log10() + (value - fourth) / self.spread(floor) / std::f32::consts::LN_10;
        (self.known >= WARM_UP).then_some(rarity)
    }

    /// Mean excess of the three highest over the fourth.
    fn spread(&self, floor: f32) -> f32 {
        let [first, second, third, fourth] = self.highest;
        ((first + second + third) / 3.0 - fourth).max(floor)
    }

    /// Half days known, at most some weeks of them.
    pub(super) const fn known(&self) -> f32 {
        self.known
    }

    /// The highest value of the half day that runs.
    pub(super) const fn running(&self) -> f32 {
        self.running
    }

    pub(super) const fn see(&mut self, value: f32) {
        self.running = self.running.max(value);
    }

    /// A half day is over.
    pub(super) fn finish(&mut self, floor: f32) {
        let value = std::mem::replace(&mut self.running, f32::NEG_INFINITY);
        if value == f32::NEG_INFINITY {
            return;
        }
        self.known = (self.known + 1.0).min(MEMORY);
        let fourth = self.highest[HIGHEST - 1];
        if fourth > f32::NEG_INFINITY {
            self.highest.iter_mut().for_each(|highest| *highest -= (*highest - fourth) / MEMORY);
        }
        let most = if self.known <= WARM_UP { f32::INFINITY } else { self.highest[0] + CLIP * self.spread(floor) };
        self.highest[HIGHEST - 1] = self.highest[HIGHEST - 1].max(value.min(most));
        self.highest.sort_unstable_by(|a, b| b.total_cmp(a));
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.highest.iter_mut().for_each(|highest| codec.number(highest));
        codec.number(&mut self.known);
        codec.number(&mut self.running);
    }
}

/// Which half day an instant is in, ms since the epoch.
pub(super) const fn half_day(time_ms: i64) -> i64 {
    time_ms.div_euclid(HALF_DAY_MS)
}
