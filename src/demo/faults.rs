//! What goes wrong now and then, and what it does to the readings.
//!
//! Faults too are a function of seed and time: each machine's time is cut into slots of four hours, a slot holds one
//! fault or none, and a fault ends before its slot does. So whether one is on is known without looking back further,
//! and two never meet on one machine.

use entity::anomaly::Severity;
use entity::machine::Kind;

use super::load::{Site, Topic};
use super::noise::{HOUR_MS, MINUTE_MS, Noise, Part, SECOND_MS, Shift, ease, real, whole};
use super::plant::{MACHINES, Plant, to_hundredths};

const SLOT_MS: i64 = 4 * HOUR_MS;
/// Both compressors: a leak of either raises the demand for air of the station.
const COMPRESSORS: [usize; 2] = [0, 1];
/// From the instant of a reading to the farthest one its cycle looks at.
const REACH_MS: i64 = 20 * MINUTE_MS;
/// Places tried for a fault in its slot, until one finds the machine at work.
const TRIES: i64 = 6;
/// The minutes a leak's figures are of, after it has grown.
const LEAK_SEEN_MS: i64 = 15 * MINUTE_MS;
/// At work: at least this part of the rated power.
const AT_WORK: f64 = 0.2;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Compressed air escapes: the compressor works more than the demand explains.
    Leak,
    /// The machine draws much more than it should.
    Overload,
    /// The meter repeats its last value.
    Stuck,
    /// The machine stands still while it should work.
    Dead,
}

impl FaultKind {
    /// Its name as anomalies carry it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leak => "LEAK",
            Self::Overload => "OVERLOAD",
            Self::Stuck => "STUCK",
            Self::Dead => "DEAD",
        }
    }

    /// How urgent it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Leak | Self::Stuck => Severity::Warning,
            Self::Overload | Self::Dead => Severity::Critical,
        }
    }

    /// Shortest and longest, in minutes.
    const fn lasts_min(self) -> (f64, f64) {
        match self {
            Self::Leak => (60.0, 180.0),
            Self::Overload => (3.0, 15.0),
            Self::Stuck => (10.0, 30.0),
            Self::Dead => (5.0, 30.0),
        }
    }
}

/// A fault of the simulated plant; it shows in the readings with `begin_ms < time <= end_ms`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Index of the machine.
    pub machine: usize,
    /// What is wrong.
    pub kind: FaultKind,
    /// How urgent it is.
    pub severity: Severity,
    /// The last reading without it, ms since the epoch.
    pub begin_ms: i64,
    /// The last reading with it, ms since the epoch.
    pub end_ms: i64,
    /// The last reading that its figures are of, ms since the epoch: from here on it can be told.
    pub seen_ms: i64,
    /// What the machine would draw without it, kW: the mean over its first minutes, or a leak's grown ones.
    pub expected_kw: f64,
    /// What it draws in the same minutes, kW.
    pub value_kw: f64,
    /// One sentence for people.
    pub message: String,
}

/// A fault as far as the readings need it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spell {
    machine: usize,
    kind: FaultKind,
    begin_ms: i64,
    end_ms: i64,
    /// Where between its mildest and its worst, 0..1.
    strength: f64,
}

impl Spell {
    /// The reading at an instant of the fault, where `healthy` tells what the meter would show without it.
    pub(super) fn alter(&self, site: &Site, time_ms: i64, healthy: impl Fn(i64) -> f64) -> f64 {
        match self.kind {
            FaultKind::Leak => healthy(time_ms),
            FaultKind::Overload => to_hundredths(healthy(time_ms) * (1.35 + 0.25 * self.strength)),
            FaultKind::Stuck => healthy(self.begin_ms),
            FaultKind::Dead => to_hundredths(site.stream(self.machine, Topic::Silence).between(time_ms, 0.0, 0.05)),
        }
    }

    /// What it loses, of the air demand of a full shift: growing slowly.
    fn leaks(&self, at_ms: i64) -> f64 {
        if at_ms <= self.begin_ms || at_ms > self.end_ms {
            return 0.0;
        }
        (0.2 + 0.1 * self.strength) * ease(real(at_ms - self.begin_ms) / real(self.grown_ms() - self.begin_ms))
    }

    /// When a leak has grown to its size: after three fifths of its time.
    fn grown_ms(&self) -> i64 {
        self.begin_ms + (self.end_ms - self.begin_ms) * 3 / 5 / MINUTE_MS * MINUTE_MS
    }
}

/// Chance of a fault in a slot, for so many hours between two faults of the plant; the mean over the machines. Some
/// slots find no place for theirs, which the factor makes up for.
pub(super) fn chance(hours: f64) -> f64 {
    let slots = real(SLOT_MS) / real(HOUR_MS) / 8.0;
    if hours > 0.0 { (slots / hours * 1.42).min(1.0) } else { 0.0 }
}

/// The fault of a machine that shows in its reading at this time.
pub(super) fn active(plant: &Plant, machine: usize, time_ms: i64) -> Option<Spell> {
    let on = |spell: &Spell| spell.begin_ms < time_ms && time_ms <= spell.end_ms;
    in_slot(plant, machine, slot(plant, machine, time_ms), on)
}

/// The leaks that matter to the compressors around an instant: the cycle it falls into began, and ends, not far off.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Leaks([Option<Spell>; 4]);

impl Leaks {
    pub(super) fn around(plant: &Plant, at_ms: i64) -> Self {
        let (from_ms, to_ms) = (at_ms - REACH_MS, at_ms + REACH_MS);
        let near = |spell: &Spell| spell.kind == FaultKind::Leak && spell.begin_ms < to_ms && from_ms <= spell.end_ms;
        let mut found = Self::default();
        for (machine, places) in COMPRESSORS.into_iter().zip(found.0.chunks_mut(2)) {
            let slots = [from_ms, to_ms].map(|ms| slot(plant, machine, ms));
            let different = if slots[0].number == slots[1].number { 1 } else { 2 };
            for (place, slot) in places.iter_mut().zip(&slots[..different]) {
                *place = in_slot(plant, machine, *slot, near);
            }
        }
        found
    }

    /// What they lose at an instant, of the air demand of a full shift.
    pub(super) fn share_at(&self, at_ms: i64) -> f64 {
        self.0.iter().flatten().map(|spell| spell.leaks(at_ms)).sum()
    }
}

fn slot(plant: &Plant, machine: usize, time_ms: i64) -> Part {
    Part::of(plant.site.stream(machine, Topic::Fault), time_ms, SLOT_MS)
}

/// The fault of a machine in one of its slots, if it has one that `matters`. Whether a place fits takes far longer to
/// find out than where the places are, so that comes last.
fn in_slot(plant: &Plant, machine: usize, slot: Part, matters: impl Fn(&Spell) -> bool) -> Option<Spell> {
    let own = plant.site.stream(machine, Topic::Fault).child(1);
    let mut candidates = (0..TRIES).map(|nth| candidate(own, machine, slot, nth));
    let fails = own.unit(slot.number) < plant.fault_chance * proneness(machine);
    let worth_it = fails && candidates.clone().any(|spell| matters(&spell));
    if worth_it { candidates.find(|spell| fits(plant, spell)).filter(matters) } else { None }
}

/// The n-th place tried, on a whole minute: every machine sends a reading then.
fn candidate(own: Noise, machine: usize, slot: Part, nth: i64) -> Spell {
    let key = slot.number * TRIES + nth;
    let kind = kind_of(machine, own.child(2).unit(key));
    let (shortest_min, longest_min) = kind.lasts_min();
    let lasts_ms = whole(own.child(3).between(key, shortest_min, longest_min)) * MINUTE_MS;
    let earliest_ms = own.child(4).between(key, 0.0, real(slot.length_ms - lasts_ms - MINUTE_MS));
    let begin_ms = ((slot.begin_ms + whole(earliest_ms)).div_euclid(MINUTE_MS) + 1) * MINUTE_MS;
    Spell { machine, kind, begin_ms, end_ms: begin_ms + lasts_ms, strength: own.child(5).unit(key) }
}

/// How often a machine fails, of the mean of the eight: meters alone less often than what moves and wears.
fn proneness(machine: usize) -> f64 {
    match MACHINES[machine].kind {
        Kind::Compressor => 1.6,
        Kind::Hvac | Kind::Boiler => 0.4,
        _ => 1.2,
    }
}

/// What a machine has most; the rest is half and half.
fn kind_of(machine: usize, pick: f64) -> FaultKind {
    let (first, share) = match MACHINES[machine].kind {
        Kind::Compressor => (FaultKind::Leak, 0.6),
        Kind::Hvac | Kind::Boiler => (FaultKind::Stuck, 0.2),
        _ => (FaultKind::Overload, 0.5),
    };
    match pick {
        pick if pick < share => first,
        pick if pick < f64::midpoint(share, 1.0) => FaultKind::Dead,
        _ => FaultKind::Stuck,
    }
}

/// Whether the fault would show: the machine is at work, or a leak makes it work more.
fn fits(plant: &Plant, spell: &Spell) -> bool {
    let (site, machine) = (&plant.site, spell.machine);
    let full = |at_ms| site.hours.shift(at_ms) == Shift::Full;
    let works = || {
        let draw_kw = site.draw_kw(machine, spell.begin_ms, &Leaks::default());
        draw_kw > AT_WORK * MACHINES[machine].rated_power_kw
    };
    match spell.kind {
        FaultKind::Leak => {
            let at_ms = spell.grown_ms() + LEAK_SEEN_MS / 2;
            let loaded = |leaks| site.loaded_share(machine, site.lead(at_ms), at_ms, &leaks);
            let without = loaded(Leaks::default());
            without > 0.1 && loaded(Leaks([Some(*spell), None, None, None])) > without * 1.2
        }
        FaultKind::Dead => full(spell.begin_ms) && full(spell.end_ms) && works(),
        FaultKind::Overload | FaultKind::Stuck => works(),
    }
}

/// The faults that begin in `from_ms < begin <= to_ms`, by begin.
pub(super) fn between(plant: &Plant, from_ms: i64, to_ms: i64) -> Vec<Fault> {
    let begins = |spell: &Spell| from_ms < spell.begin_ms && spell.begin_ms <= to_ms;
    let mut begun = Vec::new();
    for machine in 0..MACHINES.len() {
        let first = slot(plant, machine, from_ms);
        let slots = (0..=slot(plant, machine, to_ms).number - first.number).map(|n| Part {
            number: first.number + n,
            begin_ms: first.begin_ms + n * SLOT_MS,
            ..first
        });
        begun.extend(slots.filter_map(|slot| in_slot(plant, machine, slot, begins)));
    }
    begun.sort_by_key(|spell| (spell.begin_ms, spell.machine));
    begun.iter().map(|spell| told(plant, spell)).collect()
}

/// The fault as its readings will show it.
fn told(plant: &Plant, spell: &Spell) -> Fault {
    let Spell { machine, kind, begin_ms, end_ms, .. } = *spell;
    let step_ms = MACHINES[machine].interval_s.max(5) * SECOND_MS;
    let (from_ms, lasts_ms) = match kind {
        FaultKind::Leak => (spell.grown_ms(), LEAK_SEEN_MS),
        _ => (begin_ms, 5 * MINUTE_MS),
    };
    let seen_ms = end_ms.min(from_ms + lasts_ms);
    let readings = (seen_ms - from_ms) / step_ms;
    let mean = |reading: &dyn Fn(i64) -> f64| {
        let sum_kw: f64 = (1..=readings).map(|n| reading(from_ms + n * step_ms)).sum();
        to_hundredths(sum_kw / real(readings))
    };
    let leaks = |at_ms| if kind == FaultKind::Leak { Leaks::default() } else { Leaks::around(plant, at_ms) };
    let expected_kw = mean(&|at_ms| plant.metered_kw(machine, at_ms, &leaks(at_ms)));
    let value_kw = mean(&|at_ms| plant.reading_kw(machine, at_ms));
    let message = message(MACHINES[machine].name, kind, expected_kw, value_kw);
    Fault { machine, kind, severity: kind.severity(), begin_ms, end_ms, seen_ms, expected_kw, value_kw, message }
}

fn message(name: &str, kind: FaultKind, expected_kw: f64, value_kw: f64) -> String {
    let more = (value_kw / expected_kw - 1.0) * 100.0;
    match kind {
        FaultKind::Leak => format!("{name} draws {more:.0} % more than usual at this air demand: look for a leak"),
        FaultKind::Overload => {
            format!("{name} draws {value_kw:.1} kW, {more:.0} % more than usual: look for what jams or binds")
        }
        FaultKind::Stuck => format!("The meter of {name} repeats {value_kw:.2} kW: look at the meter and its wiring"),
        FaultKind::Dead => {
            format!("{name} stands still in the middle of a shift, usually {expected_kw:.1} kW: look if it tripped")
        }
    }
}
