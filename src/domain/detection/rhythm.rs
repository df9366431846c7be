//! What a machine usually draws at this hour: the day's and the week's rhythm, learned hour by hour.
//!
//! Shifts, breaks, nights and weekends repeat with the week on the wall clock, so a week of hours in local time is
//! kept; the hours of the day serve until the first week is over, and the recent level until the first day is. Which
//! guess is best is left to their records: each counts by the inverse square of its recent error.

use super::codec::Codec;
use super::half::Half;
use super::peaks::around;
use super::trend::{BusyHour, Trend};

const DAY_HOURS: usize = 24;
pub(super) const WEEK_HOURS: usize = 168;
const SATURDAY: usize = 5 * DAY_HOURS;
/// Visits of an hour that its mean remembers: then a visit counts for a quarter, and a new normal is learned in weeks.
const MEMORY: u8 = 4;
/// Visits of an hour of the week until the season is trusted.
const TRUSTED: u8 = 2;
/// Steps over which the guesses are compared, and over which the noise is averaged.
const RECORD: f32 = 50.0;
const NOISE: f32 = 100.0;
/// Share of the last step in the recent departure from the season.
const DEPARTURE: f32 = 0.5;
/// Of the highest season: from there on an hour is busy.
const BUSY: f32 = 0.5;
/// The same of the mean of some hours up to which they are quiet.
const QUIET: f32 = 0.6;
/// The same of a working day on which it works, though it may not on others.
const AT_WORK: f32 = 0.85;
/// The same of a day of rest on which it works less than on others, once it was seen as often as it is remembered: so much,
/// which is more than one such day of being left running makes of the mean, and so many times the mean of these days.
const AT_SOME_WORK: f32 = 0.35;
const MORE_THAN_OTHERS: f32 = 1.5;
/// Of the mean of the hour of the day, up to where a machine is at rest in that of the week.
const AT_REST: f32 = 0.5;
/// Visits of an hour of the day over which its spread is averaged.
const SPREAD: f32 = 8.0;

/// Mean of the means of an hour, kW, and how often it was visited, in three bytes: of an `f32` the highest 21 bits, which
/// are four digits, then three for the visits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hour([u8; 3]);

impl Hour {
    const VISITS: u8 = 0b111;

    /// `mean` is finite, and there are at most seven visits.
    fn of(mean: f32, visits: u8) -> Self {
        let [_, low, middle, high] = mean.to_bits().saturating_add(0x400).to_le_bytes();
        Self([low & !Self::VISITS | visits, middle, high])
    }

    const fn mean(self) -> f32 {
        let [low, middle, high] = self.0;
        f32::from_le_bytes([0, low & !Self::VISITS, middle, high])
    }

    const fn visits(self) -> u8 {
        self.0[0] & Self::VISITS
    }
}

/// The hours of the day or of the week.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Slots<const N: usize>([Hour; N]);

impl<const N: usize> Slots<N> {
    const fn new() -> Self {
        Self([Hour([0; 3]); N])
    }

    fn learn(&mut self, hour: usize, mean: f32) {
        let known = &mut self.0[hour % N];
        let visits = (known.visits() + 1).min(MEMORY);
        *known = Hour::of(known.mean() + (mean - known.mean()) / f32::from(visits), visits);
    }

    fn highest(&self) -> f32 {
        self.0.iter().map(|hour| hour.mean()).fold(0.0, f32::max)
    }

    /// Of the hours that were visited; infinite while none was.
    fn lowest(&self) -> f32 {
        self.0.iter().filter(|hour| hour.visits() > 0).map(|hour| hour.mean()).fold(f32::INFINITY, f32::min)
    }

    /// Between the middles of this hour and the nearer neighbour, where both are known.
    fn at(&self, minute_of_week: u16) -> Option<f32> {
        let slot = hour_of(minute_of_week) % N;
        let past_middle = f32::from(minute_of_week % 60) / 60.0 - 0.5;
        let beside = (if past_middle < 0.0 { slot + N - 1 } else { slot + 1 }) % N;
        let (here, beside) = (self.0[slot], self.0[beside]);
        let share = if beside.visits() > 0 { past_middle.abs() } else { 0.0 };
        (here.visits() > 0).then_some(here.mean() + (beside.mean() - here.mean()) * share)
    }

    fn fields(&mut self, codec: &mut impl Codec) {
        self.0.iter_mut().for_each(|hour| codec.bytes(&mut hour.0));
    }
}

/// The rhythm of one machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rhythm {
    week: Slots<WEEK_HOURS>,
    day: Slots<DAY_HOURS>,
    /// By hour of the day: how far an hour's mean usually lies from the season, kW, and how far a step from the best
    /// guess; each with its mean over all.
    spread: [Half; DAY_HOURS],
    noise: [f32; DAY_HOURS],
    usual_spread: f32,
    usual_noise: f32,
    /// Mean errors of the guesses, kW.
    errors: [f32; 4],
    /// Recent departure from the season, kW.
    departure: f32,
    /// On which side of the season the busy hours have been.
    pub(super) trend: Trend,
    /// The highest and the lowest mean of an hour, kW.
    highest: f32,
    lowest: f32,
    /// The hour of the week that is running: the sum of its values, of their distances to the season, their count.
    hour: u8,
    sum: f32,
    off: f32,
    count: f32,
}

/// How a step compares with what was expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Residual {
    /// To the best guess, kW.
    pub(super) power: f32,
    /// The same in multiples of this hour's noise.
    pub(super) scaled: f32,
    /// To the season alone, in spreads of this hour; None until the season is known.
    pub(super) off: Option<f32>,
}

impl Rhythm {
    pub(super) fn new() -> Self {
        Self {
            week: Slots::new(),
            day: Slots::new(),
            spread: [Half::ZERO; DAY_HOURS],
            noise: [0.0; DAY_HOURS],
            usual_spread: 0.0,
            usual_noise: 0.0,
            errors: [0.0; 4],
            departure: 0.0,
            trend: Trend::default(),
            highest: 0.0,
            lowest: 0.0,
            hour: 0,
            sum: 0.0,
            off: 0.0,
            count: 0.0,
        }
    }

    /// The best guess, kW; `level` is the recent mean.
    pub(super) fn expected(&self, minute_of_week: u16, level: f32) -> f32 {
        self.blend(self.guesses(minute_of_week, level, self.season(minute_of_week)))
    }

    /// Compares the mean power of a step, kW, with what was expected, then learns it.
    pub(super) fn judge(&mut self, minute_of_week: u16, level: f32, value: f32) -> Residual {
        let hour = hour_of(minute_of_week);
        if usize::from(self.hour) != hour {
            self.finish_hour();
            self.hour = u8::try_from(hour).unwrap_or(0);
        }
        let season = self.season(minute_of_week);
        let guesses = self.guesses(minute_of_week, level, season);
        let power = value - self.blend(guesses);
        for (guess, error) in guesses.into_iter().zip(&mut self.errors) {
            let Some(guess) = guess else { continue };
            let share = if *error > 0.0 { 1.0 / RECORD } else { 1.0 };
            *error += ((value - guess).abs() - *error) * share;
        }
        let off = season.map_or(0.0, |season| value - season);
        self.departure += (off - self.departure) * DEPARTURE;
        self.sum += value;
        self.off += off;
        self.count += 1.0;
        let trusted = season.is_some() && self.week.0[hour].visits() >= TRUSTED;
        let spread = self.spread_of(hour);
        let off = trusted.then_some((off / spread).clamp(-50.0, 50.0));
        Residual { power, scaled: self.scale(hour % DAY_HOURS, power), off }
    }

    /// How far the mean of this hour usually lies from the season, kW; never 0.
    fn spread_of(&self, hour: usize) -> f32 {
        self.spread[hour % DAY_HOURS].get().max(0.25 * self.usual_spread).max(1e-6)
    }

    /// The residual in multiples of the noise of this hour of the day, which learns it.
    fn scale(&mut self, hour: usize, residual: f32) -> f32 {
        let noise = &mut self.noise[hour];
        let usual = if *noise > 0.0 { *noise } else { self.usual_noise };
        let known = usual.max(self.usual_noise);
        let size = if known > 0.0 { residual.abs().min(10.0 * known) } else { residual.abs() };
        let scaled = residual / (usual + 0.3 * self.usual_noise).max(1e-9);
        *noise = if *noise > 0.0 { *noise + (size - *noise) / NOISE } else { size };
        self.usual_noise = if known > 0.0 { self.usual_noise + (size - self.usual_noise) / NOISE } else { size };
        scaled.clamp(-50.0, 50.0)
    }

    /// By the recent level, the hour of the day, the hour of the week, and the season with the recent departure.
    fn guesses(&self, minute_of_week: u16, level: f32, season: Option<f32>) -> [Option<f32>; 4] {
        let (day, week) = (self.day.at(minute_of_week), self.week.at(minute_of_week));
        [Some(level), day, week, season.map(|season| season + self.departure)]
    }

    fn blend(&self, guesses: [Option<f32>; 4]) -> f32 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (guess, error) in guesses.into_iter().zip(self.errors) {
            let Some(guess) = guess else { continue };
            let weight = weight(error);
            sum += weight * guess;
            weights += weight;
        }
        sum / weights
    }

    /// By the hours alone; None until the first day is over.
    pub(super) fn season(&self, minute_of_week: u16) -> Option<f32> {
        let (day, week) = (self.day.at(minute_of_week), self.week.at(minute_of_week));
        let (Some(day), Some(week)) = (day, week) else { return week.or(day) };
        let [_, of_day, of_week, _] = self.errors.map(weight);
        Some((of_day * day + of_week * week) / (of_day + of_week))
    }

    /// Whether the machine draws much less in this hour of the week than in the same of other days; no until it is trusted.
    pub(super) fn rests_weekly(&self, minute_of_week: u16) -> bool {
        let hour = hour_of(minute_of_week);
        let (of_week, of_day) = (self.week.0[hour], self.day.0[hour % DAY_HOURS]);
        of_week.visits() >= TRUSTED && of_week.mean().abs() < AT_REST * of_day.mean().abs()
    }

    /// Mean of this hour of the week, kW; None until it was seen.
    pub(super) fn hour_kw(&self, minute_of_week: u16) -> Option<f32> {
        let hour = self.week.0[hour_of(minute_of_week)];
        (hour.visits() > 0).then(|| hour.mean())
    }

    /// How often an hour like this was seen: of a working day, a Saturday, a Sunday; of each day at most [`MEMORY`].
    pub(super) fn visits(&self, minute_of_week: u16) -> u8 {
        let hour = hour_of(minute_of_week);
        let days = if hour < SATURDAY { 0..5 } else { hour / DAY_HOURS..hour / DAY_HOURS + 1 };
        days.map(|day| self.week.0[day * DAY_HOURS + hour % DAY_HOURS].visits()).sum()
    }

    /// Whether the season is in the upper half of what it gets to; no while it is not known.
    pub(super) fn is_busy(&self, minute_of_week: u16) -> bool {
        self.season(minute_of_week).is_some_and(|season| season >= BUSY * self.highest)
    }

    /// Mean of this hour and its neighbours over all working days, or all days of rest, kW; None where it is not quiet, or
    /// not on this day, or not known.
    pub(super) fn quiet_kw(&self, minute_of_week: u16) -> Option<f32> {
        if self.works_on_this_day(minute_of_week) {
            return None;
        }
        let of_rest = is_of_rest(minute_of_week);
        let mut mean = 0.0;
        for minute in around(minute_of_week, 60) {
            mean += self.mean_of_days(of_rest, hour_of(minute) % DAY_HOURS)? / 3.0;
        }
        (mean < QUIET * self.highest).then_some(mean)
    }

    /// Whether this hour is a quiet one over all working days, or all days of rest, and on this day; no while it is not
    /// known.
    pub(super) fn is_quiet(&self, minute_of_week: u16) -> bool {
        let (of_rest, hour) = (is_of_rest(minute_of_week), hour_of(minute_of_week) % DAY_HOURS);
        let usual = if of_rest { self.mean_of_days(true, hour) } else { self.middle_of_working_days(hour) };
        usual.is_some_and(|usual| usual < QUIET * self.highest) && !self.works_on_this_day(minute_of_week)
    }

    /// Whether the machine works around this hour on this day of the week: some do on Saturdays, be it in one shift of two,
    /// or on Mondays alone. Of a working day it takes more, as some work on any of them by chance.
    fn works_on_this_day(&self, minute_of_week: u16) -> bool {
        let hours = around(minute_of_week, 60).map(hour_of);
        let mean = hours.iter().map(|hour| self.week.0[*hour].mean()).sum::<f32>() / 3.0;
        let were_seen = |visits: u8| hours.iter().all(|hour| self.week.0[*hour].visits() >= visits);
        let of_days = || hours.iter().filter_map(|hour| self.mean_of_days(true, hour % DAY_HOURS)).sum::<f32>() / 3.0;
        if !were_seen(TRUSTED) {
            false
        } else if !is_of_rest(minute_of_week) {
            mean >= AT_WORK * self.highest
        } else {
            let works_some =
                || were_seen(MEMORY) && mean >= AT_SOME_WORK * self.highest && mean >= MORE_THAN_OTHERS * of_days();
            mean >= QUIET * self.highest || works_some()
        }
    }

    /// The lowest mean of an hour, kW, if that is much lower than others: what the machine draws at rest; else 0.
    pub(super) fn rest_kw(&self) -> f32 {
        if self.lowest < BUSY * self.highest { self.lowest.max(0.0) } else { 0.0 }
    }

    /// Mean of this hour of the day over the days of rest, or over the others, kW.
    fn mean_of_days(&self, of_rest: bool, hour: usize) -> Option<f32> {
        let days = if of_rest { SATURDAY..WEEK_HOURS } else { 0..SATURDAY };
        let (mut sum, mut visits) = (0.0, 0.0);
        for known in self.week.0[days].iter().skip(hour).step_by(DAY_HOURS) {
            sum += f32::from(known.visits()) * known.mean();
            visits += f32::from(known.visits());
        }
        (visits > 0.0).then_some(sum / visits)
    }

    /// The middle one of the means of this hour of the day on working days, kW, that a holiday does not move; of two the
    /// higher one.
    fn middle_of_working_days(&self, hour: usize) -> Option<f32> {
        let mut means = [0.0; SATURDAY / DAY_HOURS];
        let known = self.week.0[..SATURDAY].iter().skip(hour).step_by(DAY_HOURS).filter(|known| known.visits() > 0);
        let count = known.zip(&mut means).map(|(known, mean)| *mean = known.mean()).count();
        means[..count].sort_unstable_by(f32::total_cmp);
        means[..count].get(count / 2).copied()
    }

    fn finish_hour(&mut self) {
        if self.count > 0.0 {
            let (hour, mean, off) = (usize::from(self.hour), self.sum / self.count, self.off / self.count);
            self.learn_trend(hour, mean);
            let visits = self.day.0[hour % DAY_HOURS].visits();
            if visits > 1 {
                let spread = self.spread[hour % DAY_HOURS].get();
                let spread = spread + (off.abs() - spread) / (2.0 * f32::from(visits)).min(SPREAD);
                self.spread[hour % DAY_HOURS] = Half::of(spread);
                let share = if self.usual_spread > 0.0 { 0.01 } else { 1.0 };
                self.usual_spread += (spread - self.usual_spread) * share;
            }
            self.day.learn(hour, mean);
            self.week.learn(hour, mean);
            self.highest = self.day.highest().max(self.week.highest());
            self.lowest = self.week.lowest();
        }
        (self.sum, self.off, self.count) = (0.0, 0.0, 0.0);
    }

    /// Learns on which side of what is usual an hour was that is over.
    fn learn_trend(&mut self, hour: usize, mean_kw: f32) {
        let usual = self.week.0[hour];
        // By all such days: what is busy by chance on one of them is less so the next time.
        let is_busy = |of_rest: bool, hour: usize| {
            self.mean_of_days(of_rest, hour).is_some_and(|mean| mean >= BUSY * self.highest)
        };
        if usual.visits() < TRUSTED || !is_busy(hour >= SATURDAY, hour % DAY_HOURS) {
            return;
        }
        let busy = |of_rest: bool| (0..DAY_HOURS).filter(|hour| is_busy(of_rest, *hour)).map(|_| 1.0).sum::<f32>();
        let a_day = (5.0 * busy(false) + 2.0 * busy(true)) / 7.0;
        let (usual_kw, spread_kw) = (usual.mean(), self.spread_of(hour));
        self.trend.learn(BusyHour { mean_kw, usual_kw, spread_kw, a_day });
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.week.fields(codec);
        self.day.fields(codec);
        self.spread.iter_mut().for_each(|spread| spread.field(codec));
        self.noise.iter_mut().chain(&mut self.errors).for_each(|number| codec.number(number));
        for number in
            [&mut self.usual_spread, &mut self.usual_noise, &mut self.departure, &mut self.highest, &mut self.lowest]
        {
            codec.number(number);
        }
        self.trend.fields(codec);
        codec.byte(&mut self.hour);
        for number in [&mut self.sum, &mut self.off, &mut self.count] {
            codec.number(number);
        }
    }
}

/// Of a guess with this mean error.
fn weight(error: f32) -> f32 {
    error.max(1e-9).powi(-2)
}

/// Whether this is on a day of rest.
pub(super) fn is_of_rest(minute_of_week: u16) -> bool {
    hour_of(minute_of_week) >= SATURDAY
}

/// Hour of the week; a minute beyond the week counts as its last.
pub(super) fn hour_of(minute_of_week: u16) -> usize {
    usize::from(minute_of_week / 60).min(WEEK_HOURS - 1)
}
