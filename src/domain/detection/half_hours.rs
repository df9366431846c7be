//! Means of half an hour, or of the steps that are longer: what was left running.
//!
//! Each mean is watched twice, both by the half hour of the day: as it stands, and in multiples of what the machine has
//! drawn lately. The latter tells a machine that should rest from one that works this week where others rest, like
//! compressors that take turns, and it knows nothing of seasons.

use super::codec::Codec;
use super::peaks::{Lasting, TWO_HALVES};
use super::rises::FLOOR;

/// Parts of half an hour, at most, and their least length, ms.
const PARTS: usize = 6;
const PART_MS: f32 = 300_000.0;
const HALF_HOUR_MS: f32 = 1_800_000.0;
/// Lately: a running mean over eight hours, ms, and at least this part of the highest power.
const LATELY_MS: f32 = 28_800_000.0;
const LEAST: f32 = 0.3;
/// Times its peak that are learned of half an hour at most.
const MOST: f32 = 3.0;

/// Watches the mean power over half an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct HalfHours {
    /// Means of the last parts, the youngest first, and how many there are.
    parts: [f32; PARTS],
    known: u8,
    /// The part that is being gathered.
    sum: f32,
    steps: f32,
    /// Mean power lately, kW.
    lately: f32,
    level: Lasting<TWO_HALVES>,
    ratio: Lasting<TWO_HALVES>,
}

impl HalfHours {
    /// Surprise of the mean after this step, kW, and of its ratio to what was drawn lately, where this step completes a
    /// part; `high` is the highest seen.
    pub(super) fn judge(&mut self, length_ms: f32, minute_of_week: u16, power_kw: f32, high: f32) -> Option<[f32; 2]> {
        self.sum += power_kw;
        self.steps += 1.0;
        let part_ms = self.steps * length_ms;
        if part_ms < PART_MS {
            return None;
        }
        self.parts.rotate_right(1);
        self.parts[0] = self.sum / self.steps;
        (self.sum, self.steps) = (0.0, 0.0);
        self.lately += (self.parts[0] - self.lately) * (part_ms / LATELY_MS).min(1.0);
        let count = (1..PARTS).take_while(|&count| part_ms * real(count) < HALF_HOUR_MS).count() + 1;
        self.known = (self.known + 1).min(6);
        if usize::from(self.known) < count {
            return None;
        }
        let mean = (self.parts[..count].iter().sum::<f32>() / real(count)).max(0.0);
        let ratio = mean / self.lately.max(LEAST * high).max(f32::MIN_POSITIVE);
        let level = self.level.judge(minute_of_week, mean, FLOOR * high, MOST);
        Some([level, self.ratio.judge(minute_of_week, ratio, FLOOR, MOST)])
    }

    /// Mean power of the last part, kW: a few minutes, or a step.
    pub(super) const fn last(&self) -> f32 {
        self.parts[0]
    }

    /// Forgets how far beyond their peaks the means got while those were hardly known.
    pub(super) fn forget_tails(&mut self) {
        self.level.forget_tail();
        self.ratio.forget_tail();
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.parts.iter_mut().for_each(|part| codec.number(part));
        codec.byte(&mut self.known);
        for number in [&mut self.sum, &mut self.steps, &mut self.lately] {
            codec.number(number);
        }
        self.level.fields(codec);
        self.ratio.fields(codec);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few parts")]
const fn real(parts: usize) -> f32 {
    parts as f32
}
