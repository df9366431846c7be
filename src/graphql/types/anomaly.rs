//! An anomaly as the API shows it.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use entity::anomaly::Model;

use super::{AnomalyChange, Machine, WatchRule};
use crate::domain::registry::as_written;
use crate::error::{Error, Result as OurResult};
use crate::graphql::ids::{self, GlobalId};
use crate::graphql::list_cost;
use crate::graphql::loaders::{Loaders, Story};
use crate::graphql::scalars::DateTime;
use crate::push::Found;
use crate::store::AnomalyFilter;

/// How bad an anomaly is, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::anomaly::Severity")]
pub(in crate::graphql) enum Severity {
    /// Worth a look.
    Warning,
    /// Needs somebody now.
    Critical,
}

/// What people have done about an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::anomaly::Status")]
pub(in crate::graphql) enum AnomalyStatus {
    /// Nobody has looked.
    Open,
    /// Somebody has seen it.
    Acknowledged,
    /// Closed.
    Resolved,
}

/// Who found an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::anomaly::Source")]
pub(in crate::graphql) enum AnomalySource {
    /// Wattline itself.
    Detector,
    /// Another system.
    External,
    /// A rule that people set.
    Rule,
}

/// In which order anomalies are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::store::AnomalyOrder")]
pub(in crate::graphql) enum AnomalyOrder {
    /// As they were found: what history tells comes after what was found before.
    #[default]
    Found,
    /// As they began.
    Started,
}

/// Which anomalies; what is absent does not matter.
#[derive(Debug, Default, InputObject)]
#[graphql(name = "AnomalyFilter")]
pub(in crate::graphql) struct AnomalyFilterInput {
    /// Of this site.
    site_id: Option<ID>,
    /// Of these machines.
    machine_ids: Option<Vec<ID>>,
    /// At least this severe.
    severity: Option<Severity>,
    /// In this status.
    status: Option<AnomalyStatus>,
    /// Of this kind, such as `SPIKE`.
    kind: Option<String>,
    /// Still going on (true) or over (false).
    is_lasting: Option<bool>,
    /// Nobody was told of (true), or somebody was (false).
    is_quiet: Option<bool>,
    /// That began after this instant.
    from: Option<DateTime>,
    /// That began at this instant or before.
    to: Option<DateTime>,
}

impl AnomalyFilterInput {
    pub(in crate::graphql) fn resolve(self) -> OurResult<AnomalyFilter> {
        Ok(AnomalyFilter {
            site_id: self.site_id.as_ref().map(ids::site).transpose()?,
            machine_ids: self.machine_ids.map(|ids| ids.iter().map(ids::machine).collect()).transpose()?,
            severity: self.severity.map(Into::into),
            status: self.status.map(Into::into),
            kind: self.kind.map(as_written),
            is_lasting: self.is_lasting,
            is_quiet: self.is_quiet,
            from_ms: self.from.map(|t| t.0),
            to_ms: self.to.map(|t| t.0),
        })
    }
}

pub(in crate::graphql) struct Anomaly {
    row: Model,
    /// Where it was read with the anomaly.
    machine: Option<entity::machine::Model>,
}

impl From<Model> for Anomaly {
    fn from(row: Model) -> Self {
        Self { row, machine: None }
    }
}

impl From<Found> for Anomaly {
    fn from(Found { anomaly, machine, .. }: Found) -> Self {
        Self { row: anomaly, machine }
    }
}

/// Something a machine did that it does not usually do.
#[Object]
impl Anomaly {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::Anomaly(self.row.id).into()
    }

    /// The machine.
    async fn machine(&self, ctx: &Context<'_>) -> Result<Machine> {
        if let Some(machine) = &self.machine {
            return Ok(Machine(machine.clone()));
        }
        let machine = ctx.data_unchecked::<Loaders>().load_one(self.row.machine_id).await?;
        Ok(Machine(machine.ok_or_else(|| Error::Internal(format!("anomaly {} has no machine", self.row.id)))?))
    }

    /// What kind of oddity, such as `SPIKE`; other systems bring kinds of their own.
    async fn kind(&self) -> &str {
        &self.row.kind
    }

    /// How bad.
    async fn severity(&self) -> Severity {
        self.row.severity.into()
    }

    /// Time of the first reading concerned.
    async fn started_at(&self) -> DateTime {
        DateTime(self.row.started_at_ms)
    }

    /// Time of the last reading concerned; null while it lasts.
    async fn ended_at(&self) -> Option<DateTime> {
        self.row.ended_at_ms.map(DateTime)
    }

    /// When it was found, by the wall clock.
    async fn detected_at(&self) -> DateTime {
        DateTime(self.row.detected_at_ms)
    }

    /// What was measured, in the measure's own unit (kW for power).
    async fn value(&self) -> Option<f64> {
        self.row.value
    }

    /// What was to be expected, in the same unit.
    async fn expected(&self) -> Option<f64> {
        self.row.expected
    }

    /// Where what was to be expected begins, in the same unit.
    async fn expected_low(&self) -> Option<f64> {
        self.row.low
    }

    /// Where what was to be expected ends, in the same unit.
    async fn expected_high(&self) -> Option<f64> {
        self.row.high
    }

    /// How far off, in the finder's own measure: for Wattline's own detector value less expected.
    async fn deviation(&self) -> Option<f64> {
        self.row.deviation
    }

    /// How odd, 0 to 1.
    async fn score(&self) -> Option<f64> {
        self.row.score
    }

    /// A sentence for people.
    async fn message(&self) -> Option<&str> {
        self.row.message.as_deref()
    }

    /// What people have done about it.
    async fn status(&self) -> AnomalyStatus {
        self.row.status.into()
    }

    /// Who set the status.
    async fn status_by(&self) -> Option<&str> {
        self.row.status_by.as_deref()
    }

    /// When the status was set.
    async fn status_at(&self) -> Option<DateTime> {
        self.row.status_at_ms.map(DateTime)
    }

    /// Why the status was set.
    async fn status_note(&self) -> Option<&str> {
        self.row.status_note.as_deref()
    }

    /// Who found it.
    async fn source(&self) -> AnomalySource {
        self.row.source.into()
    }

    /// The id that the other system knows it by.
    async fn external_id(&self) -> Option<&str> {
        self.row.external_id.as_deref()
    }

    /// The rule that found it; null if none did, or if it is no more.
    async fn rule(&self, ctx: &Context<'_>) -> Result<Option<WatchRule>> {
        let Some(id) = self.row.rule_id else { return Ok(None) };
        Ok(ctx.data_unchecked::<Loaders>().load_one(id).await?.map(WatchRule))
    }

    /// Nobody was told: it was long over when it was found, its machine was snoozed or worked on, or the same was dismissed
    /// there lately. It is false once it has got worse than that, or goes on though none of it holds any more (of a machine
    /// that was snoozed or worked on: a quarter of an hour later), which `anomalyChanged` tells as ESCALATED or ANNOUNCED.
    /// Where readings that come late show that it was none, it is taken back: then nothing has its id any more.
    async fn is_quiet(&self) -> bool {
        self.row.is_quiet
    }

    /// What became of it, from the beginning.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<AnomalyChange>> {
        let story = ctx.data_unchecked::<Loaders>().load_one(Story(self.row.id)).await?.unwrap_or_default();
        Ok(story.into_iter().map(AnomalyChange::from).collect())
    }
}
