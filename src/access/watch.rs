//! What goes on for a caller after they were let in: sockets, event streams, exports. When their key, token or session is
//! taken no longer, whoever changed that and wherever, those end within a few seconds.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::guard::Access;
use super::{Caller, Credential};
use crate::error::Result;

/// How often the database is asked.
const POLL: Duration = Duration::from_secs(2);

/// What is under way, by what its caller was let in by.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<HashMap<Credential, Weak<CancellationToken>>>);

/// That something goes on for a caller. Clones are of the same.
#[derive(Clone, Debug, Default)]
pub struct Hold(Option<Arc<CancellationToken>>);

impl Hold {
    /// Waits until what the caller was let in by is taken no longer.
    pub async fn revoked(&self) {
        match &self.0 {
            Some(token) => token.cancelled().await,
            None => std::future::pending().await,
        }
    }
}

impl Held {
    /// Ends what goes on by these.
    pub(super) fn end(&self, credentials: &[Credential]) {
        let mut held = self.0.lock();
        for token in credentials.iter().filter_map(|credential| held.remove(credential)?.upgrade()) {
            token.cancel();
        }
    }

    /// By what something goes on.
    fn credentials(&self) -> Vec<Credential> {
        let mut held = self.0.lock();
        held.retain(|_, token| token.strong_count() > 0);
        held.keys().copied().collect()
    }
}

impl Access {
    /// To be kept as long as something goes on for a caller.
    #[must_use]
    pub fn hold(&self, caller: &Caller) -> Hold {
        let Ok(granted) = caller.granted() else { return Hold::default() };
        let mut held = self.shared().held.0.lock();
        let known = held.get(&granted.credential).and_then(Weak::upgrade);
        let token = known.unwrap_or_else(|| {
            let token = Arc::new(CancellationToken::new());
            held.insert(granted.credential, Arc::downgrade(&token));
            token
        });
        Hold(Some(token))
    }

    /// Looks once whether access was set up, and what is taken no longer; notes which keys were used.
    pub async fn step(&self) -> Result<()> {
        let shared = self.shared();
        if !self.is_set_up() && shared.store.has_access().await? {
            shared.is_set_up.store(true, Ordering::Relaxed);
        }
        let held = shared.held.credentials();
        let now_ms = shared.clock.now_ms();
        let (mut keys, mut sessions) = (Vec::new(), Vec::new());
        for credential in &held {
            match credential {
                Credential::Open | Credential::Token { .. } => {}
                Credential::Key(id) => keys.push(*id),
                Credential::Session(id) => sessions.push(*id),
            }
        }
        let keys = shared.store.live_keys(&keys, now_ms).await?;
        let sessions = shared.store.live_sessions(&sessions, now_ms).await?;
        let is_over = |credential: &Credential| match credential {
            Credential::Open => self.is_set_up() && !shared.settings.is_loopback_open,
            Credential::Key(id) => !keys.contains(id),
            Credential::Session(id) => !sessions.contains(id),
            Credential::Token { key, expires_at_ms } => {
                now_ms >= *expires_at_ms || !shared.issuer.as_ref().is_some_and(|issuer| issuer.has_key(*key))
            }
        };
        let over: Vec<_> = held.into_iter().filter(is_over).collect();
        shared.held.end(&over);
        self.note_used(now_ms).await
    }

    async fn note_used(&self, now_ms: i64) -> Result<()> {
        let used = std::mem::take(&mut *self.shared().used.lock());
        if used.is_empty() {
            return Ok(());
        }
        let transaction = self.shared().store.begin_write().await?;
        transaction.note_used(&used.into_iter().collect::<Vec<_>>(), now_ms).await?;
        transaction.commit().await
    }

    /// Looks for ever, and keeps the issuer's keys fresh.
    pub async fn run(self) {
        let renewed = async {
            match &self.shared().issuer {
                Some(issuer) => issuer.run().await,
                None => std::future::pending().await,
            }
        };
        tokio::join!(self.look(), renewed);
    }

    async fn look(&self) {
        loop {
            if let Err(error) = self.step().await {
                tracing::error!(code = %error.code(), %error, "what was revoked could not be looked up");
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
