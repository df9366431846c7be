//! Pauses that last: a machine that stops and starts all the time is dead when it does not start again, though it draws
//! nothing that it has not drawn before; and so is one that rests when it should work, its controls still on.

use super::codec::Codec;
use super::peaks::{Lasting, TWO};
use super::rules::OFF;
use super::stops::Stops;
use super::streams::Step;

/// Of what a machine draws at rest: so much beyond [`OFF`] it still rests.
const AT_REST: f32 = 1.1;
const MINUTE_MS: f32 = 60_000.0;
/// Pauses of up to so many minutes, or of two steps, are of no interest to anybody; longer than four hours is all the same.
const SHORT_MIN: f32 = 4.0;
const SHORT_STEPS: f32 = 2.0;
const LONGEST_MIN: f32 = 240.0;
/// A machine that switches on and off stands for less.
const LONG_MIN: f32 = 30.0;
/// Times the longest pause of its hour that are learned of one at most.
const MOST: f32 = 50.0;

/// Whether a machine that draws so much stands still, or rests; see [`Pauses::judge`].
pub(super) fn stands(power_kw: f32, high: f32, rest_kw: f32) -> bool {
    power_kw.abs() <= OFF * high + AT_REST * rest_kw
}

/// Watches how long a machine has stood still.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pauses {
    /// Of the pause that runs; 0 where it does not stand still.
    minutes: f32,
    longest: Lasting<TWO>,
    stops: Stops,
}

impl Pauses {
    /// Surprise of the pause after this step, by how long it lasts and by the hour in which it runs; `high` is the highest
    /// power seen, `rest_kw` what is drawn at rest. Learned is what `teaches` something, or anything, where a machine stands
    /// whenever it likes.
    pub(super) fn judge(&mut self, step: Step, high: f32, rest_kw: f32, teaches: bool) -> [f32; 2] {
        let Step { value, length_ms, minute_of_week } = step;
        let step_min = length_ms / MINUTE_MS;
        self.minutes = if stands(value, high, rest_kw) { (self.minutes + step_min).min(LONGEST_MIN) } else { 0.0 };
        let short_min = SHORT_MIN.max(SHORT_STEPS * step_min);
        let learns = teaches || !self.stops.is_news(minute_of_week);
        let long = self.longest.judge_beyond(minute_of_week, self.minutes, short_min, MOST, learns);
        let new = self.stops.judge(length_ms, minute_of_week, self.minutes > short_min, teaches);
        [long, new]
    }

    /// The pause that runs, if one does, is over, or another one begins.
    pub(super) const fn interrupt(&mut self) {
        self.minutes = 0.0;
    }

    /// Whether the machine stands still.
    pub(super) const fn stands(&self) -> bool {
        self.minutes > 0.0
    }

    /// Whether it has stood still for longer than machines do that switch on and off.
    pub(super) fn are_long(&self) -> bool {
        self.minutes >= LONG_MIN
    }

    /// Forgets how far beyond the longest ones pauses got while those were hardly known.
    pub(super) fn forget_tail(&mut self) {
        self.longest.forget_tail();
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.minutes);
        self.longest.fields(codec);
        self.stops.fields(codec);
    }
}
