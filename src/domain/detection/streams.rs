//! The streams that are watched, step by step, and the kinds of anomaly they speak for.
//!
//! No single number shows everything: a spike is not a shift and a shift is not a wrong hour. Each stream has its own
//! tail, so their surprises are of one currency and the greatest counts.

use super::codec::Codec;
use super::finding::{Band, Kind};
use super::rhythm::Rhythm;
use super::tail::{Tail, Tails};
use super::trend::Trend;
use super::values::Values;

/// Kinds that streams speak for, in the order of [`Surprises`].
pub(super) const WATCHED: [Kind; 4] = [Kind::Spike, Kind::Drop, Kind::LevelShift, Kind::Pattern];

/// Surprise of each of [`WATCHED`].
pub(super) type Surprises = [f32; WATCHED.len()];

/// Steps of the exponential means.
const RECENT: f32 = 10.0;
const LONG: f32 = 100.0;
/// Steps until anything is expected.
const WARM_UP: f32 = 20.0;
const HOUR_MS: f32 = 3_600_000.0;
/// Of the highest power: differences that are of no interest to anybody.
const FLOOR: f32 = 0.002;
/// Surprise for each spread that the mean of an hour lies off the season. For a Laplace distribution it is
/// 1 / ln 10 = 0.43: there are too few hours to learn their tail in a month.
const OFF: f32 = 0.42;

/// One step: a reading, or the mean of a minute of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Mean power, kW.
    pub(super) value: f32,
    pub(super) length_ms: f32,
    pub(super) minute_of_week: u16,
}

/// All streams of one machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Streams {
    rhythm: Rhythm,
    values: Values,
    steps: f32,
    means: Means,
    /// How rare what it draws is.
    pub(super) tails: StreamTails,
}

/// Exponential means.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Means {
    /// Power over the last steps, and over many, kW.
    recent: f32,
    long: f32,
    /// Its squared distance from the former, kW².
    variance: f32,
    /// Its residual to the best guess, kW.
    residual: f32,
    /// Its distance from the season over an hour, in spreads.
    hour_off: f32,
}

/// The tail of each stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct StreamTails {
    value: Tails,
    residual: Tails,
    scaled: Tails,
    trend: Tails,
    sustained: Tails,
    rarity: Tail,
    restlessness: Tail,
}

impl Streams {
    pub(super) fn new() -> Self {
        Self {
            rhythm: Rhythm::new(),
            values: Values::new(),
            steps: 0.0,
            means: Means::default(),
            tails: StreamTails::default(),
        }
    }

    /// Judges a step by what came before it, then learns it.
    pub(super) fn judge(&mut self, step: Step) -> Surprises {
        let Step { value, minute_of_week, length_ms } = step;
        if self.steps <= 0.0 {
            (self.means.recent, self.means.long) = (value, value);
        }
        self.steps += 1.0;
        let residual = self.rhythm.judge(minute_of_week, self.means.recent, value);
        self.means.learn(self.steps, value, residual.power);
        let floor = FLOOR * self.high();
        let (means, tails) = (&mut self.means, &mut self.tails);
        let (above, below) = tails.value.judge_power(value);
        let (over, under) = tails.residual.judge(residual.power, floor);
        let (outlying, inlying) = tails.scaled.judge(residual.scaled, 0.0);
        let shift = either(tails.trend.judge(means.recent - means.long, floor));
        let sustained = either(tails.sustained.judge(means.residual, floor));
        let rarity = tails.rarity.judge(self.values.rarity(value), 0.0);
        let restless = tails.restlessness.judge(means.variance.sqrt(), floor);
        let mut hour = 0.0;
        if let Some(off) = residual.off {
            means.hour_off += (off - means.hour_off) / (HOUR_MS / length_ms).max(1.0);
            hour = OFF * means.hour_off.abs();
        }
        self.values.learn(value);
        let pattern = rarity.max(restless).max(sustained).max(hour);
        [above.max(over).max(outlying), below.max(under).max(inlying), shift, pattern]
    }

    /// What would be usual now, kW: the best guess and the usual residuals; None in the first steps. What hardly ever
    /// draws less than nothing is not expected to.
    pub(super) fn expected(&self, minute_of_week: u16) -> Option<Band> {
        let mid = self.rhythm.expected(minute_of_week, self.means.recent);
        let (low, high) = self.tails.residual.usual();
        let least = if self.tails.value.usual().0 >= 0.0 { 0.0 } else { f32::NEG_INFINITY };
        let [low, mid, high] = [mid + low.min(0.0), mid, mid + high.max(0.0)].map(|kw| f64::from(kw.max(least)));
        (self.steps >= WARM_UP).then_some(Band { low, mid, high })
    }

    /// Whether the machine is usually busy at this hour.
    pub(super) fn is_busy(&self, minute_of_week: u16) -> bool {
        self.rhythm.is_busy(minute_of_week)
    }

    /// What is usual around this hour, kW, if the machine is quiet then.
    pub(super) fn quiet_kw(&self, minute_of_week: u16) -> Option<f32> {
        self.rhythm.quiet_kw(minute_of_week)
    }

    /// Whether the machine is quiet in this hour on such days.
    pub(super) fn is_quiet(&self, minute_of_week: u16) -> bool {
        self.rhythm.is_quiet(minute_of_week)
    }

    /// What the machine draws at rest, kW; 0 if it never draws much less than else.
    pub(super) fn rest_kw(&self) -> f32 {
        self.rhythm.rest_kw()
    }

    /// How often such an hour was seen: of a working day, a Saturday, a Sunday; at most some weeks of them.
    pub(super) fn visits(&self, minute_of_week: u16) -> u8 {
        self.rhythm.visits(minute_of_week)
    }

    /// What the season alone holds usual, kW; None until the first day is over.
    pub(super) fn season(&self, minute_of_week: u16) -> Option<f32> {
        self.rhythm.season(minute_of_week)
    }

    /// Whether the machine draws much less in this hour of the week than in the same of other days.
    pub(super) fn rests_weekly(&self, minute_of_week: u16) -> bool {
        self.rhythm.rests_weekly(minute_of_week)
    }

    /// Mean of this hour of the week, kW; None until it was seen.
    pub(super) fn hour_kw(&self, minute_of_week: u16) -> Option<f32> {
        self.rhythm.hour_kw(minute_of_week)
    }

    /// On which side of what is usual the machine has been for weeks.
    pub(super) const fn trend(&mut self) -> &mut Trend {
        &mut self.rhythm.trend
    }

    /// The highest power seen, drawn or fed in, kW; 0 before the first step.
    pub(super) fn high(&self) -> f32 {
        if self.steps > 0.0 { self.values.farthest() } else { 0.0 }
    }

    /// Mean power over the last steps, kW.
    pub(super) const fn recent(&self) -> f32 {
        self.means.recent
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.rhythm.fields(codec);
        self.values.fields(codec);
        codec.number(&mut self.steps);
        self.means.fields(codec);
        self.tails.fields(codec);
    }
}

/// The greater surprise, whichever the side.
fn either((high, low): (f32, f32)) -> f32 {
    high.max(low)
}

impl Means {
    fn learn(&mut self, steps: f32, value: f32, residual: f32) {
        let (recent, long) = (steps.min(RECENT), steps.min(LONG));
        self.variance += ((value - self.recent).powi(2) - self.variance) / recent;
        self.recent += (value - self.recent) / recent;
        self.long += (value - self.long) / long;
        self.residual += (residual - self.residual) / recent;
    }

    fn fields(&mut self, codec: &mut impl Codec) {
        let Self { recent, long, variance, residual, hour_off } = self;
        for mean in [recent, long, variance, residual, hour_off] {
            codec.number(mean);
        }
    }
}

impl StreamTails {
    fn fields(&mut self, codec: &mut impl Codec) {
        let Self { value, residual, scaled, trend, sustained, rarity, restlessness } = self;
        for tails in [value, residual, scaled, trend, sustained] {
            tails.fields(codec);
        }
        for tail in [rarity, restlessness] {
            tail.fields(codec);
        }
    }
}
