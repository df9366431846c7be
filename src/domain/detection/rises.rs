//! Rises that stay: what a leak or an overload adds, long before it is the highest power ever.
//!
//! Two numbers are watched by their [`Peaks`]: the edge, from the highest of some values up to the lowest of as many
//! after them; and the level that is held, the lowest of some values.

use super::codec::Codec;
use super::peaks::{Peaks, THREE, TWO};

/// Values that are kept at most: on both sides of a rise, and of the level that is held.
const LAST: usize = 4;
/// Steps of a minute have two values on each side of a rise, and three hold a level; up to ten minutes two do; ms.
const STEP_MS: f32 = 60_000.0;
pub(super) const SHORT_MS: f32 = 100_000.0;
const LONG_MS: f32 = 600_000.0;
/// Of the highest power: lower peaks are of no interest to anybody.
pub(super) const FLOOR: f32 = 0.01;

/// The last values, the youngest first, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Last {
    values: [f32; LAST],
    known: u8,
}

impl Last {
    /// Takes one more; no while there are too few.
    fn push(&mut self, value: f32) -> bool {
        self.values.rotate_right(1);
        self.values[0] = value;
        self.known = (self.known + 1).min(4);
        usize::from(self.known) >= LAST
    }

    fn fields(&mut self, codec: &mut impl Codec) {
        self.values.iter_mut().for_each(|value| codec.number(value));
        codec.byte(&mut self.known);
    }
}

fn lowest(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::INFINITY, f32::min)
}

/// Watches how much a power rises at once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Edges {
    last: Last,
    peaks: Peaks<TWO>,
}

impl Edges {
    /// Surprise of this power, kW, as the end of a rise; `high` is the highest seen, `length_ms` what one power is of.
    pub(super) fn judge(&mut self, length_ms: f32, minute_of_week: u16, power_kw: f32, high: f32) -> f32 {
        let side = if (STEP_MS..=SHORT_MS).contains(&length_ms) { 2 } else { 1 };
        if !self.last.push(power_kw) {
            return 0.0;
        }
        let (after, before) = self.last.values[..2 * side].split_at(side);
        let highest = before.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        self.peaks.judge(minute_of_week, (lowest(after) - highest).max(0.0), FLOOR * high)
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.last.fields(codec);
        self.peaks.fields(codec);
    }
}

/// Watches the level that is held for some steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Levels {
    last: Last,
    peaks: Peaks<THREE>,
}

impl Levels {
    /// Surprise of the level after this step, kW; `high` is the highest seen.
    pub(super) fn judge(&mut self, length_ms: f32, minute_of_week: u16, power_kw: f32, high: f32) -> f32 {
        let held = match length_ms {
            ..=SHORT_MS => 3,
            ..=LONG_MS => 2,
            _ => 1,
        };
        if !self.last.push(power_kw) {
            return 0.0;
        }
        self.peaks.judge(minute_of_week, lowest(&self.last.values[..held]).max(0.0), FLOOR * high)
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.last.fields(codec);
        self.peaks.fields(codec);
    }
}
