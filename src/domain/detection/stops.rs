//! The hours of the week in which a machine has stood still: one that stands on Sundays and on Wednesday mornings has been
//! seen to fall often enough, but never on a Tuesday afternoon.

use super::codec::Codec;
use super::peaks::around;
use super::rhythm::{WEEK_HOURS, hour_of};

/// Time over which pauses in hours in which it had never stood are counted, ms: four weeks; and its hours.
const LATELY_MS: f32 = 2_419_200_000.0;
const LATELY_HOURS: f32 = 672.0;
/// Such pauses counted where there was none: to see the first in four weeks is rarer than one in as many hours.
const NONE: f32 = 0.05;
/// From so many on it stands whenever it likes.
const OFTEN: f32 = 4.0;

/// In the place of an hour where there is none.
const NO_HOUR: u8 = u8::MAX;
/// Hours of the week, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hours([u8; WEEK_HOURS / 8]);

impl Hours {
    const fn has(&self, hour: usize) -> bool {
        self.0[hour / 8] >> (hour % 8) & 1 == 1
    }

    const fn add(&mut self, hour: usize) {
        self.0[hour / 8] |= 1 << (hour % 8);
    }

    fn join(&mut self, others: Self) {
        self.0.iter_mut().zip(others.0).for_each(|(hours, others)| *hours |= others);
    }
}

/// Watches in which hours a machine stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stops {
    hours: Hours,
    /// Those of the pause that runs, and whether it teaches anything.
    running: Hours,
    teaches: bool,
    /// Times, lately, at which pauses ended in hours in which it had never stood, and the hour of the last one until it is
    /// over: several in a row are one.
    news: f32,
    last_news: u8,
}

impl Default for Stops {
    fn default() -> Self {
        Self { hours: Hours::default(), running: Hours::default(), teaches: true, news: 0.0, last_news: NO_HOUR }
    }
}

impl Stops {
    /// Surprise of a pause that runs, by the hours in which it does, after a step of this length: -log10 of how often there
    /// is one in an hour in which there never was; 0 in other hours. The pause is learned when it is over, unless it
    /// `teaches` nothing at its end.
    pub(super) fn judge(&mut self, length_ms: f32, minute_of_week: u16, runs: bool, teaches: bool) -> f32 {
        self.news *= 1.0 - (length_ms / LATELY_MS).min(1.0);
        if !runs {
            self.finish(minute_of_week);
            return 0.0;
        }
        self.running.add(hour_of(minute_of_week));
        self.teaches = teaches;
        if self.is_new(minute_of_week) { -((self.news + NONE) / LATELY_HOURS).log10() } else { 0.0 }
    }

    /// Whether a pause now would be news: the machine has never stood around this hour, and seldom stands in others for the
    /// first time.
    pub(super) fn is_news(&self, minute_of_week: u16) -> bool {
        self.is_new(minute_of_week) && self.news < OFTEN
    }

    fn is_new(&self, minute_of_week: u16) -> bool {
        !around(minute_of_week, 60).into_iter().any(|minute| self.hours.has(hour_of(minute)))
    }

    fn finish(&mut self, minute_of_week: u16) {
        if !around(minute_of_week, 60).map(hour_byte).contains(&self.last_news) {
            self.last_news = NO_HOUR;
        }
        let ended = std::mem::take(&mut self.running);
        if ended == Hours::default() {
            return;
        }
        if self.is_new(minute_of_week) {
            if self.last_news == NO_HOUR {
                self.news += 1.0;
            }
            self.last_news = hour_byte(minute_of_week);
        }
        if self.teaches {
            self.hours.join(ended);
        }
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.bytes(&mut self.hours.0);
        codec.bytes(&mut self.running.0);
        let mut teaches = u8::from(self.teaches);
        codec.byte(&mut teaches);
        self.teaches = teaches > 0;
        codec.number(&mut self.news);
        codec.byte(&mut self.last_news);
    }
}

/// The hour of the week of this minute.
fn hour_byte(minute_of_week: u16) -> u8 {
    u8::try_from(hour_of(minute_of_week)).unwrap_or(NO_HOUR)
}
