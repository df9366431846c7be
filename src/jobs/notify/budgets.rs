//! From budgets to alerts: each band that is reached and each likely overrun is told once a period.

use entity::alert::{Event, Status};
use entity::budget::{Model, Period};
use entity::{AlertId, alert};

use super::Notification;
use crate::budgets::standing;
use crate::domain::budget::{Standing, band_reached, unit};
use crate::error::Result;

/// What has just been counted of a period may still be told after its end, ms.
const AFTER_ITS_END_MS: i64 = 5 * 60_000;
/// The time between two messages to the same contact point about budgets, ms.
const DIGEST_MS: i64 = 5 * 60_000;

impl Notification {
    /// Writes down which bands of which budgets are reached. A budget that cannot be looked at keeps no other from it.
    pub(super) async fn look_at_budgets(&mut self, now_ms: i64) -> Result<()> {
        let (mut alerts, in_force) = (Vec::new(), super::plan::enabled(self.store.contact_points().await?));
        for mut budget in self.store.budgets(None).await?.into_iter().filter(|budget| budget.is_enabled) {
            self.lease.hold(&self.store, self.clock.now_ms()).await?;
            budget.contact_point_ids.0.retain(|id| in_force.contains(id));
            if budget.contact_point_ids.0.is_empty() {
                continue;
            }
            match self.alerts_of_budget(&budget, now_ms).await {
                Ok(of_budget) => alerts.extend(of_budget),
                Err(error) => {
                    tracing::error!(code = %error.code(), %error, budget = %budget.id, "a budget could not be looked at");
                }
            }
        }
        if alerts.is_empty() {
            return Ok(());
        }
        let transaction = self.store.begin_write().await?;
        self.lease.check(&transaction).await?;
        transaction.insert_alerts(alerts).await?;
        transaction.commit().await
    }

    async fn alerts_of_budget(&self, budget: &Model, now_ms: i64) -> Result<Vec<alert::Model>> {
        let currency = self.store.site(budget.site_id).await?.currency;
        let now = standing(&self.store, self.settings.rates, budget, now_ms).await?;
        let mut alerts = alerts_of(budget, &now, &currency, now_ms);
        if now_ms - now.span.from_ms < AFTER_ITS_END_MS {
            let before = standing(&self.store, self.settings.rates, budget, now.span.from_ms).await?;
            alerts.extend(alerts_of(budget, &Standing { forecast: None, ..before }, &currency, now_ms));
        }
        Ok(alerts)
    }
}

fn alerts_of(budget: &Model, standing: &Standing, currency: &str, now_ms: i64) -> Vec<alert::Model> {
    let unit = unit(budget.quantity, currency);
    let (limit, name) = (budget.limit_value, &budget.name);
    let period = match budget.period {
        Period::Day => "day",
        Period::Week => "week",
        Period::Month => "month",
    };
    let used = standing.used.unwrap_or(0.0);
    let alert = |event, what: String, message: String| {
        let to_each = budget.contact_point_ids.0.iter().map(move |to| alert::Model {
            id: AlertId(0),
            contact_point_id: *to,
            key: format!("budget {} from {} {what}", budget.id, standing.span.from_ms),
            event,
            anomaly_id: None,
            budget_id: Some(budget.id),
            message: Some(message.clone()),
            created_at_ms: now_ms,
            due_at_ms: now_ms,
            gathered_at_ms: now_ms,
            put_off_until_ms: None,
            digest_ms: DIGEST_MS,
            tells_recovery: false,
            status: Status::Waiting,
            delivery_id: None,
        });
        to_each.collect::<Vec<_>>()
    };
    let mut alerts = Vec::new();
    if let Some(band) = band_reached(used, limit, &budget.bands.0) {
        let message = format!("{name}: {used:.2} of {limit} {unit} for the {period} is used, {band} % is reached");
        alerts.extend(alert(Event::Budget, band.to_string(), message));
    }
    let overrun = standing.forecast.filter(|forecast| budget.tells_forecast && *forecast > limit && used < limit);
    if let Some(forecast) = overrun {
        let message = format!(
            "{name}: likely {forecast:.0} {unit} by the end of the {period}, more than the {limit} {unit} of it"
        );
        alerts.extend(alert(Event::Forecast, "forecast".to_owned(), message));
    }
    alerts
}
