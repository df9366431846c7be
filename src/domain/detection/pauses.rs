//! Pauses that last: a machine that stops and starts all the time is dead when it does not start again, though it draws
//! nothing that it has not drawn before; and so is one that rests when it should work, its controls still on.

use super::codec::Codec;
use super::peaks::{Lasting, TWO};
use super::rules::OFF;

/// Of what a machine draws at rest: so much beyond [`OFF`] it still rests.
const AT_REST: f32 = 1.1;
const MINUTE_MS: f32 = 60_000.0;
/// Pauses of up to so many minutes, or of two steps, are of no interest to anybody; longer than four hours is all the same.
const SHORT_MIN: f32 = 4.0;
const SHORT_STEPS: f32 = 2.0;
const LONGEST_MIN: f32 = 240.0;
/// Times the longest pause of its hour that are learned of one at most.
const MOST: f32 = 50.0;

/// Watches how long a machine has stood still.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pauses {
    /// Of the pause that runs; 0 where it does not stand still.
    minutes: f32,
    longest: Lasting<TWO>,
}

impl Pauses {
    /// Surprise of the pause after this step, kW; `high` is the highest seen, `rest_kw` what is drawn at rest.
    pub(super) fn judge(&mut self, length_ms: f32, minute_of_week: u16, power_kw: f32, high: f32, rest_kw: f32) -> f32 {
        let step_min = length_ms / MINUTE_MS;
        let stands = power_kw.abs() <= OFF * high + AT_REST * rest_kw;
        self.minutes = if stands { (self.minutes + step_min).min(LONGEST_MIN) } else { 0.0 };
        self.longest.judge_beyond(minute_of_week, self.minutes, SHORT_MIN.max(SHORT_STEPS * step_min), MOST)
    }

    /// Whether the machine stands still.
    pub(super) const fn stands(&self) -> bool {
        self.minutes > 0.0
    }

    /// Forgets how far beyond the longest ones pauses got while those were hardly known.
    pub(super) fn forget_tail(&mut self) {
        self.longest.forget_tail();
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.minutes);
        self.longest.fields(codec);
    }
}
