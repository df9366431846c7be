//! `wattline stats`: the sixteen on the terminal, straight from the database.

use std::fmt::Write as _;

use super::output::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::instant::{format_ms, parse_ms};
use crate::domain::rest::{Precision, RestStats};
use crate::domain::statistics::SystemStats;
use crate::error::{Error, Result};
use crate::push::StatsHub;
use crate::store::Store;

/// What to print.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Instant, RFC 3339 or seconds since 1970 [default: now]
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Print the REST object, at full precision
    #[arg(long)]
    json: bool,
    /// The site
    #[arg(long, default_value = "default")]
    site: String,
}

/// Prints the statistics.
pub(super) async fn stats(config: &Config, arguments: Arguments) -> Result<()> {
    let clock = Clock::system();
    let as_of_ms = arguments.as_of.map_or(Ok(clock.now_ms()), |text| parse_ms(&text, None));
    let as_of_ms = as_of_ms.map_err(|e| Error::Config(e.to_string()))?;
    let store = Store::open_existing(&config.store()).await?;
    let site = store.site_by_name(Some(&arguments.site)).await?;
    let hub = StatsHub::new(store.clone(), clock, config.rates(), config.push_interval());
    let snapshot = hub.at(site.id, as_of_ms).await?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&RestStats::new(&snapshot.stats, Precision::Full));
        print(&(json.map_err(|e| Error::Internal(e.to_string()))? + "\n"))?;
    } else {
        print(&table(&snapshot.stats, &snapshot.site.currency))?;
    }
    store.close().await
}

fn table(stats: &SystemStats, currency: &str) -> String {
    let known =
        |value: Option<f64>, unit: &str| value.map_or("not known".to_owned(), |value| format!("{value:.2} {unit}"));
    let rows = [
        ("as of", format_ms(stats.as_of_ms)),
        ("resolution", format!("{} s", stats.resolution_s)),
        ("last reading", stats.last_reading_at_ms.map_or("not known".to_owned(), format_ms)),
        ("total readings", stats.total_readings.to_string()),
        ("total energy", format!("{:.2} kWh", stats.total_energy_kwh)),
        ("data rate", format!("{} /min", stats.data_rate)),
        ("uptime", format!("{} d", stats.uptime_days)),
        ("data completeness", known(stats.uptime_percent, "%")),
        ("readings per minute", format!("{:.1} /min", stats.readings_per_minute)),
        ("energy per hour", known(stats.energy_per_hour_kwh, "kWh/h")),
        ("peak power", known(stats.peak_power_kw, "kW")),
        ("average power", known(stats.avg_power_kw, "kW")),
        ("efficiency", known(stats.efficiency_percent, "%")),
        ("estimated cost", format!("{:.2} {currency}", stats.estimated_cost)),
        ("cost per day", format!("{:.2} {currency}", stats.cost_per_day)),
        ("carbon footprint", format!("{:.2} kg CO2", stats.carbon_footprint_kg)),
        ("carbon per day", format!("{:.2} kg CO2", stats.carbon_per_day_kg)),
        ("anomalies", stats.total_anomalies.to_string()),
        ("active machines", stats.active_machines_today.map_or("not known".to_owned(), |count| count.to_string())),
    ];
    rows.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name:<20} {value}");
        text
    })
}
