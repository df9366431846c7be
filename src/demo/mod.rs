//! `wattline demo`: a simulated plant that sends its readings through the one write path, like a real one.
//!
//! The plant is a function of seed and time, so nothing needs to be remembered: what the database lacks can be told
//! from what it holds, and a demo that was stopped goes on with the very same plant. History is written newest first,
//! so that the windows of the first page fill before the totals. Where a register stands is no such function: it goes
//! on from the last stored value, and history is counted back from there.

mod faults;
mod load;
mod noise;
mod plant;
mod registers;

use std::time::Duration;

use entity::anomaly::Severity;
use entity::machine::Unit;
use entity::{SiteId, machine};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

pub use faults::{Fault, FaultKind};
pub use plant::{DemoMachine, MACHINES, Plant, Sample, Sends};

use crate::anomalies::{self, Reported};
use crate::clock::Clock;
use crate::codes::Code;
use crate::domain::instant::zone_of;
use crate::domain::reading::Values;
use crate::error::{Error, Result};
use crate::graphql::Rooms;
use crate::ingest::{Batch, MachineRef};
use crate::store::{AnomalyFilter, MachineFilter, NewMachine, Page, Store};
use registers::Registers;

const HOUR_MS: i64 = 3_600_000;
/// Readings are sent on whole seconds.
const SECOND_MS: i64 = 1000;
/// How long to wait after the database refused a batch, and at least between two batches when time runs fast.
const RETRY: Duration = Duration::from_secs(1);
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// Which plant, and how much of its past.
#[derive(Clone, Copy, Debug)]
pub struct DemoSettings {
    /// Days of history to write behind the live readings.
    pub history_days: u32,
    /// The plant: the same seed gives the same one.
    pub seed: u64,
    /// Whether the plant reports its faults itself: where nobody else finds them.
    pub reports_faults: bool,
}

/// Starts a plant in a server that has none; clones start the same one.
#[derive(Clone, Debug)]
pub struct Starter(mpsc::Sender<DemoSettings>);

/// What waits for a [`Starter`].
#[derive(Debug)]
pub struct Waiting(mpsc::Receiver<DemoSettings>);

/// A starter, and what waits for it.
#[must_use]
pub fn starter() -> (Starter, Waiting) {
    let (sender, receiver) = mpsc::channel(1);
    (Starter(sender), Waiting(receiver))
}

impl Starter {
    /// Lets the plant send until the server ends. Refused where any machine is registered (`INVALID_INPUT`): simulated
    /// readings must not get among real ones.
    pub async fn start(&self, store: &Store, settings: DemoSettings) -> Result<()> {
        let refused = |message: &str| Err(Error::invalid(Code::InvalidInput, message));
        if store.count_machines(&MachineFilter::default()).await? > 0 {
            return refused("a simulated plant is for an empty database, and this one has machines");
        }
        match self.0.try_send(settings) {
            Ok(()) => Ok(()),
            Err(_) => refused("the simulated plant is started already"),
        }
    }
}

impl Waiting {
    /// Runs the plant once it is started.
    pub async fn run(mut self, rooms: Rooms) {
        match self.0.recv().await {
            Some(settings) => run(rooms, settings).await,
            None => std::future::pending().await,
        }
    }
}

/// The clock of a demo: it starts now, or where the database's readings end if a faster demo has left some in the
/// future. A database with other machines is refused: simulated readings must not get among real ones.
pub async fn clock(store: &Store, speed: f64) -> Result<Clock> {
    let machines = store.machines(&MachineFilter::default(), page(1000)).await?;
    if let Some(real) = machines.iter().find(|machine| MACHINES.iter().all(|demo| demo.name != machine.name)) {
        let message =
            format!("the database holds a plant ({}): give the demo one of its own with --database", real.name);
        return Err(Error::Config(message));
    }
    let ids: Vec<_> = machines.iter().map(|machine| machine.id).collect();
    let last_ms = store.latest_readings(&ids).await?.iter().map(|reading| reading.time_ms).max();
    let now_ms = Clock::system().now_ms();
    Ok(Clock::scaled(last_ms.map_or(now_ms, |last_ms| now_ms.max(last_ms)), speed))
}

/// Registers the plant's machines and sends their readings for as long as it is polled: live ones at once, and the
/// history behind them.
pub async fn run(rooms: Rooms, settings: DemoSettings) {
    let sender = loop {
        match Sender::new(rooms.clone(), settings).await {
            Ok(sender) => break sender,
            Err(error) => wait_after(&error).await,
        }
    };
    let now_ms = rooms.clock.now_ms() / SECOND_MS * SECOND_MS;
    let registers = loop {
        match sender.registers(now_ms).await {
            Ok(registers) => break registers,
            Err(error) => wait_after(&error).await,
        }
    };
    tokio::join!(sender.write_history(settings.history_days, now_ms, registers), sender.go_live(now_ms, registers));
}

/// The plant and where its readings go.
#[derive(Clone, Debug)]
struct Sender {
    rooms: Rooms,
    plant: Plant,
    site_id: SiteId,
    /// As in [`MACHINES`].
    machines: Vec<machine::Model>,
    reports_faults: bool,
}

impl Sender {
    async fn new(rooms: Rooms, settings: DemoSettings) -> Result<Self> {
        let site = rooms.store.site_by_name(None).await?;
        let zone = zone_of(&site)?;
        let mut machines = Vec::with_capacity(MACHINES.len());
        for of_demo in &MACHINES {
            machines.push(registered(&rooms.store, site.id, of_demo).await?);
        }
        let DemoSettings { seed, reports_faults, .. } = settings;
        Ok(Self { rooms, plant: Plant::new(seed, zone), site_id: site.id, machines, reports_faults })
    }

    /// The registers at `at_ms`, counted on from the last stored ones.
    async fn registers(&self, at_ms: i64) -> Result<Registers> {
        let (plant, machines) = (self.plant.clone(), self.machines.clone());
        let ids: Vec<_> = machines.iter().map(|machine| machine.id).collect();
        let last = self.rooms.store.latest_readings(&ids).await?;
        computed(move || Registers::found(&plant, &machines, &last, at_ms)).await
    }

    /// Writes the clock hours before `end_ms` that are not there yet, newest first; `registers` are those at `end_ms`.
    async fn write_history(&self, days: u32, end_ms: i64, mut registers: Registers) {
        let hours = i64::from(days) * 24;
        let bar = progress_bar(hours + 1);
        for hour in 0..=hours {
            let to_ms = end_ms.div_euclid(HOUR_MS) * HOUR_MS + HOUR_MS - hour * HOUR_MS;
            let (from_ms, to_ms) = (to_ms - HOUR_MS, to_ms.min(end_ms));
            registers = loop {
                match self.write_if_missing(from_ms, to_ms, registers).await {
                    Ok(earlier) => break earlier,
                    Err(error) => wait_after(&error).await,
                }
            };
            bar.inc(1);
        }
        // Told in the order in which they happened, although the readings came newest first.
        while let Err(error) = self.report_faults(end_ms - (hours + 1) * HOUR_MS, end_ms).await {
            wait_after(&error).await;
        }
        bar.finish_and_clear();
        tracing::info!(days, "the history is written");
    }

    /// A batch is stored whole or not at all, so the first machine's readings speak for the others. `registers` are
    /// those at `to_ms`; returns those at `from_ms`.
    async fn write_if_missing(&self, from_ms: i64, to_ms: i64, registers: Registers) -> Result<Registers> {
        let stored = self.rooms.store.readings(&[self.machines[0].id], (from_ms, to_ms), page(3600)).await?.len();
        let plant = self.plant.clone();
        let (expected, earlier) = computed(move || {
            let times = (from_ms / SECOND_MS + 1..=to_ms / SECOND_MS).map(|second| second * SECOND_MS);
            let expected = times.filter(|&ms| plant.sample(0, ms).is_some()).count();
            (expected, registers.earlier(&plant, from_ms, to_ms))
        })
        .await?;
        if stored < expected {
            self.write(from_ms, to_ms, earlier).await?;
        }
        Ok(earlier)
    }

    /// Sends what falls due, second by second, from `from_ms` on; `registers` are those at `from_ms`.
    async fn go_live(&self, mut from_ms: i64, mut registers: Registers) {
        loop {
            let now_ms = self.rooms.clock.now_ms();
            let to_ms = (now_ms / SECOND_MS * SECOND_MS).min(from_ms + HOUR_MS);
            if to_ms > from_ms {
                match self.write_and_report(from_ms, to_ms, registers).await {
                    Ok(later) => (from_ms, registers) = (to_ms, later),
                    Err(error) => wait_after(&error).await,
                }
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "at most a second")]
            let due_in_s = (from_ms + SECOND_MS - now_ms) as f64 / 1000.0 / self.rooms.clock.speed();
            tokio::time::sleep(Duration::from_secs_f64(due_in_s.max(0.0)).max(SHORTEST_PAUSE)).await;
        }
    }

    async fn write_and_report(&self, from_ms: i64, to_ms: i64, registers: Registers) -> Result<Registers> {
        let later = self.write(from_ms, to_ms, registers).await?;
        self.report_faults(from_ms, to_ms).await?;
        Ok(later)
    }

    /// Stores the readings of `from_ms < time <= to_ms`, given the registers at `from_ms`; returns those at `to_ms`.
    async fn write(&self, from_ms: i64, to_ms: i64, registers: Registers) -> Result<Registers> {
        let batch = batch(self.site_id, self.plant.clone(), from_ms, to_ms, registers);
        let (batch, later) = computed(batch).await?;
        self.rooms.ingest.record(batch).await?;
        Ok(later)
    }

    /// Reports the faults that can be told in `from_ms < time <= to_ms`.
    async fn report_faults(&self, from_ms: i64, to_ms: i64) -> Result<()> {
        if !self.reports_faults {
            return Ok(());
        }
        let plant = self.plant.clone();
        // The longest fault is told three hours after it began at the most.
        let begun = computed(move || plant.faults_between(from_ms - 4 * HOUR_MS, to_ms)).await?;
        for fault in begun.iter().filter(|fault| from_ms < fault.seen_ms && fault.seen_ms <= to_ms) {
            self.report(fault).await?;
        }
        Ok(())
    }

    /// Reports a fault, unless an earlier run has.
    async fn report(&self, fault: &Fault) -> Result<()> {
        let machine = &self.machines[fault.machine];
        let known = AnomalyFilter {
            machine_ids: Some(vec![machine.id]),
            from_ms: Some(fault.begin_ms - 1),
            to_ms: Some(fault.begin_ms),
            ..AnomalyFilter::default()
        };
        if self.rooms.store.count_anomalies(&known).await? > 0 {
            return Ok(());
        }
        let now_ms = self.rooms.clock.now_ms();
        let reported = Reported {
            external_id: None,
            kind: fault.kind.as_str().to_owned(),
            severity: fault.severity,
            started_at_ms: fault.begin_ms,
            ended_at_ms: Some(fault.end_ms).filter(|&end_ms| end_ms <= now_ms),
            value: Some(fault.value_kw),
            expected: Some(fault.expected_kw),
            deviation: Some(fault.value_kw - fault.expected_kw),
            score: Some(if fault.severity == Severity::Critical { 0.95 } else { 0.75 }),
            message: Some(fault.message.clone()),
        };
        anomalies::report(&self.rooms.store, &self.rooms.events, now_ms, machine, reported).await.map(drop)
    }
}

/// The machine of this name, registered if need be.
async fn registered(store: &Store, site_id: SiteId, of_demo: &DemoMachine) -> Result<machine::Model> {
    if let Some(known) = store.machine_by_name(site_id, of_demo.name).await? {
        return Ok(known);
    }
    let new = NewMachine {
        site_id,
        name: of_demo.name.to_owned(),
        kind: of_demo.kind,
        carrier: of_demo.carrier,
        unit: Unit::Kwh,
        rated_power_kw: Some(of_demo.rated_power_kw),
        register_width_kwh: None,
        expected_interval_s: i32::try_from(of_demo.interval_s).map_err(|e| Error::Internal(e.to_string()))?,
    };
    let transaction = store.begin_write().await?;
    let machine = transaction.insert_machine(new).await?;
    transaction.commit().await?;
    Ok(machine)
}

/// Makes the batch of the readings of `from_ms < time <= to_ms`, in the order in which the machines send them, given
/// the registers at `from_ms`; with it come those at `to_ms`.
fn batch(
    site_id: SiteId,
    plant: Plant,
    from_ms: i64,
    to_ms: i64,
    mut registers: Registers,
) -> impl FnOnce() -> (Batch, Registers) {
    move || {
        let mut batch = Batch::new(site_id);
        let mut index = 0;
        for time_ms in (from_ms / SECOND_MS + 1..=to_ms / SECOND_MS).map(|second| second * SECOND_MS) {
            registers = registers.a_second_later(&plant, time_ms);
            for (at, machine) in MACHINES.iter().enumerate() {
                let Some(sample) = plant.sample(at, time_ms) else { continue };
                let values = sent(machine.sends, sample, registers.kwh(at));
                batch.push(index, MachineRef::Name(machine.name.to_owned()), time_ms, values);
                index += 1;
            }
        }
        (batch, registers)
    }
}

/// Of what a meter knows, what it sends.
fn sent(sends: Sends, Sample { power_kw, energy_kwh }: Sample, counter_kwh: f64) -> Values {
    match sends {
        Sends::PowerAndEnergy => Values { power_kw: Some(power_kw), energy_kwh: Some(energy_kwh), ..Values::default() },
        Sends::Power => Values { power_kw: Some(power_kw), ..Values::default() },
        Sends::PowerAndRegister => {
            Values { power_kw: Some(power_kw), counter_kwh: Some(counter_kwh), ..Values::default() }
        }
        Sends::Register => Values { counter_kwh: Some(counter_kwh), ..Values::default() },
    }
}

/// What takes the plant long to compute is computed beside the server's own threads.
async fn computed<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(compute).await.map_err(|e| Error::Internal(e.to_string()))
}

async fn wait_after(error: &Error) {
    tracing::warn!(%error, "the demo tries again in a second");
    tokio::time::sleep(RETRY).await;
}

/// The first rows.
fn page(limit: u64) -> Page {
    Page { after: None, before: None, limit, from_end: false }
}

fn progress_bar(hours: i64) -> ProgressBar {
    let bar = ProgressBar::new(hours.unsigned_abs());
    match ProgressStyle::with_template("history {bar:40} {pos} of {len} hours  {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
