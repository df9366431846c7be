//! What meters really send, case by case: what came in, and what must come out. Each has cost somebody wrong numbers.

use serde_json::{Value, json};

use crate::harness::{Database, Server, on_both};

on_both!(field_cases, a_replaced_meter_counts_on_whenever_it_is_told);

/// 2026-11-01T08:00:00Z; the machines send every ten seconds.
const START_S: i64 = 1_793_520_000;

struct Case {
    name: &'static str,
    /// Settings of the machine.
    machine: Value,
    /// Seconds since the start and the values, in order of arrival.
    sent: &'static [(i64, &'static str)],
    /// Energy of each row, kWh, by time.
    energy_kwh: &'static [f64],
    /// Power of each row, kW, by time; NaN where none is known.
    power_kw: &'static [f64],
    /// Seconds since the start, and what the register did.
    events: &'static [(i64, &'static str)],
}

const UNKNOWN: f64 = f64::NAN;

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let rated = || json!({"ratedPowerKw": 36});
    vec![
        Case {
            name: "power alone is held until the next reading, three intervals at most",
            machine: json!({}),
            sent: &[
                (0, r#""power_kw": 36"#),
                (10, r#""power_kw": 72"#),
                (40, r#""power_kw": 36"#),
                (640, r#""power_kw": 0"#),
            ],
            energy_kwh: &[0.0, 0.1, 0.6, 0.3],
            power_kw: &[36.0, 72.0, 36.0, 0.0],
            events: &[],
        },
        Case {
            name: "energy alone tells the mean power since the reading before",
            machine: json!({}),
            sent: &[(0, r#""energy_kwh": 0.1"#), (10, r#""energy_kwh": 0.1"#), (30, r#""energy_kwh": 0.1"#)],
            energy_kwh: &[0.1, 0.1, 0.1],
            power_kw: &[36.0, 36.0, 18.0],
            events: &[],
        },
        Case {
            name: "a register counts from its first value",
            machine: json!({}),
            sent: &[(0, r#""counter_kwh": 5000"#), (10, r#""counter_kwh": 5000.1"#), (20, r#""counter_kwh": 5000.1"#)],
            energy_kwh: &[0.0, 0.1, 0.0],
            power_kw: &[UNKNOWN, 36.0, 0.0],
            events: &[],
        },
        Case {
            name: "a late row between two others moves energy from the row after it",
            machine: json!({}),
            sent: &[(0, r#""counter_kwh": 100"#), (20, r#""counter_kwh": 100.4"#), (10, r#""counter_kwh": 100.1"#)],
            energy_kwh: &[0.0, 0.1, 0.3],
            power_kw: &[UNKNOWN, 36.0, 108.0],
            events: &[],
        },
        Case {
            name: "a power that comes late is held by the row after it",
            machine: json!({}),
            sent: &[(0, r#""power_kw": 36"#), (20, r#""power_kw": 36"#), (10, r#""power_kw": 72"#)],
            energy_kwh: &[0.0, 0.1, 0.2],
            power_kw: &[36.0, 72.0, 36.0],
            events: &[],
        },
        Case {
            name: "a register set back to zero is no consumption, and never a negative one",
            machine: json!({}),
            sent: &[(0, r#""counter_kwh": 812.5"#), (10, r#""counter_kwh": 0"#), (20, r#""counter_kwh": 0.25"#)],
            energy_kwh: &[0.0, 0.0, 0.25],
            power_kw: &[UNKNOWN, UNKNOWN, 90.0],
            events: &[(10, "RESET")],
        },
        Case {
            name: "zeroes after a reboot are a glitch: what was drawn meanwhile is counted once",
            machine: json!({}),
            sent: &[
                (0, r#""counter_kwh": 812.5"#),
                (10, r#""counter_kwh": 0"#),
                (20, r#""counter_kwh": 0"#),
                (30, r#""counter_kwh": 813"#),
            ],
            energy_kwh: &[0.0, 0.0, 0.0, 0.5],
            power_kw: &[UNKNOWN, UNKNOWN, 0.0, 180.0],
            events: &[(10, "GLITCH")],
        },
        Case {
            name: "a value far beyond what the machine can draw is a glitch when the old level comes back",
            machine: rated(),
            sent: &[(0, r#""counter_kwh": 10"#), (10, r#""counter_kwh": 99999"#), (20, r#""counter_kwh": 10.2"#)],
            energy_kwh: &[0.0, 0.0, 0.2],
            power_kw: &[UNKNOWN, UNKNOWN, 72.0],
            events: &[(10, "GLITCH")],
        },
        Case {
            name: "a replaced meter begins its own count",
            machine: rated(),
            sent: &[(0, r#""counter_kwh": 10"#), (10, r#""counter_kwh": 4711"#), (20, r#""counter_kwh": 4711.1"#)],
            energy_kwh: &[0.0, 0.0, 0.1],
            power_kw: &[UNKNOWN, UNKNOWN, 36.0],
            events: &[(10, "REPLACED")],
        },
        Case {
            name: "a register of six digits rolls over",
            machine: json!({"ratedPowerKw": 36, "registerWidthKwh": 1_000_000}),
            sent: &[(0, r#""counter_kwh": 999999.75"#), (10, r#""counter_kwh": 0.25"#)],
            energy_kwh: &[0.0, 0.5],
            power_kw: &[UNKNOWN, 180.0],
            events: &[(10, "ROLLOVER")],
        },
        Case {
            name: "energy over a gap is kept, and makes no false peak",
            machine: rated(),
            sent: &[(0, r#""counter_kwh": 10"#), (10, r#""counter_kwh": 10.1"#), (3610, r#""counter_kwh": 46.1"#)],
            energy_kwh: &[0.0, 0.1, 36.0],
            power_kw: &[UNKNOWN, 36.0, 36.0],
            events: &[],
        },
        Case {
            name: "a correction reaches the rows that follow from it",
            machine: json!({}),
            sent: &[
                (0, r#""counter_kwh": 100"#),
                (10, r#""counter_kwh": 100.1"#),
                (20, r#""counter_kwh": 100.2"#),
                (10, r#""counter_kwh": 100.2"#),
            ],
            energy_kwh: &[0.0, 0.2, 0.0],
            power_kw: &[UNKNOWN, 72.0, 0.0],
            events: &[],
        },
        Case {
            name: "energy that was sent wins over the register beside it",
            machine: json!({}),
            sent: &[(0, r#""counter_kwh": 100"#), (10, r#""counter_kwh": 100.1, "energy_kwh": 0.125"#)],
            energy_kwh: &[0.0, 0.125],
            power_kw: &[UNKNOWN, 45.0],
            events: &[],
        },
        Case {
            name: "power that was sent stands beside the energy of the register",
            machine: json!({}),
            sent: &[(0, r#""counter_kwh": 100, "power_kw": 30"#), (10, r#""counter_kwh": 100.1, "power_kw": 40"#)],
            energy_kwh: &[0.0, 0.1],
            power_kw: &[30.0, 40.0],
            events: &[],
        },
    ]
}

/// The rows and events of a machine: energy in kWh, and times, kinds and registers.
async fn shown(server: &Server, id: &str) -> (Vec<f64>, Value) {
    let query = "query($id: ID!) { machine(id: $id) { readings { edges { node { energyKwh } } }
        meterEvents { edges { node { time kind beforeKwh afterKwh } } } } }";
    let mut found = server.data(query, json!({"id": id})).await["machine"].take();
    let rows = found["readings"]["edges"].as_array().expect("edges");
    let energies = rows.iter().map(|edge| edge["node"]["energyKwh"].as_f64().expect("energy")).collect();
    (energies, found["meterEvents"]["edges"].take())
}

async fn a_replaced_meter_counts_on_whenever_it_is_told(database: Database) {
    let server = Server::start(&database).await;
    let time = |second: i64| wattline::domain::instant::format_ms((START_S + second) * 1000);
    let replace = "mutation($input: ReplaceMeterInput!) { replaceMeter(input: $input) { machine { name } } }";
    let withdraw = "mutation($input: WithdrawMeterReplacementInput!) {
        withdrawMeterReplacement(input: $input) { machine { name } } }";
    let rows = |name: &str, range: std::ops::Range<usize>| {
        let values = [100.0, 100.5, 7.5, 8.0];
        let row = |at: usize| json!({"machine": name, "time": START_S + 10 * at as i64, "counter_kwh": values[at]});
        range.map(row).collect::<Value>()
    };
    // Replaced between the second and the third reading: 0.25 kWh by the old meter, 0.5 by the new one.
    let mut ids = Vec::new();
    for (name, told_after) in [("first", 0), ("between", 2), ("midway", 3), ("last", 4)] {
        let id = server.register(name, json!({"ratedPowerKw": 36})).await;
        if told_after > 0 {
            server.record(rows(name, 0..told_after)).await;
        }
        let input = json!({"id": id, "at": time(15), "oldCounterKwh": 100.75, "newCounterKwh": 7.0});
        server.data(replace, json!({"input": input})).await;
        if told_after < 4 {
            server.record(rows(name, told_after..4)).await;
        }
        let event = json!([{"node": {"time": time(15), "kind": "REPLACED", "beforeKwh": 100.75, "afterKwh": 7.0}}]);
        assert_eq!(shown(&server, &id).await, (vec![0.0, 0.5, 0.75, 0.5], event), "{name}");
        ids.push(id);
    }
    assert_eq!(server.stats(None, None).await["totalEnergy"], 7.0);
    let input = json!({"id": ids[0], "at": time(15)});
    server.data(withdraw, json!({"input": input})).await;
    let found = json!([{"node": {"time": time(20), "kind": "REPLACED", "beforeKwh": 100.5, "afterKwh": 7.5}}]);
    assert_eq!(shown(&server, &ids[0]).await, (vec![0.0, 0.5, 0.0, 0.5], found), "it is left to the register again");
    assert_eq!(server.stats(None, None).await["totalEnergy"], 6.25);
    let answer = server.graphql(withdraw, json!({"input": input})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND", "{answer}");
    let ahead = json!({"id": ids[0], "at": "2999-01-01T00:00:00Z", "oldCounterKwh": 1, "newCounterKwh": 1});
    let answer = server.graphql(replace, json!({"input": ahead})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_INPUT", "{answer}");
    server.stop().await;
}

async fn field_cases(database: Database) {
    let server = Server::start(&database).await;
    for (at, case) in cases().into_iter().enumerate() {
        let machine = format!("machine {at}");
        server.register(&machine, case.machine.clone()).await;
        for (second, values) in case.sent {
            let row = format!("[{{\"machine\": \"{machine}\", \"time\": {}, {values}}}]", START_S + second);
            let answer = server.post("/api/v1/readings", "application/json", row).await;
            assert_eq!(answer.status, 200, "{}: {}", case.name, answer.text);
        }
        let query = "query($name: String!) { machine(name: $name) {
            readings { edges { node { time powerKw energyKwh } } } meterEvents { edges { node { time kind } } } } }";
        let found = server.data(query, json!({"name": machine})).await["machine"].take();
        let nodes = |connection: &str| {
            let edges = found[connection]["edges"].as_array().expect("edges").iter();
            edges.map(|edge| edge["node"].clone()).collect::<Vec<_>>()
        };
        let readings = nodes("readings");
        let near = |value: &Value, expected: f64| match value.as_f64() {
            Some(value) => (value - expected).abs() < 1e-9,
            None => expected.is_nan(),
        };
        assert_eq!(readings.len(), case.energy_kwh.len(), "{}", case.name);
        for (node, (energy, power)) in readings.iter().zip(case.energy_kwh.iter().zip(case.power_kw)) {
            assert!(near(&node["energyKwh"], *energy), "{}: {node} instead of {energy} kWh", case.name);
            assert!(near(&node["powerKw"], *power), "{}: {node} instead of {power} kW", case.name);
        }
        let time = |second: i64| wattline::domain::instant::format_ms((START_S + second) * 1000);
        let events: Vec<_> = case.events.iter().map(|(s, kind)| json!({"time": time(*s), "kind": kind})).collect();
        assert_eq!(nodes("meterEvents"), events, "{}", case.name);
    }
    server.stop().await;
}
