//! Budgets: what is used of them equals the plain sum, each band is told once, and the forecast is the documented one.

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;
use wattline::domain::instant::format_ms;

use crate::harness::webhook::{Call, Receiver};
use crate::harness::{Database, Server, on_both};

on_both!(
    bands_are_told_once_and_the_forecast_is_the_median_of_the_weeks,
    a_machine_that_is_new_goes_on_in_the_forecast_as_until_now,
    carriers_count_by_their_rates,
    a_peak_is_of_quarters
);

const HOUR_MS: i64 = 3_600_000;
const QUARTER_MS: i64 = HOUR_MS / 4;
const WEEK_MS: i64 = 7 * 24 * HOUR_MS;
/// 2026-11-26T09:00:00Z, a Thursday.
const NOW_MS: i64 = 1_795_683_600_000;

fn options() -> Options {
    Options { allow_private_webhooks: Some(true), price: Some(0.25), ..Options::default() }
}

async fn save_budget(server: &Server, input: Value) -> Value {
    let mutation = "mutation($input: SaveBudgetInput!) { saveBudget(input: $input) { budget { id } } }";
    server.data(mutation, json!({"input": input})).await["saveBudget"]["budget"]["id"].take()
}

async fn standings(server: &Server) -> Value {
    let query =
        "{ budgets { name unit standing { from to used usedPercent forecast forecastPercent machinesNotForecast } } }";
    server.data(query, json!({})).await["budgets"].take()
}

async fn energy(server: &Server, machine: &str, at_ms: i64, kwh: f64) {
    server.record(json!([{"machine": machine, "time": format_ms(at_ms), "energy_kwh": kwh}])).await;
}

fn messages(calls: &[Call]) -> Vec<String> {
    let alerts = calls.iter().flat_map(|call| call.json()["data"]["alerts"].as_array().expect("a list").clone());
    alerts.map(|alert| alert["message"].as_str().expect("text").to_owned()).collect()
}

async fn bands_are_told_once_and_the_forecast_is_the_median_of_the_weeks(database: Database) {
    let receiver = Receiver::start(&[]).await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    server.register("saw", json!({"expectedIntervalSeconds": 3600})).await;
    // What the rest of the last four Thursdays drew; before and after lies something that must not count.
    for (weeks, kwh) in [(1, 10.0), (2, 100.0), (3, 20.0), (4, 30.0)] {
        energy(&server, "saw", NOW_MS - weeks * WEEK_MS, 1000.0).await;
        energy(&server, "saw", NOW_MS - weeks * WEEK_MS + 5 * HOUR_MS, kwh).await;
        energy(&server, "saw", NOW_MS - weeks * WEEK_MS + 15 * HOUR_MS, 0.0).await;
        energy(&server, "saw", NOW_MS - weeks * WEEK_MS + 16 * HOUR_MS, 1000.0).await;
    }
    energy(&server, "saw", NOW_MS - 5 * WEEK_MS, 1.0).await;
    // The first reading of today is that of 00:00, which belongs to yesterday.
    energy(&server, "saw", NOW_MS - 9 * HOUR_MS, 500.0).await;
    energy(&server, "saw", NOW_MS - HOUR_MS, 60.0).await;
    let (to, _) = server.contact_point("WEBHOOK", &receiver.url()).await;
    let id = save_budget(
        &server,
        json!({"name": "day", "quantity": "ENERGY", "period": "DAY", "limit": 100.0,
        "contactPointIds": [to]}),
    )
    .await;
    let now = standings(&server).await;
    assert_eq!(now[0]["unit"], "kWh");
    assert_eq!(
        now[0]["standing"],
        json!({"from": "2026-11-26T00:00:00Z", "to": "2026-11-27T00:00:00Z", "used": 60.0,
        "usedPercent": 60.0, "forecast": 85.0, "forecastPercent": 85.0, "machinesNotForecast": 0})
    );
    clock.set_ms(NOW_MS + 30_000);
    let told = messages(&receiver.wait(1).await);
    assert_eq!(told, ["day: 60.00 of 100 kWh for the day is used, 50 % is reached"]);
    // A band is leapt over: only the highest is told, and what will likely come with it.
    energy(&server, "saw", NOW_MS, 31.6).await;
    clock.set_ms(NOW_MS + 400_000);
    let told = messages(&receiver.wait(2).await);
    assert_eq!(
        told[1..],
        [
            "day: 91.60 of 100 kWh for the day is used, 90 % is reached".to_owned(),
            "day: likely 117 kWh by the end of the day, more than the 100 kWh of it".to_owned(),
        ]
    );
    // Nothing new: nothing is told. Then the limit, and on the next day the first band again.
    clock.set_ms(NOW_MS + 800_000);
    energy(&server, "saw", NOW_MS + 700_000, 9.0).await;
    clock.set_ms(NOW_MS + 1_200_000);
    assert_eq!(
        messages(&receiver.wait(3).await)[3..],
        ["day: 100.60 of 100 kWh for the day is used, 100 % is reached"]
    );
    clock.set_ms(NOW_MS + 16 * HOUR_MS);
    energy(&server, "saw", NOW_MS + 16 * HOUR_MS, 55.0).await;
    clock.set_ms(NOW_MS + 16 * HOUR_MS + 60_000);
    let told = messages(&receiver.wait(4).await);
    assert_eq!(told[4], "day: 55.00 of 100 kWh for the day is used, 50 % is reached", "{told:?}");
    let then = server
        .data("query($at: DateTime) { budgets { standing(at: $at) { used } } }", json!({"at": format_ms(NOW_MS)}))
        .await;
    assert_eq!(then["budgets"][0]["standing"]["used"], 91.6, "at any past instant");
    let remove = "mutation($id: ID!) { removeBudget(input: {id: $id}) { removedId } }";
    server.data(remove, json!({"id": id})).await;
    assert_eq!(standings(&server).await, json!([]));
    server.stop().await;
}

async fn a_machine_that_is_new_goes_on_in_the_forecast_as_until_now(database: Database) {
    let server = Server::start_with(&database, options(), Clock::manual(NOW_MS)).await;
    for machine in ["saw", "mill", "press", "lathe"] {
        server.register(machine, json!({"expectedIntervalSeconds": 3600})).await;
    }
    // One is known for four weeks, one for two: of each those count in which it is known.
    for (machine, drew) in [("saw", &[10.0, 20.0, 20.0, 30.0][..]), ("mill", &[4.0, 6.0])] {
        let first_ms = NOW_MS - i64::try_from(drew.len()).expect("few") * WEEK_MS - HOUR_MS;
        energy(&server, machine, first_ms, 1.0).await;
        for (week, kwh) in (1..).zip(drew) {
            energy(&server, machine, NOW_MS - week * WEEK_MS + 5 * HOUR_MS, *kwh).await;
        }
        energy(&server, machine, NOW_MS - HOUR_MS, 60.0).await;
    }
    // One for eight hours, in which it drew 1 kWh each; fifteen are to come.
    energy(&server, "press", NOW_MS - 8 * HOUR_MS, 0.0).await;
    for hours in 0..8 {
        energy(&server, "press", NOW_MS - hours * HOUR_MS, 1.0).await;
    }
    // One for an hour: nobody can tell of it yet, so it counts for what it has used.
    energy(&server, "lathe", NOW_MS - HOUR_MS, 3.0).await;
    energy(&server, "lathe", NOW_MS, 4.0).await;
    // One that never sent anything, and one that is no more, whatever it drew a week ago.
    server.register("robot", json!({})).await;
    let oven = server.register("oven", json!({"expectedIntervalSeconds": 3600})).await;
    for (hours_ago, kwh) in [(169, 1.0), (163, 500.0), (1, 11.0)] {
        energy(&server, "oven", NOW_MS - hours_ago * HOUR_MS, kwh).await;
    }
    server.data("mutation($id: ID!) { retireMachine(input: {id: $id}) { machine { id } } }", json!({"id": oven})).await;
    save_budget(
        &server,
        json!({"name": "day", "quantity": "ENERGY", "period": "DAY", "limit": 1000.0, "contactPointIds": []}),
    )
    .await;
    let standing = standings(&server).await[0]["standing"].take();
    assert_eq!(
        (&standing["used"], &standing["forecast"]),
        (&json!(146.0), &json!(60.0 + 20.0 + 60.0 + 5.0 + 8.0 + 15.0 + 7.0 + 11.0))
    );
    assert_eq!(standing["machinesNotForecast"], 1, "the forecast says of whom it knows nothing");
    server.stop().await;
}

async fn carriers_count_by_their_rates(database: Database) {
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    let saw = server.register("saw", json!({})).await;
    server.register("press", json!({})).await;
    server.register("boiler", json!({"carrier": "GAS"})).await;
    server.register("still", json!({"carrier": "STEAM"})).await;
    let rates =
        "mutation { setCarrierRates(input: {carrier: GAS, pricePerUnit: 0.1, carbonKgPerUnit: 0.2}) { site { id } } }";
    server.data(rates, json!({})).await;
    for (machine, kwh) in [("saw", 8.0), ("press", 4.0), ("boiler", 10.0), ("still", 1000.0)] {
        energy(&server, machine, NOW_MS - HOUR_MS, kwh).await;
    }
    for (name, more) in [
        ("a cost", json!({"quantity": "COST"})),
        ("b carbon of gas", json!({"quantity": "CARBON", "carrier": "GAS"})),
        ("c energy", json!({"quantity": "ENERGY"})),
        ("d energy of one", json!({"quantity": "ENERGY", "machineIds": [saw]})),
        ("e energy of steam", json!({"quantity": "ENERGY", "carrier": "STEAM"})),
    ] {
        let mut input = json!({"name": name, "period": "WEEK", "limit": 10.0, "contactPointIds": []});
        input.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        save_budget(&server, input).await;
    }
    let now = standings(&server).await;
    let used: Vec<_> =
        now.as_array().expect("a list").iter().map(|budget| budget["standing"]["used"].clone()).collect();
    assert_eq!(used, [4.0, 2.0, 12.0, 8.0, 1000.0]);
    // Three days and nine hours of seven are over, but only an hour of them is known: no forecast is made up.
    assert_eq!((&now[2]["standing"]["forecast"], &now[0]["unit"]), (&Value::Null, &json!("USD")));
    assert_eq!(now[2]["standing"]["machinesNotForecast"], 2);
    assert_eq!(now[2]["standing"]["from"], "2026-11-23T00:00:00Z");
    for (wrong, word) in [
        (json!({"quantity": "ENERGY", "limit": 0.0}), "above 0"),
        (json!({"quantity": "PEAK_DEMAND", "limit": 1.0, "machineIds": [saw]}), "all electricity machines"),
        (json!({"quantity": "ENERGY", "limit": 1.0, "bands": [0]}), "percentages"),
    ] {
        let mut input = json!({"name": "wrong", "period": "DAY", "contactPointIds": []});
        input.as_object_mut().expect("object").extend(wrong.as_object().expect("object").clone());
        let mutation = "mutation($input: SaveBudgetInput!) { saveBudget(input: $input) { budget { id } } }";
        let answer = server.graphql(mutation, json!({"input": input})).await;
        assert!(answer["errors"][0]["message"].as_str().expect("text").contains(word), "{answer}");
    }
    server.stop().await;
}

async fn a_peak_is_of_quarters(database: Database) {
    let clock = Clock::manual(NOW_MS + 60_000);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    for machine in ["saw", "press"] {
        server.register(machine, json!({"expectedIntervalSeconds": 900})).await;
    }
    for (quarter, saw_kwh, press_kwh) in [(3, 10.0, 1.0), (2, 8.0, 6.0), (1, 1.0, 10.0), (0, 2.0, 2.0)] {
        energy(&server, "saw", NOW_MS - quarter * QUARTER_MS, saw_kwh).await;
        energy(&server, "press", NOW_MS - quarter * QUARTER_MS, press_kwh).await;
    }
    // The quarter under way does not count yet.
    energy(&server, "saw", NOW_MS + 60_000, 50.0).await;
    save_budget(
        &server,
        json!({"name": "peak", "quantity": "PEAK_DEMAND", "period": "MONTH", "limit": 80.0,
        "contactPointIds": []}),
    )
    .await;
    let now = standings(&server).await;
    assert_eq!((&now[0]["unit"], &now[0]["standing"]["used"]), (&json!("kW"), &json!(56.0)));
    assert_eq!(now[0]["standing"]["usedPercent"], 70.0);
    let standing = &now[0]["standing"];
    assert_eq!((&standing["forecast"], &standing["machinesNotForecast"]), (&Value::Null, &json!(0)));
    server.stop().await;
}
