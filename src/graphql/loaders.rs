//! Rows by key, batched: a list of anomalies with their machines and sites costs three statements, not one a row, and
//! so do the pages of a hundred machines.

use std::collections::HashMap;
use std::hash::Hash;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use entity::{AnomalyId, MachineId, RefusedReadingId, SiteId, anomaly, anomaly_change, machine, meter_event, reading};
use entity::{WatchRuleId, refused_reading, site, watch_rule};

use crate::error::Error;
use crate::store::{AnomalyFilter, Page, Store};

/// Reads what the keys below stand for; it keeps nothing.
pub(super) struct Rows(Store);

/// A machine's last reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LatestReading(pub(super) MachineId);

/// Something of a machine: a page of its rows, or their number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct OfMachine<What>(pub(super) MachineId, pub(super) What);

/// Its readings in `from_ms < time <= to_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Readings(pub(super) i64, pub(super) i64);

/// Its meter events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct MeterEvents;

/// Its rows of a kind, to be counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Count {
    Readings(Readings),
    MeterEvents,
    Anomalies(AnomalyFilter),
}

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

impl Loader<WatchRuleId> for Rows {
    type Value = watch_rule::Model;
    type Error = Error;

    async fn load(&self, ids: &[WatchRuleId]) -> Result<HashMap<WatchRuleId, watch_rule::Model>, Error> {
        let rules = self.0.watch_rules(None).await?.into_iter();
        Ok(rules.filter(|rule| ids.contains(&rule.id)).map(|rule| (rule.id, rule)).collect())
    }
}

/// All that became of an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Story(pub(super) AnomalyId);

impl Loader<Story> for Rows {
    type Value = Vec<anomaly_change::Model>;
    type Error = Error;

    async fn load(&self, keys: &[Story]) -> Result<HashMap<Story, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let mut stories: HashMap<Story, Self::Value> = HashMap::new();
        for change in self.0.stories(&ids).await? {
            stories.entry(Story(change.anomaly_id)).or_default().push(change);
        }
        Ok(stories)
    }
}

impl Loader<AnomalyId> for Rows {
    type Value = anomaly::Model;
    type Error = Error;

    async fn load(&self, ids: &[AnomalyId]) -> Result<HashMap<AnomalyId, anomaly::Model>, Error> {
        Ok(self.0.anomalies_by_id(ids).await?.into_iter().map(|anomaly| (anomaly.id, anomaly)).collect())
    }
}

impl Loader<RefusedReadingId> for Rows {
    type Value = refused_reading::Model;
    type Error = Error;

    async fn load(&self, ids: &[RefusedReadingId]) -> Result<HashMap<RefusedReadingId, refused_reading::Model>, Error> {
        Ok(self.0.refused_by_id(ids).await?.into_iter().map(|row| (row.id, row)).collect())
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

impl Loader<OfMachine<(Readings, Page)>> for Rows {
    type Value = Vec<reading::Model>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[OfMachine<(Readings, Page)>],
    ) -> Result<HashMap<OfMachine<(Readings, Page)>, Vec<reading::Model>>, Error> {
        let mut pages = HashMap::new();
        for (what, machines) in alike(keys) {
            sort_in(&mut pages, what, self.0.readings(&machines, (what.0.0, what.0.1), what.1).await?, |row| {
                row.machine_id
            });
        }
        Ok(pages)
    }
}

impl Loader<OfMachine<(MeterEvents, Page)>> for Rows {
    type Value = Vec<meter_event::Model>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[OfMachine<(MeterEvents, Page)>],
    ) -> Result<HashMap<OfMachine<(MeterEvents, Page)>, Vec<meter_event::Model>>, Error> {
        let mut pages = HashMap::new();
        for (what, machines) in alike(keys) {
            sort_in(&mut pages, what, self.0.meter_events(&machines, what.1).await?, |row| row.machine_id);
        }
        Ok(pages)
    }
}

impl Loader<OfMachine<(AnomalyFilter, Page)>> for Rows {
    type Value = Vec<anomaly::Model>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[OfMachine<(AnomalyFilter, Page)>],
    ) -> Result<HashMap<OfMachine<(AnomalyFilter, Page)>, Vec<anomaly::Model>>, Error> {
        let mut pages = HashMap::new();
        for (what, machines) in alike(keys) {
            sort_in(&mut pages, what, self.0.anomalies_of(&machines, &what.0, what.1).await?, |row| row.machine_id);
        }
        Ok(pages)
    }
}

impl Loader<OfMachine<Count>> for Rows {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[OfMachine<Count>]) -> Result<HashMap<OfMachine<Count>, i64>, Error> {
        let mut counts = HashMap::new();
        for (what, machines) in alike(keys) {
            let found = match what {
                Count::Readings(Readings(from_ms, to_ms)) => {
                    self.0.count_readings(&machines, (*from_ms, *to_ms)).await?
                }
                Count::MeterEvents => self.0.count_meter_events(&machines).await?,
                Count::Anomalies(filter) => self.0.count_anomalies_of(&machines, filter).await?,
            };
            counts.extend(found.into_iter().map(|(machine, count)| (OfMachine(machine, what.clone()), count)));
        }
        Ok(counts)
    }
}

/// The machines of the keys, together where the same is wanted of them.
fn alike<What: Eq + Hash>(keys: &[OfMachine<What>]) -> HashMap<&What, Vec<MachineId>> {
    let mut groups: HashMap<&What, Vec<MachineId>> = HashMap::new();
    for OfMachine(machine, what) in keys {
        groups.entry(what).or_default().push(*machine);
    }
    groups
}

/// Puts rows to the machines they are of.
fn sort_in<What: Clone + Eq + Hash, Row>(
    pages: &mut HashMap<OfMachine<What>, Vec<Row>>,
    what: &What,
    rows: Vec<Row>,
    machine_of: fn(&Row) -> MachineId,
) {
    for row in rows {
        pages.entry(OfMachine(machine_of(&row), what.clone())).or_default().push(row);
    }
}
