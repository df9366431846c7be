//! Means over an hour and a quarter of quiet hours: what was left running where the hours differ by chance.
//!
//! A belt that runs at night whenever there is something to move breaks no peak of half an hour; that it never rests is
//! what is odd. One quiet hour says as much as another, so all are compared with each other, each in multiples of what
//! is usual around it. How rare the mean is, is for [`super::rates`] to say.

use super::codec::Codec;

const SPAN_MS: f32 = 4_500_000.0;
/// Of the highest power, added to what is usual: where that is little, multiples of it say nothing.
const ADDED: f32 = 0.6;

/// The power since the quiet hours began, at most over the span.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Quiet {
    elapsed_ms: f32,
    /// Sums over time of what was drawn and of what it is compared with, kW ms.
    drawn: f32,
    usual: f32,
}

impl Quiet {
    /// Mean power in multiples of the usual one after this step, kW; None until the span is full, and in busy hours,
    /// which have no `usual_kw`. `high` is the highest seen.
    pub(super) fn judge(&mut self, length_ms: f32, power_kw: f32, usual_kw: Option<f32>, high: f32) -> Option<f32> {
        let Some(usual_kw) = usual_kw else {
            *self = Self::default();
            return None;
        };
        let kept = kept(self.elapsed_ms, length_ms, SPAN_MS);
        let compared_kw = (usual_kw.max(0.0) + ADDED * high).max(f32::MIN_POSITIVE);
        for (sum, more) in [(&mut self.elapsed_ms, 1.0), (&mut self.drawn, power_kw), (&mut self.usual, compared_kw)] {
            *sum = *sum * kept + more * length_ms;
        }
        (self.elapsed_ms > SPAN_MS - length_ms).then_some(self.drawn / self.usual)
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        for sum in [&mut self.elapsed_ms, &mut self.drawn, &mut self.usual] {
            codec.number(sum);
        }
    }
}

/// Share of sums over `elapsed_ms` that is kept when a value of `length_ms` joins them, so that they stay within the span.
pub(super) fn kept(elapsed_ms: f32, length_ms: f32, span_ms: f32) -> f32 {
    ((span_ms - length_ms).max(0.0) / elapsed_ms.max(1.0)).min(1.0)
}
