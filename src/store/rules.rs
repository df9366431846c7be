//! What people have set up: rules for machines, who is told of what, where messages go, budgets.

use entity::{
    BudgetId, ContactPointId, NotificationRuleId, SiteId, WatchRuleId, budget, contact_point, notification_rule,
    watch_rule,
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    Iterable, PrimaryKeyToColumn, PrimaryKeyTrait, QueryFilter, QueryOrder,
};

use super::failure::{database_error, is_unique_violation};
use super::{Store, WriteTransaction, unknown};
use crate::codes::Code;
use crate::error::{Error, Result};

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
    /// Stores a rule; one with the id 0 is new.
    pub async fn save_watch_rule(&self, row: watch_rule::Model) -> Result<watch_rule::Model> {
        let (id, name) = (row.id.0, row.name.clone());
        save(&self.0, row.into_active_model().reset_all(), id, "rule for machines", &name).await
    }

    /// The rule as it is now, if it is still there.
    pub async fn watch_rule(&self, id: WatchRuleId) -> Result<Option<watch_rule::Model>> {
        watch_rule::Entity::find_by_id(id).one(&self.0).await.map_err(database_error)
    }

    /// Removes a rule.
    pub async fn delete_watch_rule(&self, id: WatchRuleId) -> Result<()> {
        delete::<watch_rule::Entity>(&self.0, id, "rule for machines").await
    }

    /// Stores a rule; one with the id 0 is new.
    pub async fn save_notification_rule(&self, row: notification_rule::Model) -> Result<notification_rule::Model> {
        let (id, name) = (row.id.0, row.name.clone());
        save(&self.0, row.into_active_model().reset_all(), id, "notification rule", &name).await
    }

    /// Removes a rule.
    pub async fn delete_notification_rule(&self, id: NotificationRuleId) -> Result<()> {
        delete::<notification_rule::Entity>(&self.0, id, "notification rule").await
    }

    /// Stores a place; one with the id 0 is new.
    pub async fn save_contact_point(&self, row: contact_point::Model) -> Result<contact_point::Model> {
        let (id, name) = (row.id.0, row.name.clone());
        save(&self.0, row.into_active_model().reset_all(), id, "contact point", &name).await
    }

    /// Removes a place. What was to be sent there is not.
    pub async fn delete_contact_point(&self, id: ContactPointId) -> Result<()> {
        delete::<contact_point::Entity>(&self.0, id, "contact point").await
    }

    /// Stores a budget; one with the id 0 is new.
    pub async fn save_budget(&self, row: budget::Model) -> Result<budget::Model> {
        let (id, name) = (row.id.0, row.name.clone());
        save(&self.0, row.into_active_model().reset_all(), id, "budget", &name).await
    }

    /// Removes a budget.
    pub async fn delete_budget(&self, id: BudgetId) -> Result<()> {
        delete::<budget::Entity>(&self.0, id, "budget").await
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
