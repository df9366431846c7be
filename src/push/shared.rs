//! Subscriptions shared by all who have the same: one execution and one serialised payload an event, whatever the number
//! of sockets. The first one in starts the execution, the last one out ends it.
//!
//! An execution's members are spread over a few shards, each with a task that offers an event to one socket after the
//! other. Nobody waits for a socket: what it does not take waits with it.

use std::collections::HashMap;
use std::num::NonZero;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use async_graphql::{Response, Value};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet, yield_now};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::members::{End, Event, Loss, Member, Members, Payload, json};
use super::sockets::{Operation, Socket};
use crate::error::Error;

/// Events on their way to a shard; the execution waits for room.
const EVENTS: usize = 8;
/// Members that get an event before others of the process get their turn.
const AT_ONCE: usize = 64;

/// What a resolver tells of its subscription. Clones tell of the same.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    started: CancellationToken,
    cursor: AtomicI64,
    since: Mutex<Option<Instant>>,
}

impl Progress {
    /// It listens: from here on it misses nothing.
    pub fn started(&self) {
        self.0.started.cancel();
    }

    /// The event that comes next is of the anomaly with this cursor, heard of then.
    pub fn at_cursor(&self, cursor: i64, heard: Option<Instant>) {
        self.0.cursor.store(cursor, Ordering::Relaxed);
        *self.0.since.lock() = heard;
    }

    /// The event that comes next is of statistics whose computation began then.
    pub fn computed(&self, begun: Instant) {
        *self.0.since.lock() = Some(begun);
    }

    async fn has_started(&self) {
        self.0.started.cancelled().await;
    }

    /// Whether it listens.
    fn has_begun(&self) -> bool {
        self.0.started.is_cancelled()
    }

    fn cursor(&self) -> Option<i64> {
        Some(self.0.cursor.load(Ordering::Relaxed)).filter(|cursor| *cursor > 0)
    }
}

/// All shared subscriptions. Clones share.
#[derive(Clone, Debug, Default)]
pub struct Hub(Arc<Mutex<HashMap<Arc<str>, Arc<Execution>>>>);

/// One execution and its members.
#[derive(Debug)]
pub(super) struct Execution {
    key: Arc<str>,
    loss: Loss,
    members: AtomicUsize,
    latest: Mutex<(u64, Option<Payload>)>,
    shards: Box<[Shard]>,
    progress: Progress,
    task: OnceLock<AbortHandle>,
}

/// Some of the members, and the way to the task that serves them.
#[derive(Debug)]
struct Shard {
    members: Mutex<Members>,
    events: mpsc::Sender<Event>,
}

/// Where a member is.
#[derive(Clone, Debug)]
pub struct Place {
    execution: Arc<Execution>,
    shard: usize,
    at: usize,
}

impl Hub {
    /// How many executions there are, and how many members these have.
    #[must_use]
    pub fn sizes(&self) -> (usize, usize) {
        let executions = self.0.lock();
        let members = executions.values().map(|execution| execution.members.load(Ordering::Relaxed));
        (executions.len(), members.sum())
    }

    /// Whether somebody has the same subscription.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.0.lock().contains_key(key)
    }

    /// Joins the execution of this key, or begins it with the stream that `execute` makes. Returns when it listens.
    pub async fn subscribe(
        &self,
        socket: &Arc<Socket>,
        id: &str,
        key: &str,
        loss: Loss,
        execute: impl FnOnce(Progress) -> BoxStream<'static, Response>,
    ) {
        let execution = {
            let mut executions = self.0.lock();
            let execution = if let Some(known) = executions.get(key) {
                known.clone()
            } else {
                let begun = self.begin(key.into(), loss, execute);
                executions.insert(begun.key.clone(), begun.clone());
                begun
            };
            execution.members.fetch_add(1, Ordering::Relaxed);
            execution
        };
        if let Some(End(errors)) = execution.join(socket, id) {
            execution.members.fetch_sub(1, Ordering::Relaxed);
            socket.end_operation(id, errors.as_deref());
        }
        execution.progress.has_started().await;
    }

    fn begin(
        &self,
        key: Arc<str>,
        loss: Loss,
        execute: impl FnOnce(Progress) -> BoxStream<'static, Response>,
    ) -> Arc<Execution> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let (shards, events): (Vec<_>, Vec<_>) = (0..cores)
            .map(|_| {
                let (events, receiver) = mpsc::channel(EVENTS);
                (Shard { members: Mutex::default(), events }, receiver)
            })
            .unzip();
        let progress = Progress::default();
        let execution = Arc::new(Execution {
            key,
            loss,
            members: AtomicUsize::new(0),
            latest: Mutex::default(),
            shards: shards.into(),
            progress: progress.clone(),
            task: OnceLock::new(),
        });
        let responses = execute(progress);
        let (hub, running) = (self.clone(), execution.clone());
        let task = tokio::spawn(async move {
            // Dropped with this task, which ends when the last member leaves.
            let mut loops = JoinSet::new();
            for (at, events) in events.into_iter().enumerate() {
                loops.spawn(serve_shard(hub.clone(), running.clone(), at, events));
            }
            let end = AssertUnwindSafe(running.run(responses)).catch_unwind().await.unwrap_or_else(|_| internal());
            // Whoever comes from here on begins anew; whoever came before is told.
            running.forget(&mut hub.0.lock());
            running.tell(&end).await;
            running.progress.started();
            while loops.join_next().await.is_some() {}
        });
        let _ = execution.task.set(task.abort_handle());
        execution
    }

    /// Takes a member out.
    pub fn leave(&self, place: &Place) {
        let Place { execution, shard, at } = place;
        execution.shards[*shard].members.lock().remove(*at);
        let mut executions = self.0.lock();
        if execution.members.fetch_sub(1, Ordering::Relaxed) == 1 {
            execution.forget(&mut executions);
            if let Some(task) = execution.task.get() {
                task.abort();
            }
        }
    }

    /// Ends a member's operation, unless its id is in use for something else by now.
    fn end(&self, member: &Member, place: &Place, end: &End) {
        let is_this = |operation: &Operation| matches!(operation, Operation::Shared(known) if known.is(place));
        let mut operations = member.socket.operations();
        if operations.get(&member.id).is_some_and(is_this) {
            operations.remove(&member.id);
            drop(operations);
            member.socket.end_operation(&member.id, end.0.as_deref());
            self.leave(place);
        }
    }
}

impl Place {
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.execution, &other.execution) && (self.shard, self.at) == (other.shard, other.at)
    }
}

impl Execution {
    /// Executes until the stream ends, and hands each event to the shards; how it ended.
    async fn run(&self, mut responses: BoxStream<'static, Response>) -> Event {
        let mut number = 0;
        while let Some(response) = responses.next().await {
            number += 1;
            // A failure before it listens is one of the operation as a whole; later ones pass.
            if !self.progress.has_begun() && response.data == Value::Null && !response.errors.is_empty() {
                return Event::End(End::with(&response.errors));
            }
            let cursor = self.progress.cursor();
            let response = match cursor {
                Some(cursor) => response.extension("cursor", cursor.to_string().into()),
                None => response.extension("sequence", number.into()),
            };
            let payload = json(&response);
            *self.latest.lock() = (number, (self.loss == Loss::ButTheLatest).then(|| payload.clone()));
            self.progress.started();
            let since = self.progress.0.since.lock().take();
            self.tell(&Event::Next { number, payload, cursor, since }).await;
        }
        Event::End(End(None))
    }

    async fn tell(&self, event: &Event) {
        for shard in &self.shards {
            let _ = shard.events.send(event.clone()).await;
        }
    }

    /// Whoever comes from here on begins anew.
    fn forget(&self, executions: &mut HashMap<Arc<str>, Arc<Self>>) {
        if executions.get(&self.key).is_some_and(|known| std::ptr::eq(&raw const **known, self)) {
            executions.remove(&self.key);
        }
    }

    /// Adds a member; how it ended if the execution has.
    fn join(self: &Arc<Self>, socket: &Arc<Socket>, id: &str) -> Option<End> {
        // Any spread will do; the addresses of sockets are as good as random.
        let shard = (Arc::as_ptr(socket).addr() / size_of::<Socket>()) % self.shards.len();
        // Before the first event reaches it, which may end it.
        let mut operations = socket.operations();
        let mut members = self.shards[shard].members.lock();
        let (seen, latest) = self.latest.lock().clone();
        let member = Member::new(socket, id, seen);
        let head = member.head();
        let at = match members.add(member) {
            Ok(at) => at,
            Err(end) => return Some(end),
        };
        operations.insert(id.into(), Operation::Shared(Place { execution: self.clone(), shard, at }));
        drop(operations);
        if let Some(latest) = latest {
            socket.offer_latest(&head, &latest, &mut Vec::new());
        }
        None
    }
}

/// Offers each event to one member after the other.
async fn serve_shard(hub: Hub, execution: Arc<Execution>, shard: usize, mut events: mpsc::Receiver<Event>) {
    let mut frame = Vec::new();
    while let Some(event) = events.recv().await {
        let mut from = 0;
        loop {
            let (ended, places) =
                execution.shards[shard].members.lock().offer((from, AT_ONCE), (&event, execution.loss), &mut frame);
            for (at, member, end) in ended {
                hub.end(&member, &Place { execution: execution.clone(), shard, at }, &end);
            }
            from += AT_ONCE;
            if from >= places {
                if let Event::Next { since: Some(since), .. } = &event
                    && places > 0
                {
                    measure_push(execution.loss, *since);
                }
                break;
            }
            yield_now().await;
        }
        if matches!(event, Event::End(_)) {
            return;
        }
    }
}

/// Measures how long something was on its way until the last one had it.
pub fn measure_push(loss: Loss, since: Instant) {
    let what = match loss {
        Loss::ButTheLatest => "statistics",
        Loss::Nothing => "anomalies",
    };
    metrics::histogram!("wattline_push_seconds", "what" => what).record(since.elapsed());
}

/// How an execution ends that panicked; the log has the reason.
fn internal() -> Event {
    let error = Error::Internal("an execution panicked".to_owned());
    Event::End(End::with_error(&error.public_message(), &serde_json::json!({"code": error.code()})))
}

#[cfg(test)]
mod tests {
    use async_graphql::ServerError;

    use super::*;
    use crate::push::Format;

    #[tokio::test]
    async fn whoever_shares_an_execution_that_panics_is_told() {
        let (socket, pieces) = Socket::response(Format::SharedEventStream);
        let events = futures_util::stream::once(async { Response::new(Value::Null) });
        let panics = futures_util::stream::once(async { panic!("a fault of ours") });
        let hub = Hub::default();
        hub.subscribe(&socket, "1", "key", Loss::Nothing, |_| events.chain(panics).boxed()).await;
        let told = pieces.filter_map(async |piece| String::from_utf8(piece.ok()?).ok()).take(3);
        let told: String = told.collect::<Vec<_>>().await.concat();
        assert!(told.contains("\"data\":null") && told.contains("INTERNAL"), "{told}");
        assert!(told.ends_with("event: complete\ndata: {\"id\":\"1\"}\n\n"), "{told}");
        assert!(!hub.has("key"), "the next one begins anew");
    }

    #[tokio::test]
    async fn who_listens_outlives_a_read_that_fails() {
        // A first event that is an error, and another one, to somebody who listens by then or does not.
        let told = async |listens: bool, pieces: usize| {
            let (socket, all) = Socket::response(Format::SharedEventStream);
            let failed = Response::from_errors(vec![ServerError::new("it is away", None)]);
            let events = futures_util::stream::iter([failed, Response::new(Value::Boolean(true))]);
            let execute = |progress: Progress| {
                if listens {
                    progress.started();
                }
                events.boxed()
            };
            Hub::default().subscribe(&socket, "1", "key", Loss::Nothing, execute).await;
            let told = all.filter_map(async |piece| String::from_utf8(piece.ok()?).ok()).take(pieces);
            told.collect::<Vec<_>>().await.concat()
        };
        let (goes_on, ends) = (told(true, 3).await, told(false, 2).await);
        assert!(goes_on.contains("it is away") && goes_on.contains("true"), "{goes_on}");
        assert!(ends.contains("it is away") && ends.contains("event: complete"), "{ends}");
    }
}
