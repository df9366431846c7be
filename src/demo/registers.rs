//! The running registers of the plant's meters.
//!
//! What a meter counts is a function of seed and time like all of the plant, but where its register stands is not: a
//! demo that starts again finds that in the database.

use entity::{machine, reading};

use super::noise::{SECOND_MS, real, whole};
use super::plant::{MACHINES, Plant};

/// What new meters have counted: so many hours at rated power, which is more than any history goes back.
const HOURS_BEFORE: f64 = 100_000.0;
const WH_IN_KWH: f64 = 1000.0;

/// What the registers show at an instant, Wh, by index of the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Registers([i64; MACHINES.len()]);

impl Registers {
    /// At an instant after the last stored readings of the machines, which are as in [`MACHINES`].
    pub(super) fn found(plant: &Plant, machines: &[machine::Model], last: &[reading::Model], at_ms: i64) -> Self {
        let mut found = Self(MACHINES.map(|machine| whole(machine.rated_power_kw * HOURS_BEFORE * WH_IN_KWH)));
        for (index, known) in machines.iter().enumerate() {
            let last = last.iter().find(|reading| reading.machine_id == known.id);
            if let Some((time_ms, kwh)) = last.and_then(|last| Some((last.time_ms, last.counter_kwh?))) {
                found.0[index] = whole(kwh * WH_IN_KWH) + plant.counted_wh(index, time_ms, at_ms);
            }
        }
        found
    }

    /// The same meters a second later, at `at_ms`.
    pub(super) fn a_second_later(mut self, plant: &Plant, at_ms: i64) -> Self {
        for (index, wh) in self.0.iter_mut().enumerate() {
            *wh += plant.counted_wh(index, at_ms - SECOND_MS, at_ms);
        }
        self
    }

    /// The same meters earlier, at `from_ms`, when these are at `to_ms`.
    pub(super) fn earlier(mut self, plant: &Plant, from_ms: i64, to_ms: i64) -> Self {
        for (index, wh) in self.0.iter_mut().enumerate() {
            *wh -= plant.counted_wh(index, from_ms, to_ms);
        }
        self
    }

    /// What the meter of a machine shows, kWh, to 0.001.
    pub(super) fn kwh(&self, index: usize) -> f64 {
        real(self.0[index]) / WH_IN_KWH
    }
}
