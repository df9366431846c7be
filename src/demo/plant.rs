//! The simulated plant: eight machines, and what each sends at an instant.
//!
//! Everything is a function of the seed and the time, with nothing remembered between two questions: history can be
//! made in any order, and a demo that starts again finds the plant where it would have been.

use entity::machine::{Carrier, Kind};
use jiff::tz::TimeZone;

use super::faults::{self, Fault, Leaks};
use super::load::{Site, Topic};
use super::noise::{Hours, Noise, SECOND_MS, real, whole};

/// One reading in two thousand gets lost on its way.
const LOST_SHARE: f64 = 0.0005;
/// Standard deviation of a meter's error, of its value.
const METER_ERROR: f64 = 0.006;

/// What a machine's meter sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends {
    /// Power, and the energy of the interval.
    PowerAndEnergy,
    /// Power alone.
    Power,
    /// Power, and the running register.
    PowerAndRegister,
    /// The running register alone.
    Register,
}

impl Sends {
    /// Whether the running register is among it.
    #[must_use]
    pub const fn register(self) -> bool {
        matches!(self, Self::PowerAndRegister | Self::Register)
    }
}

/// A machine of the simulated plant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DemoMachine {
    /// Unique in the plant.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// What it consumes: electricity or gas.
    pub carrier: Carrier,
    /// Rated power, kW; a reading stays below 1.6 times this, whatever the fault.
    pub rated_power_kw: f64,
    /// Seconds between two of its readings.
    pub interval_s: i64,
    /// What its meter sends.
    pub sends: Sends,
}

const fn electric(name: &'static str, kind: Kind, rated_power_kw: f64, interval_s: i64, sends: Sends) -> DemoMachine {
    DemoMachine { name, kind, carrier: Carrier::Electricity, rated_power_kw, interval_s, sends }
}

/// The machines; their place here is their index everywhere in the demo.
pub const MACHINES: [DemoMachine; 8] = [
    electric("compressor-1", Kind::Compressor, 55.0, 1, Sends::PowerAndEnergy),
    electric("compressor-2", Kind::Compressor, 75.0, 1, Sends::PowerAndEnergy),
    electric("hvac-hall", Kind::Hvac, 48.0, 10, Sends::Power),
    electric("hvac-office", Kind::Hvac, 16.0, 10, Sends::Power),
    electric("conveyor-1", Kind::Conveyor, 11.0, 10, Sends::PowerAndEnergy),
    electric("cooling-pump", Kind::Pump, 15.0, 30, Sends::PowerAndRegister),
    electric("moulding-1", Kind::InjectionMolding, 90.0, 30, Sends::PowerAndEnergy),
    DemoMachine {
        name: "boiler-1",
        kind: Kind::Boiler,
        carrier: Carrier::Gas,
        rated_power_kw: 650.0,
        interval_s: 30,
        sends: Sends::Register,
    },
];

/// What a meter measures: the mean power of the interval that ends with the reading, and the energy of the same
/// interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Mean power, kW, to 0.01.
    pub power_kw: f64,
    /// The same power over the machine's interval, kWh, to 0.000001.
    pub energy_kwh: f64,
}

/// The simulated plant of one seed in one time zone.
#[derive(Clone, Debug)]
pub struct Plant {
    pub(super) site: Site,
    pub(super) fault_chance: f64,
}

impl Plant {
    /// The plant of this seed, with shifts in this zone's local time and about one fault every six hours.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a plant is built once, out of a zone nobody needs any more")]
    pub fn new(seed: u64, zone: TimeZone) -> Self {
        let site = Site { noise: Noise::new(seed), hours: Hours::new(&zone) };
        Self { site, fault_chance: 0.0 }.with_hours_between_faults(6.0)
    }

    /// The same plant with a fault every so many hours on average, anywhere in it: about one hour at the least, infinity
    /// for none.
    #[must_use]
    pub fn with_hours_between_faults(self, hours: f64) -> Self {
        Self { fault_chance: faults::chance(hours), ..self }
    }

    /// The reading that machine `index` sends at `time_ms` (ms since the epoch).
    ///
    /// None at times that are no multiple of its interval, for a reading that gets lost, and for an index that is not
    /// in [`MACHINES`].
    #[must_use]
    pub fn sample(&self, index: usize, time_ms: i64) -> Option<Sample> {
        let interval_s = MACHINES.get(index)?.interval_s;
        if time_ms.rem_euclid(interval_s * SECOND_MS) != 0 || self.is_lost(index, time_ms) {
            return None;
        }
        let power_kw = self.reading_kw(index, time_ms);
        let energy_kwh = (power_kw * real(interval_s) / 3600.0 * 1e6).round() / 1e6;
        Some(Sample { power_kw, energy_kwh })
    }

    /// What the register of machine `index` counts in the intervals that end in `from_ms < time <= to_ms`, those of
    /// lost readings too, Wh; 0 for a machine that sends none.
    #[must_use]
    pub fn counted_wh(&self, index: usize, from_ms: i64, to_ms: i64) -> i64 {
        let Some(machine) = MACHINES.get(index).filter(|machine| machine.sends.register()) else { return 0 };
        let interval_ms = machine.interval_s * SECOND_MS;
        let intervals = from_ms.div_euclid(interval_ms) + 1..=to_ms.div_euclid(interval_ms);
        intervals.map(|n| self.interval_wh(index, n * interval_ms)).sum()
    }

    /// Whole Wh, with chance to decide on the rest: so each interval stands alone, and in the long run nothing is lost.
    fn interval_wh(&self, index: usize, time_ms: i64) -> i64 {
        let wh = self.reading_kw(index, time_ms) * real(MACHINES[index].interval_s) / 3.6;
        whole((wh + self.site.stream(index, Topic::Register).unit(time_ms)).floor())
    }

    /// The faults with `from_ms < begin_ms <= to_ms`, by begin.
    #[must_use]
    pub fn faults_between(&self, from_ms: i64, to_ms: i64) -> Vec<Fault> {
        faults::between(self, from_ms, to_ms)
    }

    fn is_lost(&self, index: usize, time_ms: i64) -> bool {
        self.site.stream(index, Topic::Lost).unit(time_ms) < LOST_SHARE
    }

    /// What the meter shows, faults included.
    pub(super) fn reading_kw(&self, index: usize, time_ms: i64) -> f64 {
        let healthy_kw = |at_ms| {
            let makes_air = MACHINES[index].kind == Kind::Compressor;
            self.metered_kw(index, at_ms, &if makes_air { Leaks::around(self, at_ms) } else { Leaks::default() })
        };
        match faults::active(self, index, time_ms) {
            Some(spell) => spell.alter(&self.site, time_ms, healthy_kw),
            None => healthy_kw(time_ms),
        }
    }

    /// What the meter would show without the machine's own fault, given the leaks around this time.
    pub(super) fn metered_kw(&self, index: usize, time_ms: i64, leaks: &Leaks) -> f64 {
        let machine = &MACHINES[index];
        let step_ms = step_s(machine.kind) * SECOND_MS;
        let steps = machine.interval_s * SECOND_MS / step_ms;
        let middle_of = |step: i64| time_ms - step * step_ms - step_ms / 2;
        let sum_kw: f64 = (0..steps).map(|step| self.site.draw_kw(index, middle_of(step), leaks)).sum();
        let error = 1.0 + METER_ERROR * self.site.stream(index, Topic::Meter).bell(time_ms);
        to_hundredths(sum_kw / real(steps) * error)
    }
}

/// How finely a machine's interval is summed up: as its power changes.
fn step_s(kind: Kind) -> i64 {
    match kind {
        Kind::Pump => 10,
        Kind::Boiler => 5,
        Kind::Hvac => 2,
        _ => 1,
    }
}

/// As a meter sends it.
pub(super) fn to_hundredths(power_kw: f64) -> f64 {
    (power_kw * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use entity::anomaly::Severity;

    use super::super::faults::FaultKind;
    use super::super::noise::{DAY_MS, HOUR_MS, MINUTE_MS};
    use super::*;

    /// A Monday, 2026-01-05, at 05:00 UTC; in July the hall is cooled instead of heated.
    const WINTER_MS: i64 = 1_767_589_200_000;
    const SUMMER_MS: i64 = WINTER_MS + 26 * 7 * DAY_MS;

    fn plant(seed: u64, hours_between_faults: f64) -> Plant {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone that needs no database");
        Plant::new(seed, zone).with_hours_between_faults(hours_between_faults)
    }

    /// Mean power of the plant's machines of one carrier in each kind of shift, over four weeks.
    fn levels_kw(plant: &Plant, carrier: Carrier, from_ms: i64) -> [f64; 3] {
        let mut means_kw = [0.0; 3];
        for (index, machine) in MACHINES.iter().enumerate().filter(|(_, machine)| machine.carrier == carrier) {
            let mut sums = [(0.0, 0.0); 3];
            let stride_ms = (863 / machine.interval_s) * machine.interval_s * SECOND_MS;
            for time_ms in (0..28 * DAY_MS / stride_ms).map(|n| from_ms + n * stride_ms) {
                let sum = &mut sums[plant.site.hours.shift(time_ms) as usize];
                let Some(sample) = plant.sample(index, time_ms) else { continue };
                *sum = (sum.0 + sample.power_kw, sum.1 + 1.0);
            }
            means_kw.iter_mut().zip(sums).for_each(|(mean_kw, (sum_kw, count))| *mean_kw += sum_kw / count);
        }
        means_kw
    }

    #[test]
    fn nights_draw_about_half_of_a_full_shift_and_weekends_a_third() {
        for (seed, from_ms) in (0..3).flat_map(|seed| [(seed, WINTER_MS), (seed, SUMMER_MS)]) {
            for (carrier, full_kw) in [(Carrier::Electricity, 140.0..190.0), (Carrier::Gas, 400.0..500.0)] {
                let [full, night, weekend] = levels_kw(&plant(seed, 6.0), carrier, from_ms);
                assert!(full_kw.contains(&full), "{seed} {carrier:?}: {full} kW");
                assert!((0.4..0.6).contains(&(night / full)), "{seed} {carrier:?}: {night} of {full} kW");
                assert!((0.24..0.38).contains(&(weekend / full)), "{seed} {carrier:?}: {weekend} of {full} kW");
            }
        }
    }

    #[test]
    fn breaks_are_at_ten_by_the_clock_on_the_wall_in_winter_and_in_summer() {
        let plant = plant(11, f64::INFINITY);
        let mean_kw = |from_ms: i64, minutes: i64| {
            let belt_kw = |n| plant.metered_kw(4, from_ms + n * MINUTE_MS, &Leaks::default());
            (1..=minutes).map(belt_kw).sum::<f64>() / real(minutes)
        };
        for (day, shift_begins_ms) in (0..5).flat_map(|day| [(day, WINTER_MS), (day, SUMMER_MS - HOUR_MS)]) {
            let ten_ms = shift_begins_ms + day * DAY_MS + 4 * HOUR_MS;
            assert!(mean_kw(ten_ms + 4 * MINUTE_MS, 14) < 0.5, "day {day}: the belt runs during the break");
            assert!(mean_kw(ten_ms - HOUR_MS, 50) > 3.0, "day {day}: the belt stands before the break");
        }
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "some hundreds of faults")]
    fn faults_come_as_often_as_asked_for() {
        for (hours, plants) in [(6.0, 6), (2.0, 3)] {
            let faults =
                |seed: u32| plant(seed.into(), hours).faults_between(WINTER_MS, WINTER_MS + 28 * DAY_MS).len() as f64;
            let per_month = (0..plants).map(faults).sum::<f64>() / f64::from(plants);
            assert!((per_month * hours / 24.0 / 28.0 - 1.0).abs() < 0.12, "{per_month} every {hours} h");
        }
        assert_eq!(plant(3, f64::INFINITY).faults_between(WINTER_MS, SUMMER_MS), []);
    }

    #[test]
    fn each_fault_does_what_it_promises_and_leaves_the_rest_alone() {
        let mut seen = HashMap::<_, i32>::new();
        for seed in 0..3 {
            let (faulty, healthy) = (plant(seed, 2.0), plant(seed, f64::INFINITY));
            for fault in faulty.faults_between(WINTER_MS, WINTER_MS + 7 * DAY_MS) {
                *seen.entry(fault.kind).or_default() += 1;
                check(&faulty, &healthy, &fault);
            }
        }
        assert!(seen.len() == 4 && seen.values().all(|&count| count > 8), "{seen:?}");
    }

    fn check(faulty: &Plant, healthy: &Plant, fault: &Fault) {
        let Fault { machine, begin_ms, end_ms, .. } = *fault;
        let interval_ms = MACHINES[machine].interval_s * SECOND_MS;
        let stride_ms = if interval_ms == SECOND_MS { 7 * interval_ms } else { interval_ms };
        let times_ms = (1..=(end_ms - begin_ms) / stride_ms).map(|n| begin_ms + n * stride_ms);
        let values: Vec<_> =
            times_ms.map(|ms| (faulty.reading_kw(machine, ms), healthy.reading_kw(machine, ms))).collect();
        let sums = values.iter().fold((0.0, 0.0), |sums, value| (sums.0 + value.0, sums.1 + value.1));
        let (severity, promised) = match fault.kind {
            FaultKind::Leak => (Severity::Warning, sums.0 > sums.1 * 1.02 && fault.value_kw > fault.expected_kw),
            FaultKind::Overload => {
                (Severity::Critical, values.iter().all(|(with, without)| (1.31..1.65).contains(&(with / without))))
            }
            FaultKind::Stuck => {
                let last_kw = faulty.reading_kw(machine, begin_ms);
                (Severity::Warning, values.iter().all(|value| value.0.to_bits() == last_kw.to_bits()))
            }
            FaultKind::Dead => (Severity::Critical, values.iter().all(|value| value.0 <= 0.05)),
        };
        assert!(promised && severity == fault.severity, "{fault:?}");
        assert!(fault.message.contains(MACHINES[machine].name) && begin_ms < end_ms, "{fault:?}");
        if MACHINES[machine].kind != Kind::Compressor {
            for ms in [begin_ms, end_ms + interval_ms] {
                assert_eq!(faulty.sample(machine, ms), healthy.sample(machine, ms), "{fault:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_past_is_the_same_in_any_order_and_after_a_restart(
            seed: u64,
            mut asked in prop::collection::vec((0..8_usize, 0_i64..200_000), 1..40).prop_shuffle(),
        ) {
            let sample = |plant: &Plant, &(index, n): &(usize, i64)| plant.sample(index, WINTER_MS + n * 30 * SECOND_MS);
            let first = plant(seed, 2.0);
            let mut told: HashMap<_, _> = asked.iter().map(|key| (*key, sample(&first, key))).collect();
            asked.sort_unstable();
            let again = plant(seed, 2.0);
            for key in &asked {
                prop_assert_eq!(told.remove(key).unwrap_or_else(|| sample(&first, key)), sample(&again, key));
            }
            let other = plant(seed ^ 1, 2.0);
            let differs = |n| first.sample(7, WINTER_MS + n * MINUTE_MS) != other.sample(7, WINTER_MS + n * MINUTE_MS);
            prop_assert!((0..5).any(differs));
        }

        #[test]
        fn a_reading_is_sane_on_its_grid_and_absent_elsewhere(
            seed: u64, index in 0..8_usize, n in -50_000_000_i64..150_000_000, off_ms in 1..SECOND_MS,
        ) {
            let (plant, machine) = (plant(seed, 1.0), &MACHINES[index]);
            let time_ms = n * machine.interval_s * SECOND_MS;
            prop_assert_eq!(plant.sample(index, time_ms + off_ms), None);
            prop_assert_eq!(plant.sample(8, time_ms), None);
            prop_assert!(machine.interval_s == 1 || plant.sample(index, time_ms + SECOND_MS).is_none());
            prop_assume!(!plant.is_lost(index, time_ms));
            let Sample { power_kw, energy_kwh } = plant.sample(index, time_ms).expect("a reading on the grid");
            prop_assert!((0.0..machine.rated_power_kw * 1.6).contains(&power_kw), "{power_kw}");
            prop_assert!((energy_kwh - power_kw * real(machine.interval_s) / 3600.0).abs() <= 5.1e-7);
            prop_assert!((power_kw - to_hundredths(power_kw)).abs() < 1e-12);
        }
    }

    #[test]
    fn registers_count_the_energy_whatever_the_steps() {
        let plant = plant(4, 2.0);
        for (index, machine) in MACHINES.iter().enumerate() {
            let (from_ms, to_ms) = (WINTER_MS + 7 * SECOND_MS, WINTER_MS + 3 * DAY_MS);
            let counted_wh = plant.counted_wh(index, from_ms, to_ms);
            if !machine.sends.register() {
                assert_eq!(counted_wh, 0, "{}", machine.name);
                continue;
            }
            let steps = (0..).map(|n| from_ms + n * 17 * MINUTE_MS).take_while(|&ms| ms < to_ms);
            let steps: Vec<i64> = steps.map(|ms| plant.counted_wh(index, ms, to_ms.min(ms + 17 * MINUTE_MS))).collect();
            assert!(steps.iter().all(|&wh| wh >= 0) && steps.iter().sum::<i64>() == counted_wh, "{}", machine.name);
            let samples =
                (from_ms / SECOND_MS + 1..=to_ms / SECOND_MS).filter_map(|s| plant.sample(index, s * SECOND_MS));
            let energy_kwh: f64 = samples.map(|sample| sample.energy_kwh).sum();
            let ratio = real(counted_wh) / 1000.0 / energy_kwh;
            assert!((ratio - 1.0).abs() < 0.002, "{}: {ratio}", machine.name);
        }
    }

    #[test]
    fn one_reading_in_two_thousand_is_lost() {
        let plant = plant(5, 6.0);
        let lost = (0..200_000).filter(|&n| plant.is_lost(0, WINTER_MS + n * SECOND_MS)).count();
        assert!((60..140).contains(&lost), "{lost}");
    }
}
