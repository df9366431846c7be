//! The sixteen statistics at an instant, at full precision: one row.

use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::{Format, Place, parameters, response};
use crate::domain::rest::{Precision, RestStats};
use crate::error::Result;
use crate::http::callers::Visitor;

/// `?format=csv|ndjson&site=…&as_of=…`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    #[serde(default)]
    format: Format,
    site: Option<String>,
    as_of: Option<String>,
}

const COLUMNS: [&str; 18] = [
    "site",
    "total_readings",
    "total_energy",
    "data_rate",
    "uptime_days",
    "uptime_percent",
    "readings_per_minute",
    "energy_per_hour",
    "peak_power",
    "avg_power",
    "efficiency",
    "estimated_cost",
    "cost_per_day",
    "carbon_footprint",
    "carbon_per_day",
    "total_anomalies",
    "active_machines_today",
    "timestamp",
];

#[derive(Serialize)]
struct Row {
    site: String,
    #[serde(flatten)]
    stats: RestStats,
}

/// `GET /api/v1/export/statistics`
pub(super) async fn export(Visitor { rooms, hold, .. }: Visitor, uri: Uri) -> Result<Response> {
    let Parameters { format, site, as_of } = parameters(&uri)?;
    let place = Place::find(&rooms, site.as_deref()).await?;
    let stats = &rooms.stats;
    let snapshot = match place.parse(as_of.as_deref())? {
        Some(as_of_ms) => stats.at(place.site.id, as_of_ms).await?,
        None => stats.now(place.site.id).await?,
    };
    let mut stats = RestStats::new(&snapshot.stats, Precision::Full);
    stats.timestamp = place.time(snapshot.stats.as_of_ms);
    let site = format.shown(&place.site.name).into_owned();
    let text = match format {
        // The same, by columns: CSV knows no names inside of a row.
        Format::Csv => format.text(Some(&COLUMNS), std::iter::once((site, stats)))?,
        Format::Ndjson => format.text(None, std::iter::once(Row { site, stats }))?,
    };
    response(hold, ("statistics", format), move |sent: Option<()>| {
        let text = text.clone();
        async move { Ok(sent.is_none().then_some((text, ()))) }
    })
    .await
}
