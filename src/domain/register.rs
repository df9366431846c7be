//! What a meter's running register says: consumption, or something that only looks like it.
//!
//! A register counts up. When it falls, or rises further than the machine can have drawn, one of four things happened,
//! and only what follows tells which: it rolled over (its declared width says where), it was set back to zero, another
//! meter took its place, or the reading was wrong and the old level comes back. Until then the level is unsettled, for
//! at most [`UNSETTLED_ROWS`] readings, so that what a row means follows from a bounded number of rows before it.

use super::reading::HOUR_MS;

/// Readings of a register within which its old level may come back; after that the new one stands.
pub const UNSETTLED_ROWS: u8 = 12;
/// Without a rated power, a register that falls to less than this part of its value was set back to zero, and one that
/// is passed over its width by less than this part of the width rolled over.
const SMALL_PART: f64 = 0.01;

/// What is known of the meter.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    /// Milliseconds between two readings, as they are meant to come.
    pub interval_ms: i64,
    /// The greatest power that its readings can mean, kW, if anything says so.
    pub greatest_kw: Option<f64>,
    /// The value at which the register begins again at zero, kWh, if it is known.
    pub width_kwh: Option<f64>,
}

/// What a register did beside counting. The words are stored and sent: never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It passed its width and began again; the energy is counted.
    Rollover,
    /// It was set back to zero or near it.
    Reset,
    /// It left its level and came back; nothing in between is counted twice.
    Glitch,
    /// It went to another level and stayed there: another meter.
    Replaced,
}

/// Something that happened to a register.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Time of the reading that showed it, ms since the epoch.
    pub time_ms: i64,
    /// What it was.
    pub kind: EventKind,
    /// The register before, kWh.
    pub before_kwh: f64,
    /// The register in the reading, kWh.
    pub after_kwh: f64,
}

/// Another meter took the place of the old one, as somebody who was there says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replacement {
    /// When, ms since the epoch; a reading at this instant is the new meter's.
    pub time_ms: i64,
    /// The old meter's last value, kWh.
    pub old_kwh: f64,
    /// The new meter's first value, kWh.
    pub new_kwh: f64,
}

impl Replacement {
    /// How it is listed.
    #[must_use]
    pub fn event(&self) -> Event {
        let Self { time_ms, old_kwh, new_kwh } = *self;
        Event { time_ms, kind: EventKind::Replaced, before_kwh: old_kwh, after_kwh: new_kwh }
    }
}

/// A register's value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// ms since the epoch.
    pub time_ms: i64,
    /// kWh.
    pub kwh: f64,
}

/// What one value means after those before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Consumption since the value before, kWh; none where the value starts a new count.
    pub energy_kwh: Option<f64>,
    /// The time of the value that it is counted from, ms since the epoch.
    pub from_ms: Option<i64>,
    /// What else it shows; an event replaces an earlier one of the same time.
    pub event: Option<Event>,
    /// Readings since the level became unsettled; 0 when it is settled.
    pub unsettled: u8,
}

/// A register while its readings are followed in time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Register {
    last: Option<Point>,
    unsettled: Option<Unsettled>,
}

/// The level that was left, and what was counted since.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Unsettled {
    old: Point,
    /// The reading that left it.
    first: Point,
    rows: u8,
    counted_kwh: f64,
}

impl Register {
    /// A register whose level is settled at this reading.
    #[must_use]
    pub fn settled_at(point: Point) -> Self {
        Self { last: Some(point), unsettled: None }
    }

    /// Takes the next reading in time.
    pub fn step(&mut self, point: Point, meter: &Meter) -> Step {
        let last = self.last.replace(point);
        let Some(last) = last else { return self.told(None, None, None) };
        if let Some(left) = &mut self.unsettled {
            left.rows += 1;
        }
        if let Some(left) = self.unsettled
            && left.is_left_behind(last, point, meter)
        {
            self.unsettled = None;
            let energy_kwh = (point.kwh - left.old.kwh - left.counted_kwh).max(0.0);
            return self.told(Some(energy_kwh), Some(left.old), Some(event(left.first, EventKind::Glitch, left.old)));
        }
        let rise_kwh = point.kwh - last.kwh;
        if rise_kwh >= 0.0 && meter.can_draw(rise_kwh, last, point) {
            if let Some(left) = &mut self.unsettled {
                left.counted_kwh += rise_kwh;
            }
            return self.told(Some(rise_kwh), Some(last), None);
        }
        if let Some(energy_kwh) = meter.over_its_width(last, point) {
            return self.told(Some(energy_kwh), Some(last), Some(event(point, EventKind::Rollover, last)));
        }
        let kind = if meter.is_zero(last, point) { EventKind::Reset } else { EventKind::Replaced };
        self.unsettled.get_or_insert(Unsettled { old: last, first: point, rows: 1, counted_kwh: 0.0 });
        self.told(None, None, Some(event(point, kind, last)))
    }

    /// Goes over to another meter: the next value counts what the old one drew to its end and the new one since its
    /// beginning. Without a value before, the next one is the zero point as ever.
    pub fn replace(&mut self, replacement: &Replacement) {
        let level_kwh = self.unsettled.take().map(|left| left.old.kwh + left.counted_kwh);
        if let Some(last) = &mut self.last {
            let drawn_kwh = (replacement.old_kwh - level_kwh.unwrap_or(last.kwh)).max(0.0);
            last.kwh = replacement.new_kwh - drawn_kwh;
        }
    }

    /// Forgets the old level once it can no longer come back.
    fn told(&mut self, energy_kwh: Option<f64>, from: Option<Point>, event: Option<Event>) -> Step {
        self.unsettled = self.unsettled.filter(|left| left.rows < UNSETTLED_ROWS);
        let from_ms = from.map(|from| from.time_ms);
        Step { energy_kwh, from_ms, event, unsettled: self.unsettled.map_or(0, |left| left.rows) }
    }
}

impl Unsettled {
    /// Whether a reading is back at the old level: at or above it by no more than the machine can have drawn since, and
    /// most of the way back was made in this one step.
    fn is_left_behind(&self, last: Point, point: Point, meter: &Meter) -> bool {
        let way_kwh = (self.old.kwh - self.first.kwh).abs();
        point.kwh >= self.old.kwh
            && (point.kwh - last.kwh).abs() > way_kwh / 2.0
            && meter.can_draw(point.kwh - self.old.kwh, self.old, point)
    }
}

impl Meter {
    fn can_draw(&self, kwh: f64, from: Point, to: Point) -> bool {
        self.greatest_kw.is_none_or(|kw| kwh <= kw * self.hours(from, to))
    }

    /// Hours between two readings, at least one interval: the clock of a meter may be late.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds between readings are far below 2^53")]
    fn hours(&self, from: Point, to: Point) -> f64 {
        (to.time_ms - from.time_ms).max(self.interval_ms) as f64 / HOUR_MS
    }

    /// The energy if the register passed its width on the way.
    fn over_its_width(&self, last: Point, point: Point) -> Option<f64> {
        let width_kwh = self.width_kwh.filter(|width_kwh| last.kwh <= *width_kwh && point.kwh >= 0.0)?;
        let kwh = width_kwh - last.kwh + point.kwh;
        let likely = match self.greatest_kw {
            Some(_) => self.can_draw(kwh, last, point),
            None => kwh < width_kwh * SMALL_PART,
        };
        (point.kwh < last.kwh && likely).then_some(kwh)
    }

    /// Whether a register that fell began again at zero.
    fn is_zero(&self, last: Point, point: Point) -> bool {
        let near_kwh = self.greatest_kw.map_or(last.kwh * SMALL_PART, |kw| kw * self.hours(last, point));
        point.kwh < last.kwh && (0.0..=near_kwh).contains(&point.kwh)
    }
}

fn event(at: Point, kind: EventKind, before: Point) -> Event {
    Event { time_ms: at.time_ms, kind, before_kwh: before.kwh, after_kwh: at.kwh }
}

#[cfg(test)]
mod tests {
    use super::EventKind::{Glitch, Replaced, Reset, Rollover};
    use super::*;

    /// One reading every ten seconds; what is counted of each (NaN: nothing), and the events that remain.
    fn check(meter: &Meter, values_kwh: &[f64], counted_kwh: &[f64], events: &[(usize, EventKind)]) {
        let mut register = Register::default();
        let mut found: Vec<Event> = Vec::new();
        for (i, (&kwh, &expected)) in values_kwh.iter().zip(counted_kwh).enumerate() {
            let time_ms = i64::try_from(i).expect("few") * 10_000;
            let step = register.step(Point { time_ms, kwh }, meter);
            let same = step.energy_kwh.map_or(expected.is_nan(), |kwh| (kwh - expected).abs() < 1e-9);
            assert!(same, "{values_kwh:?}: {:?} of value {i}, not {expected}", step.energy_kwh);
            found.retain(|event| step.event.is_none_or(|new| new.time_ms != event.time_ms));
            found.extend(step.event);
        }
        let found: Vec<_> = found.iter().map(|event| (event.time_ms, event.kind)).collect();
        let events: Vec<_> = events.iter().map(|&(i, kind)| (i64::try_from(i).expect("few") * 10_000, kind)).collect();
        assert_eq!(found, events, "{values_kwh:?}");
    }

    const NONE: f64 = f64::NAN;
    /// A machine of 36 kW: at most 1 kWh in ten seconds.
    const RATED: Meter = Meter { interval_ms: 10_000, greatest_kw: Some(360.0), width_kwh: None };
    const UNRATED: Meter = Meter { greatest_kw: None, ..RATED };
    const SIX_DIGITS: Meter = Meter { width_kwh: Some(1_000_000.0), ..RATED };

    #[test]
    fn it_counts_up_from_its_first_value() {
        for meter in [RATED, UNRATED, SIX_DIGITS] {
            check(&meter, &[100.0, 100.5, 100.5, 101.25], &[NONE, 0.5, 0.0, 0.75], &[]);
        }
    }

    #[test]
    fn a_reset_is_no_consumption() {
        check(&RATED, &[100.0, 0.5, 1.25], &[NONE, NONE, 0.75], &[(1, Reset)]);
        check(&UNRATED, &[100.0, 0.0, 3.0, 5.0], &[NONE, NONE, 3.0, 2.0], &[(1, Reset)]);
    }

    #[test]
    fn a_glitch_counts_what_was_drawn_meanwhile_once() {
        check(&RATED, &[100.0, 0.0, 100.5], &[NONE, NONE, 0.5], &[(1, Glitch)]);
        check(&UNRATED, &[100.0, 0.0, 101.0], &[NONE, NONE, 1.0], &[(1, Glitch)]);
        // Three in a row, creeping: what they counted is taken off the return.
        check(&UNRATED, &[100.0, 0.0, 0.1, 0.3, 101.0], &[NONE, NONE, 0.1, 0.2, 0.7], &[(1, Glitch)]);
        // A spike up that the machine cannot have drawn.
        check(&RATED, &[100.0, 9999.0, 100.5], &[NONE, NONE, 0.5], &[(1, Glitch)]);
        // A digit that flickers.
        check(&UNRATED, &[100.0, 99.9, 100.1], &[NONE, NONE, 0.1], &[(1, Glitch)]);
    }

    #[test]
    fn a_rollover_counts_through_the_width() {
        check(&SIX_DIGITS, &[999_999.75, 0.5], &[NONE, 0.75], &[(1, Rollover)]);
        let unrated = Meter { greatest_kw: None, ..SIX_DIGITS };
        check(&unrated, &[999_990.0, 5.0, 6.0], &[NONE, 15.0, 1.0], &[(1, Rollover)]);
        // Far from its width it cannot have passed it.
        check(&SIX_DIGITS, &[500_000.0, 0.25, 0.5], &[NONE, NONE, 0.25], &[(1, Reset)]);
    }

    #[test]
    fn another_meter_starts_its_own_count() {
        check(&RATED, &[100.0, 5000.0, 5000.5], &[NONE, NONE, 0.5], &[(1, Replaced)]);
        check(&RATED, &[5000.0, 300.0, 300.5], &[NONE, NONE, 0.5], &[(1, Replaced)]);
    }

    #[test]
    fn a_meter_that_is_said_to_be_replaced_counts_on() {
        let replacement = Replacement { time_ms: 15_000, old_kwh: 100.5, new_kwh: 7.0 };
        for (before, after, counted) in [
            (vec![100.0], 7.25, 0.75),
            // The last value was a glitch.
            (vec![100.0, 0.0], 7.25, 0.75),
            // The new meter stood still.
            (vec![100.25], 7.0, 0.25),
            // What is said is less than what was read: nothing was drawn until then.
            (vec![101.0], 7.5, 0.5),
        ] {
            let mut register = Register::default();
            for (time_ms, kwh) in (0..).zip(&before) {
                register.step(Point { time_ms, kwh: *kwh }, &RATED);
            }
            register.replace(&replacement);
            let step = register.step(Point { time_ms: 20_000, kwh: after }, &RATED);
            assert_eq!((step.energy_kwh, step.event, step.unsettled), (Some(counted), None, 0), "{before:?}");
        }
    }

    #[test]
    fn an_old_level_that_stays_away_is_forgotten() {
        let mut values = vec![100.0];
        values.extend((0..20).map(|i| f64::from(i) * 0.5));
        values.push(101.0);
        let mut counted = vec![NONE, NONE];
        counted.extend([0.5; 19]);
        counted.push(NONE);
        check(&RATED, &values, &counted, &[(1, Reset), (21, Replaced)]);
    }

    #[test]
    fn a_register_that_climbs_past_its_old_level_is_no_glitch() {
        let values = [2.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5];
        check(&RATED, &values, &[NONE, NONE, 0.5, 0.5, 0.5, 0.5, 0.5], &[(1, Reset)]);
    }
}
