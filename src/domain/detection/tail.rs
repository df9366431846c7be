//! How unusual a value is among all values of its stream so far: the tail of a distribution in four numbers.
//!
//! Peaks over threshold (Pickands 1975; Coles, "An Introduction to Statistical Modeling of Extreme Values", ch. 4):
//! beyond a high quantile, the excess follows a generalised Pareto law whatever the values themselves follow, so
//! nothing has to be assumed about a machine. The quantile is tracked by stochastic approximation (Robbins, Monro
//! 1951), the scale as a running mean of the excess; the shape is fixed, slightly heavier than exponential.

use super::codec::Codec;

/// Share of the values beyond the threshold.
const SHARE: f32 = 0.02;
/// Shape of the generalised Pareto law.
const SHAPE: f32 = 0.15;
/// Values until a first threshold stands.
const WARM_UP: f32 = 20.0;
/// Values remembered: older ones fade.
const MEMORY: u16 = 20_000;
/// Differences of less than this share of a power are of no interest to anybody.
const RELATIVE_FLOOR: f32 = 0.02;
/// An excess counts at most this many times the usual one when learned, so that one spike does not spoil the scale.
const CLIP: f32 = 10.0;

/// Values that belong to one event, so that one long fault does not count three times.
const EVENT: u16 = 30;
/// Surprise of what has been seen three times, at most.
const SEEN: f32 = 2.8;
/// How much more than the third record is still the same, of its excess.
const ALIKE: f32 = 0.25;
/// Values over which a record fades to 1/e: twenty weeks of minutes.
const FADE: f32 = 200_000.0;

/// The upper tail of a stream of values; for the lower tail, feed it the negated values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tail {
    threshold: f32,
    mean_excess: f32,
    spread: f32,
    records: Records,
}

impl Tail {
    /// Surprise of a value: -log10 of the probability of one at least as high; 0 inside the usual range. `floor` is the
    /// least scale of the excess.
    pub(super) fn surprise(&self, value: f32, floor: f32) -> f32 {
        let excess = value - self.threshold;
        if self.seen() < WARM_UP || excess <= 0.0 {
            return 0.0;
        }
        let scale = self.mean_excess.max(floor).max(1e-9);
        let surprise = -SHARE.log10() + (SHAPE * excess / scale).ln_1p() / SHAPE / std::f32::consts::LN_10;
        if self.records.have_seen(value, self.threshold) { surprise.min(SEEN) } else { surprise }
    }

    fn seen(&self) -> f32 {
        self.records.seen.into()
    }

    /// The scale that counts at least when the values are powers as such: a share of themselves.
    fn relative_floor(&self) -> f32 {
        RELATIVE_FLOOR * self.threshold.abs()
    }

    /// The highest value that is still usual: the threshold.
    pub(super) const fn usual(&self) -> f32 {
        self.threshold
    }

    pub(super) fn learn(&mut self, value: f32) {
        self.records.seen = (self.records.seen + 1).min(MEMORY);
        let seen = self.seen();
        if seen <= 1.0 {
            self.threshold = value;
            self.records = Records { highest: [value; 3], current: value, seen: 1, since: 0 };
            return;
        }
        self.spread += ((value - self.threshold).abs() - self.spread) / seen.min(WARM_UP);
        if seen <= WARM_UP {
            self.threshold = self.threshold.max(value);
            self.mean_excess = 0.3 * self.spread;
            return;
        }
        let excess = value - self.threshold;
        let scale = self.mean_excess.max(1e-9);
        self.records.learn(value, self.threshold);
        if excess > 0.0 {
            let exceedances = (seen * SHARE).clamp(3.0, 100.0);
            let clipped = excess.min(CLIP * scale.max(0.1 * self.spread));
            self.mean_excess += (clipped - self.mean_excess) / exceedances;
            self.threshold += excess.min(scale / (SHARE * seen));
        } else {
            self.threshold -= scale / seen;
        }
    }

    /// Surprise of the value, then learns it.
    pub(super) fn judge(&mut self, value: f32, floor: f32) -> f32 {
        let surprise = self.surprise(value, floor);
        self.learn(value);
        surprise
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        for field in [&mut self.threshold, &mut self.mean_excess, &mut self.spread] {
            codec.number(field);
        }
        self.records.fields(codec);
    }
}

/// The three highest events so far. What has been seen three times may be far out in the tail, like the first minute of
/// a shift, but it is no rarer than that.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Records {
    highest: [f32; 3],
    /// The entry of the event that may still go on.
    current: f32,
    /// Values so far, at most those remembered, and since the event began.
    seen: u16,
    since: u16,
}

impl Records {
    fn have_seen(&self, value: f32, threshold: f32) -> bool {
        let third = self.highest[2];
        value <= third + ALIKE * (third - threshold).max(0.0)
    }

    fn learn(&mut self, value: f32, threshold: f32) {
        self.since = (self.since + 1).min(EVENT);
        let fade = |record: f32| record - (record - threshold) / FADE;
        (self.highest, self.current) = (self.highest.map(fade), fade(self.current));
        let same_event = self.since < EVENT;
        if same_event && value > self.current {
            let entry = self.highest.iter_mut().find(|record| **record <= self.current);
            if let Some(entry) = entry {
                (*entry, self.current) = (value, value);
            }
        } else if !same_event && value > self.highest[2] {
            self.highest[2] = value;
            (self.current, self.since) = (value, 0);
        }
        self.highest.sort_unstable_by(|a, b| b.total_cmp(a));
    }

    fn fields(&mut self, codec: &mut impl Codec) {
        self.highest.iter_mut().for_each(|record| codec.number(record));
        codec.number(&mut self.current);
        codec.short(&mut self.seen);
        codec.short(&mut self.since);
    }
}

/// Both tails of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tails {
    high: Tail,
    low: Tail,
}

impl Tails {
    /// Surprise above and below, then learns the value.
    pub(super) fn judge(&mut self, value: f32, floor: f32) -> (f32, f32) {
        (self.high.judge(value, floor), self.low.judge(-value, floor))
    }

    /// The same for powers as such.
    pub(super) fn judge_power(&mut self, power_kw: f32) -> (f32, f32) {
        let (high, low) = (self.high.relative_floor(), self.low.relative_floor());
        (self.high.judge(power_kw, high), self.low.judge(-power_kw, low))
    }

    /// Lowest and highest usual value.
    pub(super) fn usual(&self) -> (f32, f32) {
        (-self.low.usual(), self.high.usual())
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.high.fields(codec);
        self.low.fields(codec);
    }
}
