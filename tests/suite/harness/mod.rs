//! A fresh database, a server over it, and short ways to speak to both.

pub(crate) mod issuer;
pub(crate) mod mail;
pub(crate) mod oracle;
mod postgres;
mod program;
pub(crate) mod proxy;
pub(crate) mod raw;
pub(crate) mod socket;
pub(crate) mod webhook;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wattline::app::App;
use wattline::clock::Clock;
use wattline::config::Options;

pub(crate) use postgres::Cluster;
pub(crate) use program::Program;
use proxy::Proxy;

/// Runs a test on both databases: `on_both!(name)` for `async fn name(database: Database)`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::harness::Database::sqlite()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::harness::Database::postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_both;

/// An empty database.
pub(crate) struct Database {
    pub(crate) url: String,
    folder: Option<TempDir>,
}

impl Database {
    /// A new file in a folder of its own.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("wattline.db").display());
        Self { url, folder: Some(folder) }
    }

    /// A new database on the test run's own server.
    pub(crate) async fn postgres() -> Self {
        Self { url: postgres::create_database().await, folder: None }
    }

    /// A new database on a server of the test's own.
    pub(crate) async fn on(cluster: &Cluster) -> Self {
        Self { url: postgres::new_database_on(&cluster.url()).await, folder: None }
    }

    /// The same database by way of a proxy.
    pub(crate) async fn through_a_proxy(&self) -> (Self, Proxy) {
        let (server, name) = self.url.rsplit_once('/').expect("an address of PostgreSQL");
        let (host, port) = server.rsplit_once(':').expect("a port");
        let proxy = Proxy::before(port.parse().expect("a port")).await;
        (Self { url: format!("{host}:{}/{name}", proxy.port), folder: None }, proxy)
    }

    /// Its name on the server, on PostgreSQL.
    pub(crate) fn name(&self) -> Option<&str> {
        self.url.strip_prefix("postgres://")?.rsplit('/').next()
    }

    /// The file, on SQLite.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.as_ref().expect("an SQLite database").path().join("wattline.db")
    }

    /// The folder of the file, on SQLite.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_ref().expect("an SQLite database").path()
    }

    /// The one whole number that a question in SQL has as its answer.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        number(&self.connect().await, sql).await
    }

    /// A connection that knows nothing of Wattline.
    pub(crate) async fn connect(&self) -> sea_orm::DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new(self.url.clone());
        options.sqlx_logging(false).max_connections(1).idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
        sea_orm::Database::connect(options).await.expect("a connection")
    }
}

/// The same over a connection.
pub(crate) async fn number(db: &sea_orm::DatabaseConnection, sql: &str) -> i64 {
    use sea_orm::{ConnectionTrait, Statement};
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("SQL");
    row.expect("a row").try_get_by_index(0).expect("a number")
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    client: reqwest::Client,
    shutdown: CancellationToken,
    running: JoinHandle<wattline::error::Result<()>>,
}

impl Server {
    /// With the defaults, but a push interval of a second.
    pub(crate) async fn start(database: &Database) -> Self {
        Self::start_with(database, Options::default(), Clock::system()).await
    }

    /// With settings and a clock. Detection is for those tests that ask for it: in the others it would find the odd
    /// things that they do.
    pub(crate) async fn start_with(database: &Database, options: Options, clock: Clock) -> Self {
        let database = Some(database.url.clone());
        let defaults = Options { database, interval: Some(1.0), detect: Some(false), ..Options::default() };
        let config = options.or(defaults).resolve().expect("valid settings");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let app = App::open(config, clock).await.expect("an open database");
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(app.serve(listener, shutdown.clone()));
        Self { address, client: client(), shutdown, running }
    }

    /// Shuts down in order.
    pub(crate) async fn stop(mut self) {
        self.end().await;
    }

    /// Shuts down in order and starts anew, with the defaults.
    pub(crate) async fn restart(&mut self, database: &Database) {
        self.end().await;
        *self = Self::start(database).await;
    }

    async fn end(&mut self) {
        self.client = client();
        self.shutdown.cancel();
        (&mut self.running).await.expect("no panic").expect("an orderly end");
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path))).await
    }

    /// The same with a header.
    pub(crate) async fn get_with(&self, path: &str, header: &str, value: &str) -> Answer {
        Answer::of(self.client.get(self.url(path)).header(header, value)).await
    }

    /// Posts a body of a media type.
    pub(crate) async fn post(&self, path: &str, media_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        Answer::of(self.client.post(self.url(path)).header("content-type", media_type).body(body)).await
    }

    /// The same as a page of another origin would.
    pub(crate) async fn post_from(&self, origin: &str, path: &str, media_type: &str, body: &'static str) -> Answer {
        let request = self.client.post(self.url(path)).header("content-type", media_type);
        Answer::of(request.header("origin", origin).body(body)).await
    }

    /// Posts a body that is packed.
    pub(crate) async fn post_packed(&self, path: &str, media_type: &str, encoding: &str, body: Vec<u8>) -> Answer {
        let request = self.client.post(self.url(path)).header("content-type", media_type);
        Answer::of(request.header("content-encoding", encoding).body(body)).await
    }

    /// Runs a GraphQL operation and returns the whole response.
    pub(crate) async fn graphql(&self, query: &str, variables: Value) -> Value {
        let request = json!({"query": query, "variables": variables}).to_string();
        let answer = self.post("/graphql", "application/json", request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// Runs a GraphQL operation that must succeed and returns its data.
    pub(crate) async fn data(&self, query: &str, variables: Value) -> Value {
        let mut response = self.graphql(query, variables).await;
        assert!(response.get("errors").is_none(), "{response}");
        response["data"].take()
    }

    /// Registers a machine; further input as JSON.
    pub(crate) async fn register(&self, name: &str, more: Value) -> String {
        let mut input = json!({"name": name});
        input.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        let mutation = "mutation($input: RegisterMachineInput!) { registerMachine(input: $input) { machine { id } } }";
        let data = self.data(mutation, json!({"input": input})).await;
        data["registerMachine"]["machine"]["id"].as_str().expect("an id").to_owned()
    }

    /// Registers a site and returns its id.
    pub(crate) async fn register_site(&self, name: &str) -> String {
        let mutation = "mutation($name: String!) { registerSite(input: {name: $name}) { site { id } } }";
        let data = self.data(mutation, json!({"name": name})).await;
        data["registerSite"]["site"]["id"].as_str().expect("an id").to_owned()
    }

    /// Sets up a place that messages go to: its id, and the secret of a webhook.
    pub(crate) async fn contact_point(&self, channel: &str, address: &str) -> (Value, String) {
        let mutation = "mutation($input: SaveContactPointInput!) { saveContactPoint(input: $input) \
                        { contactPoint { id } secret } }";
        let input = json!({"name": format!("to {address}"), "channel": channel, "address": address});
        let saved = self.data(mutation, json!({"input": input})).await["saveContactPoint"].take();
        (saved["contactPoint"]["id"].clone(), saved["secret"].as_str().unwrap_or_default().to_owned())
    }

    /// Snoozes a machine until then, or wakes it.
    pub(crate) async fn snooze(&self, id: impl Serialize, until: Option<String>) {
        let mutation = "mutation($id: ID!, $until: DateTime) { snoozeMachine(input: {id: $id, until: $until}) \
                        { machine { id } } }";
        self.data(mutation, json!({"id": id, "until": until})).await;
    }

    /// Announces work at a machine; the id of the window.
    pub(crate) async fn work_on(&self, id: impl Serialize, from: String, to: String) -> Value {
        let mutation = "mutation($input: ScheduleMaintenanceInput!) { scheduleMaintenance(input: $input) \
                        { maintenance { id } } }";
        let input = json!({"machineId": id, "from": from, "to": to});
        self.data(mutation, json!({"input": input})).await["scheduleMaintenance"]["maintenance"]["id"].take()
    }

    /// Stores readings given as a JSON array; all must be taken.
    pub(crate) async fn record(&self, readings: Value) -> Value {
        let answer = self.post("/api/v1/readings", "application/json", readings.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let receipt = answer.json();
        assert_eq!(receipt["rejected"], json!([]), "{receipt}");
        receipt
    }

    /// All statistics at an instant.
    pub(crate) async fn stats(&self, as_of: Option<i64>, site: Option<&str>) -> Value {
        let query =
            format!("query($asOf: DateTime, $site: ID) {{ systemStats(asOf: $asOf, siteId: $site) {{ {FIELDS} }} }}");
        let as_of = as_of.map(wattline::domain::instant::format_ms);
        self.data(&query, json!({"asOf": as_of, "site": site})).await["systemStats"].take()
    }
}

/// The sixteen and what goes with them.
pub(crate) const FIELDS: &str = "asOf lastReadingAt currency totalReadings totalEnergy dataRate uptimeDays uptimePercent \
    readingsPerMinute energyPerHour peakPower avgPower efficiency estimatedCost costPerDay carbonFootprint carbonPerDay \
    totalAnomalies activeMachinesToday";

/// A client that gives up after a while instead of hanging the test run.
pub(crate) fn client() -> reqwest::Client {
    // As the server does; where it came first, its choice stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(Duration::from_mins(1))
        .no_brotli()
        .no_gzip()
        .no_zstd()
        .build()
        .expect("a client")
}

/// The same, but it goes where it is sent only if it is told to.
pub(crate) fn client_that_stays() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stays = reqwest::redirect::Policy::none();
    reqwest::Client::builder().timeout(Duration::from_mins(1)).redirect(stays).build().expect("a client")
}

/// What came back over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("a body") }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// The code of an error answer.
    pub(crate) fn code(&self) -> String {
        let answer = self.json();
        let code = answer["error"]["code"].as_str().or_else(|| answer["errors"][0]["extensions"]["code"].as_str());
        code.unwrap_or_else(|| panic!("no code: {}", self.text)).to_owned()
    }
}

/// Waits until something holds; panics when it does not within half a minute.
pub(crate) async fn until<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "waited in vain for: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A recording of the shared data folder, which lies beside the project.
pub(crate) fn recording(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    assert!(path.exists(), "the recording {} is missing: the shared folder lies beside the project", path.display());
    path
}
