//! At the door: whose key, token or cookie this is. The row says so at each request; nothing is remembered of it.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use entity::{ApiKeyId, SessionId, person, session};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::attempts::Attempts;
use super::issuer::{Issuer, IssuerSettings};
use super::passwords::is_password;
use super::watch::Held;
use super::{Caller, Credential, Granted, secrets};
use crate::clock::Clock;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::store::{Author, Store, WriteTransaction};

/// Between two notes of when a key was used, ms.
const USED_EVERY_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
/// Sign-ins at the issuer that are finished at the same time.
const SIGN_INS_AT_ONCE: usize = 8;

/// How open the doors are.
#[derive(Clone, Debug)]
pub struct AccessSettings {
    /// While access is not set up, whoever comes from elsewhere may do everything too.
    pub is_insecure: bool,
    /// Once access is set up, whoever comes over loopback may still do everything.
    pub is_loopback_open: bool,
    /// How long a session lasts, hours.
    pub session_hours: u32,
    /// The issuer whose word is taken.
    pub issuer: Option<IssuerSettings>,
}

/// Knows who calls. Clones share.
#[derive(Clone, Debug)]
pub struct Access(Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) settings: AccessSettings,
    /// Whether there is a key, a person or an issuer; it never becomes false again.
    pub(super) is_set_up: AtomicBool,
    pub(super) held: Held,
    /// Keys that were used since that was noted last.
    pub(super) used: Mutex<HashSet<ApiKeyId>>,
    attempts: Attempts,
    pub(super) issuer: Option<Issuer>,
    /// Sign-ins at the issuer that may be finished at the same time; others are told to try again.
    pub(super) turns: Semaphore,
}

/// A session that has begun.
#[derive(Debug)]
pub struct SignedIn {
    /// The cookie's value, to be told once.
    pub token: String,
    /// For how long it is taken, seconds.
    pub lasts_s: i64,
    /// Who signed in.
    pub caller: Caller,
}

impl Access {
    /// Access to what is in a database.
    pub async fn open(store: Store, clock: Clock, settings: AccessSettings) -> Result<Self> {
        let issuer = settings.issuer.clone().map(|issuer| Issuer::new(issuer, clock.clone())).transpose()?;
        let is_set_up = AtomicBool::new(issuer.is_some() || store.has_access().await?);
        let (held, used, attempts) = (Held::default(), Mutex::default(), Attempts::default());
        let turns = Semaphore::new(SIGN_INS_AT_ONCE);
        Ok(Self(Arc::new(Shared { store, clock, settings, is_set_up, held, used, attempts, issuer, turns })))
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0
    }

    /// Whether there is a key, a person or an issuer.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.0.is_set_up.load(Ordering::Relaxed)
    }

    /// Whether somebody may do everything without saying who they are: from this address, if it is known, directly or
    /// through a proxy.
    #[must_use]
    pub fn is_open_to(&self, peer: Option<IpAddr>, is_proxied: bool) -> bool {
        let is_loopback = peer.is_some_and(|address| address.to_canonical().is_loopback());
        if self.is_set_up() {
            self.0.settings.is_loopback_open && is_loopback && !is_proxied
        } else {
            self.0.settings.is_insecure || is_loopback
        }
    }

    /// Whose key or token this is (`UNAUTHENTICATED`, `FORBIDDEN`).
    pub async fn by_bearer(&self, secret: &str) -> Result<Caller> {
        match &self.0.issuer {
            Some(issuer) if secrets::prefix_of(secret).is_none() && !issuer.settings.audience.is_empty() => {
                self.by_token(issuer, secret).await
            }
            _ => self.by_key(secret).await,
        }
    }

    /// Whose key this is (`UNAUTHENTICATED`).
    async fn by_key(&self, key: &str) -> Result<Caller> {
        let refused = || Error::invalid(Code::Unauthenticated, "this key is not known, has expired or was revoked");
        let (store, now_ms) = (&self.0.store, self.0.clock.now_ms());
        let row = store.key_by_prefix(secrets::prefix_of(key).ok_or_else(refused)?).await?.ok_or_else(refused)?;
        if !secrets::is_same(key, &row.secret_hash) || !row.is_live(now_ms) {
            return Err(refused());
        }
        if row.last_used_at_ms.is_none_or(|used_ms| now_ms >= used_ms + USED_EVERY_MS) {
            self.0.used.lock().insert(row.id);
        }
        let by = format!("key {} ({})", row.prefix, row.name).into();
        let credential = Credential::Key(row.id);
        Ok(Caller::with(Granted { by, person: None, scope: row.scope, site: row.site_id, credential }))
    }

    /// Whose session a cookie is of, if it is taken.
    pub async fn by_cookie(&self, token: &str) -> Result<Option<Caller>> {
        let found = self.0.store.session(&secrets::hash(token), self.0.clock.now_ms()).await?;
        Ok(found.map(|(session, person)| signed_in(&session, &person)))
    }

    /// Signs somebody in (`UNAUTHENTICATED`, `TOO_MANY_ATTEMPTS`).
    pub async fn sign_in(
        &self,
        (name, password): (String, String),
        peer: Option<IpAddr>,
        request_id: Option<Arc<str>>,
    ) -> Result<SignedIn> {
        let (store, now_ms) = (&self.0.store, self.0.clock.now_ms());
        let address = peer.map_or_else(String::new, |peer| peer.to_string());
        self.0.attempts.count(&[format!("from {address}"), format!("as {name}")], now_ms)?;
        let person = store.person_by_name(&name).await?;
        let kept = person.as_ref().map(|person| person.password_hash.clone());
        let is_right = is_password(password, kept).await?;
        let Some(person) = person.filter(|_| is_right) else {
            return Err(Error::invalid(Code::Unauthenticated, "there is no such name and password"));
        };
        let author = author(&format!("user {name}"), "signIn", request_id, now_ms);
        let transaction = store.written_by(author).begin_write().await?;
        self.begin_session(transaction, person, now_ms).await
    }

    /// Begins a session of somebody, and commits what was done for that.
    pub(super) async fn begin_session(
        &self,
        transaction: WriteTransaction,
        person: person::Model,
        now_ms: i64,
    ) -> Result<SignedIn> {
        let token = secrets::random_token()?;
        let lasts_ms = i64::from(self.0.settings.session_hours) * HOUR_MS;
        let hash = secrets::hash(&token);
        let session = transaction.insert_session(person.id, hash, now_ms, now_ms + lasts_ms).await?;
        transaction.commit().await?;
        Ok(SignedIn { token, lasts_s: lasts_ms / 1000, caller: signed_in(&session, &person) })
    }

    /// Ends a session.
    pub async fn sign_out(&self, by: &str, session: SessionId, request_id: Option<Arc<str>>) -> Result<()> {
        let author = author(by, "signOut", request_id, self.0.clock.now_ms());
        let transaction = self.0.store.written_by(author).begin_write().await?;
        transaction.delete_session(session).await?;
        transaction.commit().await?;
        self.0.held.end(&[Credential::Session(session)]);
        Ok(())
    }

    /// The name of a site, as it is told to whom it was granted.
    pub async fn site_name(&self, granted: &Granted) -> Result<Option<String>> {
        match granted.site {
            Some(site) => Ok(Some(self.0.store.site(site).await?.name)),
            None => Ok(None),
        }
    }
}

pub(super) fn author(by: &str, field: &str, request_id: Option<Arc<str>>, at_ms: i64) -> Author {
    Author { by: by.into(), field: field.into(), request_id, at_ms }
}

fn signed_in(session: &session::Model, person: &person::Model) -> Caller {
    let name: Arc<str> = person.name.as_str().into();
    Caller::with(Granted {
        by: format!("user {name}").into(),
        person: Some(name),
        scope: person.scope,
        site: person.site_id,
        credential: Credential::Session(session.id),
    })
}
