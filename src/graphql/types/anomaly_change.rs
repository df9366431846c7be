//! What became of an anomaly, and when nobody is told of any, as the API shows it.

use async_graphql::{Context, Enum, ID, Object, Result};
use entity::anomaly_change::Model;
use entity::maintenance;

use super::{Anomaly, Machine, Severity, Site};
use crate::error::Error;
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::Loaders;
use crate::graphql::scalars::DateTime;
use crate::push::Changed;

/// What happened to an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::anomaly_change::What")]
pub(in crate::graphql) enum AnomalyChangeKind {
    /// It became critical.
    Escalated,
    /// Nobody was told of it; it has got odder, or goes on though nothing keeps it quiet any more, and people are told now.
    Announced,
    /// The machine is back to what is usual.
    Ended,
    /// Somebody has seen it.
    Acknowledged,
    /// Somebody closed it.
    Resolved,
    /// Somebody opened it again.
    Reopened,
    /// Somebody said something about it.
    Commented,
    /// Somebody said that it is none: the same thing has to be odder from now on.
    Dismissed,
}

pub(in crate::graphql) struct AnomalyChange {
    row: Model,
    /// Where it was read with the change.
    anomaly: Option<entity::anomaly::Model>,
}

impl From<Model> for AnomalyChange {
    fn from(row: Model) -> Self {
        Self { row, anomaly: None }
    }
}

impl From<Changed> for AnomalyChange {
    fn from(Changed { change, anomaly, .. }: Changed) -> Self {
        Self { row: change, anomaly }
    }
}

/// Something that became of an anomaly after it was found.
#[Object]
impl AnomalyChange {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::AnomalyChange(self.row.id).into()
    }

    /// The anomaly, as it is now.
    async fn anomaly(&self, ctx: &Context<'_>) -> Result<Anomaly> {
        if let Some(anomaly) = &self.anomaly {
            return Ok(anomaly.clone().into());
        }
        let anomaly = ctx.data_unchecked::<Loaders>().load_one(self.row.anomaly_id).await?;
        Ok(anomaly.ok_or_else(|| Error::Internal(format!("change {} has no anomaly", self.row.id)))?.into())
    }

    /// What happened.
    async fn kind(&self) -> AnomalyChangeKind {
        self.row.what.into()
    }

    /// When, by the wall clock.
    async fn at(&self) -> DateTime {
        DateTime(self.row.at_ms)
    }

    /// How bad the anomaly was then.
    async fn severity(&self) -> Severity {
        self.row.severity.into()
    }

    /// Who did it; null if Wattline itself.
    async fn by(&self) -> Option<&str> {
        self.row.by.as_deref()
    }

    /// What they said.
    async fn note(&self) -> Option<&str> {
        self.row.note.as_deref()
    }
}

pub(in crate::graphql) struct Maintenance(maintenance::Model);

impl From<maintenance::Model> for Maintenance {
    fn from(row: maintenance::Model) -> Self {
        Self(row)
    }
}

/// A time at which a site or one of its machines is worked on: of anomalies that begin then nobody is told.
#[Object]
impl Maintenance {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::Maintenance(self.0.id).into()
    }

    /// The site.
    async fn site(&self, ctx: &Context<'_>) -> Result<Option<Site>> {
        Ok(ctx.data_unchecked::<Loaders>().load_one(self.0.site_id).await?.map(Site))
    }

    /// Its machine; null for all of them.
    async fn machine(&self, ctx: &Context<'_>) -> Result<Option<Machine>> {
        let Some(id) = self.0.machine_id else { return Ok(None) };
        Ok(ctx.data_unchecked::<Loaders>().load_one(id).await?.map(Machine))
    }

    /// Begin.
    async fn from(&self) -> DateTime {
        DateTime(self.0.from_ms)
    }

    /// End.
    async fn to(&self) -> DateTime {
        DateTime(self.0.to_ms)
    }

    /// What is done.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }
}
