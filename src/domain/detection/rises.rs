//! Rises that stay: what a leak or an overload adds, long before it is the highest power ever.
//!
//! Two numbers are watched by their [`Peaks`]: the step up, from the highest of some values to the lowest of as many
//! after them, and the level, a mean over some minutes or the values themselves.

use super::codec::Codec;
use super::peaks::{Peaks, TWO};

/// Values on each side of a step, at most.
const SIDE: usize = 2;
/// Shorter steps have two values on each side; the level is averaged over so long; ms.
const SHORT_MS: f32 = 100_000.0;
const LEVEL_MS: f32 = 600_000.0;
/// Of the highest power: lower peaks are of no interest to anybody.
const FLOOR: f32 = 0.01;

/// How a sequence of powers is watched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    /// Values on each side of a step.
    side: usize,
    /// Values that the level is averaged over; 1 and more.
    over: f32,
}

impl Look {
    /// For readings that steps gather.
    pub(super) const AT_READINGS: Self = Self { side: 1, over: 1.0 };

    /// For steps of this length.
    pub(super) fn at_steps(length_ms: f32) -> Self {
        Self { side: if length_ms > SHORT_MS { 1 } else { SIDE }, over: (LEVEL_MS / length_ms).max(1.0) }
    }
}

/// Watches one sequence of powers, its level by the hours of `N / 24` kinds of days.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rises<const N: usize> {
    /// The last values, the youngest first, and how many there are.
    last: [f32; 2 * SIDE],
    known: u8,
    mean: f32,
    step: Peaks<TWO>,
    level: Peaks<N>,
}

impl<const N: usize> Rises<N> {
    /// Surprise of this power, kW, as the end of a rise, and of the level there; `high` is the highest seen.
    pub(super) fn judge(&mut self, look: Look, minute_of_week: u16, power_kw: f32, high: f32) -> (f32, f32) {
        let side = look.side;
        self.last.rotate_right(1);
        self.last[0] = power_kw;
        self.mean = if self.known > 0 { self.mean + (power_kw - self.mean) / look.over } else { power_kw };
        self.known = (self.known + 1).min(4);
        if usize::from(self.known) < self.last.len() {
            return (0.0, 0.0);
        }
        let lowest = self.last[..side].iter().copied().fold(f32::INFINITY, f32::min);
        let highest = self.last[side..2 * side].iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let step = self.step.judge(minute_of_week, (lowest - highest).max(0.0), FLOOR * high);
        (step, self.level.judge(minute_of_week, self.mean.max(0.0), FLOOR * high))
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.last.iter_mut().for_each(|value| codec.number(value));
        codec.byte(&mut self.known);
        codec.number(&mut self.mean);
        self.step.fields(codec);
        self.level.fields(codec);
    }
}

/// Watches the mean power over an hour: what was left running.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Hours {
    mean: f32,
    steps: f32,
    level: Peaks<TWO>,
}

/// Time over which it is averaged, ms.
const HOUR_MS: f32 = 3_600_000.0;

impl Hours {
    /// Surprise of the mean after this step, kW; `high` is the highest seen.
    pub(super) fn judge(&mut self, length_ms: f32, minute_of_week: u16, power_kw: f32, high: f32) -> f32 {
        let over = (HOUR_MS / length_ms).max(1.0);
        self.steps = (self.steps + 1.0).min(over);
        self.mean += (power_kw - self.mean) / self.steps;
        self.level.judge(minute_of_week, self.mean.max(0.0), FLOOR * high)
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.mean);
        codec.number(&mut self.steps);
        self.level.fields(codec);
    }
}
