//! Between which powers a machine usually is, hour by hour: on working days, on Saturdays and on Sundays.
//!
//! Both edges are quantiles of the readings, tracked by stochastic approximation (Robbins, Monro 1951): a reading
//! beyond an edge moves it out by much, one inside moves it in by little, so that a fixed share stays beyond. A mean
//! and a spread would not do: many machines are either off or on and hardly ever in between.

use super::codec::Codec;
use super::half::Half;
use super::peaks::around;

const DAY_HOURS: usize = 24;
/// Hours of a working day, of a Saturday, of a Sunday.
const HOURS: usize = 3 * DAY_HOURS;
const SATURDAY: usize = 5;
const HOUR_MS: f32 = 3_600_000.0;
/// Share of the readings beyond each edge.
const BEYOND: f32 = 0.003;
/// Widths of the band that an hour beyond an edge moves it out by.
const PACE: f32 = 3.0;
/// Least move, in excesses beyond the edge: what never moves has a band without width.
const LEAST: f32 = 0.25;

/// Margin on each side, in widths of the band, because an edge wavers about what it is the edge of; so much is added
/// after one visit of an hour, and less the more there were.
const MARGIN: f32 = 0.05;
const UNSURE: f32 = 0.7;
/// What is as usual as the powers of an hour: so far beyond an edge, of that edge, and so much added after one visit.
const NEAR: f32 = 0.05;
const NEAR_UNSURE: f32 = 0.2;

/// Lowest and highest usual power, kW.
type Edges = (f32, f32);

/// The usual range of each hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Envelope {
    edges: [(Half, Half); HOURS],
    /// One bit for each hour: whether it is over at least once.
    known: [u8; HOURS / 8],
    /// The hour that is running, its edges so far, and its readings, at most a few.
    hour: u8,
    low: f32,
    high: f32,
    begun: bool,
}

impl Envelope {
    pub(super) const fn new() -> Self {
        let none = (Half::ZERO, Half::ZERO);
        Self { edges: [none; HOURS], known: [0; HOURS / 8], hour: 0, low: 0.0, high: 0.0, begun: false }
    }

    /// Learns a reading, kW; the next one is due after `interval_ms`.
    pub(super) fn learn(&mut self, minute_of_week: u16, interval_ms: f32, power_kw: f32) {
        let hour = slot(minute_of_week);
        if usize::from(self.hour) != hour {
            self.finish_hour();
            self.hour = u8::try_from(hour).unwrap_or(0);
        }
        let known = self.at_hour(hour);
        if !self.begun {
            (self.low, self.high) = known.unwrap_or((power_kw, power_kw));
            self.begun = true;
        }
        if known.is_none() {
            (self.low, self.high) = (self.low.min(power_kw), self.high.max(power_kw));
            return;
        }
        let pace = (PACE * interval_ms / HOUR_MS).min(1.0);
        let width = self.high - self.low;
        let out = |excess: f32| (width.max(LEAST * excess) * pace).min(excess);
        let inwards = BEYOND * width * pace;
        self.high += if power_kw > self.high { out(power_kw - self.high) } else { -inwards };
        self.low -= if power_kw < self.low { out(self.low - power_kw) } else { -inwards };
    }

    /// The usual range at this minute of the week, kW; None while it is not known.
    /// `visits` of such hours are known.
    pub(super) fn at(&self, minute_of_week: u16, visits: u8) -> Option<Edges> {
        let (low, high) = self.at_hour(slot(minute_of_week))?;
        let margin = (MARGIN + UNSURE / f32::from(visits.max(1))) * (high - low);
        let least = if low >= 0.0 { 0.0 } else { f32::NEG_INFINITY };
        Some(((low - margin).max(least), high + margin))
    }

    /// Whether so much power, kW, is usual around this hour of such a day; while that is not known, at any hour.
    /// `visits` of such hours are known.
    pub(super) fn covers(&self, minute_of_week: u16, visits: u8, power_kw: f32) -> bool {
        let edges = self
            .around_hour(minute_of_week)
            .or_else(|| (0..HOURS).filter_map(|hour| self.at_hour(hour)).reduce(widest));
        edges.is_some_and(|(low, high)| {
            let margin = NEAR + NEAR_UNSURE / f32::from(visits.max(1));
            low - margin * low.abs() <= power_kw && power_kw <= high + margin * high.abs()
        })
    }

    /// How far the power, kW, is above what is usual around this hour, in multiples of that, at most one; 0 while it is
    /// not known. `least` is what is usual at least, kW.
    pub(super) fn excess(&self, minute_of_week: u16, power_kw: f32, least: f32) -> f32 {
        self.around_hour(minute_of_week).map_or(0.0, |(_, high)| {
            let high = high.max(least);
            ((power_kw - high) / high.max(f32::MIN_POSITIVE)).clamp(0.0, 1.0)
        })
    }

    /// Of this hour and those beside it; None while this one is not known.
    fn around_hour(&self, minute_of_week: u16) -> Option<Edges> {
        self.at_hour(slot(minute_of_week))?;
        around(minute_of_week, 60).into_iter().filter_map(|at| self.at_hour(slot(at))).reduce(widest)
    }

    fn at_hour(&self, hour: usize) -> Option<Edges> {
        let (low, high) = self.edges[hour];
        (self.known[hour / 8] >> (hour % 8) & 1 == 1).then(|| (low.get(), high.get()))
    }

    fn finish_hour(&mut self) {
        if self.begun {
            let hour = usize::from(self.hour).min(HOURS - 1);
            self.edges[hour] = (Half::of(self.low), Half::of(self.high));
            self.known[hour / 8] |= 1 << (hour % 8);
        }
        self.begun = false;
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        for (low, high) in &mut self.edges {
            low.field(codec);
            high.field(codec);
        }
        self.known.iter_mut().for_each(|known| codec.byte(known));
        codec.byte(&mut self.hour);
        codec.number(&mut self.low);
        codec.number(&mut self.high);
        let mut begun = u8::from(self.begun);
        codec.byte(&mut begun);
        self.begun = begun > 0;
    }
}

fn widest(a: Edges, b: Edges) -> Edges {
    (a.0.min(b.0), a.1.max(b.1))
}

fn slot(minute_of_week: u16) -> usize {
    let hour = usize::from(minute_of_week / 60);
    let day = (hour / DAY_HOURS).min(SATURDAY + 1);
    hour % DAY_HOURS + day.saturating_sub(SATURDAY - 1) * DAY_HOURS
}
