//! Which powers a machine shows at all: a histogram, for values that are rare without being extreme.
//!
//! A machine that knows off, idle and full is strange at half load, though half load is nowhere near its extremes.

use super::codec::Codec;

const BINS: usize = 32;
/// Readings remembered: then all counts are halved.
const MEMORY: f32 = 20_000.0;

/// A histogram over the range seen so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Values {
    low: f32,
    high: f32,
    counts: [u16; BINS],
    total: f32,
}

impl Values {
    pub(super) const fn new() -> Self {
        Self { low: f32::INFINITY, high: f32::NEG_INFINITY, counts: [0; BINS], total: 0.0 }
    }

    /// -log10 of the share of readings near this value.
    pub(super) fn rarity(&self, value: f32) -> f32 {
        let bin = self.bin(value);
        let count = |bin: usize| f32::from(self.counts[bin]);
        let near = 0.5 * (count(bin) + 0.5 * (count(bin.saturating_sub(1)) + count((bin + 1).min(BINS - 1))));
        -((near + 0.5) / (self.total + 16.0)).log10()
    }

    /// The value seen that is farthest from 0, without its sign: what feeds in has its highest power below 0.
    pub(super) const fn farthest(&self) -> f32 {
        self.high.abs().max(self.low.abs())
    }

    pub(super) fn learn(&mut self, value: f32) {
        let bin = self.bin(value);
        self.counts[bin] = self.counts[bin].saturating_add(1);
        self.total += 1.0;
        self.low = self.low.min(value);
        self.high = self.high.max(value);
        if self.total > MEMORY {
            self.counts.iter_mut().for_each(|count| *count = count.div_ceil(2));
            self.total = self.counts.iter().map(|&count| f32::from(count)).sum();
        }
    }

    fn bin(&self, value: f32) -> usize {
        let width = (self.high - self.low).max(1e-9);
        let share = ((value - self.low) / width).clamp(0.0, 0.999);
        if share.is_nan() { 0 } else { whole(share * 32.0) }
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.low);
        codec.number(&mut self.high);
        codec.number(&mut self.total);
        self.counts.iter_mut().for_each(|count| codec.short(count));
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= share < bins")]
const fn whole(share: f32) -> usize {
    share as usize
}
