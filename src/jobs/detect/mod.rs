//! Detection: judges every stored reading, machine by machine and in the order of their times, and keeps what it finds.
//!
//! It runs behind the write path and reads what is stored, so it can neither slow down a sender nor miss a row. What a
//! detector knows is stored now and then, with the time of the last reading judged; after a restart it goes on from
//! there. Judging the same readings again finds the same anomalies, which are there already. Readings that come late are
//! noted with them in one transaction, and their machine is judged again from before them.

mod book;
mod quiet;
mod watched;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use entity::anomaly::Source;
use entity::{AnomalyChangeId, MachineId, SiteId, late_reading, watch_rule};
use jiff::tz::TimeZone;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

pub use watched::{News, Watched};

use super::lease::Lease;
use quiet::Quiet;
use tracing::{Instrument, debug_span};

use crate::clock::Clock;
use crate::domain::detection::Change;
use crate::domain::instant::zone_of;
use crate::domain::watch::WatchChange;
use crate::error::Result;
use crate::events::Events;
use crate::store::{MachineFilter, Page, Store};

/// Readings judged in one step, before others of the process get their turn.
const ROWS: usize = 5000;
/// Machines read together in one step.
const MACHINES: usize = 1000;
/// The time readings may gather before a step, so that a thousand machines do not make a thousand steps.
const GATHER: Duration = Duration::from_millis(50);
/// How often the database is asked for what other processes stored, and for machines, windows and notes.
const LOOK_AROUND: Duration = Duration::from_secs(5);
/// How long until a failed step is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Before every instant, ms since the epoch; far enough from the end of numbers to reckon with.
const NEVER_MS: i64 = -(1 << 60);

/// How detection goes about it.
#[derive(Clone, Copy, Debug)]
pub struct DetectionSettings {
    /// Time between two checkpoints of a machine, ms: so much is judged again after a crash.
    pub checkpoint_every_ms: i64,
    /// Anomalies found later than this after they showed are kept, but nobody is told, ms.
    pub quiet_after_ms: i64,
    /// How long after the first late reading its machine is judged again from the beginning, ms.
    pub rejudge_after_ms: i64,
}

/// All machines' detectors.
#[derive(Debug)]
pub struct Detection {
    store: Store,
    clock: Clock,
    events: Events,
    settings: DetectionSettings,
    lease: Lease,
    started_ms: i64,
    watched: BTreeMap<MachineId, Watched>,
    /// Machines with readings to judge, and those with so many that they are read one by one.
    waiting: BTreeSet<MachineId>,
    behind: BTreeSet<MachineId>,
    /// Since when there are such.
    waiting_since: Option<Instant>,
    /// Where the last step's reading ended: the next one begins after it.
    turn: MachineId,
    quiet: Quiet,
    rules: Vec<Arc<watch_rule::Model>>,
    dismissal_id: i64,
    looked_around: Option<Instant>,
    found: Vec<(MachineId, News)>,
    /// Machines that were judged again and are up to date now: what is stored of them may say otherwise.
    caught_up: Vec<MachineId>,
    /// Machines that were retired since they were met: what was going on at them is over.
    retired: Vec<MachineId>,
}

impl Detection {
    /// Detection over a database; nothing is read yet.
    #[must_use]
    pub fn new(store: Store, clock: Clock, events: Events, settings: DetectionSettings) -> Self {
        let started_ms = clock.now_ms();
        Self {
            store,
            clock,
            events,
            settings,
            lease: Lease::new("detection"),
            started_ms,
            watched: BTreeMap::new(),
            waiting: BTreeSet::new(),
            behind: BTreeSet::new(),
            waiting_since: None,
            turn: MachineId(0),
            quiet: Quiet::new(settings.quiet_after_ms),
            rules: Vec::new(),
            dismissal_id: 0,
            looked_around: None,
            found: Vec::new(),
            caught_up: Vec::new(),
            retired: Vec::new(),
        }
    }

    /// Judges until it is told to stop, and then stores how far it got.
    pub async fn run(mut self, stop: CancellationToken) {
        let store = self.store.clone();
        while !stop.is_cancelled() {
            match store.in_time(self.step()).instrument(debug_span!("judge")).await {
                Ok(true) => {}
                Ok(false) => {
                    // Whatever is heard of meanwhile is looked at once it has gathered.
                    let heard = timeout(LOOK_AROUND, self.events.readings());
                    tokio::select! {
                        _ = heard => sleep(GATHER).await,
                        () = stop.cancelled() => {}
                    }
                }
                Err(error) => {
                    tracing::error!(code = %error.code(), %error, "readings could not be judged");
                    // What was judged and not stored is judged again from the last checkpoints.
                    self.forget();
                    tokio::select! {
                        () = sleep(RETRY) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
        if let Err(error) = store.in_time(self.close()).await {
            tracing::warn!(code = %error.code(), %error, "some readings will be judged again at the next start");
        }
    }

    /// Judges some of what waits, and stores what it finds; whether more waits.
    pub async fn step(&mut self) -> Result<bool> {
        let now_ms = self.clock.now_ms();
        if !self.lease.keep(&self.store, now_ms).await? {
            self.forget();
            return Ok(false);
        }
        // In this order, so that what was sent after a setting had changed is judged by it.
        let heard_of = self.events.take_machines();
        let new_settings = self.events.take_settings_changed();
        let all_known = heard_of.iter().all(|machine| self.watched.contains_key(machine));
        self.waiting.extend(heard_of);
        if !all_known || new_settings || self.looked_around.is_none_or(|at| at.elapsed() >= LOOK_AROUND) {
            self.look_around(now_ms).await?;
        }
        if self.has_more() {
            self.waiting_since.get_or_insert_with(Instant::now);
        }
        self.judge_waiting().await?;
        self.judge_one_behind().await?;
        let more = self.has_more();
        metrics::gauge!("wattline_machines_to_judge")
            .set(u32::try_from(self.waiting.len() + self.behind.len()).map_or(f64::INFINITY, f64::from));
        self.hear_silence(now_ms);
        self.keep(now_ms).await?;
        let lag = self.waiting_since.map(|since| since.elapsed());
        metrics::gauge!("wattline_detection_lag_seconds").set(lag.unwrap_or_default());
        if let Some(lag) = lag.filter(|_| !more) {
            metrics::histogram!("wattline_detection_seconds").record(lag);
            self.waiting_since = None;
        }
        Ok(more)
    }

    fn has_more(&self) -> bool {
        !self.waiting.is_empty() || !self.behind.is_empty()
    }

    fn forget(&mut self) {
        self.watched.clear();
        self.waiting.clear();
        self.behind.clear();
        self.waiting_since = None;
        metrics::gauge!("wattline_detection_lag_seconds").set(0.0);
        self.found.clear();
        self.quiet.forget();
        self.caught_up.clear();
        self.retired.clear();
        self.lease.forget();
        (self.looked_around, self.dismissal_id) = (None, 0);
    }

    /// Asks the database for what no signal tells: machines, readings that other processes stored, late readings,
    /// windows, dismissals.
    async fn look_around(&mut self, now_ms: i64) -> Result<()> {
        let mut rules = self.store.watch_rules(None).await?;
        rules.retain(|rule| rule.is_enabled);
        let have_rules_changed = rules.iter().ne(self.rules.iter().map(|rule| &**rule));
        if have_rules_changed {
            self.rules = rules.into_iter().map(Arc::new).collect();
        }
        self.meet_machines(have_rules_changed).await?;
        for (machine, last_ms) in self.store.last_times().await? {
            if self.watched.get(&machine).is_some_and(|watched| watched.judged_ms < last_ms) {
                self.waiting.insert(machine);
            }
        }
        self.waiting.retain(|machine| self.watched.contains_key(machine));
        for late in self.store.late_readings().await? {
            self.rewind(&late, now_ms).await?;
        }
        let intervals_ms = self.watched.values().map(|watched| watched.machine.expected_interval_ms());
        self.quiet.look(&self.store, intervals_ms.max().unwrap_or_default(), now_ms).await?;
        for dismissal in self.store.dismissals(AnomalyChangeId(self.dismissal_id)).await? {
            self.dismissal_id = dismissal.id.0;
            if let Some(watched) = self.watched.get_mut(&dismissal.machine_id) {
                watched.dismiss(&dismissal);
            }
        }
        self.looked_around = Some(Instant::now());
        Ok(())
    }

    /// Learns of new machines and of changes of known ones.
    async fn meet_machines(&mut self, have_rules_changed: bool) -> Result<()> {
        let mut zones: BTreeMap<SiteId, TimeZone> = BTreeMap::new();
        for site in self.store.sites().await? {
            zones.insert(site.id, zone_of(&site)?);
        }
        let mut page = Page { after: None, before: None, limit: MACHINES as u64, from_end: false };
        loop {
            self.lease.hold(&self.store, self.clock.now_ms()).await?;
            let machines = self.store.machines(&MachineFilter::default(), page).await?;
            let Some(last) = machines.last() else { return Ok(()) };
            page.after = Some(last.id.0);
            let new: Vec<_> =
                machines.iter().map(|machine| machine.id).filter(|id| !self.watched.contains_key(id)).collect();
            let mut checkpoints: BTreeMap<_, _> =
                self.store.checkpoints(&new).await?.into_iter().map(|row| (row.machine_id, row)).collect();
            for machine in machines {
                let zone = zones.get(&machine.site_id).cloned().unwrap_or(TimeZone::UTC);
                if let Some(watched) = self.watched.get_mut(&machine.id) {
                    if watched.machine.retired_at_ms.is_none() && machine.retired_at_ms.is_some() {
                        self.retired.push(machine.id);
                    }
                    if watched.update(machine, zone) || have_rules_changed {
                        watched.attend(&self.rules);
                    }
                    continue;
                }
                let id = machine.id;
                let checkpoint = checkpoints.remove(&id);
                self.dismissal_id = self.dismissal_id.min(checkpoint.as_ref().map_or(0, |row| row.dismissal_id));
                let met_ms = self.clock.now_ms();
                self.watched.insert(id, Watched::new(machine, zone, &self.rules, checkpoint, met_ms));
                self.behind.insert(id);
            }
        }
    }

    /// Goes back to before a late reading: to the last checkpoint if that is before it, or else to the beginning.
    async fn rewind(&mut self, late: &late_reading::Model, now_ms: i64) -> Result<()> {
        let Some(watched) = self.watched.get_mut(&late.machine_id) else { return Ok(()) };
        let checkpoint = self.store.checkpoints(&[late.machine_id]).await?.pop();
        let from_checkpoint = checkpoint.filter(|checkpoint| checkpoint.time_ms < late.time_ms);
        let is_seen = watched.judged_ms < late.time_ms;
        let (noted_at_ms, after_ms) = (late.noted_at_ms, self.settings.rejudge_after_ms);
        let is_due = now_ms >= noted_at_ms + after_ms && watched.may_be_rejudged(after_ms);
        if !is_seen && from_checkpoint.is_none() && !is_due {
            return Ok(());
        }
        // What comes in while this is under way is noted anew, or read below.
        let transaction = self.store.begin_write().await?;
        self.lease.check(&transaction).await?;
        transaction.delete_late(late.machine_id).await?;
        if !is_seen && from_checkpoint.is_none() {
            transaction.delete_checkpoint(late.machine_id).await?;
        }
        transaction.commit().await?;
        if !is_seen {
            match from_checkpoint {
                Some(checkpoint) => watched.rewind(Some(checkpoint)),
                None => watched.begin_again(),
            }
            self.dismissal_id = self.dismissal_id.min(watched.dismissal_id);
            self.waiting.remove(&late.machine_id);
            self.behind.insert(late.machine_id);
        }
        Ok(())
    }

    /// Judges the new readings of machines that are up to date but for these.
    async fn judge_waiting(&mut self) -> Result<()> {
        let next = self.waiting.range(self.turn..).chain(self.waiting.range(..self.turn));
        let ids: Vec<_> = next.copied().take(MACHINES).collect();
        let Some(&last) = ids.last() else { return Ok(()) };
        let rows_read = self.judge(&ids).await?;
        if rows_read < ROWS {
            for id in &ids {
                self.waiting.remove(id);
            }
            self.turn = MachineId(last.0.saturating_add(1));
            return Ok(());
        }
        // The first one alone may have more than one step can take.
        let first = ids[0];
        self.waiting.remove(&first);
        self.behind.insert(first);
        self.turn = MachineId(first.0.saturating_add(1));
        Ok(())
    }

    /// Judges some readings of one of the machines that have many.
    async fn judge_one_behind(&mut self) -> Result<()> {
        let Some(&machine) = self.behind.first() else { return Ok(()) };
        if self.judge(&[machine]).await? < ROWS {
            self.behind.remove(&machine);
            self.caught_up.push(machine);
            if let Some(watched) = self.watched.get_mut(&machine) {
                watched.has_caught_up();
            }
        }
        Ok(())
    }

    /// Judges the next readings of these machines; how many there were.
    async fn judge(&mut self, machines: &[MachineId]) -> Result<usize> {
        let after = |id: &MachineId| Some((*id, self.watched.get(id)?.judged_ms));
        let mut after: Vec<_> = machines.iter().filter_map(after).collect();
        after.sort_unstable();
        let rows = self.store.readings_after(&after, ROWS).await?;
        for row in &rows {
            let Some(watched) = self.watched.get_mut(&row.machine_id) else { continue };
            self.found.extend(watched.judge(row).into_iter().map(|news| (row.machine_id, news)));
        }
        metrics::counter!("wattline_readings_judged_total").increment(rows.len() as u64);
        Ok(rows.len())
    }

    /// What the clock says of machines that have nothing to be judged.
    fn hear_silence(&mut self, now_ms: i64) {
        for (id, watched) in &mut self.watched {
            if !self.waiting.contains(id) && !self.behind.contains(id) {
                self.found.extend(watched.hear_silence(now_ms, self.started_ms).into_iter().map(|news| (*id, news)));
            }
        }
    }

    /// Stores what was found, and the checkpoints that are due.
    async fn keep(&mut self, now_ms: i64) -> Result<()> {
        let due = |watched: &&mut Watched| watched.is_due(now_ms, self.settings.checkpoint_every_ms);
        let checkpoints: Vec<_> =
            self.watched.values_mut().filter(due).map(|watched| watched.checkpoint(now_ms)).collect();
        // Of what was judged again just now there may be less than was looked up.
        let is_up_to_date =
            |id: &MachineId| !self.waiting.contains(id) && !self.behind.contains(id) && !self.caught_up.contains(id);
        let up_to_date = |id: MachineId| self.watched.get(&id).filter(|_| is_up_to_date(&id));
        let unheard = self.quiet.take_uncovered(&self.store, up_to_date, now_ms).await?;
        let has_news = !self.found.is_empty() || !self.caught_up.is_empty() || !self.retired.is_empty();
        if !has_news && unheard.is_empty() && checkpoints.is_empty() {
            return Ok(());
        }
        let transaction = self.store.begin_write().await?;
        self.lease.check(&transaction).await?;
        let mut book = book::Book::new(&transaction, now_ms);
        for (machine, news) in std::mem::take(&mut self.found) {
            let Some(watched) = self.watched.get_mut(&machine) else { continue };
            let why_quiet =
                |source, instants_ms, at_ms| self.quiet.covers(&watched.machine, source, instants_ms, at_ms, now_ms);
            match news {
                News::Detector(change) => {
                    let why_quiet = match &change {
                        Change::Opened(it) => why_quiet(Source::Detector, it.started_ms..=it.started_ms, it.at_ms),
                        // It may be worked on anew.
                        Change::Grew(it) => why_quiet(Source::Detector, it.started_ms..=it.at_ms, it.at_ms),
                        Change::Closed { .. } => None,
                    };
                    book.enter(watched, change, why_quiet).await?;
                }
                News::Rule(rule, change) => {
                    let why_quiet = match change {
                        WatchChange::Opened { started_ms, at_ms, .. } => {
                            why_quiet(Source::Rule, started_ms..=started_ms, at_ms)
                        }
                        WatchChange::Closed { .. } => None,
                    };
                    book.enter_rule(watched, &rule, change, why_quiet.is_some()).await?;
                }
            }
        }
        for machine in std::mem::take(&mut self.caught_up) {
            if let Some(watched) = self.watched.get_mut(&machine) {
                book.settle(watched).await?;
            }
        }
        for machine in std::mem::take(&mut self.retired) {
            if let Some(watched) = self.watched.get(&machine) {
                book.retire(watched).await?;
            }
        }
        for row in unheard {
            if let Some(watched) = self.watched.get(&row.machine_id) {
                book.announce(watched, row.id).await?;
            }
        }
        let kept = book.kept;
        transaction.save_checkpoints(checkpoints).await?;
        transaction.commit().await?;
        self.events.anomalies().stored(kept.last_anomaly);
        self.events.changes().stored(kept.last_change);
        metrics::counter!("wattline_anomalies_total", "source" => "detector").increment(kept.anomalies);
        Ok(())
    }

    /// Stores all checkpoints and lets another process go on.
    pub async fn close(mut self) -> Result<()> {
        let now_ms = self.clock.now_ms();
        self.watched.values_mut().for_each(Watched::make_due);
        if !self.lease.is_held() {
            return Ok(());
        }
        self.keep(now_ms).await?;
        self.lease.leave(&self.store).await
    }
}
