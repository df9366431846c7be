//! The sixteen statistics as plain SQL over the raw rows, straight from their definitions. Slow, and obviously right.

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::Value;

/// $1 is the site's row id, $2 the instant in ms.
const DEFINITIONS: &str = "
WITH r AS (
    SELECT r.* FROM reading r JOIN machine m ON m.id = r.machine_id
    WHERE m.site_id = $1 AND m.carrier = 'electricity' AND r.time_ms <= $2
),
w24 AS (SELECT * FROM r WHERE time_ms >= ($2 / 60000) * 60000 - 86400000),
per_machine AS (
    SELECT count(*) AS received, 1 + (
        CASE WHEN m.retired_at_ms IS NOT NULL AND m.retired_at_ms < $2 THEN m.retired_at_ms ELSE $2 END - min(r.time_ms)
    ) / (m.expected_interval_s * 1000) AS expected
    FROM r JOIN machine m ON m.id = r.machine_id GROUP BY m.id, m.retired_at_ms, m.expected_interval_s
)
SELECT
    (SELECT count(*) FROM r) AS total_readings,
    (SELECT sum(energy_kwh) FROM r) AS total_energy,
    (SELECT count(*) FROM r WHERE time_ms > $2 - 60000) AS data_rate,
    (SELECT ($2 - min(time_ms)) / 86400000 FROM r) AS uptime_days,
    (SELECT 100.0 * sum(CASE WHEN received < expected THEN received ELSE expected END) / sum(expected) FROM per_machine) AS uptime_percent,
    (SELECT count(*) / 10.0 FROM r WHERE time_ms > $2 - 600000) AS readings_per_minute,
    (SELECT sum(energy_kwh) FROM w24) AS energy_w24,
    (SELECT ($2 - min(time_ms)) / 3600000.0 FROM r) AS hours,
    (SELECT max(power_kw) FROM w24) AS peak_power,
    (SELECT avg(power_kw) FROM w24) AS avg_power,
    (SELECT count(*) FROM anomaly WHERE site_id = $1 AND started_at_ms <= $2) AS total_anomalies,
    (SELECT count(DISTINCT machine_id) FROM w24) AS active_machines_today,
    (SELECT max(time_ms) FROM r) AS last_reading_at_ms
";

/// What the definitions say.
#[derive(Debug)]
pub(crate) struct Truth {
    pub(crate) total_readings: i64,
    pub(crate) total_energy: f64,
    pub(crate) data_rate: i64,
    pub(crate) uptime_days: i64,
    pub(crate) uptime_percent: Option<f64>,
    pub(crate) readings_per_minute: f64,
    pub(crate) energy_per_hour: Option<f64>,
    pub(crate) peak_power: Option<f64>,
    pub(crate) avg_power: Option<f64>,
    pub(crate) efficiency: Option<f64>,
    pub(crate) energy_w24: f64,
    pub(crate) total_anomalies: i64,
    pub(crate) active_machines_today: i64,
    pub(crate) last_reading_at_ms: Option<i64>,
}

/// Asks the raw rows of a site at an instant.
pub(crate) async fn truth(db: &DatabaseConnection, site_id: i64, as_of_ms: i64) -> Truth {
    assert_eq!(as_of_ms % 1000, 0, "an instant on a whole second");
    let values = [site_id.into(), as_of_ms.into()];
    // PostgreSQL types a quotient of decimals as numeric; as text it is the same number on both databases.
    let statement = Statement::from_sql_and_values(db.get_database_backend(), cast_to_text(), values);
    let row = db.query_one_raw(statement).await.expect("SQL").expect("a row");
    let number = |column: &str| {
        let text: Option<String> = row.try_get("", column).expect(column);
        text.map(|text| text.parse::<f64>().expect("a number"))
    };
    let count = |column: &str| number(column).unwrap_or(0.0).trunc() as i64;
    let energy_w24 = number("energy_w24");
    let hours = number("hours").unwrap_or(0.0).min(24.0);
    let (peak_power, avg_power) = (number("peak_power"), number("avg_power"));
    Truth {
        total_readings: count("total_readings"),
        total_energy: number("total_energy").unwrap_or(0.0),
        data_rate: count("data_rate"),
        uptime_days: count("uptime_days"),
        uptime_percent: number("uptime_percent"),
        readings_per_minute: number("readings_per_minute").unwrap_or(0.0),
        energy_per_hour: energy_w24.filter(|_| hours > 0.0).map(|energy| energy / hours),
        peak_power,
        avg_power,
        efficiency: avg_power.zip(peak_power).filter(|(_, peak)| *peak != 0.0).map(|(avg, peak)| 100.0 * avg / peak),
        energy_w24: energy_w24.unwrap_or(0.0),
        total_anomalies: count("total_anomalies"),
        active_machines_today: count("active_machines_today"),
        last_reading_at_ms: number("last_reading_at_ms").map(|ms| ms as i64),
    }
}

fn cast_to_text() -> String {
    let columns = [
        "total_readings",
        "total_energy",
        "data_rate",
        "uptime_days",
        "uptime_percent",
        "readings_per_minute",
        "energy_w24",
        "hours",
        "peak_power",
        "avg_power",
        "total_anomalies",
        "active_machines_today",
        "last_reading_at_ms",
    ];
    let texts = columns.map(|column| format!("CAST(t.{column} AS text) AS {column}")).join(", ");
    format!("SELECT {texts} FROM ({DEFINITIONS}) t")
}

impl Truth {
    /// Compares with what GraphQL answered; returns what differs.
    pub(crate) fn differences(&self, stats: &Value, price: f64, carbon: f64) -> Vec<String> {
        let last_reading_at = self.last_reading_at_ms.map(wattline::domain::instant::format_ms);
        let expected: [(&str, Option<f64>); 16] = [
            ("totalReadings", Some(self.total_readings as f64)),
            ("totalEnergy", Some(self.total_energy)),
            ("dataRate", Some(self.data_rate as f64)),
            ("uptimeDays", Some(self.uptime_days as f64)),
            ("uptimePercent", self.uptime_percent),
            ("readingsPerMinute", Some(self.readings_per_minute)),
            ("energyPerHour", self.energy_per_hour),
            ("peakPower", self.peak_power),
            ("avgPower", self.avg_power),
            ("efficiency", self.efficiency),
            ("estimatedCost", Some(self.total_energy * price)),
            ("costPerDay", Some(self.energy_w24 * price)),
            ("carbonFootprint", Some(self.total_energy * carbon)),
            ("carbonPerDay", Some(self.energy_w24 * carbon)),
            ("totalAnomalies", Some(self.total_anomalies as f64)),
            ("activeMachinesToday", Some(self.active_machines_today as f64)),
        ];
        let mut differences: Vec<String> = expected
            .iter()
            .filter(|(name, expected)| !same(stats[name].as_f64(), *expected))
            .map(|(name, expected)| format!("{name}: {} instead of {expected:?}", stats[name]))
            .collect();
        if stats["lastReadingAt"].as_str() != last_reading_at.as_deref() {
            differences.push(format!("lastReadingAt: {} instead of {last_reading_at:?}", stats["lastReadingAt"]));
        }
        differences
    }
}

/// Equal, to 1e-9 of the size.
fn same(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-9),
        (a, b) => a.is_none() && b.is_none(),
    }
}
