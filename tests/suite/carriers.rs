//! Carriers beside electricity: totals, prices and carbon of their own, and never a kWh of one added to another's.

use serde_json::{Value, json};

use crate::harness::{Database, Server, on_both};

on_both!(each_has_totals_and_rates_of_its_own);

/// 2026-11-01T08:00:00Z
const START_MS: i64 = 1_793_520_000_000;

const CARRIERS: &str = "query($at: DateTime) { carrierStats(asOf: $at) { carrier unit totalReadings totalEnergy
    energyPerDay peakPower avgPower uptimePercent activeMachinesToday pricePerKwh estimatedCost costPerDay
    carbonKgPerKwh carbonFootprint carbonPerDay } }";

async fn each_has_totals_and_rates_of_its_own(database: Database) {
    let server = Server::start(&database).await;
    assert_eq!(server.data(CARRIERS, json!({})).await["carrierStats"], json!([]), "no machines, no carriers");
    server.register("press", json!({"expectedIntervalSeconds": 3600})).await;
    server.register("boiler", json!({"carrier": "GAS", "expectedIntervalSeconds": 3600})).await;
    server.register("loop", json!({"carrier": "HEAT", "expectedIntervalSeconds": 3600})).await;
    let rows = (0..48).flat_map(|hour| {
        let time = START_MS + hour * 3_600_000;
        [
            json!({"machine": "press", "time": time, "power_kw": 58.0, "energy_kwh": 58.0}),
            json!({"machine": "boiler", "time": time, "power_kw": 2249.0, "energy_kwh": 622.0}),
        ]
    });
    server.record(rows.collect::<Vec<_>>().into()).await;
    let last_ms = START_MS + 47 * 3_600_000;
    let at = wattline::domain::instant::format_ms(last_ms);
    let electricity = json!({"carrier": "ELECTRICITY", "unit": "KWH", "totalReadings": 48, "totalEnergy": 2784.0,
        "energyPerDay": 1450.0, "peakPower": 58.0, "avgPower": 58.0, "uptimePercent": 100.0, "activeMachinesToday": 1,
        "pricePerKwh": 0.12, "estimatedCost": 334.08, "costPerDay": 174.0, "carbonKgPerKwh": 0.5,
        "carbonFootprint": 1392.0, "carbonPerDay": 725.0});
    let mut gas = json!({"carrier": "GAS", "unit": "KWH", "totalReadings": 48, "totalEnergy": 29856.0,
        "energyPerDay": 15550.0, "peakPower": 2249.0, "avgPower": 2249.0, "uptimePercent": 100.0,
        "activeMachinesToday": 1, "pricePerKwh": null, "estimatedCost": null, "costPerDay": null,
        "carbonKgPerKwh": null, "carbonFootprint": null, "carbonPerDay": null});
    let heat = json!({"carrier": "HEAT", "unit": "KWH", "totalReadings": 0, "totalEnergy": 0.0, "energyPerDay": 0.0,
        "peakPower": null, "avgPower": null, "uptimePercent": null, "activeMachinesToday": 0, "pricePerKwh": null,
        "estimatedCost": null, "costPerDay": null, "carbonKgPerKwh": null, "carbonFootprint": null,
        "carbonPerDay": null});
    let shown = async || server.data(CARRIERS, json!({"at": at})).await["carrierStats"].take();
    assert_eq!(shown().await, json!([electricity, gas, heat]));

    let set = "mutation($input: SetCarrierRatesInput!) { setCarrierRates(input: $input) { site { name } } }";
    for (price, carbon) in [(9.0, 9.0), (0.0625, 0.25)] {
        let input = json!({"carrier": "GAS", "pricePerKwh": price, "carbonKgPerKwh": carbon});
        server.data(set, json!({"input": input})).await;
    }
    for (field, value) in [
        ("pricePerKwh", 0.0625),
        ("estimatedCost", 1866.0),
        ("costPerDay", 971.875),
        ("carbonKgPerKwh", 0.25),
        ("carbonFootprint", 7464.0),
        ("carbonPerDay", 3887.5),
    ] {
        gas[field] = json!(value);
    }
    assert_eq!(shown().await, json!([electricity, gas, heat]));
    let sixteen = server.stats(Some(last_ms), None).await;
    assert_eq!((&sixteen["totalEnergy"], &sixteen["peakPower"]), (&json!(2784.0), &json!(58.0)));

    let history = "query($from: DateTime!, $to: DateTime!, $carrier: Carrier!) {
        statsHistory(from: $from, to: $to, every: \"P1D\", carrier: $carrier) { energyKwh cost carbonKg } }";
    let of_carrier = async |carrier: &str| {
        let from = wattline::domain::instant::format_ms(START_MS - 8 * 3_600_000);
        let data = server.data(history, json!({"from": from, "to": at, "carrier": carrier})).await;
        data["statsHistory"].as_array().expect("buckets").clone()
    };
    let sum = |buckets: &[Value], field: &str| buckets.iter().filter_map(|b| b[field].as_f64()).sum::<f64>();
    let gas = of_carrier("GAS").await;
    assert_eq!((sum(&gas, "energyKwh"), sum(&gas, "cost"), sum(&gas, "carbonKg")), (29856.0, 1866.0, 7464.0));
    assert_eq!((sum(&of_carrier("ELECTRICITY").await, "energyKwh"),), (2784.0,));
    let refused = json!({"carrier": "ELECTRICITY", "pricePerKwh": 1.0, "carbonKgPerKwh": 1.0});
    let answer = server.graphql(set, json!({"input": refused})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_INPUT", "{answer}");
    server.stop().await;
}
