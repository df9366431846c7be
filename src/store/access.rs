//! Keys, people and their sessions. Secrets come here as hashes.

use std::collections::HashSet;

use entity::api_key::Scope;
use entity::{ApiKeyId, PersonId, SessionId, SiteId, api_key, person, session};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::failure::{database_error, is_unique_violation};
use super::{Store, WriteTransaction, unknown};
use crate::codes::Code;
use crate::error::{Error, Result};

/// A key to be stored.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::api_key::Model")]
pub struct NewKey {
    pub prefix: String,
    pub name: String,
    pub secret_hash: Vec<u8>,
    pub scope: Scope,
    pub site_id: Option<SiteId>,
    pub replaces_id: Option<ApiKeyId>,
    pub created_at_ms: i64,
    pub expires_at_ms: Option<i64>,
}

/// A person to be let in.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::person::Model")]
pub struct NewPerson {
    pub name: String,
    pub password_hash: String,
    pub scope: Scope,
    pub site_id: Option<SiteId>,
    pub created_at_ms: i64,
}

/// A person as their issuer says they are.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::person::Model")]
pub struct IssuedPerson {
    pub subject: String,
    pub name: String,
    pub scope: Scope,
    pub site_id: Option<SiteId>,
    pub at_ms: i64,
}

impl Store {
    /// Whether access was ever set up. It stays so when the last key is revoked: a plant does not open by that.
    pub async fn has_access(&self) -> Result<bool> {
        let key = api_key::Entity::find().limit(1).one(&self.read).await.map_err(database_error)?;
        Ok(key.is_some() || person::Entity::find().limit(1).one(&self.read).await.map_err(database_error)?.is_some())
    }

    /// Whether anybody can be let in at an instant: by a key, or as a person.
    pub async fn has_usable_access(&self, now_ms: i64) -> Result<bool> {
        let key = live_keys(now_ms).limit(1).one(&self.read).await.map_err(database_error)?;
        let person = person::Entity::find().filter(person::Column::RemovedAtMs.is_null()).limit(1);
        Ok(key.is_some() || person.one(&self.read).await.map_err(database_error)?.is_some())
    }

    /// All keys, by id.
    pub async fn keys(&self) -> Result<Vec<api_key::Model>> {
        api_key::Entity::find().order_by_asc(api_key::Column::Id).all(&self.read).await.map_err(database_error)
    }

    /// The key of this prefix, live or not.
    pub async fn key_by_prefix(&self, prefix: &str) -> Result<Option<api_key::Model>> {
        let query = api_key::Entity::find().filter(api_key::Column::Prefix.eq(prefix));
        query.one(&self.read).await.map_err(database_error)
    }

    /// Those of these keys that are taken at an instant.
    pub async fn live_keys(&self, ids: &[ApiKeyId], now_ms: i64) -> Result<HashSet<ApiKeyId>> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let query = live_keys(now_ms).filter(api_key::Column::Id.is_in(ids.iter().copied()));
        let ids = query.select_only().column(api_key::Column::Id).into_tuple().all(&self.read).await;
        Ok(ids.map_err(database_error)?.into_iter().collect())
    }

    /// All people that are let in, by name.
    pub async fn people(&self) -> Result<Vec<person::Model>> {
        let query = person::Entity::find().filter(person::Column::RemovedAtMs.is_null());
        query.order_by_asc(person::Column::Name).all(&self.read).await.map_err(database_error)
    }

    /// The person of this name, if they are let in.
    pub async fn person_by_name(&self, name: &str) -> Result<Option<person::Model>> {
        let query = person::Entity::find().filter(person::Column::Name.eq(name));
        query.filter(person::Column::RemovedAtMs.is_null()).one(&self.read).await.map_err(database_error)
    }

    /// The session of a cookie with this hash, and whose it is, if it is taken at an instant.
    pub async fn session(&self, token_hash: &[u8], now_ms: i64) -> Result<Option<(session::Model, person::Model)>> {
        let query = session::Entity::find().filter(session::Column::TokenHash.eq(token_hash.to_vec()));
        let found = query.filter(session::Column::ExpiresAtMs.gt(now_ms)).one(&self.read).await;
        let Some(session) = found.map_err(database_error)? else { return Ok(None) };
        let person = person::Entity::find_by_id(session.person_id).filter(person::Column::RemovedAtMs.is_null());
        Ok(person.one(&self.read).await.map_err(database_error)?.map(|person| (session, person)))
    }

    /// Those of these sessions that are taken at an instant.
    pub async fn live_sessions(&self, ids: &[SessionId], now_ms: i64) -> Result<HashSet<SessionId>> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        // Whoever is removed loses their sessions in the same transaction.
        let query = session::Entity::find()
            .filter(session::Column::Id.is_in(ids.iter().copied()))
            .filter(session::Column::ExpiresAtMs.gt(now_ms));
        let ids = query.select_only().column(session::Column::Id).into_tuple().all(&self.read).await;
        Ok(ids.map_err(database_error)?.into_iter().collect())
    }
}

fn live_keys(now_ms: i64) -> sea_orm::Select<api_key::Entity> {
    let expires = api_key::Column::ExpiresAtMs;
    let lasts = Condition::any().add(expires.is_null()).add(expires.gt(now_ms));
    api_key::Entity::find().filter(api_key::Column::RevokedAtMs.is_null()).filter(lasts)
}

impl WriteTransaction {
    /// Stores a key.
    pub async fn insert_key(&self, new: NewKey) -> Result<api_key::Model> {
        let row = api_key::ActiveModel {
            prefix: Set(new.prefix),
            name: Set(new.name),
            secret_hash: Set(new.secret_hash),
            scope: Set(new.scope),
            site_id: Set(new.site_id),
            replaces_id: Set(new.replaces_id),
            created_at_ms: Set(new.created_at_ms),
            expires_at_ms: Set(new.expires_at_ms),
            ..Default::default()
        };
        row.insert(&self.0).await.map_err(database_error)
    }

    /// All keys, by id.
    pub async fn keys(&self) -> Result<Vec<api_key::Model>> {
        api_key::Entity::find().order_by_asc(api_key::Column::Id).all(&self.0).await.map_err(database_error)
    }

    /// Stores a key as it is now.
    pub async fn update_key(&self, key: api_key::Model) -> Result<()> {
        key.into_active_model().reset_all().update(&self.0).await.map(drop).map_err(database_error)
    }

    /// Notes when keys were used last.
    pub async fn note_used(&self, ids: &[ApiKeyId], at_ms: i64) -> Result<()> {
        let update = api_key::Entity::update_many()
            .set(api_key::ActiveModel { last_used_at_ms: Set(Some(at_ms)), ..Default::default() })
            .filter(api_key::Column::Id.is_in(ids.iter().copied()));
        update.exec(&self.0).await.map(drop).map_err(database_error)
    }

    /// Lets a person in, anew if they were known before: with another password they sign in again.
    pub async fn upsert_person(&self, new: NewPerson) -> Result<person::Model> {
        let name = new.name.clone();
        let row = person::ActiveModel {
            name: Set(new.name),
            password_hash: Set(new.password_hash),
            scope: Set(new.scope),
            site_id: Set(new.site_id),
            created_at_ms: Set(new.created_at_ms),
            removed_at_ms: Set(None),
            ..Default::default()
        };
        let mut replace = OnConflict::column(person::Column::Name);
        replace.update_columns([
            person::Column::PasswordHash,
            person::Column::Scope,
            person::Column::SiteId,
            person::Column::RemovedAtMs,
        ]);
        let insert = person::Entity::insert(row).on_conflict(replace);
        insert.exec_without_returning(&self.0).await.map_err(database_error)?;
        let person = self.person(&name).await?;
        self.end_sessions(person.id).await?;
        Ok(person)
    }

    /// Lets a person in as their issuer says they are; not whom somebody here has removed (`FORBIDDEN`), nor under the name
    /// of somebody else (`NAME_TAKEN`).
    pub async fn save_issued(&self, new: IssuedPerson) -> Result<person::Model> {
        let IssuedPerson { subject, name, scope, site_id, at_ms } = new;
        let query = person::Entity::find().filter(person::Column::Subject.eq(&subject));
        let Some(known) = query.one(&self.0).await.map_err(database_error)? else {
            let row = person::ActiveModel {
                name: Set(name.clone()),
                // No password is the one that has this hash.
                password_hash: Set(String::new()),
                subject: Set(Some(subject)),
                scope: Set(scope),
                site_id: Set(site_id),
                created_at_ms: Set(at_ms),
                ..Default::default()
            };
            return row.insert(&self.0).await.map_err(|e| match e {
                e if is_unique_violation(&e) => {
                    Error::invalid(Code::NameTaken, format!("there is another user named {name:?} already"))
                }
                other => database_error(other),
            });
        };
        if known.removed_at_ms.is_some() {
            return Err(Error::invalid(Code::Forbidden, "this user was removed here"));
        }
        let mut row = known.into_active_model();
        (row.scope, row.site_id) = (Set(scope), Set(site_id));
        row.update(&self.0).await.map_err(database_error)
    }

    /// The person of this name, let in or not.
    async fn person(&self, name: &str) -> Result<person::Model> {
        let query = person::Entity::find().filter(person::Column::Name.eq(name));
        query.one(&self.0).await.map_err(database_error)?.ok_or_else(|| unknown("user named", name))
    }

    /// Lets a person in no longer, and ends their sessions.
    pub async fn remove_person(&self, name: &str, at_ms: i64) -> Result<()> {
        let person = self.person(name).await?;
        self.end_sessions(person.id).await?;
        let mut row = person.into_active_model();
        row.removed_at_ms = Set(Some(at_ms));
        row.update(&self.0).await.map(drop).map_err(database_error)
    }

    async fn end_sessions(&self, person: PersonId) -> Result<()> {
        let delete = session::Entity::delete_many().filter(session::Column::PersonId.eq(person));
        delete.exec(&self.0).await.map(drop).map_err(database_error)
    }

    /// Stores a session, and lets go of those that are over.
    pub async fn insert_session(
        &self,
        person_id: PersonId,
        token_hash: Vec<u8>,
        created_at_ms: i64,
        expires_at_ms: i64,
    ) -> Result<session::Model> {
        let over = session::Entity::delete_many().filter(session::Column::ExpiresAtMs.lte(created_at_ms));
        over.exec(&self.0).await.map_err(database_error)?;
        let row = session::ActiveModel {
            person_id: Set(person_id),
            token_hash: Set(token_hash),
            created_at_ms: Set(created_at_ms),
            expires_at_ms: Set(expires_at_ms),
            ..Default::default()
        };
        row.insert(&self.0).await.map_err(database_error)
    }

    /// Ends a session.
    pub async fn delete_session(&self, id: SessionId) -> Result<()> {
        session::Entity::delete_by_id(id).exec(&self.0).await.map(drop).map_err(database_error)
    }
}
