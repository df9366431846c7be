//! What needs no statistics: an overloaded machine. A motor at 130 % of its rated power is wrong however used to it we
//! are.

use super::codec::Codec;
use super::finding::Severity;

/// Below this part of the highest power a machine is off, where nothing moves.
pub(super) const OFF: f32 = 0.02;

/// The state keeps four bytes a number.
#[expect(clippy::cast_possible_truncation, reason = "seven digits are more than a meter has")]
pub(super) const fn narrow(value: f64) -> f32 {
    value as f32
}

/// Mean power against the rated one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Load {
    /// Mean of the last minutes, kW.
    mean: f32,
    /// The highest it gets day by day, kW: some nameplates are wrong.
    usual: f32,
    /// Since when it has been below the limit no more, ms since the epoch.
    started_ms: Option<i64>,
}

/// Time over which the load is averaged, ms: shorter peaks are what motors do.
const OVER_MS: f32 = 180_000.0;
const DAY_MS: f32 = 86_400_000.0;
/// Times the rated power.
const WARNING: f32 = 1.1;
const CRITICAL: f32 = 1.25;

impl Load {
    /// How urgent the load is; `elapsed_ms` since the last reading, None for the first.
    pub(super) fn judge(
        &mut self,
        time_ms: i64,
        power_kw: f32,
        elapsed_ms: Option<f32>,
        rated_kw: Option<f32>,
    ) -> Option<Severity> {
        let elapsed_ms = elapsed_ms.unwrap_or(f32::INFINITY);
        self.mean += (power_kw - self.mean) * (1.0 - (-elapsed_ms / OVER_MS).exp());
        let limit = rated_kw?.max(self.usual).max(1e-9);
        let days = (elapsed_ms / DAY_MS).min(0.1);
        self.usual += if self.mean > self.usual { (self.mean - self.usual) * days } else { -0.01 * self.usual * days };
        let severity = match self.mean / limit {
            load if load >= CRITICAL => Some(Severity::Critical),
            load => (load >= WARNING).then_some(Severity::Warning),
        };
        self.started_ms = severity.and(self.started_ms.or(Some(time_ms)));
        severity
    }

    /// Mean power of the last minutes, kW.
    pub(super) const fn mean(&self) -> f32 {
        self.mean
    }

    /// Since when it has been too high, ms since the epoch.
    pub(super) const fn started_ms(&self) -> Option<i64> {
        self.started_ms
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.mean);
        codec.number(&mut self.usual);
        codec.optional_time(&mut self.started_ms);
    }
}
