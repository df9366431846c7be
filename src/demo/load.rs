//! What each machine draws at an instant when nothing is wrong with it.
//!
//! A real cycle begins where the one before it ended; here it must not need it. So time is cut into slots of some
//! minutes, a slot holds a whole number of cycles, and the demand in the slot says how many.

use std::f64::consts::TAU;

use super::faults::Leaks;
use super::noise::{DAY_MS, HOUR_MS, Hours, MINUTE_MS, Noise, Part, SECOND_MS, ease, real, weekday, whole};
use super::plant::MACHINES;

/// What a sequence of random numbers is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Topic {
    Lost,
    Meter,
    Staff,
    Demand,
    Cycle,
    Slot,
    Fault,
    Silence,
    Register,
}

/// What all machines share: the seed and the clock.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) noise: Noise,
    pub(super) hours: Hours,
}

/// Of the station's full delivery, what each compressor can give.
const AIR_SHARE: [f64; 2] = [55.0 / 130.0, 75.0 / 130.0];
/// Of the station's full delivery: what is lost day and night, and what a full shift uses.
const LEAKAGE: f64 = 0.02;
const USE: f64 = 0.47;
const AIR_SLOT_MS: i64 = 10 * MINUTE_MS;
/// A quarter of the cycle of a compressor that is loaded half of the time: the receiver's volume decides.
const AIR_BUFFER_S: f64 = 13.0;
/// Of the rated power: a loaded compressor at the lower and the upper end of the pressure band, and an unloaded one.
const LOADED: (f64, f64) = (0.88, 0.97);
const UNLOADED: f64 = 0.29;
const STANDBY_KW: f64 = 0.18;

impl Site {
    pub(super) fn stream(&self, index: usize, topic: Topic) -> Noise {
        self.noise.child(index as u64).child(topic as u64)
    }

    /// Draw of a machine, kW, given the leaks around this time.
    pub(super) fn draw_kw(&self, index: usize, at_ms: i64, leaks: &Leaks) -> f64 {
        match index {
            0 | 1 => self.compressor_kw(index, at_ms, leaks),
            2 => self.hall_kw(index, at_ms),
            3 => self.office_kw(index, at_ms),
            4 => self.conveyor_kw(index, at_ms),
            5 => self.pump_kw(index, at_ms),
            6 => self.moulding_kw(index, at_ms),
            _ => self.boiler_kw(index, at_ms),
        }
    }

    fn busy(&self, index: usize, at_ms: i64) -> f64 {
        let (level, pause) = self.hours.staffing(self.stream(index, Topic::Staff), at_ms);
        level * (1.0 - 0.5 * pause)
    }

    /// How busy it is as a slow thing feels it: the mean of the last half hour.
    fn warmth(&self, index: usize, at_ms: i64) -> f64 {
        [0, 10, 20, 30].iter().map(|ago_min| self.busy(index, at_ms - ago_min * MINUTE_MS)).sum::<f64>() / 4.0
    }

    /// Demand for compressed air, of what both compressors deliver.
    fn air_demand(&self, at_ms: i64, leaks: &Leaks) -> f64 {
        let own = self.stream(0, Topic::Demand);
        let [slow, brisk, quick] = [150, 27, 7].map(|min| own.child(min).wave(at_ms, min.cast_signed() * MINUTE_MS));
        let usual = (LEAKAGE + USE * self.busy(0, at_ms).powf(1.7)) * (1.0 + 0.12 * slow + 0.14 * brisk + 0.08 * quick);
        usual + (LEAKAGE + USE) * leaks.share_at(at_ms)
    }

    /// Of its time, how much a compressor is loaded, while `lead` leads.
    pub(super) fn loaded_share(&self, index: usize, lead: usize, at_ms: i64, leaks: &Leaks) -> f64 {
        let others = if index == lead { 0.0 } else { AIR_SHARE[lead] };
        ((self.air_demand(at_ms, leaks) - others) / AIR_SHARE[index]).clamp(0.0, 1.0)
    }

    /// One compressor leads and follows the demand alone while it can; else it stays loaded and the other follows.
    /// They change places every Monday.
    fn compressor_kw(&self, index: usize, at_ms: i64, leaks: &Leaks) -> f64 {
        let rated_kw = MACHINES[index].rated_power_kw;
        let own = self.stream(index, Topic::Cycle);
        let slot = Part::of(self.stream(0, Topic::Slot), at_ms, AIR_SLOT_MS);
        let lead = self.lead(slot.begin_ms);
        let leads = index == lead;
        let duty_at = |ms| self.loaded_share(index, lead, ms, leaks);
        let lag_needed = |slots_ago: i64| {
            let ms = slot.middle_ms() - slots_ago * AIR_SLOT_MS;
            self.air_demand(ms, leaks) > AIR_SHARE[self.lead(ms - AIR_SLOT_MS / 2)] * 0.98
        };
        if !leads && !lag_needed(0) && !lag_needed(1) {
            return STANDBY_KW + 0.02 * own.wave(at_ms, 9 * SECOND_MS);
        }
        let starts = || slot.into_ms < 10 * SECOND_MS && !lag_needed(1) && !lag_needed(2);
        if !leads && starts() {
            return rated_kw * (UNLOADED + 0.95 * (-slot.into_s() / 1.8).exp());
        }
        let usual = duty_at(slot.middle_ms()).clamp(0.06, 0.94);
        let cycle_s = AIR_BUFFER_S / (usual * (1.0 - usual));
        let cycle = slot.cut(own, whole(real(slot.length_ms) / 1000.0 / cycle_s).clamp(1, 12));
        rated_kw * cycling(cycle, duty_at(cycle.middle_ms()), own)
    }

    /// Index of the compressor that leads in this week.
    pub(super) fn lead(&self, at_ms: i64) -> usize {
        usize::from((self.hours.day(at_ms).0 + 3).div_euclid(7).rem_euclid(2) == 0)
    }

    /// Outdoor temperature, °C: the year, the day, and weather that changes over days and hours.
    fn outdoor_c(&self, at_ms: i64) -> f64 {
        let days = real(self.hours.local_ms(at_ms)) / real(DAY_MS);
        let own = self.noise.child(99);
        let year = 9.5 * ((days - 201.0) / 365.2425 * TAU).cos();
        let day = 4.5 * ((days - 15.0 / 24.0) * TAU).cos();
        10.5 + year + day + 5.0 * own.wave(at_ms, 80 * HOUR_MS) + 1.5 * own.child(1).wave(at_ms, 5 * HOUR_MS)
    }

    /// Two stages that cycle with the heat to bring in or out, and a fan as fast as the hall is full.
    fn hall_kw(&self, index: usize, at_ms: i64) -> f64 {
        let own = self.stream(index, Topic::Cycle);
        let slot = Part::of(own, at_ms, 14 * MINUTE_MS);
        let busy = self.warmth(index, slot.middle_ms());
        let need = ((self.outdoor_c(slot.middle_ms()) - 15.0).abs() / 17.0 + 0.12) * (0.05 + 0.95 * busy);
        let need = need * own.between(slot.number, 0.92, 1.08);
        let fan_kw = 1.0 + 9.5 * self.warmth(index, at_ms) + 0.3 * own.wave(at_ms, 40 * SECOND_MS);
        fan_kw + 14.0 * stage(slot, need * 2.0, 0.0) + 15.0 * stage(slot, need * 2.0 - 1.0, 45.0)
    }

    /// Variable-speed units; people from seven to six on working days, and an hour before them to get it comfortable.
    fn office_kw(&self, index: usize, at_ms: i64) -> f64 {
        let own = self.stream(index, Topic::Demand);
        let (day, into_ms) = self.hours.day(at_ms);
        let hour = real(into_ms) / real(HOUR_MS);
        let works = if weekday(day) < 5 { 1.0 } else { 0.0 };
        let (first, last) = (own.between(day, 0.0, 0.5), own.child(1).between(day, 11.2, 12.6));
        let people = works * (ease((hour - first - 0.6) / 1.2) - ease((hour - last) / 1.5));
        let boost = works * (ease((hour - first) / 0.15) - ease((hour - first - 0.7) / 0.9));
        let need = (self.outdoor_c(at_ms) - 17.0).abs() / 16.0 * (0.16 + 0.6 * people + 0.55 * boost);
        let hunting = 1.0 + 0.06 * own.child(2).wave(at_ms, 4 * MINUTE_MS) + 0.04 * own.child(3).wave(at_ms, 70_000);
        0.6 + 2.2 * people + (9.5 * need.min(1.2) + 1.2 * people) * hunting
    }

    /// Belts run while there is something to move, with short stops; off the full shifts in batches; never at breaks.
    fn conveyor_kw(&self, index: usize, at_ms: i64) -> f64 {
        let own = self.stream(index, Topic::Cycle);
        let batch = Part::of(own, at_ms, 23 * MINUTE_MS);
        let slot = Part::of(own.child(1), at_ms, 7 * MINUTE_MS);
        let (staffing, pause) = self.hours.staffing(self.stream(index, Topic::Staff), at_ms);
        let idle_kw = 0.42 + 0.03 * own.child(5).wave(at_ms, 45 * SECOND_MS);
        let stop_s = (own.child(2).between(slot.number, -0.6, 1.0) * 150.0).max(0.0);
        let since_s = slot.into_s() - stop_s;
        if pause > 0.5 || own.unit(batch.number) * 0.97 > staffing || since_s < 0.0 {
            return idle_kw;
        }
        let flow = 0.55 + 0.12 * own.child(3).wave(at_ms, 12 * MINUTE_MS) + 0.07 * own.child(4).wave(at_ms, 25_000);
        let start = if stop_s > 0.0 { 0.9 * (-since_s / 2.5).exp() } else { 0.0 };
        MACHINES[index].rated_power_kw * (flow * (0.8 + 0.2 * staffing) + start)
    }

    /// A variable-speed pump: power goes with the cube of the speed, the speed with the heat to carry away.
    fn pump_kw(&self, index: usize, at_ms: i64) -> f64 {
        let own = self.stream(index, Topic::Demand);
        let heat = 0.52 * self.warmth(index, at_ms) + 0.012 * (self.outdoor_c(at_ms) - 10.0);
        let waves = 0.05 * own.wave(at_ms, 16 * MINUTE_MS) + 0.02 * own.child(1).wave(at_ms, 3 * MINUTE_MS);
        let speed = (0.40 + heat + waves).clamp(0.42, 1.0);
        MACHINES[index].rated_power_kw * (0.05 + 0.85 * speed.powi(3))
    }

    /// Shots while an order runs, with a stop now and then; between orders a change of the mould.
    fn moulding_kw(&self, index: usize, at_ms: i64) -> f64 {
        let own = self.stream(index, Topic::Cycle);
        let (day, into_ms) = self.hours.day(at_ms);
        let hour = real(into_ms) / real(HOUR_MS);
        let heaters_kw = 5.2 + 0.9 * own.wave(at_ms, 2 * MINUTE_MS);
        if let Some(rest_kw) = moulding_rest_kw(own, day, hour, heaters_kw) {
            return rest_kw;
        }
        let (order, changed) = order(own, day, hour);
        let shot_ms = whole(own.child(2).between(order, 24.0, 52.0)) * SECOND_MS;
        let shot = Part::of(own.child(order.cast_unsigned()), at_ms, shot_ms);
        let waits_kw = heaters_kw + 4.0;
        match changed {
            done if (0.0..0.5).contains(&done) => return 3.1,
            done if (0.5..0.8).contains(&done) => return reheat_kw(done - 0.5, heaters_kw),
            done if (0.8..1.0).contains(&done) && shot.number % 2 == 0 => return waits_kw,
            _ => {}
        }
        let alarm = Part::of(own.child(3), at_ms, 25 * MINUTE_MS);
        let by_hand = own.child(4).unit(order) < 0.5;
        let pause = self.hours.staffing(self.stream(index, Topic::Staff), at_ms).1;
        if by_hand && pause > 0.5 || alarm.into_s() < own.child(5).between(alarm.number, -900.0, 150.0) {
            return waits_kw;
        }
        shot_kw(shot) * own.child(6).between(order, 0.8, 1.05) * own.child(7).between(shot.number, 0.97, 1.03)
    }

    /// The burner follows the demand for steam down to a quarter of its power; below, it goes on and off.
    fn boiler_kw(&self, index: usize, at_ms: i64) -> f64 {
        let own = self.stream(index, Topic::Demand);
        let slot = Part::of(own, at_ms, 13 * MINUTE_MS);
        let demand_kw = |ms| {
            let waves = 0.16 * own.wave(ms, 33 * MINUTE_MS) + 0.09 * own.child(1).wave(ms, 6 * MINUTE_MS);
            (25.0 + 440.0 * self.warmth(index, ms)) * (1.0 + waves)
        };
        let least_kw = MACHINES[index].rated_power_kw * 0.27;
        let middle_kw = demand_kw(slot.middle_ms());
        if middle_kw >= least_kw {
            return demand_kw(at_ms).clamp(least_kw, MACHINES[index].rated_power_kw);
        }
        let burns_s = middle_kw / (least_kw * 1.05) * real(slot.length_ms) / 1000.0;
        let (since_s, left_s) = (slot.into_s(), burns_s - slot.into_s());
        least_kw * 1.05 * ease(since_s / 25.0) * ease(left_s / 4.0) * (1.0 + 0.35 * (-since_s / 40.0).exp())
    }
}

/// A compressor in its load/unload cycle, of its rated power: loaded, against rising pressure, for its share `duty` of
/// the cycle, then unloaded, while the oil separator blows down.
fn cycling(cycle: Part, duty: f64, own: Noise) -> f64 {
    let load_s = duty * real(cycle.length_ms) / 1000.0;
    if duty >= 0.97 {
        return LOADED.1 - 0.03 + 0.02 * own.wave(cycle.begin_ms + cycle.into_ms, 30 * SECOND_MS);
    }
    if duty < 0.03 {
        return UNLOADED;
    }
    let gone_s = cycle.into_s() - load_s;
    if gone_s < 0.0 {
        let loaded = LOADED.0 + (LOADED.1 - LOADED.0) * cycle.into_s() / load_s;
        return UNLOADED + (loaded - UNLOADED) * (0.4 + 0.6 * ease(cycle.into_s() / 2.0));
    }
    UNLOADED + 0.33 * (-gone_s / 8.0).exp()
}

/// How much of a stage is on that runs `duty` of the slot from `lag_s` on: a rush of some seconds, then steady.
fn stage(slot: Part, duty: f64, lag_s: f64) -> f64 {
    let (since_s, runs_s) = (slot.into_s() - lag_s, duty * real(slot.length_ms) / 1000.0);
    match duty {
        duty if duty > 0.95 => 0.94,
        duty if duty < 0.04 || since_s < 0.0 || since_s >= runs_s.max(60.0) => 0.0,
        _ => 1.0 + 0.9 * (-since_s / 4.0).exp() - 0.06 * ease(since_s / 300.0),
    }
}

/// Draw where no order runs: at night the material lasts some hours, on Saturdays until noon or so; on Sundays the
/// machine is cold until it heats up for Monday.
fn moulding_rest_kw(own: Noise, day: i64, hour: f64, heaters_kw: f64) -> Option<f64> {
    match weekday(day) {
        6 if hour > 23.2 => Some(reheat_kw(hour - 23.2, heaters_kw)),
        6 => Some(0.9),
        5 if hour > own.child(1).between(day, 6.0, 11.0) => Some(0.9),
        _ if hour < own.between(day, 0.05, 0.3) || hour > own.child(1).between(day, 16.5, 21.0) => Some(heaters_kw),
        _ => None,
    }
}

fn reheat_kw(since_h: f64, heaters_kw: f64) -> f64 {
    26.0 - 12.0 * ease(since_h / 0.7) + heaters_kw
}

/// Which order runs, by the day it began, and how far its change of the mould is: 1 and more when it is over, and for
/// orders of other days.
fn order(own: Noise, day: i64, hour: f64) -> (i64, f64) {
    match mould_change(own, day) {
        Some((begin_h, takes_h)) if hour >= begin_h => (day, (hour - begin_h) / takes_h),
        _ => ((1..8).map(|ago| day - ago).find(|&past| mould_change(own, past).is_some()).unwrap_or(day), 1.0),
    }
}

/// When in the plant's day the mould is changed, and how long that takes, in hours: on Mondays, and on every other of
/// the working days.
fn mould_change(own: Noise, day: i64) -> Option<(f64, f64)> {
    let own = own.child(8);
    let changes = weekday(day) == 0 || (weekday(day) < 5 && own.unit(day) < 0.5);
    changes.then(|| (own.child(1).between(day, 0.8, 13.5), own.child(2).between(day, 0.8, 1.8)))
}

/// Clamp, inject, hold, plasticise, cool, open.
fn shot_kw(shot: Part) -> f64 {
    match real(shot.into_ms) / real(shot.length_ms) {
        done if done < 0.06 => 28.0,
        done if done < 0.14 => 118.0,
        done if done < 0.32 => 62.0,
        done if done < 0.66 => 74.0,
        done if done < 0.92 => 17.0,
        _ => 31.0,
    }
}
