//! Traps of metering that have cost somebody years of wrong numbers, one readable case each: what came in, what was asked
//! for, and what must come out. What registers do has a table of its own (`metering.rs`); whole days by the clocks, gaps
//! and time-weighted means stand in `series.rs`, site peaks in `demand.rs`, carriers in `carriers.rs`, totals after
//! retention in `retention.rs`, errors that must not be zeroes in `bad_weather.rs`, one computation for all in `push.rs`.

use serde_json::{Value, json};

use crate::harness::{Database, Server, on_both};

on_both!(what_must_come_out);

struct Trap {
    name: &'static str,
    /// The site's time zone.
    zone: &'static str,
    /// Seconds between readings.
    interval_s: i64,
    /// Batches in order of arrival: time and values.
    sent: &'static [&'static [(&'static str, &'static str)]],
    /// A GraphQL selection, with `$site` for the site's id.
    asked: &'static str,
    /// A JSON pointer into the answer, and the figure there; NaN for null.
    expected: &'static [(&'static str, f64)],
}

const UNKNOWN: f64 = f64::NAN;

#[expect(clippy::too_many_lines, reason = "a table")]
fn traps() -> Vec<Trap> {
    vec![
        Trap {
            name: "the stamp of a reading is the end of its interval: what is stamped midnight belongs to the day before",
            zone: "UTC",
            interval_s: 3600,
            sent: &[&[
                ("2026-11-01T23:00:00Z", r#""energy_kwh": 5"#),
                ("2026-11-02T00:00:00Z", r#""energy_kwh": 7"#),
                ("2026-11-02T01:00:00Z", r#""energy_kwh": 1"#),
            ]],
            asked: r#"statsHistory(siteId: $site, from: "2026-11-01T00:00:00Z", to: "2026-11-03T00:00:00Z", every: "P1D") { energyKwh }"#,
            expected: &[("/statsHistory/0/energyKwh", 12.0), ("/statsHistory/1/energyKwh", 1.0)],
        },
        Trap {
            name: "a day is the site's, not the server's or the browser's: Kathmandu is five and three quarter hours ahead",
            zone: "Asia/Kathmandu",
            interval_s: 900,
            sent: &[&[("2026-11-01T18:15:00Z", r#""energy_kwh": 3"#), ("2026-11-01T18:30:00Z", r#""energy_kwh": 4"#)]],
            asked: r#"statsHistory(siteId: $site, from: "2026-10-31T18:15:00Z", to: "2026-11-02T18:15:00Z", every: "P1D") { energyKwh }"#,
            expected: &[("/statsHistory/0/energyKwh", 3.0), ("/statsHistory/1/energyKwh", 4.0)],
        },
        Trap {
            name: "the hour that comes twice is two hours",
            zone: "Europe/Berlin",
            interval_s: 3600,
            sent: &[&[
                ("2026-10-25T02:00:00+02:00", r#""energy_kwh": 1"#),
                ("2026-10-25T02:00:00+01:00", r#""energy_kwh": 2"#),
                ("2026-10-25T03:00:00+01:00", r#""energy_kwh": 4"#),
            ]],
            asked: r#"statsHistory(siteId: $site, from: "2026-10-24T22:00:00Z", to: "2026-10-25T23:00:00Z", every: "PT1H") { energyKwh }"#,
            expected: &[
                ("/statsHistory/1/energyKwh", 1.0),
                ("/statsHistory/2/energyKwh", 2.0),
                ("/statsHistory/3/energyKwh", 4.0),
                ("/statsHistory/24/energyKwh", UNKNOWN),
            ],
        },
        Trap {
            name: "a batch after an outage lands where it belongs, newest first",
            zone: "UTC",
            interval_s: 60,
            sent: &[
                &[("2026-11-01T08:03:00Z", r#""power_kw": 60"#)],
                &[
                    ("2026-11-01T08:02:00Z", r#""power_kw": 120"#),
                    ("2026-11-01T08:01:00Z", r#""power_kw": 60"#),
                    ("2026-11-01T08:00:00Z", r#""power_kw": 30"#),
                ],
            ],
            asked: r#"systemStats(siteId: $site, asOf: "2026-11-01T08:03:00Z") { totalReadings totalEnergy dataRate peakPower }"#,
            expected: &[
                ("/systemStats/totalReadings", 4.0),
                ("/systemStats/totalEnergy", 3.5),
                ("/systemStats/dataRate", 1.0),
                ("/systemStats/peakPower", 120.0),
            ],
        },
        Trap {
            name: "a register's jump after a gap is no peak: nine an hour, not eighteen in the last",
            zone: "UTC",
            interval_s: 3600,
            sent: &[&[
                ("2026-11-01T08:00:00Z", r#""counter_kwh": 100"#),
                ("2026-11-01T09:00:00Z", r#""counter_kwh": 109"#),
                ("2026-11-01T15:00:00Z", r#""counter_kwh": 163"#),
            ]],
            asked: r#"statsHistory(siteId: $site, from: "2026-11-01T08:00:00Z", to: "2026-11-01T15:00:00Z", every: "PT1H") { energyKwh estimatedShare }"#,
            expected: &[
                ("/statsHistory/0/energyKwh", 9.0),
                ("/statsHistory/0/estimatedShare", 0.0),
                ("/statsHistory/3/energyKwh", 9.0),
                ("/statsHistory/6/energyKwh", 9.0),
                ("/statsHistory/6/estimatedShare", 1.0),
            ],
        },
        Trap {
            name: "a correction reaches the cost, the carbon and the peak",
            zone: "UTC",
            interval_s: 3600,
            sent: &[
                &[("2026-11-01T08:00:00Z", r#""power_kw": 900, "energy_kwh": 900"#)],
                &[("2026-11-01T09:00:00Z", r#""power_kw": 10, "energy_kwh": 10"#)],
                &[("2026-11-01T08:00:00Z", r#""power_kw": 9, "energy_kwh": 9"#)],
            ],
            asked: r#"systemStats(siteId: $site, asOf: "2026-11-01T09:00:00Z") { totalReadings estimatedCost carbonPerDay peakPower }"#,
            expected: &[
                ("/systemStats/totalReadings", 2.0),
                ("/systemStats/estimatedCost", 2.28),
                ("/systemStats/carbonPerDay", 9.5),
                ("/systemStats/peakPower", 10.0),
            ],
        },
        Trap {
            name: "nothing is rounded on the way: a thousandth of a Wh beside a GWh",
            zone: "UTC",
            interval_s: 60,
            sent: &[&[
                ("2026-11-01T08:00:00Z", r#""energy_kwh": 1000000"#),
                ("2026-11-01T08:01:00Z", r#""energy_kwh": 0.000001"#),
                ("2026-11-01T08:02:00Z", r#""energy_kwh": 0.000001"#),
            ]],
            asked: r#"systemStats(siteId: $site, asOf: "2026-11-01T08:02:00Z") { totalEnergy }"#,
            expected: &[("/systemStats/totalEnergy", 1_000_000.000_002)],
        },
        Trap {
            name: "the same rows twice are counted once",
            zone: "UTC",
            interval_s: 60,
            sent: &[
                &[("2026-11-01T08:00:00Z", r#""energy_kwh": 1"#), ("2026-11-01T08:01:00Z", r#""energy_kwh": 2"#)],
                &[("2026-11-01T08:01:00Z", r#""energy_kwh": 2"#), ("2026-11-01T08:00:00Z", r#""energy_kwh": 1"#)],
            ],
            asked: r#"systemStats(siteId: $site, asOf: "2026-11-01T08:01:00Z") { totalReadings totalEnergy uptimePercent }"#,
            expected: &[
                ("/systemStats/totalReadings", 2.0),
                ("/systemStats/totalEnergy", 3.0),
                ("/systemStats/uptimePercent", 100.0),
            ],
        },
        Trap {
            name: "silence is not zero: what nobody measured is null",
            zone: "UTC",
            interval_s: 60,
            sent: &[&[("2026-11-01T08:00:00Z", r#""power_kw": 0"#)]],
            asked: r#"at: systemStats(siteId: $site, asOf: "2026-11-01T08:00:00Z") { peakPower totalEnergy }
                later: systemStats(siteId: $site, asOf: "2026-11-03T08:00:00Z") { peakPower avgPower energyPerHour }"#,
            expected: &[
                ("/at/peakPower", 0.0),
                ("/at/totalEnergy", 0.0),
                ("/later/peakPower", UNKNOWN),
                ("/later/avgPower", UNKNOWN),
                ("/later/energyPerHour", UNKNOWN),
            ],
        },
    ]
}

async fn what_must_come_out(database: Database) {
    let server = Server::start(&database).await;
    for (at, trap) in traps().into_iter().enumerate() {
        let register = "mutation($name: String!, $zone: String!) {
            registerSite(input: {name: $name, timeZone: $zone}) { site { id } } }";
        let name = format!("site {at}");
        let data = server.data(register, json!({"name": name, "zone": trap.zone})).await;
        let site = &data["registerSite"]["site"]["id"];
        server.register("meter", json!({"siteId": site, "expectedIntervalSeconds": trap.interval_s})).await;
        for batch in trap.sent {
            let row = |(time, values): &(&str, &str)| format!(r#"{{"machine": "meter", "time": "{time}", {values}}}"#);
            let rows = format!("[{}]", batch.iter().map(row).collect::<Vec<_>>().join(","));
            let answer = server.post(&format!("/api/v1/readings?site=site%20{at}"), "application/json", rows).await;
            assert_eq!(
                (answer.status, &answer.json()["rejected"]),
                (200, &json!([])),
                "{}: {}",
                trap.name,
                answer.text
            );
        }
        let answer: Value = server.data(&format!("query($site: ID) {{ {} }}", trap.asked), json!({"site": site})).await;
        for (pointer, expected) in trap.expected {
            let found = answer.pointer(pointer).unwrap_or_else(|| panic!("{}: no {pointer}: {answer}", trap.name));
            let same =
                found.as_f64().map_or(expected.is_nan(), |found| (found - expected).abs() <= 1e-13 * found.abs());
            assert!(same, "{}: {pointer} is {found}, not {expected}", trap.name);
        }
    }
    server.stop().await;
}
