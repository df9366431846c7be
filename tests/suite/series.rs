//! Series through GraphQL: each bucket against the raw rows, and all of them against the totals.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::{Database, Server, on_both, recording};

on_both!(
    of_a_state_follow_the_clocks_and_add_up,
    show_gaps_as_gaps_and_no_false_peak,
    weigh_power_by_time,
    refuse_what_cannot_be_shown,
    expect_nothing_of_the_time_to_come,
    tell_the_mean_of_what_is_known_while_they_go_on,
);

const BUCKET: &str = "from to readings energyKwh meanPowerKw minPowerKw maxPowerKw completenessPercent estimatedShare \
    cost carbonKg";

/// 2026-11-01T08:00:00Z
const START_MS: i64 = 1_793_520_000_000;
pub(crate) const HOUR_MS: i64 = 3_600_000;

pub(crate) fn time(ms: i64) -> String {
    wattline::domain::instant::format_ms(ms)
}

fn ms(time: &Value) -> i64 {
    wattline::domain::instant::parse_ms(time.as_str().expect("a time"), None).expect("a time")
}

async fn of_site(server: &Server, site: Option<&str>, (from_ms, to_ms): (i64, i64), every: &str) -> Vec<Value> {
    let query = format!(
        "query($from: DateTime!, $to: DateTime!, $every: Interval!, $site: ID) {{
            statsHistory(from: $from, to: $to, every: $every, siteId: $site) {{ {BUCKET} }} }}"
    );
    let variables = json!({"from": time(from_ms), "to": time(to_ms), "every": every, "site": site});
    let data = server.data(&query, variables).await;
    data["statsHistory"].as_array().expect("buckets").clone()
}

async fn of_machine(server: &Server, name: &str, (from_ms, to_ms): (i64, i64), every: &str) -> Vec<Value> {
    let query = format!(
        "query($name: String!, $from: DateTime!, $to: DateTime!, $every: Interval!) {{
            machine(name: $name) {{ series(from: $from, to: $to, every: $every) {{ {BUCKET} }} }} }}"
    );
    let variables = json!({"name": name, "from": time(from_ms), "to": time(to_ms), "every": every});
    let data = server.data(&query, variables).await;
    data["machine"]["series"].as_array().expect("buckets").clone()
}

pub(crate) fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0),
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn sum(buckets: &[Value], field: &str) -> f64 {
    buckets.iter().filter_map(|bucket| bucket[field].as_f64()).sum()
}

pub(crate) struct Row {
    pub(crate) machine: i64,
    pub(crate) interval_ms: i64,
    pub(crate) time_ms: i64,
    pub(crate) power_kw: Option<f64>,
    pub(crate) energy_kwh: f64,
    /// When the energy was drawn, if not in the bucket of the reading, and whether that is a guess.
    pub(crate) spread: Option<(i64, i64, bool)>,
}

pub(crate) async fn rows(db: &DatabaseConnection, site: i64) -> Vec<Row> {
    let sql = "SELECT r.machine_id, m.expected_interval_s, r.time_ms, r.power_kw, r.energy_kwh, r.spread_from_ms, \
        CASE WHEN (r.flags & 6) = 0 THEN r.spread_from_ms + CAST(m.expected_interval_s AS bigint) * 3000 ELSE r.time_ms \
        END AS spread_to_ms, CASE WHEN (r.flags & 8) <> 0 THEN 1 ELSE 0 END AS is_estimated \
        FROM reading r JOIN machine m ON m.id = r.machine_id \
        WHERE m.site_id = $1 AND m.carrier = 'electricity' ORDER BY r.machine_id, r.time_ms";
    let found = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, [site.into()])).await;
    let row = |row: &sea_orm::QueryResult| Row {
        machine: row.try_get("", "machine_id").expect("machine"),
        interval_ms: i64::from(row.try_get::<i32>("", "expected_interval_s").expect("interval")) * 1000,
        time_ms: row.try_get("", "time_ms").expect("time"),
        power_kw: row.try_get("", "power_kw").expect("power"),
        energy_kwh: row.try_get("", "energy_kwh").expect("energy"),
        spread: row.try_get::<Option<i64>>("", "spread_from_ms").expect("time").map(|from_ms| {
            let to_ms: i64 = row.try_get("", "spread_to_ms").expect("time");
            (from_ms, to_ms, row.try_get::<i32>("", "is_estimated").expect("a flag") == 1)
        }),
    };
    found.expect("SQL").iter().map(row).collect()
}

/// Compares a site's series with its raw rows, bucket by bucket.
pub(crate) async fn check(
    server: &Server,
    db: &DatabaseConnection,
    (row_id, site): (i64, &str),
    range_ms: (i64, i64),
    every: &str,
) -> Result<(), TestCaseError> {
    let rows = rows(db, row_id).await;
    let shown = of_site(server, Some(site), range_ms, every).await;
    let edges: Vec<i64> = shown.iter().map(|bucket| ms(&bucket["from"])).chain([range_ms.1]).collect();
    prop_assert_eq!(edges[0], range_ms.0);
    for (bucket, edge) in shown.iter().zip(edges.windows(2)) {
        let (from_ms, to_ms) = (edge[0], edge[1]);
        prop_assert!(from_ms < to_ms);
        prop_assert_eq!(ms(&bucket["to"]), to_ms);
        let within: Vec<&Row> = rows.iter().filter(|row| row.time_ms > from_ms && row.time_ms <= to_ms).collect();
        let measured: f64 = within.iter().filter(|row| row.spread.is_none()).map(|row| row.energy_kwh).sum();
        let parts = rows.iter().filter_map(|row| {
            let (since_ms, until_ms, is_estimated) = row.spread?;
            let overlap_ms = until_ms.min(to_ms) - since_ms.max(from_ms);
            let kwh = row.energy_kwh * overlap_ms as f64 / (until_ms - since_ms) as f64;
            (overlap_ms > 0).then_some((kwh, is_estimated))
        });
        let parts: Vec<(f64, bool)> = parts.collect();
        let spread: f64 = parts.iter().map(|part| part.0).sum();
        let estimated: f64 = parts.iter().filter(|part| part.1).map(|part| part.0).sum();
        let energy = (!within.is_empty() || !parts.is_empty()).then_some(measured + spread);
        let hours = (to_ms - from_ms) as f64 / HOUR_MS as f64;
        let powers = || within.iter().filter_map(|row| row.power_kw);
        let (mut received, mut expected) = (0, 0);
        for of_machine in rows.chunk_by(|a, b| a.machine == b.machine) {
            let first = &of_machine[0];
            let up_to = |ms: i64| (1 + (ms - first.time_ms).div_euclid(first.interval_ms)).max(0);
            let due = up_to(to_ms) - up_to(from_ms);
            received += due.min(within.iter().filter(|row| row.machine == first.machine).count() as i64);
            expected += due;
        }
        let share = energy.map(|energy| if energy == 0.0 { 0.0 } else { estimated / energy });
        let completeness = (expected > 0).then(|| 100.0 * received as f64 / expected as f64);
        let expected = [
            ("readings", Some(within.len() as f64)),
            ("energyKwh", energy),
            ("meanPowerKw", energy.map(|kwh| kwh / hours)),
            ("minPowerKw", powers().reduce(f64::min)),
            ("maxPowerKw", powers().reduce(f64::max)),
            ("completenessPercent", completeness),
            ("estimatedShare", share),
            ("cost", energy.map(|kwh| kwh * 0.12)),
            ("carbonKg", energy.map(|kwh| kwh * 0.5)),
        ];
        // A bucket that goes on has a mean until now, which is another now than ours.
        let goes_on = to_ms > jiff::Timestamp::now().as_millisecond();
        for (field, expected) in expected {
            if goes_on && matches!(field, "meanPowerKw" | "completenessPercent") {
                continue;
            }
            prop_assert!(
                near(bucket[field].as_f64(), expected),
                "{}: {} not {:?} in {}",
                every,
                field,
                expected,
                bucket
            );
        }
    }
    Ok(())
}

/// Three years of half hours in Melbourne, whose days have 23 and 25 hours twice a year.
async fn of_a_state_follow_the_clocks_and_add_up(database: Database) {
    let server = Server::start(&database).await;
    let register =
        "mutation { registerSite(input: {name: \"state\", timeZone: \"Australia/Melbourne\"}) { site { id } } }";
    let site = server.data(register, json!({})).await["registerSite"]["site"]["id"].as_str().expect("an id").to_owned();
    server.register("victoria", json!({"siteId": site, "expectedIntervalSeconds": 1800})).await;
    let text = std::fs::read_to_string(recording("vic_electricity.csv")).expect("a file");
    let rows: Vec<Value> = (text.lines().skip(1))
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let mw: f64 = fields[1].parse().expect("a number");
            json!({"machine": "victoria", "time": fields[0], "power_kw": mw * 1000.0, "energy_kwh": mw * 500.0})
        })
        .collect();
    let answer = server.post("/api/v1/readings?site=state", "application/json", json!(rows).to_string()).await;
    assert_eq!((answer.status, &answer.json()["accepted"]), (200, &json!(52_608)));

    let range = (ms(&json!("2011-12-31T12:30:00Z")), ms(&json!("2014-12-31T12:30:00Z")));
    let total = server.stats(None, Some(&site)).await["totalEnergy"].as_f64().expect("a total");
    let days = of_site(&server, Some(&site), range, "P1D").await;
    for (every, count) in [("P1D", 1097), ("P1W", 158), ("P1M", 37), ("P1Y", 4), ("PT6H", 4388)] {
        let buckets = of_site(&server, Some(&site), range, every).await;
        assert_eq!(buckets.len(), count, "{every}");
        assert!((sum(&buckets, "energyKwh") - total).abs() < 1e-9 * total, "{every}");
        assert!((sum(&buckets, "readings") - 52_608.0).abs() < 0.5, "{every}");
        assert!(buckets.iter().all(|bucket| bucket["completenessPercent"] == 100.0), "{every}");
    }
    // Readings are half-hourly: a bucket holds as many as its wall clock says half hours have gone by.
    let of_day = |begin: &str| days.iter().find(|day| day["from"] == begin).map(|day| day["readings"].clone());
    assert_eq!(of_day("2013-04-06T13:00:00Z"), Some(json!(50)), "daylight saving ends");
    assert_eq!(of_day("2013-10-05T14:00:00Z"), Some(json!(46)), "daylight saving begins");
    assert_eq!(of_day("2013-10-06T13:00:00Z"), Some(json!(48)));
    let db = database.connect().await;
    let month = (range.0 + 40 * 24 * HOUR_MS + 1, range.0 + 80 * 24 * HOUR_MS - 7);
    for every in ["PT30M", "PT45M", "PT1H", "PT24H", "P1D", "P1W", "P1M"] {
        check(&server, &db, (2, &site), month, every).await.unwrap_or_else(|e| panic!("{e}"));
    }
    server.stop().await;
}

async fn show_gaps_as_gaps_and_no_false_peak(database: Database) {
    let server = Server::start(&database).await;
    let hour = |n: i64| START_MS + n * HOUR_MS;
    server.register("register", json!({"expectedIntervalSeconds": 900})).await;
    server.register("power", json!({"expectedIntervalSeconds": 900})).await;
    // 10 kW all the time; the line is down from the first hour to the seventh.
    let quarters = (0..=4).chain(28..=32);
    let rows = quarters.flat_map(|quarter| {
        let time = START_MS + quarter * 900_000;
        [
            json!({"machine": "register", "time": time, "counter_kwh": 5000.0 + 2.5 * quarter as f64}),
            json!({"machine": "power", "time": time, "power_kw": 10.0}),
        ]
    });
    server.record(rows.collect::<Vec<_>>().into()).await;
    let hours = of_machine(&server, "register", (hour(-1), hour(8)), "PT1H").await;
    assert_eq!(hours[0]["energyKwh"], json!(0.0), "the first value is the zero point");
    for (n, bucket) in hours.iter().enumerate().skip(1) {
        assert!(near(bucket["energyKwh"].as_f64(), Some(10.0)), "{n}: {bucket}");
        assert!(near(bucket["meanPowerKw"].as_f64(), Some(10.0)), "{n}: {bucket}");
        let in_gap = (2..8).contains(&n);
        assert!(near(bucket["estimatedShare"].as_f64(), Some(f64::from(u8::from(in_gap)))), "{n}: {bucket}");
        // The reading that ends the gap is the only one that its hour got.
        let complete = if n == 7 {
            25.0
        } else if in_gap {
            0.0
        } else {
            100.0
        };
        assert!(near(bucket["completenessPercent"].as_f64(), Some(complete)), "{n}: {bucket}");
    }
    let hours = of_machine(&server, "power", (hour(0), hour(8)), "1h").await;
    let energy: Vec<Value> = hours.iter().map(|bucket| bucket["energyKwh"].clone()).collect();
    // Held for three intervals of a quarter of an hour; the hour of the reading that ends the gap got nothing else.
    assert_eq!(
        energy,
        [json!(10.0), json!(7.5), Value::Null, Value::Null, Value::Null, Value::Null, json!(0.0), json!(10.0)]
    );
    assert_eq!(hours[3]["meanPowerKw"], Value::Null);
    assert_eq!((&hours[3]["readings"], &hours[3]["completenessPercent"]), (&json!(0), &json!(0.0)));
    let before = of_machine(&server, "power", (hour(-3), hour(-2)), "1h").await;
    assert_eq!(before[0]["completenessPercent"], Value::Null, "nothing was expected before the first reading");
    // A gap that is still open when the range ends is spread to where it ends.
    let part = of_machine(&server, "register", (hour(2), hour(4)), "PT1H").await;
    assert!(part.iter().all(|bucket| near(bucket["energyKwh"].as_f64(), Some(10.0))), "{part:?}");
    server.stop().await;
}

async fn weigh_power_by_time(database: Database) {
    let server = Server::start(&database).await;
    server.register("power", json!({"expectedIntervalSeconds": 900})).await;
    // 10 kW for a quarter of an hour, then 20 kW for three.
    let sent = [(0, 10.0), (15, 20.0), (30, 20.0), (45, 20.0), (60, 0.0)];
    let rows = sent.map(|(min, kw)| json!({"machine": "power", "time": START_MS + min * 60_000, "power_kw": kw}));
    server.record(json!(rows)).await;
    let hour = of_machine(&server, "power", (START_MS, START_MS + HOUR_MS), "PT1H").await;
    assert_eq!((hour.len(), &hour[0]["meanPowerKw"], &hour[0]["energyKwh"]), (1, &json!(17.5), &json!(17.5)));
    assert_eq!((&hour[0]["minPowerKw"], &hour[0]["maxPowerKw"]), (&json!(0.0), &json!(20.0)));
    for every in ["PT10S", "1m", "PT15M", "P1D"] {
        let buckets = of_machine(&server, "power", (START_MS, START_MS + HOUR_MS), every).await;
        assert!(near(Some(sum(&buckets, "energyKwh")), Some(17.5)), "{every}");
        for bucket in buckets.iter().filter(|bucket| !bucket["energyKwh"].is_null()) {
            let hours = (ms(&bucket["to"]) - ms(&bucket["from"])) as f64 / HOUR_MS as f64;
            let energy = bucket["meanPowerKw"].as_f64().map(|kw| kw * hours);
            assert!(near(energy, bucket["energyKwh"].as_f64()), "{every}: {bucket}");
        }
    }
    server.stop().await;
}

async fn refuse_what_cannot_be_shown(database: Database) {
    let server = Server::start(&database).await;
    let query = "query($from: DateTime!, $to: DateTime!, $every: Interval!) {
        statsHistory(from: $from, to: $to, every: $every) { energyKwh } }";
    let refused = [
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "PT7M", "INVALID_INPUT"),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "soon", "INVALID_INPUT"),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "PT0S", "INVALID_INPUT"),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "PT1S", "TOO_MANY_BUCKETS"),
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "PT1H", "INVALID_RANGE"),
    ];
    for (from, to, every, code) in refused {
        let answer = server.graphql(query, json!({"from": from, "to": to, "every": every})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
    }
    server.stop().await;
}

async fn expect_nothing_of_the_time_to_come(database: Database) {
    let now_ms = START_MS + 20 * HOUR_MS;
    let server = Server::start_with(&database, Options::default(), Clock::manual(now_ms)).await;
    server.register("press", json!({"expectedIntervalSeconds": 900})).await;
    let rows = (0..=80).map(|n| json!({"machine": "press", "time": START_MS + n * 900_000, "energy_kwh": 2.5}));
    server.record(rows.collect()).await;
    let day = of_machine(&server, "press", (START_MS, START_MS + 24 * HOUR_MS), "PT24H").await;
    // 2026-11-01T08:00:00Z is no full day's begin: two buckets, of which the second goes on.
    assert_eq!((&day[0]["completenessPercent"], &day[0]["meanPowerKw"]), (&json!(100.0), &json!(10.0)), "{day:?}");
    assert_eq!((&day[1]["completenessPercent"], &day[1]["meanPowerKw"]), (&json!(100.0), &json!(10.0)), "{day:?}");
    server.stop().await;
}

/// Two readings a bucket which do not end with it: each tells of the minute before it, not of the bucket's time.
async fn tell_the_mean_of_what_is_known_while_they_go_on(database: Database) {
    let clock = Clock::manual(START_MS);
    let server = Server::start_with(&database, Options::default(), clock.clone()).await;
    server.register("press", json!({"expectedIntervalSeconds": 60})).await;
    server.register("saw", json!({"expectedIntervalSeconds": 60})).await;
    let until = async |machine: &str, kwh: f64, minutes: std::ops::RangeInclusive<i64>, after_s: i64| {
        let at = |minute: i64| START_MS + 60_000 * minute + 1000 * after_s;
        let rows = minutes.map(|minute| json!({"machine": machine, "time": at(minute), "energy_kwh": kwh}));
        server.record(rows.collect()).await;
    };
    let mean = async |now_s: i64| {
        clock.set_ms(START_MS + 1000 * now_s);
        let shown = of_site(&server, None, (START_MS, START_MS + HOUR_MS), "PT2M").await;
        let at = shown.iter().rposition(|bucket| !bucket["energyKwh"].is_null()).expect("a bucket");
        shown[at]["meanPowerKw"].as_f64().map(|kw| (at, (kw * 1e9).round() / 1e9))
    };
    // 60 kW, told one second after each full minute; 30 kW, told after 50.
    until("press", 1.0, -5..=4, 1).await;
    until("saw", 0.5, -5..=3, 50).await;
    assert_eq!(mean(242).await, Some((2, 90.0)), "the saw is still to tell of it");
    until("press", 1.0, 5..=5, 1).await;
    until("saw", 0.5, 4..=4, 50).await;
    assert_eq!(mean(302).await, Some((2, 90.0)), "two minutes are told after 62 seconds");
    // The press is silent: after three intervals that counts.
    assert_eq!(mean(359).await, Some((2, 90.0)));
    until("saw", 0.5, 5..=7, 50).await;
    assert_eq!(mean(480).await, Some((3, 30.0)), "a closed bucket's energy by its time");
    let hour = of_machine(&server, "press", (START_MS, START_MS + HOUR_MS), "PT1H").await;
    let told = hour[0]["meanPowerKw"].as_f64().expect("a mean");
    assert!((told - 60.0).abs() < 1e-9, "until its last reading, while that is fresh: {told}");
    clock.set_ms(START_MS + 600_000);
    let hour = of_machine(&server, "press", (START_MS, START_MS + HOUR_MS), "PT1H").await;
    let told = hour[0]["meanPowerKw"].as_f64().expect("a mean");
    assert!((told - 6.0 * 3600.0 / 659.0).abs() < 1e-9, "until now, when it has long been silent: {told}");
    server.stop().await;
}
