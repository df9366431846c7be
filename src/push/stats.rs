//! The sixteen statistics, computed once for everyone who asks.
//!
//! A tick computes one snapshot for each site that is watched. It comes on a fixed grid of the wall clock; when one
//! takes longer than the interval, those it missed are left out and counted, never made up for.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use entity::machine::{Carrier, Unit};
use entity::{SiteId, site};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::{Mutex, OnceCell, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_stream::wrappers::WatchStream;
use tracing::{Instrument, debug_span};

use crate::clock::Clock;
use crate::codes::Code;
use crate::domain::demand::{Demand, Quarters, demand};
use crate::domain::instant::zone_of;
use crate::domain::reading::MAX_AHEAD_MS;
use crate::domain::statistics::{Rates, SystemStats, system_stats};
use crate::error::{Error, Result};
use crate::store::Store;

/// The statistics of one site at one instant.
#[derive(Debug)]
pub struct Snapshot {
    /// The sixteen.
    pub stats: SystemStats,
    /// The site.
    pub site: site::Model,
    /// When their computation began.
    pub begun: Instant,
    demand: OnceCell<Demand>,
    frame: OnceLock<Arc<str>>,
}

impl Snapshot {
    /// The text that goes to every plain socket, made by whoever needs it first.
    pub fn frame(&self, make: impl FnOnce(&Self) -> String) -> Arc<str> {
        self.frame.get_or_init(|| make(self).into()).clone()
    }
}

/// What watchers get: a snapshot, or why there is none.
type Shared = Result<Arc<Snapshot>>;

/// Computes and shares statistics. Clones share.
#[derive(Clone, Debug)]
pub struct StatsHub {
    store: Store,
    clock: Clock,
    rates: Rates,
    interval: Duration,
    sites: Arc<Mutex<BTreeMap<SiteId, Arc<Site>>>>,
}

#[derive(Debug)]
struct Site {
    ticks: watch::Sender<Option<Shared>>,
    latest: Mutex<Option<(Instant, Shared)>>,
}

impl StatsHub {
    /// A hub that ticks every `interval`.
    #[must_use]
    pub fn new(store: Store, clock: Clock, rates: Rates, interval: Duration) -> Self {
        Self { store, clock, rates, interval, sites: Arc::default() }
    }

    /// The whole second of an instant, ms since the epoch. Instants further ahead than a reading may be are refused
    /// (`AS_OF_IN_FUTURE`).
    pub fn whole_second(&self, as_of_ms: i64) -> Result<i64> {
        if as_of_ms > self.clock.now_ms() + MAX_AHEAD_MS {
            return Err(Error::invalid(Code::AsOfInFuture, "asOf lies in the future: nothing is known of it yet"));
        }
        Ok(as_of_ms.div_euclid(1000) * 1000)
    }

    /// The statistics at the whole second of an instant, as [`StatsHub::whole_second`] takes it.
    pub async fn at(&self, site: SiteId, as_of_ms: i64) -> Shared {
        let (as_of_ms, begun) = (self.whole_second(as_of_ms)?, Instant::now());
        let site = self.store.site(site).await?;
        metrics::counter!("wattline_statistics_computed_total").increment(1);
        let facts = self.store.statistics(site.id, (Carrier::Electricity, Unit::Kwh), as_of_ms);
        let facts = self.store.in_time(facts).instrument(debug_span!("statistics", site = %site.id)).await?;
        let stats = system_stats(&facts, self.rates);
        Ok(Arc::new(Snapshot { stats, site, begun, demand: OnceCell::new(), frame: OnceLock::new() }))
    }

    /// The site's demand at the snapshot's instant, computed when somebody asks for it, once for all who do.
    pub async fn demand<'a>(&self, snapshot: &'a Snapshot) -> Result<&'a Demand> {
        let compute = async || {
            let zone = zone_of(&snapshot.site)?;
            let as_of_ms = snapshot.stats.as_of_ms;
            let quarters = Quarters::until(as_of_ms, &zone)?;
            let facts = self.store.demand(snapshot.site.id, as_of_ms, &quarters.edges);
            Ok(demand(&self.store.in_time(facts).await?, &quarters))
        };
        snapshot.demand.get_or_try_init(compute).await
    }

    /// The statistics now. Of many who ask at once, each gets a computation that began after it asked, and few are made.
    pub async fn now(&self, site: SiteId) -> Shared {
        let asked = Instant::now();
        let shared = self.site(site).await;
        let mut latest = shared.latest.lock().await;
        if let Some((begun, snapshot)) = &*latest
            && *begun > asked
        {
            return snapshot.clone();
        }
        let begun = Instant::now();
        let snapshot = self.at(site, self.clock.now_ms()).await;
        *latest = Some((begun, snapshot.clone()));
        snapshot
    }

    /// The statistics now, and then those of each tick; a watcher that does not keep up gets the latest.
    pub async fn watch(&self, site: SiteId) -> impl Stream<Item = Shared> + Send + use<> {
        let ticks = WatchStream::from_changes(self.site(site).await.ticks.subscribe());
        let first = self.now(site).await;
        stream::iter([first]).chain(ticks.filter_map(|tick| async { tick }))
    }

    async fn site(&self, id: SiteId) -> Arc<Site> {
        let site = || Arc::new(Site { ticks: watch::Sender::new(None), latest: Mutex::default() });
        self.sites.lock().await.entry(id).or_insert_with(site).clone()
    }

    /// One tick: computes for each watched site, and lets go of those that nobody watches any more.
    pub async fn step(&self) {
        let watched: Vec<_> = {
            let mut sites = self.sites.lock().await;
            sites.retain(|_, site| site.ticks.receiver_count() > 0 || Arc::strong_count(site) > 1);
            sites.iter().map(|(id, site)| (*id, site.clone())).collect()
        };
        for (id, site) in watched.into_iter().filter(|(_, site)| site.ticks.receiver_count() > 0) {
            let snapshot = self.now(id).await;
            if let Err(error) = &snapshot
                && error.is_ours()
            {
                tracing::error!(code = %error.code(), %error, "statistics could not be computed");
            }
            site.ticks.send_replace(Some(snapshot));
        }
    }

    /// Ticks for ever.
    pub async fn run(self) {
        let mut ticks = interval_at(Instant::now() + until_next(self.interval, self.clock.now_ms()), self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut last: Option<Instant> = None;
        loop {
            let tick = ticks.tick().await;
            let skipped = last.map_or(0, |last| missed_between(last, tick, self.interval));
            metrics::counter!("wattline_ticks_skipped_total").increment(skipped);
            last = Some(tick);
            let begun = Instant::now();
            self.step().await;
            metrics::histogram!("wattline_tick_seconds").record(begun.elapsed());
        }
    }
}

/// Until the next multiple of the interval since the epoch.
fn until_next(interval: Duration, now_ms: i64) -> Duration {
    let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
    Duration::from_millis((interval_ms - now_ms.rem_euclid(interval_ms)).unsigned_abs())
}

/// Ticks of the grid strictly between two that came. They come up to a millisecond late, which is no tick missed.
fn missed_between(last: Instant, tick: Instant, interval: Duration) -> u64 {
    let intervals = (tick - last + interval / 2).as_nanos() / interval.as_nanos().max(1);
    u64::try_from(intervals.saturating_sub(1)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_on_the_grid_and_missed_ones_are_counted() {
        let five = Duration::from_secs(5);
        assert_eq!(until_next(five, 1_795_507_203_250), Duration::from_millis(1750));
        assert_eq!(until_next(five, 1_795_507_200_000), five);
        let last = Instant::now();
        for (later_ms, missed) in [(4_999, 0), (5_001, 0), (10_000, 1), (25_001, 4)] {
            assert_eq!(missed_between(last, last + Duration::from_millis(later_ms), five), missed, "{later_ms}");
        }
    }
}
