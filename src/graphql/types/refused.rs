//! Refused readings as the API shows them.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::refused_reading::Model;

use super::Site;
use crate::domain::fields::{cubic_metres, kwh};
use crate::error::{Error, Result as OurResult};
use crate::graphql::ids::{self, GlobalId};
use crate::graphql::loaders::Loaders;
use crate::graphql::scalars::{DateTime, Long};
use crate::store::{RefusedCount, RefusedFilter};

/// Which refused readings; what is absent does not matter.
#[derive(Debug, Default, InputObject)]
#[graphql(name = "RefusedReadingFilter")]
pub(in crate::graphql) struct RefusedFilterInput {
    /// Sent to this site.
    site_id: Option<ID>,
    /// Refused for this reason, such as `UNKNOWN_MACHINE`.
    code: Option<String>,
    /// Sent for a machine of this name.
    machine: Option<String>,
}

impl RefusedFilterInput {
    pub(in crate::graphql) fn resolve(self) -> OurResult<RefusedFilter> {
        let site_id = self.site_id.as_ref().map(ids::site).transpose()?;
        Ok(RefusedFilter { site_id, code: self.code, machine: self.machine, ..RefusedFilter::default() })
    }
}

pub(in crate::graphql) struct RefusedReading(pub(in crate::graphql) Model);

/// A reading that was not stored, and why.
#[Object]
impl RefusedReading {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::RefusedReading(self.0.id).into()
    }

    /// The site it was sent to.
    async fn site(&self, ctx: &Context<'_>) -> Result<Site> {
        let site = ctx.data_unchecked::<Loaders>().load_one(self.0.site_id).await?;
        Ok(Site(site.ok_or_else(|| Error::Internal(format!("refused reading {} has no site", self.0.id)))?))
    }

    /// When it was refused first.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.received_at_ms)
    }

    /// Stable code of the reason, such as `UNKNOWN_MACHINE`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The reason, for people.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// The machine's name as sent. Null if the row could not be read.
    async fn machine(&self) -> Option<&str> {
        self.0.machine.as_deref()
    }

    /// End of the interval. Null if the row could not be read.
    async fn time(&self) -> Option<DateTime> {
        self.0.time_ms.map(DateTime)
    }

    /// Power as sent, kW.
    async fn power_kw(&self) -> Option<f64> {
        kwh(self.0.unit, self.0.power_kw)
    }

    /// Energy as sent, kWh.
    async fn energy_kwh(&self) -> Option<f64> {
        kwh(self.0.unit, self.0.energy_kwh)
    }

    /// The meter's register as sent, kWh.
    async fn counter_kwh(&self) -> Option<f64> {
        kwh(self.0.unit, self.0.counter_kwh)
    }

    /// Flow as sent, m³/h.
    async fn flow_m3_per_h(&self) -> Option<f64> {
        cubic_metres(self.0.unit, self.0.power_kw)
    }

    /// Volume as sent, m³.
    async fn volume_m3(&self) -> Option<f64> {
        cubic_metres(self.0.unit, self.0.energy_kwh)
    }

    /// The meter's register as sent, m³.
    async fn counter_m3(&self) -> Option<f64> {
        cubic_metres(self.0.unit, self.0.counter_kwh)
    }

    /// What was sent, up to 1000 characters, if the row could not be read.
    async fn row(&self) -> Option<&str> {
        self.0.row.as_deref()
    }
}

/// How many readings were refused for one reason and are kept.
#[derive(SimpleObject)]
pub(in crate::graphql) struct RefusedReadingCount {
    /// Stable code of the reason.
    code: String,
    /// The machine's name as sent. Null for rows that could not be read.
    machine: Option<String>,
    /// How many.
    rows: Long,
    /// When the last of them came.
    last_received_at: DateTime,
}

impl From<RefusedCount> for RefusedReadingCount {
    fn from(count: RefusedCount) -> Self {
        let RefusedCount { code, machine, rows, last_received_at_ms } = count;
        Self { code, machine, rows: Long(rows), last_received_at: DateTime(last_received_at_ms) }
    }
}
