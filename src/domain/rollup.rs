//! How much each bucket changes when readings do.

use std::collections::BTreeMap;

use super::buckets::{MINUTE, QUARTER, WIDTHS_MIN, end_minute, end_of};
use super::merge::Change;
use super::reading::Reading;
use super::sum::Sum;

/// Scope of a machine's own buckets; a site's carriers have scopes from 1.
pub const MACHINE_SCOPE: i16 = 0;

/// Which bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// [`MACHINE_SCOPE`], or the carrier's number for a site.
    pub scope: i16,
    /// The machine's or the site's id.
    pub owner_id: i64,
    /// Width, minutes.
    pub width_min: i64,
    /// End, minutes since the epoch.
    pub end_min: i64,
}

/// What a bucket holds, or what is to be added to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bucket {
    /// Number of readings.
    pub readings: i64,
    /// Energy, kWh.
    pub energy_kwh: Sum,
    /// Number of readings with a power.
    pub powers: i64,
    /// Sum of powers, kW.
    pub power_kw: Sum,
    /// Least power, kW.
    pub power_kw_min: Option<f64>,
    /// Greatest power, kW.
    pub power_kw_max: Option<f64>,
    /// A power was taken away: least and greatest must be looked up again below.
    pub stale_extremes: bool,
}

impl Bucket {
    fn add(&mut self, row: &Reading) {
        self.merge(&Self {
            readings: 1,
            energy_kwh: Sum { value: row.energy_kwh, rest: 0.0 },
            powers: i64::from(row.power_kw.is_some()),
            power_kw: Sum { value: row.power_kw.unwrap_or(0.0), rest: 0.0 },
            power_kw_min: row.power_kw,
            power_kw_max: row.power_kw,
            stale_extremes: false,
        });
    }

    fn take_away(&mut self, row: &Reading) {
        self.merge(&Self {
            readings: -1,
            energy_kwh: Sum { value: -row.energy_kwh, rest: 0.0 },
            powers: -i64::from(row.power_kw.is_some()),
            power_kw: Sum { value: -row.power_kw.unwrap_or(0.0), rest: 0.0 },
            power_kw_min: None,
            power_kw_max: None,
            stale_extremes: false,
        });
    }

    /// Adds another bucket's content.
    pub fn merge(&mut self, other: &Self) {
        self.readings += other.readings;
        self.energy_kwh.merge(other.energy_kwh);
        self.powers += other.powers;
        self.power_kw.merge(other.power_kw);
        self.power_kw_min = extreme(self.power_kw_min, other.power_kw_min, f64::min);
        self.power_kw_max = extreme(self.power_kw_max, other.power_kw_max, f64::max);
        self.stale_extremes |= other.stale_extremes;
    }
}

/// What was counted for a bucket anew, and how much was added up for it, by which its rounding is judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    /// What it should hold.
    pub bucket: Bucket,
    /// Sum of the energies without their signs, kWh.
    pub energy_size: f64,
    /// Sum of the powers without their signs, kW.
    pub power_size: f64,
}

impl Counted {
    /// Sums may differ by this share of what was added up.
    pub const TOLERANCE: f64 = 1e-9;

    /// Adds a finer bucket.
    pub fn add(&mut self, finer: &Bucket) {
        self.bucket.merge(finer);
        self.energy_size += finer.energy_kwh.total().abs();
        self.power_size += finer.power_kw.total().abs();
    }

    /// Whether a stored bucket holds the same: counts and extremes exactly, sums but for rounding.
    #[must_use]
    pub fn agrees_with(&self, kept: &Bucket) -> bool {
        let same = |a: Sum, b: Sum, size: f64| (a.total() - b.total()).abs() <= Self::TOLERANCE * size.max(1e-3);
        let Bucket { readings, energy_kwh, powers, power_kw, power_kw_min, power_kw_max, .. } = self.bucket;
        (readings, powers, power_kw_min, power_kw_max)
            == (kept.readings, kept.powers, kept.power_kw_min, kept.power_kw_max)
            && same(energy_kwh, kept.energy_kwh, self.energy_size)
            && same(power_kw, kept.power_kw, self.power_size)
    }
}

/// The extreme of two powers, either of which may be missing.
#[must_use]
pub fn extreme(a: Option<f64>, b: Option<f64>, pick: fn(f64, f64) -> f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(pick(a, b)),
        (a, b) => a.or(b),
    }
}

/// The buckets that a transaction changes, in key order: the order in which every writer locks them.
#[derive(Debug, Default)]
pub struct Deltas(BTreeMap<Key, Bucket>);

impl Deltas {
    /// Books the changes of one machine into its own finest buckets and those of its site's carrier.
    pub fn book(&mut self, machine_id: i64, site_id: i64, carrier_scope: i16, changes: &[Change]) {
        for Change { old, new } in changes {
            let minute = end_minute(new.time_ms);
            let machine = Key {
                scope: MACHINE_SCOPE,
                owner_id: machine_id,
                width_min: QUARTER,
                end_min: end_of(minute, QUARTER),
            };
            let site = Key { scope: carrier_scope, owner_id: site_id, width_min: MINUTE, end_min: minute };
            for key in [machine, site] {
                let bucket = self.0.entry(key).or_default();
                if let Some(old) = old {
                    bucket.take_away(old);
                    bucket.stale_extremes |= old.power_kw.is_some() && old.power_kw != new.power_kw;
                }
                bucket.add(new);
            }
        }
    }

    /// All changed buckets of all widths.
    #[must_use]
    pub fn finish(mut self) -> BTreeMap<Key, Bucket> {
        for pair in WIDTHS_MIN.windows(2) {
            let (fine, wide) = (pair[0], pair[1]);
            let finer: Vec<_> = self.0.iter().filter(|(key, _)| key.width_min == fine).map(|(k, b)| (*k, *b)).collect();
            for (key, bucket) in finer {
                let key = Key { width_min: wide, end_min: end_of(key.end_min, wide), ..key };
                self.0.entry(key).or_default().merge(&bucket);
            }
        }
        self.0
    }
}
