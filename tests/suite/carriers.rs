//! Carriers beside electricity: totals, prices and carbon of their own, and never a kWh of one added to another's.

use serde_json::{Value, json};

use crate::harness::{Database, Server, on_both};

on_both!(each_has_totals_and_rates_of_its_own, what_is_measured_in_cubic_metres_is_never_a_kwh);

/// 2026-11-01T08:00:00Z
const START_MS: i64 = 1_793_520_000_000;

const CARRIERS: &str = "query($at: DateTime) { carrierStats(asOf: $at) { carrier unit totalReadings totalAmount
    amountPerDay peakRate avgRate uptimePercent activeMachinesToday pricePerUnit estimatedCost costPerDay
    carbonKgPerUnit carbonFootprint carbonPerDay } }";

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
    let electricity = json!({"carrier": "ELECTRICITY", "unit": "KWH", "totalReadings": 48, "totalAmount": 2784.0,
        "amountPerDay": 1450.0, "peakRate": 58.0, "avgRate": 58.0, "uptimePercent": 100.0, "activeMachinesToday": 1,
        "pricePerUnit": 0.12, "estimatedCost": 334.08, "costPerDay": 174.0, "carbonKgPerUnit": 0.5,
        "carbonFootprint": 1392.0, "carbonPerDay": 725.0});
    let mut gas = json!({"carrier": "GAS", "unit": "KWH", "totalReadings": 48, "totalAmount": 29856.0,
        "amountPerDay": 15550.0, "peakRate": 2249.0, "avgRate": 2249.0, "uptimePercent": 100.0,
        "activeMachinesToday": 1, "pricePerUnit": null, "estimatedCost": null, "costPerDay": null,
        "carbonKgPerUnit": null, "carbonFootprint": null, "carbonPerDay": null});
    let heat = json!({"carrier": "HEAT", "unit": "KWH", "totalReadings": 0, "totalAmount": 0.0, "amountPerDay": 0.0,
        "peakRate": null, "avgRate": null, "uptimePercent": null, "activeMachinesToday": 0, "pricePerUnit": null,
        "estimatedCost": null, "costPerDay": null, "carbonKgPerUnit": null, "carbonFootprint": null,
        "carbonPerDay": null});
    let shown = async || server.data(CARRIERS, json!({"at": at})).await["carrierStats"].take();
    assert_eq!(shown().await, json!([electricity, gas, heat]));

    let set = "mutation($input: SetCarrierRatesInput!) { setCarrierRates(input: $input) { site { name } } }";
    for (price, carbon) in [(9.0, 9.0), (0.0625, 0.25)] {
        let input = json!({"carrier": "GAS", "pricePerUnit": price, "carbonKgPerUnit": carbon});
        server.data(set, json!({"input": input})).await;
    }
    for (field, value) in [
        ("pricePerUnit", 0.0625),
        ("estimatedCost", 1866.0),
        ("costPerDay", 971.875),
        ("carbonKgPerUnit", 0.25),
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
    let refused = json!({"carrier": "ELECTRICITY", "pricePerUnit": 1.0, "carbonKgPerUnit": 1.0});
    let answer = server.graphql(set, json!({"input": refused})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_INPUT", "{answer}");
    server.stop().await;
}

async fn what_is_measured_in_cubic_metres_is_never_a_kwh(database: Database) {
    let server = Server::start(&database).await;
    let cubic = |carrier: &str| json!({"carrier": carrier, "unit": "CUBIC_METRE", "expectedIntervalSeconds": 3600});
    server.register("hall", cubic("WATER")).await;
    server.register("gas meter", cubic("GAS")).await;
    server.register("boiler", json!({"carrier": "GAS", "expectedIntervalSeconds": 3600})).await;
    let time = |hour: i64| START_MS + hour * 3_600_000;
    // By each door: JSON, CSV, line protocol (as Home Assistant writes), GraphQL.
    server
        .record(json!([{"machine": "hall", "time": time(0), "counter_m3": 100.0},
        {"machine": "boiler", "time": time(0), "energy_kwh": 622.0},
        {"machine": "gas meter", "time": time(0), "flow_m3_per_h": 60.0, "volumeM3": 60.0}]))
        .await;
    let csv = format!("machine,time,counter_m3\nhall,{},101.5\n", time(1));
    let lines = format!("m³,domain=sensor,entity_id=hall value=104 {}000000\n", time(2));
    for (media_type, body) in [("text/csv", csv), ("text/plain", lines)] {
        let answer = server.post("/api/v1/readings", media_type, body).await;
        assert_eq!((answer.status, &answer.json()["accepted"]), (200, &json!(1)), "{}", answer.text);
    }
    let record = "mutation($readings: [ReadingInput!]!) { recordReadings(input: {readings: $readings}) {
        accepted rejected { index code } } }";
    let at = |hour: i64| wattline::domain::instant::format_ms(time(hour));
    let readings = json!([
        {"machine": "hall", "time": at(3), "counterM3": 106.0},
        {"machine": "boiler", "time": at(1), "energyMwh": 0.25, "powerW": 250_000.0},
        {"machine": "hall", "time": at(4), "counterKwh": 1.0},
        {"machine": "boiler", "time": at(4), "volumeM3": 1.0},
        {"machine": "boiler", "time": at(4), "energyKwh": 1.0, "energyWh": 1000.0},
        {"machine": "boiler", "time": at(4), "energyKwh": 1.0, "flowM3PerH": 1.0},
    ]);
    let receipt = server.data(record, json!({"readings": readings})).await["recordReadings"].take();
    let rejected = json!([{"index": 2, "code": "WRONG_UNIT"}, {"index": 3, "code": "WRONG_UNIT"},
        {"index": 4, "code": "INVALID_ROW"}, {"index": 5, "code": "INVALID_ROW"}]);
    assert_eq!(receipt, json!({"accepted": 2, "rejected": rejected}));

    let totals = "query($at: DateTime) { carrierStats(asOf: $at) { carrier unit totalAmount } }";
    let expected = json!([
        {"carrier": "GAS", "unit": "KWH", "totalAmount": 872.0},
        {"carrier": "GAS", "unit": "CUBIC_METRE", "totalAmount": 60.0},
        {"carrier": "WATER", "unit": "CUBIC_METRE", "totalAmount": 6.0},
    ]);
    assert_eq!(server.data(totals, json!({"at": at(4)})).await["carrierStats"], expected);
    let shown = "query($from: DateTime!, $to: DateTime!) {
        machine(name: \"hall\") { unit latestReading { energyKwh volumeM3 counterM3 flowM3PerH powerKw } }
        kwh: statsHistory(from: $from, to: $to, every: \"P1D\", carrier: WATER) { energyKwh volumeM3 readings }
        m3: statsHistory(from: $from, to: $to, every: \"P1D\", carrier: WATER, unit: CUBIC_METRE) {
            energyKwh volumeM3 meanFlowM3PerH maxFlowM3PerH meanPowerKw readings }
        refusedReadings { edges { node { code volumeM3 energyKwh } } } }";
    let data = server.data(shown, json!({"from": at(0), "to": at(4)})).await;
    let latest = json!({"energyKwh": null, "volumeM3": 2.0, "counterM3": 106.0, "flowM3PerH": 2.0, "powerKw": null});
    assert_eq!(data["machine"], json!({"unit": "CUBIC_METRE", "latestReading": latest}));
    assert_eq!(data["kwh"], json!([{"energyKwh": null, "volumeM3": null, "readings": 0}]));
    let bucket = json!({"energyKwh": null, "volumeM3": 6.0, "meanFlowM3PerH": 1.5, "maxFlowM3PerH": 2.5,
        "meanPowerKw": null, "readings": 3});
    assert_eq!(data["m3"], json!([bucket]));
    assert_eq!(data["refusedReadings"]["edges"][3]["node"]["volumeM3"], 1.0, "{data}");
    assert_eq!(server.stats(None, None).await["totalReadings"], 0, "none of it is electricity");
    let wrong = "mutation { registerMachine(input: {name: \"press\", unit: CUBIC_METRE}) { machine { id } } }";
    let answer = server.graphql(wrong, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_INPUT", "{answer}");
    // Exported in its unit, and so to be imported again.
    let export = server.get("/api/v1/export/refused?code=WRONG_UNIT").await.text;
    assert!(export.contains("boiler,2026-11-01T12:00:00Z,,,,,1.0,,WRONG_UNIT"), "{export}");
    let again = server.post("/api/v1/readings", "text/csv", export).await.json();
    let codes: Vec<_> = again["rejected"].as_array().expect("rows").iter().map(|row| row["code"].clone()).collect();
    assert_eq!(codes, ["WRONG_UNIT", "WRONG_UNIT"]);
    server.stop().await;
}
