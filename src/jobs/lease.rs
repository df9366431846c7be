//! Work that one process does at a time among all over one database.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Result;
use crate::store::{Store, WriteTransaction, taken_over};

/// For how long the work is this process's own without saying so again, ms; it says so after a few steps.
const LEASE_MS: i64 = 15_000;
const SAY_AGAIN_MS: i64 = 2000;
/// How often it is asked for while another process has it.
const ASK: Duration = Duration::from_secs(1);

/// A process's hold on some work.
#[derive(Debug)]
pub(super) struct Lease {
    work: &'static str,
    /// This process, among those over the database.
    holder: String,
    /// Until when the work is its own, ms since the epoch; none while it is not.
    until_ms: Option<i64>,
    /// When it was last asked for in vain.
    asked: Option<Instant>,
}

impl Lease {
    pub(super) fn new(work: &'static str) -> Self {
        Self { work, holder: uuid::Uuid::new_v4().simple().to_string(), until_ms: None, asked: None }
    }

    /// Takes or keeps the work; whether it is this process's.
    pub(super) async fn keep(&mut self, store: &Store, now_ms: i64) -> Result<bool> {
        if self.until_ms.is_some_and(|until_ms| now_ms < until_ms - LEASE_MS + SAY_AGAIN_MS) {
            return Ok(true);
        }
        if self.asked.is_some_and(|at| at.elapsed() < ASK) {
            return Ok(false);
        }
        let transaction = store.begin_write().await?;
        let is_ours = transaction.take_work(self.work, &self.holder, now_ms, now_ms + LEASE_MS).await?;
        transaction.commit().await?;
        self.until_ms = is_ours.then_some(now_ms + LEASE_MS);
        self.asked = (!is_ours).then(Instant::now);
        Ok(is_ours)
    }

    /// Fails unless the work is still this process's; nobody else can take it before the transaction ends.
    pub(super) async fn check(&self, transaction: &WriteTransaction) -> Result<()> {
        transaction.check_work(self.work, &self.holder).await
    }

    /// Keeps the work in the midst of something long; fails if another process has it.
    pub(super) async fn hold(&mut self, store: &Store, now_ms: i64) -> Result<()> {
        if self.keep(store, now_ms).await? { Ok(()) } else { Err(taken_over(self.work)) }
    }

    /// Does not count on it any more.
    pub(super) fn forget(&mut self) {
        self.until_ms = None;
    }

    /// Whether the work is this process's, as far as it knows.
    pub(super) fn is_held(&self) -> bool {
        self.until_ms.is_some()
    }

    /// Lets another process go on.
    pub(super) async fn leave(&self, store: &Store) -> Result<()> {
        let transaction = store.begin_write().await?;
        transaction.leave_work(self.work, &self.holder).await?;
        transaction.commit().await
    }
}
