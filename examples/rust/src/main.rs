//! Wattline's statistics and anomalies on standard output, one JSON object a line; a server's restart is waited out.
//!
//!     cargo run -- http://127.0.0.1:8080 [CURSOR]
//!
//! Anomalies begin with the next one that is reported, or with the one after CURSOR: that of the last one printed.
//! Where Wattline asks who calls, it is told the key in the variable WATTLINE_KEY; one of scope read is enough.

use std::error::Error;
use std::ops::ControlFlow;
use std::time::Duration;

use futures_util::StreamExt;
use graphql_ws_client::Client;
use graphql_ws_client::graphql::GraphqlOperation;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const STATISTICS: &str = "subscription { statsUpdates { asOf totalReadings totalEnergy peakPower estimatedCost } }";
const ANOMALIES: &str = "subscription ($after: String) {
  anomalyDetected(after: $after) { cursor node { kind severity startedAt message machine { name } } }
}";
const NEWEST: &str = "{ anomalies(last: 1) { pageInfo { endCursor } } }";

/// With what the server closes when it lets nobody in without a key, or not with this one.
const FORBIDDEN: u16 = 4403;

/// Any operation; its answers stay JSON. With `cynic` or `graphql_client` they have types.
#[derive(Serialize)]
struct Operation {
    query: &'static str,
    variables: Value,
}

impl GraphqlOperation for Operation {
    type Response = Value;
    type Error = serde_json::Error;

    fn decode(&self, data: Value) -> Result<Value, serde_json::Error> {
        Ok(data)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let server = arguments.next().unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let url = format!("{}/graphql", server.replacen("http", "ws", 1));
    let mut after = arguments.next();
    let key = std::env::var("WATTLINE_KEY").ok().filter(|key| !key.is_empty());
    let introduction = key.map_or_else(|| json!({}), |key| json!({"Authorization": format!("Bearer {key}")}));
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        never = watch_for_ever(&url, &introduction, &mut after) => never,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

/// Connects again and again: a server that restarts closes with 1001, and refuses until it is back.
async fn watch_for_ever(url: &str, introduction: &Value, after: &mut Option<String>) -> Result<(), Box<dyn Error>> {
    let mut failures = 0;
    loop {
        match watch(url, introduction, after, &mut failures).await {
            Ok(ControlFlow::Break(refusal)) => return Err(refusal.into()),
            Ok(ControlFlow::Continue(())) => {}
            Err(trouble) => eprintln!("{trouble}"),
        }
        // A quarter of a second, then twice as long each time up to 8 s; by chance up to half as much more or less, so
        // that a hundred clients do not all come at once.
        let wait = f64::min(0.25 * f64::powi(2.0, failures), 8.0) * (0.5 + fastrand::f64());
        tokio::time::sleep(Duration::from_secs_f64(wait)).await;
        failures += 1;
    }
}

/// Watches both over one connection until it ends; breaks at what the server would refuse again.
async fn watch(
    url: &str,
    introduction: &Value,
    after: &mut Option<String>,
    failures: &mut i32,
) -> Result<ControlFlow<String>, Box<dyn Error>> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    let (connection, _) = tokio_tungstenite::connect_async(request).await?;
    let builder = Client::build(connection).keep_alive_interval(Duration::from_secs(10));
    let (client, actor) = match builder.payload(introduction)?.await {
        // A connection that is closed so later ends as any other does, and the next one is told.
        Err(graphql_ws_client::Error::Close(FORBIDDEN, _)) => {
            let refusal = "Wattline does not let us in: the key in WATTLINE_KEY is missing, wrong, expired or revoked";
            return Ok(ControlFlow::Break(refusal.to_owned()));
        }
        built => built?,
    };
    // Ends with the connection, and with this function.
    let mut actor = std::pin::pin!(actor.into_future());
    let events = async {
        if after.is_none() {
            // Before the first anomaly there is no cursor, and what is reported during a restart could be missed.
            let mut answers = client.subscribe(Operation { query: NEWEST, variables: json!({}) }).await?;
            let answer = answers.next().await.ok_or("the connection is lost")??;
            let newest = answer["data"]["anomalies"]["pageInfo"]["endCursor"].as_str();
            *after = Some(newest.unwrap_or("0").to_owned());
        }
        let anomalies = Operation { query: ANOMALIES, variables: json!({"after": after}) };
        let statistics = client.subscribe(Operation { query: STATISTICS, variables: json!({}) }).await?;
        let mut events = futures_util::stream::select(statistics, client.subscribe(anomalies).await?);
        while let Some(event) = events.next().await {
            let event = event?;
            if let Some(error) = event["errors"].get(0) {
                eprintln!("{error}");
                let (code, cursor) = (&error["extensions"]["code"], &error["extensions"]["cursor"]);
                if let Some(cursor) = cursor.as_str() {
                    *after = Some(cursor.to_owned());
                }
                let code = code.as_str().unwrap_or_default();
                let passes = ["TOO_FAR_BEHIND", "INTERNAL"].contains(&code) || code.starts_with("DATABASE_");
                return Ok(if passes { ControlFlow::Continue(()) } else { ControlFlow::Break(error.to_string()) });
            }
            if let Some(cursor) = event["data"]["anomalyDetected"]["cursor"].as_str() {
                *after = Some(cursor.to_owned());
            }
            *failures = 0;
            println!("{}", event["data"]);
        }
        Ok(ControlFlow::Continue(()))
    };
    tokio::select! {
        ended = events => ended,
        () = &mut actor => Ok(ControlFlow::Continue(())),
    }
}
