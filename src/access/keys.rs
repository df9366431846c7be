//! Making keys, replacing and revoking them: what the command line does.

use entity::api_key::{Model, Scope};
use entity::{ApiKeyId, SiteId};

use super::secrets;
use crate::codes::Code;
use crate::domain::registry::check_name;
use crate::error::{Error, Result};
use crate::store::{NewKey, Store};

/// A key that is wanted.
#[derive(Clone, Debug)]
pub struct NewKeyRequest {
    /// What it is for.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// The only site it reaches; none for all.
    pub site_id: Option<SiteId>,
    /// Since when it is no longer taken, ms since the epoch.
    pub expires_at_ms: Option<i64>,
}

/// A key that was made. Its secret is nowhere else.
pub struct MadeKey {
    /// The whole key, to be told once.
    pub secret: String,
    /// As it is kept.
    pub row: Model,
}

/// Makes a key.
pub async fn create_key(store: &Store, now_ms: i64, request: NewKeyRequest) -> Result<MadeKey> {
    check_name(&request.name)?;
    if request.expires_at_ms.is_some_and(|end_ms| end_ms <= now_ms) {
        return Err(Error::invalid(Code::InvalidInput, "the key would have expired already"));
    }
    let transaction = store.begin_write().await?;
    let (secret, new) = new_key(now_ms, request, None)?;
    let row = transaction.insert_key(new).await?;
    transaction.commit().await?;
    Ok(MadeKey { secret, row })
}

fn new_key(now_ms: i64, request: NewKeyRequest, replaces_id: Option<ApiKeyId>) -> Result<(String, NewKey)> {
    let (secret, prefix) = secrets::random_key()?;
    let NewKeyRequest { name, scope, site_id, expires_at_ms } = request;
    let secret_hash = secrets::hash(&secret);
    let created_at_ms = now_ms;
    Ok((secret, NewKey { prefix, name, secret_hash, scope, site_id, replaces_id, created_at_ms, expires_at_ms }))
}

/// Makes a key that takes the place of another, which is taken for some time longer. There are two at a time, not three.
pub async fn rotate_key(store: &Store, now_ms: i64, prefix: &str, overlap_ms: i64) -> Result<MadeKey> {
    let transaction = store.begin_write().await?;
    let keys = transaction.keys().await?;
    let mut old = find(&keys, prefix)?;
    let is_twin = |key: &&Model| key.replaces_id == Some(old.id) || old.replaces_id == Some(key.id);
    if !old.is_live(now_ms) {
        return Err(Error::invalid(Code::InvalidInput, format!("{} is no longer taken: create a key", old.prefix)));
    }
    if let Some(twin) = keys.iter().filter(is_twin).find(|key| key.is_live(now_ms)) {
        let message = format!("{} and {} are both taken: revoke one of them first", old.prefix, twin.prefix);
        return Err(Error::invalid(Code::InvalidInput, message));
    }
    // As long as the old one was meant to be taken.
    let expires_at_ms = old.expires_at_ms.map(|end_ms| now_ms.saturating_add(end_ms - old.created_at_ms));
    let request = NewKeyRequest { name: old.name.clone(), scope: old.scope, site_id: old.site_id, expires_at_ms };
    let (secret, new) = new_key(now_ms, request, Some(old.id))?;
    let row = transaction.insert_key(new).await?;
    let end_ms = now_ms.saturating_add(overlap_ms);
    old.expires_at_ms = Some(old.expires_at_ms.map_or(end_ms, |known_ms| known_ms.min(end_ms)));
    transaction.update_key(old).await?;
    transaction.commit().await?;
    Ok(MadeKey { secret, row })
}

/// Revokes a key.
pub async fn revoke_key(store: &Store, now_ms: i64, prefix: &str) -> Result<Model> {
    let transaction = store.begin_write().await?;
    let mut key = find(&transaction.keys().await?, prefix)?;
    key.revoked_at_ms.get_or_insert(now_ms);
    transaction.update_key(key.clone()).await?;
    transaction.commit().await?;
    Ok(key)
}

/// The key that is meant: by its visible part, with `wl_` or without.
fn find(keys: &[Model], prefix: &str) -> Result<Model> {
    let is_meant = |key: &&Model| key.prefix == prefix || key.prefix.strip_prefix("wl_") == Some(prefix);
    let found = keys.iter().find(is_meant).cloned();
    found.ok_or_else(|| {
        Error::NotFound("there is no such key: `wattline key list` shows what each begins with".to_owned())
    })
}
