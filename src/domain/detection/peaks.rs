//! How high a number gets at most, by hour of the day, on working days and at weekends: what is restless by day may be
//! calm at night.
//!
//! A number is compared with the peaks of its hour and of the hours beside. How rare it is to get so far beyond them is
//! for the tail to say, as everywhere: so a machine that breaks its peaks every day surprises nobody.

use super::codec::Codec;
use super::half::Half;
use super::tail::Tail;

const DAY_HOURS: usize = 24;
/// Hours of a working day, then those of both days of rest, or of Saturday and Sunday each.
pub(super) const TWO: usize = 2 * DAY_HOURS;
pub(super) const THREE: usize = 3 * DAY_HOURS;
/// First day of the week that belongs to the weekend.
const SATURDAY: usize = 5;
/// What is left of a peak at the next visit of its hour.
const FADE: f32 = 0.99;
/// A peak counts as at least this part of the highest one.
const LEAST: f32 = 0.2;
/// What is learned at most, in multiples of the peaks so far, so that one fault does not blind us for ever.
const CLIP: f32 = 1.5;
/// Of the peaks: least scale of an excess.
const FLOOR: f32 = 0.01;

/// The peaks of one number that is not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peaks<const N: usize> {
    by_hour: [Half; N],
    highest: f32,
    /// The peak of the hour that is running, and which one it is.
    running: f32,
    hour: u8,
    /// Of the number in multiples of the peaks.
    tail: Tail,
}

impl<const N: usize> Default for Peaks<N> {
    fn default() -> Self {
        Self { by_hour: [Half::ZERO; N], highest: 0.0, running: 0.0, hour: 0, tail: Tail::default() }
    }
}

impl<const N: usize> Peaks<N> {
    /// Surprise of the number, which then is learned; 0 until the hours around are known. `floor` is the least peak.
    pub(super) fn judge(&mut self, minute_of_week: u16, number: f32, floor: f32) -> f32 {
        let hour = slot(minute_of_week, N / DAY_HOURS);
        if usize::from(self.hour) != hour {
            self.finish_hour();
            self.hour = u8::try_from(hour).unwrap_or(0);
        }
        let day = hour / DAY_HOURS * DAY_HOURS;
        let around = [DAY_HOURS - 1, 0, 1].map(|off| self.by_hour[day + (hour + off) % DAY_HOURS].get());
        let known = around.into_iter().all(|peak| peak > 0.0);
        let peak = around.into_iter().fold(floor.max(LEAST * self.highest).max(self.running), f32::max);
        let learned = if known { number.min(CLIP * peak) } else { number };
        self.running = self.running.max(learned).max(f32::MIN_POSITIVE);
        if known { self.tail.judge(number / peak.max(f32::MIN_POSITIVE), FLOOR) } else { 0.0 }
    }

    fn finish_hour(&mut self) {
        let peak = &mut self.by_hour[usize::from(self.hour).min(N - 1)];
        *peak = Half::of(self.running.max(peak.get() * FADE));
        self.highest = self.by_hour.iter().map(|peak| peak.get()).fold(0.0, f32::max);
        self.running = 0.0;
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.by_hour.iter_mut().for_each(|peak| peak.field(codec));
        codec.number(&mut self.highest);
        codec.number(&mut self.running);
        codec.byte(&mut self.hour);
        self.tail.fields(codec);
    }
}

/// Which hour this is: of a working day, or of a day of rest, where so many kinds of days are told apart.
fn slot(minute_of_week: u16, days: usize) -> usize {
    let hour = usize::from(minute_of_week / 60);
    let day = (hour / DAY_HOURS + 1).saturating_sub(SATURDAY).min(days - 1);
    hour % DAY_HOURS + day * DAY_HOURS
}
