//! Puts the rooms together, runs them, and shuts them down in order: doors first, then the writer, then the database.

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::Access;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::graphql::{self, Rooms};
use crate::http::{Doors, Front};
use crate::ingest::Ingest;
use crate::jobs::detect::Detection;
use crate::jobs::notify::Notification;
use crate::jobs::retention;
use crate::measures;
use crate::messenger::Messenger;
use crate::push::{Feed, Sockets, StatsHub};
use crate::store::Store;

/// How long open requests may take to end once a shutdown was asked for.
const GRACE: Duration = Duration::from_secs(10);
/// How often measured times are folded into their histograms.
const UPKEEP: Duration = Duration::from_secs(5);

/// A running Wattline without its doors.
#[derive(Debug)]
pub struct App {
    /// What there is to call.
    pub rooms: Rooms,
    config: Config,
    tasks: JoinSet<()>,
    writer: JoinSet<()>,
    /// Detection and notification: they are told to stop, and then store how far they got.
    workers: JoinSet<()>,
    stop_workers: CancellationToken,
}

impl App {
    /// Opens the database, brings its schema up to date and starts the tasks.
    pub async fn open(config: Config, clock: Clock) -> Result<Self> {
        let store = Store::open(&config.store()).await?;
        let events = Events::default();
        let (ingest, writer) = Ingest::new(store.clone(), clock.clone(), events.clone(), config.ingest());
        let stats = StatsHub::new(store.clone(), clock.clone(), config.rates(), config.push_interval());
        let anomalies = Feed::new(store.clone(), events.clone());
        let changes = Feed::new(store.clone(), events.clone());
        let access = Access::open(store.clone(), clock.clone(), config.access()?).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(stats.clone().run());
        tasks.spawn(anomalies.clone().run());
        tasks.spawn(changes.clone().run());
        tasks.spawn(access.clone().run());
        tasks.spawn(retention::run(store.clone(), clock.clone(), config.retention()));
        let writer = JoinSet::from_iter([writer.run()]);
        let (mut workers, stop_workers) = (JoinSet::new(), CancellationToken::new());
        if config.detect {
            let detection = Detection::new(store.clone(), clock.clone(), events.clone(), config.detection());
            workers.spawn(detection.run(stop_workers.clone()));
        }
        let messenger = Messenger::new(&config.messenger())?;
        let notification = Notification::new(store.clone(), clock.clone(), messenger.clone(), config.notification());
        workers.spawn(notification.run(stop_workers.clone()));
        let (demo, waiting) = demo::starter();
        let rooms = Rooms { store, clock, ingest, stats, anomalies, changes, events, messenger, demo, access };
        tasks.spawn(waiting.run(rooms.clone()));
        Ok(Self { rooms, config, tasks, writer, workers, stop_workers })
    }

    /// Runs a task as long as the server: when either ends, so does the other.
    pub fn also_run(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Serves until `shutdown` is cancelled. A task that ends by itself ends the server: half a server would look
    /// like a whole one.
    pub async fn serve(mut self, listener: TcpListener, shutdown: CancellationToken) -> Result<()> {
        let schema = graphql::schema(self.rooms.clone(), &self.config);
        let metrics = prometheus()?;
        self.tasks.spawn(keep_up(metrics.clone()));
        let (sockets, plain_sockets) = (Sockets::default(), TaskTracker::new());
        let (rooms, config) = (self.rooms.clone(), self.config.clone());
        let doors =
            Doors::new(rooms, schema, config, metrics, shutdown.clone(), sockets.clone(), plain_sockets.clone())?;
        let front = Front::new(self.config.front(), doors.router(), shutdown.clone())?;
        self.tasks.spawn(front.clone().watch());
        let sockets = tokio::spawn(sockets.run(shutdown.clone()));
        let mut server = tokio::spawn(front.run(listener));
        let outcome = tokio::select! {
            ended = self.tasks.join_next() => Err(Error::Internal(format!("a task ended: {ended:?}"))),
            ended = self.writer.join_next() => Err(Error::Internal(format!("the writer ended: {ended:?}"))),
            Some(ended) = self.workers.join_next() => Err(Error::Internal(format!("a worker ended: {ended:?}"))),
            () = shutdown.cancelled() => Ok(()),
        };
        shutdown.cancel();
        if tokio::time::timeout(GRACE, &mut server).await.is_err() {
            tracing::warn!("requests were still open when the time was up");
            server.abort();
        }
        // Whoever watches is told before the process goes.
        let _ = tokio::time::timeout(GRACE, sockets).await;
        plain_sockets.close();
        let _ = tokio::time::timeout(GRACE, plain_sockets.wait()).await;
        outcome.and(self.close().await)
    }

    /// Waits for what is being written and lets go of the database.
    pub async fn close(mut self) -> Result<()> {
        self.tasks.shutdown().await;
        let Rooms { store, ingest, .. } = self.rooms;
        drop(ingest);
        if tokio::time::timeout(GRACE, self.writer.join_next()).await.is_err() {
            tracing::warn!("the writer was still at work when the time was up");
            self.writer.shutdown().await;
        }
        // After the writer, so that what it wrote last is judged or at least known as not judged.
        self.stop_workers.cancel();
        let stopped = async { while self.workers.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, stopped).await.is_err() {
            tracing::warn!("detection or notification was still at work when the time was up");
            self.workers.shutdown().await;
        }
        store.close().await
    }
}

/// Folds what was measured into its histograms, which otherwise only a scrape does, and counts the tasks.
async fn keep_up(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        metrics.run_upkeep();
        #[expect(clippy::cast_precision_loss, reason = "they are far fewer")]
        let tasks = Handle::current().metrics().num_alive_tasks() as f64;
        metrics::gauge!("wattline_tasks").set(tasks);
    }
}

/// The process's counters; there is one such page however many apps a test opens.
fn prometheus() -> Result<PrometheusHandle> {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets(&[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0])
        .map_err(|e| Error::Internal(e.to_string()))?
        .build_recorder();
    let handle = HANDLE.get_or_init(|| recorder.handle()).clone();
    // Where another app of this process came first, its recorder stays.
    let _ = metrics::set_global_recorder(recorder);
    measures::describe();
    Ok(handle)
}
