//! From anomalies and what becomes of them to alerts: who is to be told, and when at the earliest.

use entity::alert::{Event, Status};
use entity::anomaly::{Source, Status as AnomalyStatus};
use entity::anomaly_change::What;
use entity::{
    AlertId, AnomalyId, ContactPointId, alert, anomaly, anomaly_change, contact_point, notification_rule, site,
};
use jiff::tz::TimeZone;

use super::Notification;
use crate::domain::instant::minute_of_week;
use crate::domain::schedule::is_within;
use crate::error::Result;
use crate::store::{AnomalyFilter, AnomalyOrder, Page};

const ANOMALIES: &str = "notify anomalies";
const CHANGES: &str = "notify changes";
/// Rows read at once.
const ROWS: u64 = 500;

impl Notification {
    /// Writes down who is to be told of the next anomalies and changes; whether there may be more of them.
    pub(super) async fn plan(&mut self) -> Result<bool> {
        let (anomaly_at, change_at) = (self.store.bookmark(ANOMALIES).await?, self.store.bookmark(CHANGES).await?);
        let page = |after| Page { after: Some(after), before: None, limit: ROWS, from_end: false };
        let all = AnomalyFilter::default();
        // Changes first: the anomaly of each of them is then among those read, or was before.
        let changes = self.store.anomaly_changes(&all, page(change_at)).await?;
        let found = self.store.anomalies(&all, AnomalyOrder::Found, page(anomaly_at)).await?;
        if changes.is_empty() && found.is_empty() {
            return Ok(false);
        }
        let is_full = |rows: usize| rows as u64 == ROWS;
        // Where there are more anomalies, changes may be of those that come later.
        let changes = if is_full(found.len()) { Vec::new() } else { changes };
        let (rules, sites) = (self.rules().await?, self.store.sites().await?);
        let (added, cancelled) = self.alerts_for(&found, &changes, &rules, &sites).await?;
        let transaction = self.store.begin_write().await?;
        self.lease.check(&transaction).await?;
        transaction.insert_alerts(added).await?;
        transaction.settle_alerts(&cancelled, Status::Cancelled, None).await?;
        if let Some(last) = found.last() {
            transaction.set_bookmark(ANOMALIES, last.id.0).await?;
        }
        if let Some(last) = changes.last() {
            transaction.set_bookmark(CHANGES, last.id.0).await?;
        }
        transaction.commit().await?;
        Ok(is_full(found.len()) || is_full(changes.len()))
    }

    /// The rules in force, with those of their contact points that are.
    async fn rules(&self) -> Result<Vec<notification_rule::Model>> {
        let in_force: Vec<ContactPointId> = enabled(self.store.contact_points().await?);
        let mut rules = self.store.notification_rules().await?;
        rules.retain(|rule| rule.is_enabled);
        for rule in &mut rules {
            rule.contact_point_ids.0.retain(|id| in_force.contains(id));
        }
        Ok(rules)
    }

    /// Whether another system has reported it long after its end.
    fn was_long_over(&self, anomaly: &anomaly::Model) -> bool {
        let told_until_ms = anomaly.detected_at_ms - self.settings.quiet_after_ms;
        anomaly.source == Source::External && anomaly.ended_at_ms.is_some_and(|ended_ms| ended_ms < told_until_ms)
    }

    /// New alerts, and waiting ones that nobody needs to be told any more.
    async fn alerts_for(
        &self,
        found: &[anomaly::Model],
        changes: &[anomaly_change::Model],
        rules: &[notification_rule::Model],
        sites: &[site::Model],
    ) -> Result<(Vec<alert::Model>, Vec<AlertId>)> {
        let mut added = Vec::new();
        let is_told = |anomaly: &&anomaly::Model| !anomaly.is_quiet && !self.was_long_over(anomaly);
        let is_new = |anomaly: &&anomaly::Model| is_told(anomaly) && anomaly.status == AnomalyStatus::Open;
        for anomaly in found.iter().filter(is_new) {
            added.extend(opened(anomaly, anomaly.detected_at_ms, rules, sites));
        }
        let ids: Vec<AnomalyId> = changes.iter().map(|change| change.anomaly_id).collect();
        let (known, anomalies) = (self.store.alerts_of(&ids).await?, self.store.anomalies_by_id(&ids).await?);
        let of_change =
            |change: &anomaly_change::Model| anomalies.iter().find(|anomaly| anomaly.id == change.anomaly_id);
        let mut cancelled = Vec::new();
        for change in changes {
            // Those of this step are not stored yet: whether they are told is decided when they are due.
            let of_anomaly = || known.iter().filter(|alert| alert.anomaly_id == Some(change.anomaly_id));
            match change.what {
                What::Escalated | What::Announced => {
                    let Some(anomaly) = of_change(change).filter(is_told) else { continue };
                    let told = of_anomaly().filter(|alert| is(alert, Event::Opened, Status::Told));
                    added.extend(told.map(|alert| follow_up(alert, Event::Escalated, change)));
                    let first: Vec<_> = of_anomaly().filter(|alert| alert.event == Event::Opened).collect();
                    let is_seen = anomaly.status == AnomalyStatus::Acknowledged;
                    let news = opened(anomaly, change.at_ms, rules, sites);
                    for new in news {
                        let first = first.iter().find(|alert| alert.contact_point_id == new.contact_point_id);
                        let Some(worse) = worse(new, first.copied(), is_seen, change) else { continue };
                        cancelled.extend(first.filter(|alert| alert.status == Status::Waiting).map(|alert| alert.id));
                        added.push(worse);
                    }
                }
                What::Ended => {
                    // Of what Wattline finds itself the time of its end decides, when the alert is due.
                    let is_external = of_change(change).is_some_and(|anomaly| anomaly.source == Source::External);
                    let is_early = |alert: &alert::Model| {
                        let is_of_it = alert.anomaly_id == Some(change.anomaly_id);
                        is_external && is_of_it && change.at_ms < alert.due_at_ms
                    };
                    added.retain(|alert| !is_early(alert));
                    let waiting = of_anomaly().filter(|alert| alert.status == Status::Waiting && is_early(alert));
                    cancelled.extend(waiting.map(|alert| alert.id));
                    let told = of_anomaly().filter(|alert| alert.event.is_alarm() && alert.status == Status::Told);
                    let told = told.filter(|alert| alert.tells_recovery);
                    // With a note somebody has ended it, and the machine may be as odd as before.
                    if change.note.is_none() {
                        added.extend(told.map(|alert| follow_up(alert, Event::Recovered, change)));
                    }
                }
                What::Acknowledged | What::Resolved | What::Dismissed => {
                    let is_of_it = |alert: &alert::Model| alert.anomaly_id == Some(change.anomaly_id);
                    added.retain(|alert| !(is_of_it(alert) && alert.event.is_alarm()));
                    let waiting = of_anomaly().filter(|alert| alert.status == Status::Waiting);
                    cancelled.extend(waiting.map(|alert| alert.id));
                }
                What::Reopened | What::Commented => {}
            }
        }
        Ok((added, cancelled))
    }
}

pub(super) fn enabled(contact_points: Vec<contact_point::Model>) -> Vec<ContactPointId> {
    contact_points.into_iter().filter(|to| to.is_enabled).map(|to| to.id).collect()
}

fn is(alert: &alert::Model, event: Event, status: Status) -> bool {
    alert.event == event && alert.status == status
}

/// An alert of an anomaly for everybody who is to be told of it.
fn opened(
    anomaly: &anomaly::Model,
    at_ms: i64,
    rules: &[notification_rule::Model],
    sites: &[site::Model],
) -> Vec<alert::Model> {
    let zone =
        sites.iter().find(|site| site.id == anomaly.site_id).and_then(|site| TimeZone::get(&site.time_zone).ok());
    let minute = minute_of_week(at_ms, &zone.unwrap_or(TimeZone::UTC));
    let applies = |rule: &&notification_rule::Model| {
        anomaly.severity >= rule.severity
            && rule.site_id.is_none_or(|site| site == anomaly.site_id)
            && rule.machine_ids.as_ref().is_none_or(|ids| ids.0.contains(&anomaly.machine_id))
            && rule.kinds.as_ref().is_none_or(|kinds| kinds.0.contains(&anomaly.kind))
            && rule.hours.as_ref().is_none_or(|hours| is_within(hours, minute))
    };
    let mut alerts = Vec::new();
    for rule in rules.iter().filter(applies) {
        let due_at_ms = at_ms + i64::from(rule.grace_s) * 1000;
        let alert = |to: &ContactPointId| alert::Model {
            id: AlertId(0),
            contact_point_id: *to,
            key: key(anomaly.id, "opened"),
            event: Event::Opened,
            anomaly_id: Some(anomaly.id),
            budget_id: None,
            message: None,
            created_at_ms: at_ms,
            due_at_ms,
            gathered_at_ms: due_at_ms + i64::from(rule.gather_s) * 1000,
            put_off_until_ms: None,
            digest_ms: i64::from(rule.digest_s) * 1000,
            tells_recovery: rule.tells_recovery,
            status: Status::Waiting,
            delivery_id: None,
        };
        alerts.extend(rule.contact_point_ids.0.iter().map(alert));
    }
    alerts
}

/// What of this alert is to be said where an anomaly got worse, besides to those who were told it: by the `first` alert of
/// it to the same contact point, and whether somebody has acknowledged it.
fn worse(
    new: alert::Model,
    first: Option<&alert::Model>,
    is_seen: bool,
    change: &anomaly_change::Model,
) -> Option<alert::Model> {
    match first {
        Some(first) if first.status == Status::Told => None,
        // Who waits for the first word will hear how bad it is by then.
        Some(first) if first.status == Status::Waiting && !is_seen => None,
        None if !is_seen => Some(new),
        // Who was spared it is told that it is worse than that.
        _ => Some(follow_up(&new, Event::Escalated, change)),
    }
}

/// What came after an alert that was told.
fn follow_up(told: &alert::Model, event: Event, change: &anomaly_change::Model) -> alert::Model {
    let what = if event == Event::Escalated { "escalated" } else { "recovered" };
    alert::Model {
        id: AlertId(0),
        key: format!("{} {}", key(change.anomaly_id, what), change.id),
        event,
        created_at_ms: change.at_ms,
        due_at_ms: change.at_ms,
        gathered_at_ms: change.at_ms + told.gathered_at_ms - told.due_at_ms,
        put_off_until_ms: None,
        status: Status::Waiting,
        delivery_id: None,
        ..told.clone()
    }
}

/// What an alert of an anomaly is known by.
fn key(anomaly: AnomalyId, what: &str) -> String {
    format!("anomaly {anomaly} {what}")
}
