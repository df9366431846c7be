//! From alerts that have gathered to one message for each contact point.

use std::collections::BTreeMap;

use entity::alert::{Event, Status};
use entity::anomaly::{Severity, Source, Status as AnomalyStatus};
use entity::{
    AlertId, AnomalyId, ContactPointId, DeliveryId, MachineId, alert, anomaly, delivery, machine, maintenance, site,
};
use jiff::tz::TimeZone;

use super::Notification;
use crate::anomalies::{is_early, left_alone_until, shows_in_readings};
use crate::domain::fields::rate_unit;
use crate::domain::global_id::GlobalId;
use crate::domain::instant::{format_in_zone, format_ms};
use crate::domain::message::{Item, TOLD_IN_JSON, message};
use crate::error::Result;
use crate::messenger::new_message_id;
use crate::store::WriteTransaction;

/// Alerts in one message, at most.
const ALERTS: u64 = 10_000;

/// What is put off is looked at so often, ms.
const LOOKS_AGAIN_MS: i64 = 60_000;

/// What becomes of an alert that is due.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Told,
    PutOff,
    Cancelled,
}

/// What the alerts are about.
struct Subjects {
    anomalies: BTreeMap<AnomalyId, anomaly::Model>,
    machines: BTreeMap<MachineId, machine::Model>,
    /// How far those have been judged that were left alone, ms since the epoch.
    judged_ms: BTreeMap<MachineId, i64>,
    sites: Vec<site::Model>,
    budgets: Vec<entity::budget::Model>,
    maintenance: Vec<maintenance::Model>,
}

impl Notification {
    /// Writes a message to everybody for whom something has gathered and whose last one is long enough ago.
    pub(super) async fn compose(&mut self, now_ms: i64) -> Result<()> {
        let gathered = self.store.gathered(now_ms).await?;
        if gathered.is_empty() {
            return Ok(());
        }
        let last = self.store.last_deliveries().await?;
        let in_force = super::plan::enabled(self.store.contact_points().await?);
        for (to, digest_ms) in gathered {
            if !in_force.contains(&to) {
                let alerts = self.store.due_alerts(to, now_ms, ALERTS).await?;
                self.settle(&alerts, &[], now_ms).await?;
            } else if is_long_ago(last.get(&to), digest_ms, now_ms) {
                let alerts = self.store.due_alerts(to, now_ms, ALERTS).await?;
                self.write(to, alerts, last.get(&to), now_ms).await?;
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        to: ContactPointId,
        alerts: Vec<alert::Model>,
        last_ms: Option<&i64>,
        now_ms: i64,
    ) -> Result<()> {
        let subjects = self.subjects(&alerts).await?;
        let (mut told, mut put_off, mut moot) = (Vec::new(), Vec::new(), Vec::new());
        for alert in alerts {
            match self.fate(&subjects, &alert, now_ms).await? {
                Fate::Told => told.push(alert),
                Fate::PutOff => put_off.push(alert),
                Fate::Cancelled => moot.push(alert),
            }
        }
        // What is put off makes nothing else be told sooner.
        let digest_ms = told.iter().filter(|it| it.gathered_at_ms <= now_ms).map(|it| it.digest_ms).min();
        if !told.is_empty() && digest_ms.is_none_or(|digest_ms| !is_long_ago(last_ms, digest_ms, now_ms)) {
            return self.settle(&moot, &put_off, now_ms).await;
        }
        let mut items: Vec<Item> =
            told.iter().filter_map(|alert| subjects.item(alert, &self.settings.public_url)).collect();
        if items.is_empty() {
            moot.extend(told);
            return self.settle(&moot, &put_off, now_ms).await;
        }
        // The worst first, and within it in the order in which they came.
        items.sort_by_key(|item| (!item.event.is_alarm(), item.severity != Some(Severity::Critical)));
        let total = items.len();
        items.truncate(TOLD_IN_JSON);
        let link = format!("{}/#/anomalies", self.settings.public_url);
        let written = message(&items, total, &format_ms(now_ms), &link);
        let row = delivery::Model {
            id: DeliveryId(0),
            contact_point_id: to,
            message_id: new_message_id(),
            alerts: i32::try_from(total).unwrap_or(i32::MAX),
            subject: written.subject,
            text: written.text,
            payload: written.payload,
            status: delivery::Status::Pending,
            attempts: 0,
            next_attempt_at_ms: now_ms,
            last_error: None,
            created_at_ms: now_ms,
            delivered_at_ms: None,
        };
        let transaction = self.store.begin_write().await?;
        self.lease.check(&transaction).await?;
        let row = transaction.insert_delivery(row).await?;
        transaction.settle_alerts(&ids(&told), Status::Told, Some(row.id)).await?;
        let_go(&transaction, &moot, &put_off, now_ms).await?;
        transaction.commit().await
    }

    /// Lets go of alerts where there is no message.
    async fn settle(&self, moot: &[alert::Model], put_off: &[alert::Model], now_ms: i64) -> Result<()> {
        if moot.is_empty() && put_off.is_empty() {
            return Ok(());
        }
        let transaction = self.store.begin_write().await?;
        self.lease.check(&transaction).await?;
        let_go(&transaction, moot, put_off, now_ms).await?;
        transaction.commit().await
    }

    /// Whether an alert is still to be told: not if the anomaly was over before its grace was, or if somebody has seen it
    /// and it is no worse than that, or if its machine is retired by now. Where its machine is snoozed or worked on since it
    /// fell due it waits, and is told if it goes on a while after that.
    async fn fate(&self, subjects: &Subjects, alert: &alert::Model, now_ms: i64) -> Result<Fate> {
        let Some(id) = alert.anomaly_id else { return Ok(Fate::Told) };
        let known = subjects.anomalies.get(&id);
        let Some((anomaly, machine)) = known.and_then(|it| Some((it, subjects.machines.get(&it.machine_id)?))) else {
            return Ok(Fate::Cancelled);
        };
        if !alert.event.is_alarm() {
            return Ok(Fate::Told);
        }
        // What another system reports when it is over, it reports to have it told.
        let was_over = anomaly.source != Source::External
            && anomaly.ended_at_ms.is_some_and(|ended_ms| ended_ms < alert.due_at_ms);
        let is_news = alert.event == Event::Escalated || anomaly.status == AnomalyStatus::Open && !was_over;
        if !is_news || machine.is_retired(now_ms) {
            return Ok(Fate::Cancelled);
        }
        let until_ms = anomaly.ended_at_ms.unwrap_or(now_ms);
        let Some(until_ms) = left_alone_until(machine, alert.due_at_ms..=until_ms, &subjects.maintenance) else {
            // Somebody has ended the snooze.
            let has_passed = alert.put_off_until_ms.is_some() && anomaly.ended_at_ms.is_some();
            return Ok(if has_passed { Fate::Cancelled } else { Fate::Told });
        };
        let judged_ms = subjects.judged_ms.get(&machine.id).copied().unwrap_or(i64::MIN);
        let seen_ms = anomaly.ended_at_ms.unwrap_or(if shows_in_readings(anomaly) { judged_ms } else { now_ms });
        Ok(match anomaly.ended_at_ms {
            _ if !is_early(&self.store, machine, anomaly, until_ms, seen_ms).await? => Fate::Told,
            // Whoever found it.
            Some(_) => Fate::Cancelled,
            None => Fate::PutOff,
        })
    }

    async fn anomalies_of(&self, alerts: &[alert::Model]) -> Result<BTreeMap<AnomalyId, anomaly::Model>> {
        let mut anomalies = BTreeMap::new();
        let wanted: Vec<AnomalyId> = alerts.iter().filter_map(|alert| alert.anomaly_id).collect();
        for ids in wanted.chunks(TOLD_IN_JSON) {
            let rows = self.store.anomalies_by_id(ids).await?;
            anomalies.extend(rows.into_iter().map(|row| (row.id, row)));
        }
        Ok(anomalies)
    }

    async fn subjects(&self, alerts: &[alert::Model]) -> Result<Subjects> {
        let mut anomalies = self.anomalies_of(alerts).await?;
        let mut wanted: Vec<_> = anomalies.values().map(|anomaly| anomaly.machine_id).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut machines = BTreeMap::new();
        for ids in wanted.chunks(TOLD_IN_JSON) {
            machines.extend(self.store.machines_by_id(ids).await?.into_iter().map(|row| (row.id, row)));
        }
        let (sites, budgets) = (self.store.sites().await?, self.store.budgets(None).await?);
        let since_ms = alerts.iter().map(|alert| alert.due_at_ms).min().unwrap_or(i64::MAX);
        let maintenance = self.store.maintenance(None, since_ms).await?;
        let was_left_alone =
            |machine: &&machine::Model| left_alone_until(machine, since_ms..=i64::MAX, &maintenance).is_some();
        let left_alone: Vec<_> = machines.values().filter(was_left_alone).map(|machine| machine.id).collect();
        let judged_ms = self.store.judged_until(&left_alone).await?;
        if !left_alone.is_empty() {
            // As they are once so much is judged, or later.
            anomalies = self.anomalies_of(alerts).await?;
        }
        Ok(Subjects { anomalies, machines, judged_ms, sites, budgets, maintenance })
    }
}

/// Cancels alerts that nobody is told, and puts others off.
async fn let_go(
    transaction: &WriteTransaction,
    moot: &[alert::Model],
    put_off: &[alert::Model],
    now_ms: i64,
) -> Result<()> {
    transaction.settle_alerts(&ids(moot), Status::Cancelled, None).await?;
    transaction.put_off_alerts(&ids(put_off), next_look_ms(now_ms)).await
}

/// Whether the last message, if there was one, is so long ago.
fn is_long_ago(last_ms: Option<&i64>, digest_ms: i64, now_ms: i64) -> bool {
    last_ms.is_none_or(|last_ms| now_ms - last_ms >= digest_ms)
}

/// The next full minute, at which all that was put off is looked at together.
const fn next_look_ms(now_ms: i64) -> i64 {
    (now_ms.div_euclid(LOOKS_AGAIN_MS) + 1) * LOOKS_AGAIN_MS
}

fn ids(alerts: &[alert::Model]) -> Vec<AlertId> {
    alerts.iter().map(|alert| alert.id).collect()
}

impl Subjects {
    fn item(&self, alert: &alert::Model, public_url: &str) -> Option<Item> {
        let site_of = |id| self.sites.iter().find(|site| site.id == id);
        let Some(id) = alert.anomaly_id else {
            let budget = self.budgets.iter().find(|budget| Some(budget.id) == alert.budget_id)?;
            let site = site_of(budget.site_id)?;
            let message = alert.message.clone()?;
            return Some(Item {
                event: alert.event,
                at: local(alert.created_at_ms, site),
                link: format!("{public_url}/#/budgets"),
                ..nothing(site, message)
            });
        };
        let anomaly = self.anomalies.get(&id)?;
        let (machine, site) = (self.machines.get(&anomaly.machine_id)?, site_of(anomaly.site_id)?);
        Some(Item {
            event: alert.event,
            machine: Some(machine.name.clone()),
            kind: Some(anomaly.kind.clone()),
            severity: Some(anomaly.severity),
            at: local(anomaly.started_at_ms, site),
            ended_at: anomaly.ended_at_ms.map(|ended_at_ms| local(ended_at_ms, site)),
            value: anomaly.value,
            expected: anomaly.expected,
            expected_low: anomaly.low,
            expected_high: anomaly.high,
            unit: Some(rate_unit(machine.unit).to_owned()),
            anomaly_id: Some(GlobalId::Anomaly(anomaly.id).to_string()),
            link: format!("{public_url}/#/machines/{}", GlobalId::Machine(machine.id)),
            ..nothing(site, anomaly.message.clone().unwrap_or_else(|| format!("is odd: {}", anomaly.kind)))
        })
    }
}

/// What is said of a site and no more.
fn nothing(site: &site::Model, message: String) -> Item {
    Item {
        event: Event::Budget,
        plant: site.name.clone(),
        machine: None,
        kind: None,
        severity: None,
        at: String::new(),
        ended_at: None,
        time_zone: site.time_zone.clone(),
        message,
        value: None,
        expected: None,
        expected_low: None,
        expected_high: None,
        unit: None,
        anomaly_id: None,
        link: String::new(),
    }
}

fn local(time_ms: i64, site: &site::Model) -> String {
    format_in_zone(time_ms, &TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC))
}
