//! Every setting: its name, unit, default and reason.
//!
//! Each has a flag, an environment variable and a key in the TOML file, all of one name; the flag wins over the
//! variable, the variable over the file, the file over the default.

#![expect(clippy::doc_markdown, reason = "the settings' documentation is also the text of --help")]

mod rooms;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::domain::fields::Mapping;
use crate::error::{Error, Result};

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty = $default:expr, $variable:literal, $placeholder:literal;)+) => {
        /// The settings that somebody set: by flag or variable, or in the file.
        #[derive(Clone, Default, PartialEq, Deserialize, clap::Args)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct Options {
            $($(#[doc = $doc])+
            #[arg(long, global = true, env = $variable, hide_env_values = true, value_name = $placeholder)]
            pub $name: Option<$kind>,)+
        }

        /// All settings.
        #[derive(Clone, PartialEq)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $name: $kind,)+
        }

        impl Options {
            /// These, and where they say nothing those of the file.
            #[must_use]
            pub fn or(self, file: Self) -> Self {
                Self { $($name: self.$name.or(file.$name),)+ }
            }

            fn with_defaults(self) -> Config {
                Config { $($name: self.$name.unwrap_or_else(|| $default),)+ }
            }
        }
    };
}

settings! {
    /// Database: sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME [default: sqlite://wattline.db]
    database: String = "sqlite://wattline.db".to_owned(), "WATTLINE_DATABASE", "URL";
    /// Address to serve on [default: 127.0.0.1:8080]
    listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)), "WATTLINE_LISTEN", "ADDR";
    /// Whether to serve on an address that other machines reach without any key or user: everybody may do everything [default: false]
    insecure: bool = false, "WATTLINE_INSECURE", "BOOL";
    /// Whether callers over loopback need no key once there are some; a proxy on this machine must then name the caller it is for (X-Forwarded-For) [default: false]
    open_loopback: bool = false, "WATTLINE_OPEN_LOOPBACK", "BOOL";
    /// Hours until somebody who has signed in must do so again [default: 168]
    session_hours: u32 = 168, "WATTLINE_SESSION_HOURS", "HOURS";
    /// Issuer whose tokens (JWTs) and sign-in are trusted, such as https://id.example/realms/plant [default: none]
    issuer: String = String::new(), "WATTLINE_ISSUER", "URL";
    /// Its keys: address or file of a JWKS [default: as its discovery document says]
    issuer_keys: String = String::new(), "WATTLINE_ISSUER_KEYS", "URL|FILE";
    /// Whom its tokens must be for (aud) to be taken as keys are [default: none are taken]
    token_audience: String = String::new(), "WATTLINE_TOKEN_AUDIENCE", "TEXT";
    /// What tokens may be signed by, separated by commas [default: RS256,ES256,EdDSA]
    token_algorithms: String = "RS256,ES256,EdDSA".to_owned(), "WATTLINE_TOKEN_ALGORITHMS", "NAMES";
    /// Claim that says what somebody may do; dots lead into claims within claims [default: wattline_scope]
    scope_claim: String = "wattline_scope".to_owned(), "WATTLINE_SCOPE_CLAIM", "NAME";
    /// Which of its values are which scope, such as admin=plant-admins,operate=shift [default: the scopes' own names]
    scope_values: String = String::new(), "WATTLINE_SCOPE_VALUES", "SCOPE=VALUE,…";
    /// Claim with the name of the only site that somebody reaches, or * [default: none, all sites]
    site_claim: String = String::new(), "WATTLINE_SITE_CLAIM", "NAME";
    /// What the issuer calls us, where people sign in to the page there (OpenID Connect) [default: none, they do not]
    client_id: String = String::new(), "WATTLINE_CLIENT_ID", "TEXT";
    /// By what the issuer knows us [default: none]
    client_secret: String = String::new(), "WATTLINE_CLIENT_SECRET", "SECRET";
    /// What is asked of the issuer beside openid when somebody signs in, separated by spaces [default: profile email]
    sign_in_scopes: String = "profile email".to_owned(), "WATTLINE_SIGN_IN_SCOPES", "NAMES";
    /// PEM file with the certificate for TLS, read anew when it changes [default: none, no TLS]
    tls_cert: String = String::new(), "WATTLINE_TLS_CERT", "FILE";
    /// PEM file with the key of that certificate [default: none]
    tls_key: String = String::new(), "WATTLINE_TLS_KEY", "FILE";
    /// Connections of clients at most, sockets too [default: 20000]
    max_clients: usize = 20_000, "WATTLINE_MAX_CLIENTS", "COUNT";
    /// Connections from one address at most; behind a proxy all have its address [default: 1000]
    max_address_clients: usize = 1000, "WATTLINE_MAX_ADDRESS_CLIENTS", "COUNT";
    /// Requests a second of one key or session, or of one address without, twice as many at once; 0 for any number [default: 1000]
    max_requests_per_second: u32 = 1000, "WATTLINE_MAX_REQUESTS_PER_SECOND", "COUNT";
    /// Seconds that a request may take until its answer begins [default: 60]
    request_timeout: f64 = 60.0, "WATTLINE_REQUEST_TIMEOUT", "SECONDS";
    /// Seconds that a client may take for TLS, and for the headers of its first request [default: 10]
    header_timeout: f64 = 10.0, "WATTLINE_HEADER_TIMEOUT", "SECONDS";
    /// Seconds for which a connection may then ask for nothing, or take nothing of an answer [default: 75]
    idle_timeout: f64 = 75.0, "WATTLINE_IDLE_TIMEOUT", "SECONDS";
    /// Bytes of a request's headers at most, its address too [default: 65536]
    max_header_bytes: usize = 65_536, "WATTLINE_MAX_HEADER_BYTES", "BYTES";
    /// Whether the schema can be asked for what it has; without, errors suggest no names either [default: true]
    introspection: bool = true, "WATTLINE_INTROSPECTION", "BOOL";
    /// OpenTelemetry collector that is sent traces by OTLP over HTTP, such as http://127.0.0.1:4318 [default: none]
    otlp_endpoint: String = String::new(), "WATTLINE_OTLP_ENDPOINT", "URL";
    /// How log lines look [default: text]
    log_format: LogFormat = LogFormat::Text, "WATTLINE_LOG_FORMAT", "FORMAT";
    /// Seconds between two pushes of the statistics [default: 5]
    interval: f64 = 5.0, "WATTLINE_INTERVAL", "SECONDS";
    /// Price of a kWh, in the site's currency [default: 0.12]
    price: f64 = 0.12, "WATTLINE_PRICE", "MONEY";
    /// Carbon of a kWh, kg CO2 [default: 0.5]
    carbon_factor: f64 = 0.5, "WATTLINE_CARBON_FACTOR", "KG";
    /// Connections to the database that read, at most; those that write are few and beside them [default: 8]
    max_connections: u32 = 8, "WATTLINE_MAX_CONNECTIONS", "COUNT";
    /// Seconds to wait for a connection, a lock or the writer's queue before answering that it is busy [default: 5]
    busy_timeout: f64 = 5.0, "WATTLINE_BUSY_TIMEOUT", "SECONDS";
    /// Bytes of a request body at most, unpacked [default: 16777216]
    max_body_bytes: usize = 16 * 1024 * 1024, "WATTLINE_MAX_BODY_BYTES", "BYTES";
    /// Readings in one request at most [default: 100000]
    max_rows: usize = 100_000, "WATTLINE_MAX_ROWS", "COUNT";
    /// Seconds that one transaction or query may take before the database counts as unreachable [default: 60]
    database_timeout: f64 = 60.0, "WATTLINE_DATABASE_TIMEOUT", "SECONDS";
    /// Bytes that the disk of the SQLite file must have left, or /readyz says that the server is not ready; 0 for any [default: 33554432]
    min_free_bytes: u64 = 32 * 1024 * 1024, "WATTLINE_MIN_FREE_BYTES", "BYTES";
    /// Names under which pages may call the server, beside localhost and IP addresses; separated by commas [default: none]
    hosts: String = String::new(), "WATTLINE_HOSTS", "NAMES";
    /// Origins of foreign pages that may call the server, such as https://dash.example; separated by commas [default: none]
    origins: String = String::new(), "WATTLINE_ORIGINS", "ORIGINS";
    /// Foreign names of columns and fields, such as machine=meter_id,time=ts,power_w=P [default: none]
    map: Mapping = Mapping::default(), "WATTLINE_MAP", "OURS=THEIRS,…";
    /// Requests that may wait for the writer; further senders wait outside [default: 64]
    queue_batches: usize = 64, "WATTLINE_QUEUE_BATCHES", "COUNT";
    /// Rows after which a transaction takes in no further request [default: 16384]
    transaction_rows: usize = 16_384, "WATTLINE_TRANSACTION_ROWS", "COUNT";
    /// Days for which single readings are kept; 0 for ever. Statistics and series stay [default: 0]
    reading_days: u32 = 0, "WATTLINE_READING_DAYS", "DAYS";
    /// Refused readings that are kept at most, the newest ones [default: 100000]
    refused_rows: u64 = 100_000, "WATTLINE_REFUSED_ROWS", "COUNT";
    /// Days for which refused readings are kept [default: 30]
    refused_days: u32 = 30, "WATTLINE_REFUSED_DAYS", "DAYS";
    /// Whether readings are judged and anomalies found [default: true]
    detect: bool = true, "WATTLINE_DETECT", "BOOL";
    /// Seconds between two checkpoints of a machine's detector: so much is judged again after a crash [default: 300]
    checkpoint_every: f64 = 300.0, "WATTLINE_CHECKPOINT_EVERY", "SECONDS";
    /// Seconds after which an anomaly that is found, or reported to be over, late is kept, but nobody is told [default: 3600]
    quiet_after: f64 = 3600.0, "WATTLINE_QUIET_AFTER", "SECONDS";
    /// Seconds after a late reading until its machine is judged again from the beginning [default: 60]
    rejudge_after: f64 = 60.0, "WATTLINE_REJUDGE_AFTER", "SECONDS";
    /// SMTP server that e-mails go through, such as smtps://user:password@mail.example [default: none]
    smtp: String = String::new(), "WATTLINE_SMTP", "URL";
    /// Sender of e-mails [default: wattline@localhost]
    mail_from: String = "Wattline <wattline@localhost>".to_owned(), "WATTLINE_MAIL_FROM", "ADDRESS";
    /// Where people reach the page, for links in messages [default: http:// and the address it listens on]
    public_url: String = String::new(), "WATTLINE_PUBLIC_URL", "URL";
    /// Whether webhooks may be at private addresses [default: false]
    allow_private_webhooks: bool = false, "WATTLINE_ALLOW_PRIVATE_WEBHOOKS", "BOOL";
    /// PEM file with certificate authorities of mail servers and webhooks, beside the system's [default: none]
    ca_file: String = String::new(), "WATTLINE_CA_FILE", "FILE";
    /// How often a message is tried before it is given up [default: 10]
    delivery_attempts: u32 = 10, "WATTLINE_DELIVERY_ATTEMPTS", "COUNT";
    /// Days for which messages to people are kept [default: 90]
    delivery_days: u32 = 90, "WATTLINE_DELIVERY_DAYS", "DAYS";
    /// Rules for machines of one site at most [default: 1000]
    max_watch_rules: usize = 1000, "WATTLINE_MAX_WATCH_RULES", "COUNT";
    /// Budgets of one site at most [default: 200]
    max_budgets: usize = 200, "WATTLINE_MAX_BUDGETS", "COUNT";
    /// Rules about who is told of what at most [default: 500]
    max_notification_rules: usize = 500, "WATTLINE_MAX_NOTIFICATION_RULES", "COUNT";
    /// Contact points at most [default: 200]
    max_contact_points: usize = 200, "WATTLINE_MAX_CONTACT_POINTS", "COUNT";
    /// Rows on one page of a GraphQL connection at most [default: 1000]
    max_page: usize = 1000, "WATTLINE_MAX_PAGE", "COUNT";
    /// Buckets of one series at most [default: 10000]
    max_buckets: usize = 10_000, "WATTLINE_MAX_BUCKETS", "COUNT";
    /// Bytes of a message on a GraphQL socket at most [default: 65536]
    max_message_bytes: usize = 65_536, "WATTLINE_MAX_MESSAGE_BYTES", "BYTES";
    /// Whether sockets also speak graphql-ws, which graphql-transport-ws replaced [default: false]
    legacy_sockets: bool = false, "WATTLINE_LEGACY_SOCKETS", "BOOL";
    /// Whether the schema is one of a federation: with _service and _entities [default: false]
    federation: bool = false, "WATTLINE_FEDERATION", "BOOL";
    /// Operations under way on one GraphQL socket at most [default: 50]
    max_subscriptions: usize = 50, "WATTLINE_MAX_SUBSCRIPTIONS", "COUNT";
    /// Event streams of many operations that are reserved or open at a time, at most [default: 10000]
    max_streams: usize = 10_000, "WATTLINE_MAX_STREAMS", "COUNT";
    /// Seconds for which such a stream is reserved until its client opens it [default: 12]
    stream_reservation: f64 = 12.0, "WATTLINE_STREAM_RESERVATION", "SECONDS";
    /// Requests in one GraphQL batch at most; 1 refuses lists of requests [default: 1]
    max_batch: usize = 1, "WATTLINE_MAX_BATCH", "COUNT";
    /// JSON file with the GraphQL documents that clients name by their SHA-256 [default: none]
    documents_file: String = String::new(), "WATTLINE_DOCUMENTS_FILE", "FILE";
    /// Whether only the documents of that file are executed [default: false]
    only_listed_documents: bool = false, "WATTLINE_ONLY_LISTED_DOCUMENTS", "BOOL";
    /// Documents sent by clients that are remembered by their SHA-256; 0 for none [default: 0]
    automatic_documents: usize = 0, "WATTLINE_AUTOMATIC_DOCUMENTS", "COUNT";
    /// Bytes of a GraphQL document at most, before it is parsed [default: 65536]
    max_query_bytes: usize = 65_536, "WATTLINE_MAX_QUERY_BYTES", "BYTES";
    /// Tokens of a GraphQL document at most, before it is parsed [default: 5000]
    max_query_tokens: usize = 5000, "WATTLINE_MAX_QUERY_TOKENS", "COUNT";
    /// Aliases in a GraphQL document at most [default: 100]
    max_aliases: usize = 100, "WATTLINE_MAX_ALIASES", "COUNT";
    /// Fields and fragments of a GraphQL document at most, each as often as it is named [default: 1500]
    max_query_selections: usize = 1500, "WATTLINE_MAX_QUERY_SELECTIONS", "COUNT";
    /// Fields at the root of a GraphQL operation at most, each as often as it is named [default: 100]
    max_root_fields: usize = 100, "WATTLINE_MAX_ROOT_FIELDS", "COUNT";
    /// Directives on one field of a GraphQL document at most [default: 20]
    max_directives: usize = 20, "WATTLINE_MAX_DIRECTIVES", "COUNT";
    /// Nesting of a GraphQL document at most [default: 15]
    max_query_depth: usize = 15, "WATTLINE_MAX_QUERY_DEPTH", "LEVELS";
    /// Fields that a GraphQL document may ask for, each times the rows of the page it stands in [default: 20000]
    max_query_cost: usize = 20_000, "WATTLINE_MAX_QUERY_COST", "FIELDS";
}

/// Of what: settings hold passwords, which nobody is to read where something is dumped.
macro_rules! debug_without_values {
    ($($name:ident)+) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })+
    };
}

debug_without_values! { Options Config }

impl Options {
    /// These, and where they say nothing what stands in the file.
    pub fn with_file(self, file: Option<&Path>) -> Result<Self> {
        Ok(self.or(file.map(read_file).transpose()?.unwrap_or_default()))
    }

    /// Fills in the defaults and checks every value.
    pub fn resolve(self) -> Result<Config> {
        self.with_defaults().checked()
    }
}

fn read_file(path: &Path) -> Result<Options> {
    let wrong = |e: &dyn std::fmt::Display| Error::Config(format!("the settings file {}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(&e))?;
    toml::from_str(&text).map_err(|e| wrong(&e))
}

impl Config {
    fn checked(self) -> Result<Self> {
        let positive = [
            ("interval", self.interval, 0.1, 86_400.0),
            ("busy-timeout", self.busy_timeout, 0.01, 3600.0),
            ("database-timeout", self.database_timeout, 0.1, 86_400.0),
            ("checkpoint-every", self.checkpoint_every, 0.0, 86_400.0),
            ("quiet-after", self.quiet_after, 0.0, 31_536_000.0),
            ("rejudge-after", self.rejudge_after, 0.0, 86_400.0),
            ("stream-reservation", self.stream_reservation, 0.1, 3600.0),
            ("request-timeout", self.request_timeout, 0.1, 86_400.0),
            ("header-timeout", self.header_timeout, 0.1, 3600.0),
            ("idle-timeout", self.idle_timeout, 0.1, 86_400.0),
        ];
        for (name, value, least, greatest) in positive {
            if !(least..=greatest).contains(&value) {
                return Err(Error::Config(format!(
                    "{name} is {value}: it lies between {least} and {greatest} seconds"
                )));
            }
        }
        for (name, value) in [("price", self.price), ("carbon-factor", self.carbon_factor)] {
            if !value.is_finite() {
                return Err(Error::Config(format!("{name} is {value}: it is a number")));
            }
        }
        if let Some(origin) = self.origin_list().find(|origin| !is_origin(origin)) {
            let message =
                format!("origins has {origin:?}: an origin is a scheme and a host, as in https://dash.example");
            return Err(Error::Config(message));
        }
        self.issuer()?;
        if self.tls_cert.is_empty() != self.tls_key.is_empty() {
            return Err(Error::Config("TLS needs both tls-cert and tls-key".to_owned()));
        }
        let counts = [
            ("max-connections", self.max_connections as usize),
            ("max-clients", self.max_clients),
            ("max-address-clients", self.max_address_clients),
            ("max-header-bytes", self.max_header_bytes),
            ("max-body-bytes", self.max_body_bytes),
            ("max-rows", self.max_rows),
            ("session-hours", self.session_hours as usize),
            ("queue-batches", self.queue_batches),
            ("transaction-rows", self.transaction_rows),
            ("delivery-attempts", self.delivery_attempts as usize),
            ("delivery-days", self.delivery_days as usize),
            ("max-watch-rules", self.max_watch_rules),
            ("max-budgets", self.max_budgets),
            ("max-notification-rules", self.max_notification_rules),
            ("max-contact-points", self.max_contact_points),
            ("max-page", self.max_page),
            ("max-buckets", self.max_buckets),
            ("max-message-bytes", self.max_message_bytes),
            ("max-subscriptions", self.max_subscriptions),
            ("max-streams", self.max_streams),
            ("max-batch", self.max_batch),
            ("max-query-bytes", self.max_query_bytes),
            ("max-query-tokens", self.max_query_tokens),
            ("max-aliases", self.max_aliases),
            ("max-query-selections", self.max_query_selections),
            ("max-root-fields", self.max_root_fields),
            ("max-directives", self.max_directives),
            ("max-query-depth", self.max_query_depth),
            ("max-query-cost", self.max_query_cost),
        ];
        match counts.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(Error::Config(format!("{name} is 0: it is at least 1"))),
            None => Ok(self),
        }
    }

    /// The origins of foreign pages that may call the server.
    pub fn origin_list(&self) -> impl Iterator<Item = &str> {
        self.origins.split(',').map(str::trim).filter(|origin| !origin.is_empty())
    }
}

/// Whether this is what browsers send as `Origin`: nothing follows the host and its port.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/'))
}

/// Where the settings file is, if anywhere.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ConfigFile {
    /// Settings file (TOML); its keys are the names of the flags
    #[arg(long, global = true, env = "WATTLINE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_wins_over_the_file_and_the_file_over_the_default() {
        let file: Options = toml::from_str("price = 0.3\ncarbon-factor = 0.1").expect("valid");
        let config = Options { price: Some(0.2), ..Options::default() }.or(file).with_defaults();
        assert_eq!((config.price, config.carbon_factor, config.interval), (0.2, 0.1, 5.0));
    }

    #[test]
    fn an_unknown_key_and_a_senseless_value_are_refused() {
        assert!(toml::from_str::<Options>("prise = 0.3").is_err());
        let text = |text: &str| Some(text.to_owned());
        let issuer =
            || Options { issuer: text("https://id.example"), token_audience: text("plant"), ..Options::default() };
        assert!(issuer().resolve().is_ok());
        for options in vec![
            Options { interval: Some(0.0), ..Options::default() },
            Options { price: Some(f64::NAN), ..Options::default() },
            Options { max_rows: Some(0), ..Options::default() },
            Options { origins: Some("dash.example".to_owned()), ..Options::default() },
            Options { origins: Some("https://dash.example/".to_owned()), ..Options::default() },
            Options { token_audience: Some("plant".to_owned()), ..Options::default() },
            Options { token_audience: None, ..issuer() },
            Options { client_secret: Some("x".to_owned()), ..issuer() },
            Options { token_algorithms: Some("RS256,HS256".to_owned()), ..issuer() },
            Options { token_algorithms: Some("none".to_owned()), ..issuer() },
            Options { scope_values: Some("boss=all".to_owned()), ..issuer() },
            Options { tls_cert: Some("cert.pem".to_owned()), ..Options::default() },
            Options { max_clients: Some(0), ..Options::default() },
        ] {
            assert!(matches!(options.resolve(), Err(Error::Config(_))));
        }
    }
}
