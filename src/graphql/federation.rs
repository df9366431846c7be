//! Wattline as a subgraph: <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec>.
//! Whatever has a global id is an entity by it, so other subgraphs can refer to it and add to it.

use async_graphql::{Context, ID, MergedObject, Object, Result};

use super::ids::GlobalId;
use super::loaders::Loaders;
use super::query::Questions;
use super::telling_questions::TellingQuestions;
use super::types::{Anomaly, Machine, RefusedReading, Site};

/// What can be asked. Instants are in UTC, units are in the names or the descriptions; what is not known is null.
///
/// A document costs 1 for each field, times the rows of the pages it stands in: `first` or `last`, and 50 where neither is
/// said. A series counts as 100 buckets, `carrierStats` as 6 carriers, `nodes` as the ids it is given. A document that
/// costs more than 20,000, unless the operator says otherwise, is refused with `DOCUMENT_TOO_COMPLEX`.
#[derive(MergedObject)]
#[graphql(name = "Query")]
pub(super) struct FederatedQuery(pub(super) Questions, pub(super) TellingQuestions, pub(super) Entities);

/// Things by the keys that other subgraphs have.
pub(super) struct Entities;

#[Object]
impl Entities {
    #[graphql(entity)]
    async fn site_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Site>> {
        let Some(GlobalId::Site(id)) = GlobalId::parse(&id) else { return Ok(None) };
        Ok(ctx.data_unchecked::<Loaders>().load_one(id).await?.map(Site))
    }

    #[graphql(entity)]
    async fn machine_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Machine>> {
        let Some(GlobalId::Machine(id)) = GlobalId::parse(&id) else { return Ok(None) };
        Ok(ctx.data_unchecked::<Loaders>().load_one(id).await?.map(Machine))
    }

    #[graphql(entity)]
    async fn anomaly_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Anomaly>> {
        let Some(GlobalId::Anomaly(id)) = GlobalId::parse(&id) else { return Ok(None) };
        Ok(ctx.data_unchecked::<Loaders>().load_one(id).await?.map(Anomaly::from))
    }

    #[graphql(entity)]
    async fn refused_reading_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<RefusedReading>> {
        let Some(GlobalId::RefusedReading(id)) = GlobalId::parse(&id) else { return Ok(None) };
        Ok(ctx.data_unchecked::<Loaders>().load_one(id).await?.map(RefusedReading))
    }
}
