//! The one write path: every door decodes, then calls [`Ingest::record`].
//!
//! Whoever waits while a transaction is under way shares the next one, so that many small senders cost one flush to
//! disk, not one each. A receipt is given after the commit.

mod batch;
mod check;
mod decode;
mod resubmit;
mod transaction;

use std::time::Duration;

use entity::SiteId;
use tokio::sync::{mpsc, oneshot};

pub use batch::{Again, Batch, MachineRef, Receipt, Rejected, Sent};
pub use decode::{CsvRows, Decoding, Format, Precision, decode, decode_csv, of_other_width};
pub use resubmit::resubmit;
use tracing::{Instrument, Span, debug_span};
pub use transaction::{Replaced, replace_meter};

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::store::Store;

/// Limits of the write path.
#[derive(Clone, Copy, Debug)]
pub struct IngestSettings {
    /// Batches that may wait for the writer; more senders wait outside.
    pub queue_batches: usize,
    /// Rows after which a transaction takes in no further batch.
    pub transaction_rows: usize,
    /// How long a sender waits outside before it is told that the database is busy.
    pub queue_timeout: Duration,
    /// Refused rows that are kept, the newest ones.
    pub refused_rows: u64,
}

impl Default for IngestSettings {
    fn default() -> Self {
        Self {
            queue_batches: 64,
            transaction_rows: 16_384,
            queue_timeout: Duration::from_secs(5),
            refused_rows: 100_000,
        }
    }
}

/// The door to the writer. Clones lead to the same one; it ends when the last clone is gone and all is written.
#[derive(Clone, Debug)]
pub struct Ingest {
    queue: mpsc::Sender<Job>,
    queue_timeout: Duration,
    /// The only site whose machines get readings.
    only: Option<SiteId>,
}

#[derive(Debug)]
struct Job {
    batch: Batch,
    reply: oneshot::Sender<Result<Receipt>>,
    /// Whose it is.
    span: Span,
}

impl Ingest {
    /// The door, and the writer to be run as a task.
    #[must_use]
    pub fn new(store: Store, clock: Clock, events: Events, settings: IngestSettings) -> (Self, Writer) {
        let (queue, jobs) = mpsc::channel(settings.queue_batches.max(1));
        let writer = Writer { store, clock, events, jobs, settings };
        (Self { queue, queue_timeout: settings.queue_timeout, only: None }, writer)
    }

    /// The same door for who reaches one site only.
    #[must_use]
    pub fn narrowed(&self, only: SiteId) -> Self {
        Self { only: Some(only), ..self.clone() }
    }

    /// Batches that wait for the writer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Stores a batch. Rows that cannot be stored are in the receipt and keep no other row out; an error means that
    /// no row of the batch was stored, or that nobody knows (`Unavailable`): the same batch again is stored once.
    pub async fn record(&self, mut batch: Batch) -> Result<Receipt> {
        batch.only = self.only.or(batch.only);
        let (reply, receipt) = oneshot::channel();
        let span = debug_span!("record", rows = batch.len());
        let job = Job { batch, reply, span: span.clone() };
        self.enqueue(job, receipt).instrument(span).await
    }

    async fn enqueue(&self, job: Job, receipt: oneshot::Receiver<Result<Receipt>>) -> Result<Receipt> {
        self.queue.send_timeout(job, self.queue_timeout).await.map_err(|e| match e {
            mpsc::error::SendTimeoutError::Timeout(_) => Error::Busy("too many readings wait to be written".to_owned()),
            mpsc::error::SendTimeoutError::Closed(_) => Error::Unavailable("Wattline is shutting down".to_owned()),
        })?;
        receipt.await.map_err(|_| Error::Internal("the writer ended before it answered".to_owned()))?
    }
}

/// The only task that writes readings.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    clock: Clock,
    events: Events,
    jobs: mpsc::Receiver<Job>,
    settings: IngestSettings,
}

impl Writer {
    /// Writes until nobody can send any more.
    pub async fn run(mut self) {
        // A trial that came while others were put together.
        let mut waiting = None;
        loop {
            let first = if waiting.is_some() { waiting.take() } else { self.jobs.recv().await };
            let Some(first) = first else { return };
            let mut rows = first.batch.len();
            let mut group = vec![first];
            // A trial is undone, and so shares no transaction.
            while rows < self.settings.transaction_rows
                && !group[0].batch.is_trial
                && let Ok(job) = self.jobs.try_recv()
            {
                if job.batch.is_trial {
                    waiting = Some(job);
                    break;
                }
                rows += job.batch.len();
                group.push(job);
            }
            self.write(group).await;
        }
    }

    async fn write(&self, group: Vec<Job>) {
        // For all of them, so that it is part of none: it follows from each.
        let span = debug_span!(parent: None, "write", batches = group.len());
        for job in &group {
            span.follows_from(&job.span);
        }
        let (batches, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|job| (job.batch, job.reply)).unzip();
        let now_ms = self.clock.now_ms();
        match self.write_together(now_ms, &batches).instrument(span.clone()).await {
            // Nothing to count: nothing became of it.
            Ok(receipts) if batches[0].is_trial => {
                replies.into_iter().zip(receipts).for_each(|(reply, receipt)| drop(reply.send(Ok(receipt))));
            }
            // Something in one batch that the database will not take must not fail the others.
            Err(Error::Internal(_)) if batches.len() > 1 => {
                for (batch, reply) in batches.iter().zip(replies) {
                    let alone = self.write_together(now_ms, std::slice::from_ref(batch));
                    let result = alone.instrument(span.clone()).await;
                    answer(reply, result.map(|mut receipts| receipts.pop().unwrap_or_default()));
                }
            }
            Err(error) => replies.into_iter().for_each(|reply| answer(reply, Err(error.clone()))),
            Ok(receipts) => replies.into_iter().zip(receipts).for_each(|(reply, receipt)| answer(reply, Ok(receipt))),
        }
    }

    async fn write_together(&self, now_ms: i64, batches: &[Batch]) -> Result<Vec<Receipt>> {
        let write = transaction::write(&self.store, now_ms, self.settings.refused_rows, batches);
        let (receipts, changed) = self.store.in_time(write).await?;
        if !changed.is_empty() {
            self.events.readings_stored(changed);
        }
        Ok(receipts)
    }
}

/// Counts and replies; a sender that has gone away misses only the reply.
fn answer(reply: oneshot::Sender<Result<Receipt>>, result: Result<Receipt>) {
    match &result {
        Ok(receipt) => {
            metrics::counter!("wattline_readings_total", "outcome" => "accepted").increment(receipt.accepted);
            metrics::counter!("wattline_readings_total", "outcome" => "duplicate").increment(receipt.duplicates);
            metrics::counter!("wattline_readings_total", "outcome" => "corrected").increment(receipt.corrected);
            let rejected = receipt.rejected.len() as u64;
            metrics::counter!("wattline_readings_total", "outcome" => "rejected").increment(rejected);
            for rejected in &receipt.rejected {
                metrics::counter!("wattline_readings_rejected_total", "code" => rejected.code.as_str()).increment(1);
            }
        }
        Err(error) => {
            metrics::counter!("wattline_batches_failed_total", "code" => error.code().as_str()).increment(1);
        }
    }
    drop(reply.send(result));
}
