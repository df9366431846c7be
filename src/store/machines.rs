//! Machines: found, listed, registered, changed, retired.

use std::collections::BTreeSet;

use entity::machine::{Carrier, Kind, Unit};
use entity::{MachineId, SiteId, machine};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::failure::{database_error, is_unique_violation};
use super::{Page, Store, WriteTransaction, read_page, unknown};
use crate::codes::Code;
use crate::domain::registry::{check_name, check_unit};
use crate::error::{Error, Result};

/// Seconds between a machine's readings unless said otherwise.
pub const DEFAULT_INTERVAL_S: i32 = 10;

/// Names or ids in one statement.
const NAMES_AT_ONCE: usize = 10_000;

/// A machine to be registered.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::machine::Model")]
pub struct NewMachine {
    pub site_id: SiteId,
    pub name: String,
    pub kind: Kind,
    pub carrier: Carrier,
    pub unit: Unit,
    pub rated_power_kw: Option<f64>,
    pub register_width_kwh: Option<f64>,
    pub expected_interval_s: i32,
}

/// What is to change of a machine; what is none stays.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "as in entity::machine::Model")]
pub struct MachineChange {
    pub name: Option<String>,
    pub kind: Option<Kind>,
    pub carrier: Option<Carrier>,
    pub rated_power_kw: Option<Option<f64>>,
    pub register_width_kwh: Option<Option<f64>>,
    pub expected_interval_s: Option<i32>,
    pub retired_at_ms: Option<Option<i64>>,
    pub snoozed_until_ms: Option<Option<i64>>,
}

/// Which machines.
#[derive(Clone, Debug, Default)]
pub struct MachineFilter {
    /// Of this site.
    pub site_id: Option<SiteId>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Of this carrier.
    pub carrier: Option<Carrier>,
    /// In service (true) or retired (false).
    pub active: Option<bool>,
}

impl Store {
    /// The machine of this name in this site.
    pub async fn machine_by_name(&self, site: SiteId, name: &str) -> Result<Option<machine::Model>> {
        if check_name(name).is_err() {
            return Ok(None);
        }
        let query = self.seen_machines().filter(machine::Column::SiteId.eq(site));
        query.filter(machine::Column::Name.eq(name)).one(&self.read).await.map_err(database_error)
    }

    /// The machines with these ids, in any order.
    pub async fn machines_by_id(&self, ids: &[MachineId]) -> Result<Vec<machine::Model>> {
        let query = self.seen_machines().filter(machine::Column::Id.is_in(ids.iter().copied()));
        query.all(&self.read).await.map_err(database_error)
    }

    /// The machine with this id.
    pub async fn machine(&self, id: MachineId) -> Result<machine::Model> {
        self.machines_by_id(&[id]).await?.pop().ok_or_else(|| unknown("machine with id", id))
    }

    /// A page of machines, by id.
    pub async fn machines(&self, filter: &MachineFilter, page: Page) -> Result<Vec<machine::Model>> {
        read_page(&self.read, self.seen_machines().filter(filter.condition()), machine::Column::Id, page).await
    }

    /// How many machines the filter finds.
    pub async fn count_machines(&self, filter: &MachineFilter) -> Result<u64> {
        let query = self.seen_machines().filter(filter.condition());
        query.count(&self.read).await.map_err(database_error)
    }

    fn seen_machines(&self) -> Select<machine::Entity> {
        machine::Entity::find().filter(self.view.of(machine::Column::SiteId))
    }
}

impl MachineFilter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.site_id.map(|site| machine::Column::SiteId.eq(site)))
            .add_option(self.kind.map(|kind| machine::Column::Kind.eq(kind)))
            .add_option(self.carrier.map(|carrier| machine::Column::Carrier.eq(carrier)))
            .add_option(self.active.map(|active| {
                let retired = machine::Column::RetiredAtMs;
                if active { retired.is_null() } else { retired.is_not_null() }
            }))
    }
}

impl WriteTransaction {
    /// The machines of these names in these sites, and those with these ids, held against other writers until the
    /// end of the transaction; in id order, so that two writers never wait for each other in a circle.
    pub async fn lock_machines(&self, names: &[(SiteId, Vec<&str>)], ids: &[MachineId]) -> Result<Vec<machine::Model>> {
        let mut all: BTreeSet<MachineId> = ids.iter().copied().collect();
        for (site, names) in names {
            for names in names.chunks(NAMES_AT_ONCE) {
                let named = machine::Entity::find().filter(machine::Column::SiteId.eq(*site)).select_only();
                let named = named.filter(machine::Column::Name.is_in(names.iter().copied()));
                let found: Vec<MachineId> =
                    named.column(machine::Column::Id).into_tuple().all(&self.0).await.map_err(database_error)?;
                all.extend(found);
            }
        }
        let mut found = Vec::with_capacity(all.len());
        for ids in all.into_iter().collect::<Vec<_>>().chunks(NAMES_AT_ONCE) {
            let seen = machine::Entity::find().filter(self.1.of(machine::Column::SiteId));
            let query = seen.filter(machine::Column::Id.is_in(ids.iter().copied()));
            let query = query.order_by_asc(machine::Column::Id).lock(LockType::NoKeyUpdate);
            found.extend(query.all(&self.0).await.map_err(database_error)?);
        }
        Ok(found)
    }

    /// A machine, kept from other writers until the transaction ends.
    pub async fn lock_machine(&self, id: MachineId) -> Result<machine::Model> {
        self.lock_machines(&[], &[id]).await?.pop().ok_or_else(|| unknown("machine with id", id))
    }

    /// Registers those of these names that the site does not have, with defaults for all but the interval, and says how
    /// many these are.
    pub async fn register_unknown_machines(&self, site: SiteId, names: &[&str], interval_s: i32) -> Result<u64> {
        let row = |name: &&str| machine::ActiveModel {
            site_id: Set(site),
            name: Set((*name).to_owned()),
            kind: Set(Kind::Other),
            carrier: Set(Carrier::Electricity),
            unit: Set(Unit::Kwh),
            rated_power_kw: Set(None),
            register_width_kwh: Set(None),
            expected_interval_s: Set(interval_s),
            retired_at_ms: Set(None),
            ..Default::default()
        };
        let known = OnConflict::columns([machine::Column::SiteId, machine::Column::Name]).do_nothing().to_owned();
        let mut registered = 0;
        for names in names.chunks(1000) {
            let query = machine::Entity::insert_many(names.iter().map(row)).on_conflict(known.clone());
            registered += query.exec_without_returning(&self.0).await.map_err(database_error)?;
        }
        Ok(registered)
    }

    /// Registers a machine; `NAME_TAKEN` if its site has one of this name.
    pub async fn insert_machine(&self, new: NewMachine) -> Result<machine::Model> {
        let name = new.name.clone();
        let row = machine::ActiveModel {
            site_id: Set(new.site_id),
            name: Set(new.name),
            kind: Set(new.kind),
            carrier: Set(new.carrier),
            unit: Set(new.unit),
            rated_power_kw: Set(new.rated_power_kw),
            register_width_kwh: Set(new.register_width_kwh),
            expected_interval_s: Set(new.expected_interval_s),
            ..Default::default()
        };
        row.insert(&self.0).await.map_err(|e| name_taken(&name, e))
    }

    /// Changes a machine. Its carrier is fixed once it has readings (`CARRIER_FIXED`): they would change sums.
    pub async fn update_machine(&self, id: MachineId, change: MachineChange) -> Result<machine::Model> {
        let old = &self.lock_machine(id).await?;
        if change.carrier.is_some_and(|carrier| carrier != old.carrier) && self.has_readings(id).await? {
            let message = format!("{} has readings of another carrier: register a new machine instead", old.name);
            return Err(Error::invalid(Code::CarrierFixed, message));
        }
        check_unit(change.carrier.unwrap_or(old.carrier), old.unit)?;
        let name = change.name.clone().unwrap_or_default();
        let mut row = old.clone().into_active_model();
        if let Some(name) = change.name {
            row.name.set_if_not_equals(name);
        }
        if let Some(kind) = change.kind {
            row.kind.set_if_not_equals(kind);
        }
        if let Some(carrier) = change.carrier {
            row.carrier.set_if_not_equals(carrier);
        }
        if let Some(rated_power_kw) = change.rated_power_kw {
            row.rated_power_kw.set_if_not_equals(rated_power_kw);
        }
        if let Some(register_width_kwh) = change.register_width_kwh {
            row.register_width_kwh.set_if_not_equals(register_width_kwh);
        }
        if let Some(expected_interval_s) = change.expected_interval_s {
            row.expected_interval_s.set_if_not_equals(expected_interval_s);
        }
        if let Some(retired_at_ms) = change.retired_at_ms {
            row.retired_at_ms.set_if_not_equals(retired_at_ms);
        }
        if let Some(snoozed_until_ms) = change.snoozed_until_ms {
            row.snoozed_until_ms.set_if_not_equals(snoozed_until_ms);
        }
        row.update(&self.0).await.map_err(|e| name_taken(&name, e))
    }
}

fn name_taken(name: &str, error: sea_orm::DbErr) -> Error {
    if is_unique_violation(&error) {
        return Error::invalid(Code::NameTaken, format!("the site has a machine named {name} already"));
    }
    database_error(error)
}
