//! What people have set up: rules for machines, who is told of what, where messages go, budgets.

use entity::lists::MachineIds;
use entity::{
    BudgetId, ContactPointId, MachineId, NotificationRuleId, SiteId, WatchRuleId, budget, contact_point, machine,
    notification_rule, watch_rule,
};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend,
    EntityTrait, IntoActiveModel, Iterable, PaginatorTrait, PrimaryKeyToColumn, PrimaryKeyTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};

use super::failure::{database_error, is_unique_violation};
use super::pulse::Live;
use super::{Store, WriteTransaction, unknown};
use crate::codes::Code;
use crate::error::{Error, Result};

/// Machines in one statement.
const MACHINES_AT_ONCE: usize = 1000;
/// Held on PostgreSQL while it is counted whether there is room for another.
const ROOM_LOCK: i64 = 0x726f_6f6d_0000_0001;

impl Store {
    /// The rules for machines, of one site or of all, by name.
    pub async fn watch_rules(&self, site: Option<SiteId>) -> Result<Vec<watch_rule::Model>> {
        let of_site = Condition::all().add_option(site.map(|site| watch_rule::Column::SiteId.eq(site)));
        let seen = watch_rule::Entity::find().filter(self.view.of(watch_rule::Column::SiteId));
        let query = seen.filter(of_site).order_by_asc(watch_rule::Column::Name);
        query.all(&self.read).await.map_err(database_error)
    }

    /// The rules about who is told of what, by name; those about all sites are seen by who sees all.
    pub async fn notification_rules(&self) -> Result<Vec<notification_rule::Model>> {
        let seen = notification_rule::Entity::find().filter(self.view.of(notification_rule::Column::SiteId));
        let query = seen.order_by_asc(notification_rule::Column::Name);
        query.all(&self.read).await.map_err(database_error)
    }

    /// The places that messages go to, by name; they are of all sites.
    pub async fn contact_points(&self) -> Result<Vec<contact_point::Model>> {
        let query = contact_point::Entity::find().filter(self.view.of_all()).order_by_asc(contact_point::Column::Name);
        query.all(&self.read).await.map_err(database_error)
    }

    /// The budgets, of one site or of all, by name.
    pub async fn budgets(&self, site: Option<SiteId>) -> Result<Vec<budget::Model>> {
        let of_site = Condition::all().add_option(site.map(|site| budget::Column::SiteId.eq(site)));
        let seen = budget::Entity::find().filter(self.view.of(budget::Column::SiteId));
        let query = seen.filter(of_site).order_by_asc(budget::Column::Name);
        query.all(&self.read).await.map_err(database_error)
    }

    /// The rule with this id, if there is one.
    pub async fn watch_rule(&self, id: WatchRuleId) -> Result<Option<watch_rule::Model>> {
        let seen = watch_rule::Entity::find_by_id(id).filter(self.view.of(watch_rule::Column::SiteId));
        seen.one(&self.read).await.map_err(database_error)
    }

    /// The rule with this id, if there is one.
    pub async fn notification_rule(&self, id: NotificationRuleId) -> Result<Option<notification_rule::Model>> {
        let seen = notification_rule::Entity::find_by_id(id).filter(self.view.of(notification_rule::Column::SiteId));
        seen.one(&self.read).await.map_err(database_error)
    }

    /// The place with this id, if there is one.
    pub async fn contact_point(&self, id: ContactPointId) -> Result<Option<contact_point::Model>> {
        contact_point::Entity::find_by_id(id).filter(self.view.of_all()).one(&self.read).await.map_err(database_error)
    }

    /// The budget with this id, if there is one.
    pub async fn budget(&self, id: BudgetId) -> Result<Option<budget::Model>> {
        let seen = budget::Entity::find_by_id(id).filter(self.view.of(budget::Column::SiteId));
        seen.one(&self.read).await.map_err(database_error)
    }
}

impl WriteTransaction {
    /// Stores a rule; one with the id 0 is new. There are `greatest` of one site at most (`LIMIT_REACHED`), and its machines
    /// are of its site (`NOT_FOUND`).
    pub async fn save_watch_rule(&self, row: watch_rule::Model, greatest: usize) -> Result<watch_rule::Model> {
        let (id, name) = (row.id.0, row.name.clone());
        self.check_machines(row.site_id, row.machine_ids.as_ref()).await?;
        let others = watch_rule::Entity::find().filter(watch_rule::Column::SiteId.eq(row.site_id));
        self.check_room(others, watch_rule::Column::Id.ne(id), greatest, "rules for machines of one site").await?;
        let known = watch_rule::Entity::find_by_id(row.id);
        self.check_seen(known, watch_rule::Column::SiteId, ("rule for machines", id)).await?;
        save(&self.0, row.into_active_model().reset_all(), id, "rule for machines", &name).await
    }

    /// The rule as it is now, if it is still there.
    pub async fn watch_rule(&self, id: WatchRuleId) -> Result<Option<watch_rule::Model>> {
        watch_rule::Entity::find_by_id(id).one(&self.0).await.map_err(database_error)
    }

    /// Removes a rule.
    pub async fn delete_watch_rule(&self, id: WatchRuleId) -> Result<()> {
        let known = watch_rule::Entity::find_by_id(id);
        self.check_seen(known, watch_rule::Column::SiteId, ("rule for machines", id.0)).await?;
        delete::<watch_rule::Entity>(&self.0, id, "rule for machines").await
    }

    /// Stores a rule; one with the id 0 is new. There are `greatest` at most (`LIMIT_REACHED`).
    pub async fn save_notification_rule(
        &self,
        row: notification_rule::Model,
        greatest: usize,
    ) -> Result<notification_rule::Model> {
        let (id, name) = (row.id.0, row.name.clone());
        let others = notification_rule::Entity::find();
        self.check_room(others, notification_rule::Column::Id.ne(id), greatest, "notification rules").await?;
        save(&self.0, row.into_active_model().reset_all(), id, "notification rule", &name).await
    }

    /// Removes a rule.
    pub async fn delete_notification_rule(&self, id: NotificationRuleId) -> Result<()> {
        delete::<notification_rule::Entity>(&self.0, id, "notification rule").await
    }

    /// Stores a place; one with the id 0 is new. There are `greatest` at most (`LIMIT_REACHED`).
    pub async fn save_contact_point(&self, row: contact_point::Model, greatest: usize) -> Result<contact_point::Model> {
        let (id, name) = (row.id.0, row.name.clone());
        let others = contact_point::Entity::find();
        self.check_room(others, contact_point::Column::Id.ne(id), greatest, "contact points").await?;
        save(&self.0, row.into_active_model().reset_all(), id, "contact point", &name).await
    }

    /// Removes a place. What was to be sent there is not.
    pub async fn delete_contact_point(&self, id: ContactPointId) -> Result<()> {
        delete::<contact_point::Entity>(&self.0, id, "contact point").await
    }

    /// Stores a budget; one with the id 0 is new. There are `greatest` of one site at most (`LIMIT_REACHED`), and its
    /// machines are of its site (`NOT_FOUND`). Contact points are of all sites: who sees one alone names none
    /// (`FORBIDDEN`), and leaves those that a budget has.
    pub async fn save_budget(&self, mut row: budget::Model, greatest: usize) -> Result<budget::Model> {
        let (id, name) = (row.id.0, row.name.clone());
        self.check_machines(row.site_id, row.machine_ids.as_ref()).await?;
        let others = budget::Entity::find().filter(budget::Column::SiteId.eq(row.site_id));
        self.check_room(others, budget::Column::Id.ne(id), greatest, "budgets of one site").await?;
        let known = budget::Entity::find_by_id(row.id);
        let known = self.check_seen(known, budget::Column::SiteId, ("budget", id)).await?;
        if self.1.only().is_some() {
            if !row.contact_point_ids.0.is_empty() {
                let message = "contact points are of all sites, and this caller is of one: leave contactPointIds empty";
                return Err(Error::invalid(Code::Forbidden, message));
            }
            row.contact_point_ids = known.map_or(row.contact_point_ids, |known| known.contact_point_ids);
        }
        save(&self.0, row.into_active_model().reset_all(), id, "budget", &name).await
    }

    /// Removes a budget.
    pub async fn delete_budget(&self, id: BudgetId) -> Result<()> {
        self.check_seen(budget::Entity::find_by_id(id), budget::Column::SiteId, ("budget", id.0)).await?;
        delete::<budget::Entity>(&self.0, id, "budget").await
    }
}

impl WriteTransaction {
    /// The row that is to be changed, if it is one of what is seen (`NOT_FOUND`); none where it is new.
    async fn check_seen<E: EntityTrait>(
        &self,
        row: Select<E>,
        site: E::Column,
        (what, id): (&str, i64),
    ) -> Result<Option<E::Model>> {
        if id == 0 {
            return Ok(None);
        }
        let found = row.filter(self.1.of(site)).one(&self.0).await.map_err(database_error)?;
        found.map(Some).ok_or_else(|| unknown(&format!("{what} with id"), id))
    }

    /// Refuses machines that are not of a site.
    async fn check_machines(&self, site: SiteId, ids: Option<&MachineIds>) -> Result<()> {
        let all = ids.map_or(&[][..], |ids| &ids.0);
        for ids in all.chunks(MACHINES_AT_ONCE) {
            let query = machine::Entity::find().filter(machine::Column::SiteId.eq(site));
            let query = query.filter(machine::Column::Id.is_in(ids.iter().copied()));
            let query = query.select_only().column(machine::Column::Id).into_tuple();
            let found: Vec<MachineId> = query.all(&self.0).await.map_err(database_error)?;
            if let Some(missing) = ids.iter().find(|id| !found.contains(id)) {
                return Err(Error::NotFound(format!("there is no machine with id {missing} at this site")));
            }
        }
        Ok(())
    }

    /// Refuses a row beside `greatest` others.
    async fn check_room<E: EntityTrait>(
        &self,
        rows: Select<E>,
        is_other: impl IntoCondition,
        greatest: usize,
        what: &str,
    ) -> Result<()>
    where
        Select<E>: for<'db> PaginatorTrait<'db, Live<DatabaseTransaction>>,
    {
        // One after the other, or two would both take the last place.
        if self.0.get_database_backend() == DbBackend::Postgres {
            let lock = format!("SELECT pg_advisory_xact_lock({ROOM_LOCK})");
            self.0.execute_unprepared(&lock).await.map_err(database_error)?;
        }
        let others = rows.filter(is_other.into_condition()).count(&self.0).await.map_err(database_error)?;
        if others < greatest as u64 {
            return Ok(());
        }
        let message = format!("there may be {greatest} {what}, and there are: remove one first");
        Err(Error::invalid(Code::LimitReached, message))
    }
}

/// Inserts a row whose id is 0, updates any other.
async fn save<A>(
    db: &impl ConnectionTrait,
    mut row: A,
    id: i64,
    what: &str,
    name: &str,
) -> Result<<A::Entity as EntityTrait>::Model>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let saved = if id == 0 {
        // The database numbers new rows.
        <A::Entity as EntityTrait>::PrimaryKey::iter().for_each(|key| row.not_set(key.into_column()));
        row.insert(db).await
    } else {
        row.update(db).await
    };
    saved.map_err(|e| match e {
        sea_orm::DbErr::RecordNotUpdated => unknown(&format!("{what} with id"), id),
        e if is_unique_violation(&e) => {
            Error::invalid(Code::NameTaken, format!("there is a {what} named {name:?} already"))
        }
        other => database_error(other),
    })
}

async fn delete<E: EntityTrait>(
    db: &impl ConnectionTrait,
    id: impl Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType> + std::fmt::Display + Copy,
    what: &str,
) -> Result<()> {
    let deleted = E::delete_by_id(id).exec(db).await.map_err(database_error)?;
    if deleted.rows_affected == 0 {
        return Err(unknown(&format!("{what} with id"), id));
    }
    Ok(())
}
