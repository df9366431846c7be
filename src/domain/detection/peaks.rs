//! How high a number gets at most, by hour or half hour of the day, on working days and at weekends: what is restless
//! by day may be calm at night.
//!
//! A number is compared with the peaks of its hour and of the hours beside. How rare it is to get so far beyond them is
//! for the tail to say, as everywhere: so a machine that breaks its peaks every day surprises nobody.

use super::codec::Codec;
use super::half::Half;
use super::tail::Tail;

const DAY_HOURS: usize = 24;
const DAY_MINUTES: usize = 24 * 60;
const WEEK_MINUTES: u16 = 7 * 24 * 60;
/// Hours of any day.
pub(super) const ONE: usize = DAY_HOURS;
/// Hours of a working day, then those of both days of rest, or of Saturday and Sunday each.
pub(super) const TWO: usize = 2 * DAY_HOURS;
pub(super) const THREE: usize = 3 * DAY_HOURS;
/// Half hours of a working day, then those of days of rest.
pub(super) const TWO_HALVES: usize = 2 * TWO;
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
/// Peaks that a number counts for at most: where there was nothing so far, any power would be infinitely many.
const MOST: f32 = 200.0;

/// The peaks of one number that is not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peaks<const N: usize> {
    by_slot: [Half; N],
    highest: f32,
    /// The peak of the hour that is running, and which one it is.
    running: f32,
    slot: u8,
    /// Of the number in multiples of the peaks.
    tail: Tail,
}

impl<const N: usize> Default for Peaks<N> {
    fn default() -> Self {
        Self { by_slot: [Half::ZERO; N], highest: 0.0, running: 0.0, slot: 0, tail: Tail::default() }
    }
}

impl<const N: usize> Peaks<N> {
    /// Hours or half hours in a day, and their length.
    const PER_DAY: usize = if N > THREE { 2 * DAY_HOURS } else { DAY_HOURS };
    const MINUTES: u16 = if N > THREE { 30 } else { 60 };

    /// Which slot this is: of a working day, or of a day of rest, where so many kinds of days are told apart.
    fn slot(minute_of_week: u16) -> usize {
        let day = usize::from(minute_of_week) / DAY_MINUTES;
        let slot = usize::from(minute_of_week) % DAY_MINUTES * Self::PER_DAY / DAY_MINUTES;
        slot + (day + 1).saturating_sub(SATURDAY).min(N / Self::PER_DAY - 1) * Self::PER_DAY
    }

    /// Surprise of the number, which then is learned; 0 until this hour is known. `floor` is the least peak.
    pub(super) fn judge(&mut self, minute_of_week: u16, number: f32, floor: f32) -> f32 {
        let slot = Self::slot(minute_of_week);
        if usize::from(self.slot) != slot {
            self.finish_slot();
            self.slot = u8::try_from(slot).unwrap_or(0);
        }
        let [before, here, after] = self.beside(minute_of_week);
        let peak = [before, here, after, LEAST * self.highest, self.running].into_iter().fold(floor, f32::max);
        let known = here > 0.0;
        let learned = if known { number.min(CLIP * peak) } else { number };
        self.running = self.running.max(learned).max(f32::MIN_POSITIVE);
        if known { self.tail.judge((number / peak.max(f32::MIN_POSITIVE)).min(MOST), FLOOR) } else { 0.0 }
    }

    /// Peaks of the slot before, of this one, of the one after.
    fn beside(&self, minute_of_week: u16) -> [f32; 3] {
        around(minute_of_week, Self::MINUTES).map(|at| self.by_slot[Self::slot(at)].get())
    }

    fn finish_slot(&mut self) {
        let peak = &mut self.by_slot[usize::from(self.slot).min(N - 1)];
        *peak = Half::of(self.running.max(peak.get() * FADE));
        self.highest = self.by_slot.iter().map(|peak| peak.get()).fold(0.0, f32::max);
        self.running = 0.0;
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.by_slot.iter_mut().for_each(|peak| peak.field(codec));
        codec.number(&mut self.highest);
        codec.number(&mut self.running);
        codec.byte(&mut self.slot);
        self.tail.fields(codec);
    }
}

/// The same for a number that rises slowly while something lasts: compared with the peaks as they were before it began,
/// and learned once a slot, so that what lasts for hours counts no more than what does for minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Lasting<const N: usize> {
    peaks: Peaks<N>,
    /// Peak of the slot before this one, as it was until then.
    before: f32,
    /// The highest multiple of the peaks in this slot.
    top: f32,
}

impl<const N: usize> Lasting<N> {
    /// Surprise of the number; 0 until this hour is known. `floor` is the least peak; of a slot, at most so many times
    /// its peak are learned as `most` says.
    pub(super) fn judge(&mut self, minute_of_week: u16, number: f32, floor: f32, most: f32) -> f32 {
        self.judge_beyond(minute_of_week, number, floor.max(LEAST * self.peaks.highest), most, true)
    }

    /// The same where high peaks of other hours say nothing of this one, and which is not learned where it `teaches` nothing.
    pub(super) fn judge_beyond(
        &mut self,
        minute_of_week: u16,
        number: f32,
        floor: f32,
        most: f32,
        teaches: bool,
    ) -> f32 {
        let slot = Peaks::<N>::slot(minute_of_week);
        if usize::from(self.peaks.slot) != slot {
            self.finish_slot(most);
            self.peaks.slot = u8::try_from(slot).unwrap_or(0);
        }
        let [_, here, after] = self.peaks.beside(minute_of_week);
        let peak = [self.before, here, after].into_iter().fold(floor, f32::max);
        let learned = if teaches { number } else { 0.0 };
        self.peaks.running = self.peaks.running.max(learned).max(f32::MIN_POSITIVE);
        if here <= 0.0 {
            return 0.0;
        }
        let times_of = |number: f32| (number / peak.max(f32::MIN_POSITIVE)).min(MOST);
        self.top = self.top.max(times_of(learned));
        let times = times_of(number);
        self.peaks.tail.surprise(times, FLOOR)
    }

    /// Forgets how far beyond its peaks it got, not the peaks.
    pub(super) fn forget_tail(&mut self) {
        self.peaks.tail = Tail::default();
    }

    fn finish_slot(&mut self, most: f32) {
        self.before = self.peaks.by_slot[usize::from(self.peaks.slot).min(N - 1)].get();
        if self.top > 0.0 {
            self.peaks.tail.learn(self.top.min(most));
            self.top = 0.0;
        }
        self.peaks.finish_slot();
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.peaks.fields(codec);
        codec.number(&mut self.before);
        codec.number(&mut self.top);
    }
}

/// The minute of the week so long before, this one, and the one so long after.
pub(super) fn around(minute_of_week: u16, minutes: u16) -> [u16; 3] {
    [WEEK_MINUTES - minutes, 0, minutes].map(|off| (minute_of_week + off) % WEEK_MINUTES)
}
