//! What mutations of readings take and give back.

use async_graphql::{ID, InputObject, SimpleObject};

use super::ids;
use super::scalars::{DateTime, Long};
use super::types::RefusedFilterInput;
use crate::codes::Code;
use crate::domain::fields::{Quantity, Scale};
use crate::domain::instant::format_ms;
use crate::ingest::{Batch, Receipt, Rejected, Sent};

/// Readings to be stored.
#[derive(InputObject)]
pub(super) struct RecordReadingsInput {
    /// Where machine names are looked up; `default` if absent.
    pub(super) site_id: Option<ID>,
    /// The readings, in any order.
    pub(super) readings: Vec<ReadingInput>,
}

/// A reading to be stored; it brings power, energy, a register or several of them, each in one unit.
#[derive(InputObject)]
pub(super) struct ReadingInput {
    /// The machine's name, or its global id.
    machine: String,
    /// End of the interval.
    time: DateTime,
    /// Power, kW.
    power_kw: Option<f64>,
    /// Energy of the interval that ends at `time`, kWh.
    energy_kwh: Option<f64>,
    /// The meter's running register, kWh.
    counter_kwh: Option<f64>,
    /// Power, W.
    power_w: Option<f64>,
    /// Energy of the interval, Wh.
    energy_wh: Option<f64>,
    /// The meter's running register, Wh.
    counter_wh: Option<f64>,
    /// Energy of the interval, MWh.
    energy_mwh: Option<f64>,
    /// The meter's running register, MWh.
    counter_mwh: Option<f64>,
    /// Flow, m³/h, of a machine measured in m³.
    flow_m3_per_h: Option<f64>,
    /// Volume of the interval, m³.
    volume_m3: Option<f64>,
    /// The meter's running register, m³.
    counter_m3: Option<f64>,
}

impl ReadingInput {
    pub(super) fn push_to(self, batch: &mut Batch, index: u64) {
        use Quantity::{Counter, Energy, Power};
        use Scale::{CubicMetre, One, Thousand, Thousandth};
        let values = [
            (self.power_kw, Power, One),
            (self.energy_kwh, Energy, One),
            (self.counter_kwh, Counter, One),
            (self.power_w, Power, Thousandth),
            (self.energy_wh, Energy, Thousandth),
            (self.counter_wh, Counter, Thousandth),
            (self.energy_mwh, Energy, Thousand),
            (self.counter_mwh, Counter, Thousand),
            (self.flow_m3_per_h, Power, CubicMetre),
            (self.volume_m3, Energy, CubicMetre),
            (self.counter_m3, Counter, CubicMetre),
        ];
        let mut sent = Sent::default();
        for (value, quantity, scale) in values {
            if value.is_some_and(|value| !sent.take(quantity, scale, value)) {
                let message = "two values mean the same, or are in units that do not go together".to_owned();
                let row = format!("{} at {}", self.machine, format_ms(self.time.0));
                return batch.reject(Rejected { index, code: Code::InvalidRow, message }, &row);
            }
        }
        batch.push_sent(index, ids::machine_ref(self.machine), self.time.0, sent);
    }
}

/// What became of the readings.
#[derive(SimpleObject)]
pub(super) struct RecordReadingsPayload {
    /// New ones.
    accepted: Long,
    /// Known before with the same values; nothing changed.
    duplicates: Long,
    /// Known before with other values, now replaced.
    corrected: Long,
    /// Those that were not stored, and why.
    rejected: Vec<RejectedReading>,
}

/// A reading that was not stored.
#[derive(SimpleObject)]
struct RejectedReading {
    /// Its place in the input, from 0.
    index: Long,
    /// Stable code, such as `UNKNOWN_MACHINE`.
    code: &'static str,
    /// For people.
    message: String,
}

impl From<Receipt> for RecordReadingsPayload {
    fn from(receipt: Receipt) -> Self {
        let rejected = receipt.rejected.into_iter().map(|r| RejectedReading {
            index: long(r.index),
            code: r.code.as_str(),
            message: r.message,
        });
        Self {
            accepted: long(receipt.accepted),
            duplicates: long(receipt.duplicates),
            corrected: long(receipt.corrected),
            rejected: rejected.collect(),
        }
    }
}

/// Refused readings to be sent again.
#[derive(InputObject)]
pub(super) struct ResubmitReadingsInput {
    /// Which; all if absent.
    pub(super) filter: Option<RefusedFilterInput>,
}

/// What became of refused readings that were sent again.
#[derive(SimpleObject)]
pub(super) struct ResubmitReadingsPayload {
    /// New ones.
    accepted: Long,
    /// Known in the meantime with the same values; nothing changed.
    duplicates: Long,
    /// Known in the meantime with other values, now replaced.
    corrected: Long,
    /// Those that were refused again; they stay among the refused ones with the reason of now.
    rejected: Long,
}

impl From<Receipt> for ResubmitReadingsPayload {
    fn from(receipt: Receipt) -> Self {
        Self {
            accepted: long(receipt.accepted),
            duplicates: long(receipt.duplicates),
            corrected: long(receipt.corrected),
            rejected: long(receipt.rejected.len() as u64),
        }
    }
}

fn long(count: u64) -> Long {
    Long(i64::try_from(count).unwrap_or(i64::MAX))
}
