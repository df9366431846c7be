//! Rows by key, batched: a list of anomalies with their machines and sites costs three queries, not one a row.

use std::collections::HashMap;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use entity::{MachineId, SiteId, machine, reading, site};

use crate::error::Error;
use crate::store::Store;

/// Reads what the keys below stand for; it keeps nothing.
pub(super) struct Rows(Store);

/// A machine's last reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LatestReading(pub(super) MachineId);

/// The loader that all requests share.
pub(super) type Loaders = DataLoader<Rows>;

/// Makes it.
pub(super) fn loaders(store: Store) -> Loaders {
    DataLoader::new(Rows(store), TokioSpawner::current(), TokioTimer::default())
}

impl Loader<SiteId> for Rows {
    type Value = site::Model;
    type Error = Error;

    async fn load(&self, ids: &[SiteId]) -> Result<HashMap<SiteId, site::Model>, Error> {
        Ok(self.0.sites_by_id(ids).await?.into_iter().map(|site| (site.id, site)).collect())
    }
}

impl Loader<MachineId> for Rows {
    type Value = machine::Model;
    type Error = Error;

    async fn load(&self, ids: &[MachineId]) -> Result<HashMap<MachineId, machine::Model>, Error> {
        Ok(self.0.machines_by_id(ids).await?.into_iter().map(|machine| (machine.id, machine)).collect())
    }
}

impl Loader<LatestReading> for Rows {
    type Value = reading::Model;
    type Error = Error;

    async fn load(&self, keys: &[LatestReading]) -> Result<HashMap<LatestReading, reading::Model>, Error> {
        let ids: Vec<MachineId> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.latest_readings(&ids).await?;
        Ok(rows.into_iter().map(|reading| (LatestReading(reading.machine_id), reading)).collect())
    }
}
