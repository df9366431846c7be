//! What was left running where quiet hours differ by chance: powers of busy hours, in quiet ones.
//!
//! A belt that runs at night whenever there is something to move, or a compressor that cycles, draws no more then than it
//! now and then does; but for almost two hours on end its powers are those of a busy hour. How much likelier they would
//! be in busy hours than in quiet ones is averaged over the span (a likelihood ratio: Neyman, Pearson 1933; the powers of
//! both are learned by [`super::powers`]), and the mean compared with those of other quiet hours, on working days and on
//! days of rest each.

use super::codec::Codec;
use super::quiet::kept;
use super::watch::NOTHING;

/// So that what is left running is known within two hours.
const SPAN_MS: f32 = 6_300_000.0;
/// Spreads above the usual mean that are worth a warning, and the surprise of each spread more, or less.
const RARE: f32 = 3.25;
const OF_A_SPREAD: f32 = 1.5;
/// Least spread, powers of ten.
const FLOOR: f32 = 0.02;
/// Quiet time that the usual mean and its spread are of, at most, ms: some weeks' nights.
const MEMORY_MS: f32 = 720_000_000.0;
/// Spreads, and their least, that are learned of a mean at most, lest one fault blind us.
const CLIP: f32 = 4.0;
const LEAST_CLIPPED: f32 = 0.1;

/// How much the powers of this quiet time are those of busy hours.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct LeftRunning {
    /// Since the quiet hours began, at most over the span: time, and the likelihood ratio over it, powers of ten times ms.
    elapsed_ms: f32,
    ratio: f32,
    /// Of working days, and of days of rest.
    usual: [Usual; 2],
}

/// Mean and variance of the ratio's means, and the time they are of, ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Usual {
    elapsed_ms: f32,
    mean: f32,
    variance: f32,
}

impl LeftRunning {
    /// The mean ratio after this reading, or step, and by how much that surprises more than a warning takes; None until the
    /// span is full, and in busy hours, which have no `ratio`: the power of ten by which the power is likelier in those. What
    /// is likelier in quiet ones on the whole says nothing, however rare it is.
    pub(super) fn judge(&mut self, length_ms: f32, ratio: Option<f32>, of_rest: bool) -> Option<[f32; 2]> {
        let Some(ratio) = ratio else {
            (self.elapsed_ms, self.ratio) = (0.0, 0.0);
            return None;
        };
        let kept = kept(self.elapsed_ms, length_ms, SPAN_MS);
        self.elapsed_ms = self.elapsed_ms * kept + length_ms;
        self.ratio = self.ratio * kept + ratio * length_ms;
        if self.elapsed_ms <= SPAN_MS - length_ms {
            return None;
        }
        let mean = self.ratio / self.elapsed_ms;
        let usual = &mut self.usual[usize::from(of_rest)];
        let spreads = (mean - usual.mean) / usual.variance.sqrt().max(FLOOR);
        usual.learn(length_ms, mean);
        Some([mean, if mean > 0.0 { OF_A_SPREAD * (spreads - RARE) } else { NOTHING }])
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.elapsed_ms);
        codec.number(&mut self.ratio);
        for Usual { elapsed_ms, mean, variance } in &mut self.usual {
            for number in [elapsed_ms, mean, variance] {
                codec.number(number);
            }
        }
    }
}

impl Usual {
    fn learn(&mut self, length_ms: f32, mean: f32) {
        self.elapsed_ms = (self.elapsed_ms + length_ms).min(MEMORY_MS);
        let share = length_ms / self.elapsed_ms;
        let most = CLIP * self.variance.sqrt().max(LEAST_CLIPPED);
        let off = (mean - self.mean).min(most);
        self.mean += off * share;
        self.variance += (off * off - self.variance) * share;
    }
}
