//! TLS in the binary: HTTPS, HTTP/2 and sockets over it, a certificate that is replaced while the server runs.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::access::run;
use crate::harness::raw::Raw;
use crate::harness::socket::Socket;
use crate::harness::{Database, Program, until};
use crate::recordings::wattline;

/// An authority of the test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Writes a new certificate and its key into a folder.
    fn issue(&self, folder: &Path) {
        let key = KeyPair::generate().expect("a key");
        let names = ["localhost", "127.0.0.1", "evil.example"].map(str::to_owned);
        let signed =
            CertificateParams::new(names.to_vec()).expect("names").signed_by(&key, &self.issuer).expect("signed");
        std::fs::write(folder.join("cert.pem"), signed.pem()).expect("written");
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).expect("written");
    }

    fn trusting(&self) -> reqwest::ClientBuilder {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificate = reqwest::Certificate::from_pem(self.pem.as_bytes()).expect("a certificate");
        reqwest::Client::builder().tls_certs_only([certificate])
    }

    /// What tokio-rustls and tungstenite need to trust it.
    fn connector(&self) -> Arc<rustls::ClientConfig> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("PEM")).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        Arc::new(builder.expect("versions").with_root_certificates(roots).with_no_client_auth())
    }

    /// The certificate that the server shows.
    async fn shown(&self, address: &str) -> Vec<u8> {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(self.connector()).connect(name, stream).await.expect("TLS");
        stream.get_ref().1.peer_certificates().expect("a certificate")[0].to_vec()
    }
}

fn start(database: &Database, more: &[&str]) -> (Authority, Program) {
    let authority = Authority::new();
    authority.issue(database.folder());
    let path = |name: &str| database.folder().join(name).display().to_string();
    let (certificate, key) = (path("cert.pem"), path("key.pem"));
    let arguments = [&["serve", "--tls-cert", &certificate, "--tls-key", &key, "--interval", "0.1"][..], more].concat();
    let program = Program::start(database, &arguments);
    (authority, program)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_in_both_versions() {
    let database = Database::sqlite();
    let (authority, program) = start(&database, &[]);
    let url = |path: &str| format!("https://{}{path}", program.address);
    for (client, version) in [
        (authority.trusting().http1_only().build().expect("a client"), reqwest::Version::HTTP_11),
        (authority.trusting().build().expect("a client"), reqwest::Version::HTTP_2),
    ] {
        let own_page = format!("https://{}", program.address);
        // A request of the own page, whose origin is held against the host.
        let request = client.post(url("/graphql")).header("content-type", "application/json");
        let request = request.header("origin", &own_page).body(json!({"query": "{ sites { name } }"}).to_string());
        let answer = request.send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.version()), (200, version));
        let answer: Value = answer.json().await.expect("JSON");
        assert_eq!(answer["data"]["sites"][0]["name"], "default");
        let foreign = client.post(url("/graphql")).header("origin", "https://evil.example");
        let foreign = foreign.header("content-type", "application/json").body("{}").send().await.expect("an answer");
        assert_eq!(foreign.status(), 403);
        // Many at once, over one connection where that is possible.
        let asked = (0..50).map(|_| client.get(url("/api/v1/stats/system")).send());
        for answer in futures_util::future::join_all(asked).await {
            assert_eq!(answer.expect("an answer").status(), 200);
        }
        // A stream of events.
        let request = client.post(url("/graphql/stream")).header("content-type", "application/json");
        let body = json!({"query": "subscription { statsUpdates { asOf } }"}).to_string();
        let mut stream = request.body(body).send().await.expect("a stream");
        let mut text = String::new();
        while text.matches("event: next").count() < 3 {
            text += &String::from_utf8_lossy(&stream.chunk().await.expect("an open stream").expect("more"));
        }
    }
    // By a name that is not known, which HTTP/2 says in its own way.
    let address = program.address.parse().expect("an address");
    let elsewhere = authority.trusting().resolve("evil.example", address);
    let port = program.address.rsplit(':').next().expect("a port");
    let answer = elsewhere.build().expect("a client").get(format!("https://evil.example:{port}/api/v1/stats/system"));
    let answer = answer.send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.version()), (421, reqwest::Version::HTTP_2));
    // Whoever does not trust the authority, or speaks no TLS, gets nothing.
    assert!(Authority::new().trusting().build().expect("a client").get(url("/healthz")).send().await.is_err());
    let answer = Raw::say(&program.address, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.rest().await;
    assert!(!answer.contains("HTTP"), "{answer}");
    program.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_over_tls() {
    let database = Database::sqlite();
    let (authority, program) = start(&database, &[]);
    let mut plain = Socket::over_tls(&program.address, "/ws", None, authority.connector()).await;
    assert_eq!(plain.next().await["type"], "stats_update");
    let protocol = Some("graphql-transport-ws");
    let mut socket = Socket::over_tls(&program.address, "/graphql", protocol, authority.connector()).await;
    socket.send(json!({"type": "connection_init"})).await;
    assert_eq!(socket.next().await["type"], "connection_ack");
    socket.subscribe("s", "subscription { statsUpdates { totalReadings } }", json!({})).await;
    for _ in 0..5 {
        assert_eq!(socket.event("s").await["statsUpdates"]["totalReadings"], 0);
    }
    socket.send(json!({"type": "complete", "id": "s"})).await;
    // Messages of more than one record, both ways.
    let long = "x".repeat(30_000);
    let fields: String = (0..200).map(|i| format!("{}{i}: timeZone ", "y".repeat(100))).collect();
    socket.subscribe("q", &format!("{{ sites {{ {fields} }} }} # {long}"), json!({})).await;
    loop {
        let message = socket.next().await;
        if message["id"] == "q" {
            assert_eq!(
                message["payload"]["errors"][0]["extensions"]["code"]
                    .as_str()
                    .or(message["payload"][0]["extensions"]["code"].as_str()),
                Some("DOCUMENT_TOO_COMPLEX"),
                "{message}"
            );
            break;
        }
    }
    let fields: String = (0..90).map(|i| format!("{}{i}: timeZone ", "y".repeat(500))).collect();
    socket.subscribe("r", &format!("{{ sites {{ {fields} }} }}"), json!({})).await;
    assert_eq!(socket.event("r").await["sites"][0].as_object().expect("fields").len(), 90);
    assert_eq!(socket.next().await["type"], "complete");
    // Whoever stalls is cut off, and delays nobody.
    let mut stalled = Socket::over_tls(&program.address, "/graphql", protocol, authority.connector()).await;
    stalled.send(json!({"type": "connection_init"})).await;
    let fields: String = (0..90).map(|i| format!("{}{i}: asOf ", "x".repeat(500))).collect();
    stalled.next().await;
    stalled.subscribe("1", &format!("subscription {{ statsUpdates {{ {fields} }} }}"), json!({})).await;
    socket.subscribe("h", "subscription { statsUpdates { asOf } }", json!({})).await;
    let client = authority.trusting().build().expect("a client");
    let mut last = 0;
    loop {
        let event = socket.next().await;
        let sequence = event["payload"]["extensions"]["sequence"].as_i64().expect("a number");
        assert_eq!(sequence, if last == 0 { sequence } else { last + 1 }, "nobody else misses a value");
        last = sequence;
        let page = client.get(format!("https://{}/metrics", program.address)).send().await.expect("an answer");
        if page.text().await.expect("a page").contains("wattline_sockets_cut_total{reason=\"stalled\"} 1") {
            break;
        }
        assert!(last < 600, "a minute has gone by");
    }
    let stopped = tokio::task::spawn_blocking(|| program.stop());
    assert_eq!(socket.closed().await.0, 1001);
    stopped.await.expect("an orderly end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_replaced_while_the_server_runs() {
    let database = Database::sqlite();
    let (authority, program) = start(&database, &[]);
    let first = authority.shown(&program.address).await;
    // What cannot be used changes nothing, and is said.
    std::fs::write(database.folder().join("cert.pem"), "no certificate").expect("written");
    until("it is said", async || {
        program.log().iter().any(|line| line.contains("stays the one of before")).then_some(())
    })
    .await;
    assert_eq!(authority.shown(&program.address).await, first);
    authority.issue(database.folder());
    let second = until("the new one is shown", async || {
        Some(authority.shown(&program.address).await).filter(|shown| *shown != first)
    })
    .await;
    let written = CertificateDer::from_pem_file(database.folder().join("cert.pem")).expect("PEM");
    assert_eq!(second, written.to_vec());
    program.stop();
}

#[test]
fn files_that_are_missing_or_do_not_go_together_are_said_at_start() {
    let database = Database::sqlite();
    let authority = Authority::new();
    authority.issue(database.folder());
    let path = |name: &str| database.folder().join(name).display().to_string();
    let key = std::fs::read_to_string(path("key.pem")).expect("a key");
    authority.issue(database.folder());
    std::fs::write(path("other.pem"), key).expect("written");
    for (certificate, key, sentence) in [
        (path("cert.pem"), String::new(), "both"),
        (path("none.pem"), path("key.pem"), "none.pem"),
        (path("key.pem"), path("key.pem"), "no certificate"),
        (path("cert.pem"), path("other.pem"), "not the key"),
    ] {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key];
        let output = wattline(&database, &arguments).output().expect("runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(sentence), "{certificate} {key}: {said}");
    }
}

/// With keys, on an address that others reach, and without TLS: one line says so.
#[test]
fn keys_in_the_clear_are_warned_of() {
    let database = Database::sqlite();
    run(&database, &["key", "create", "--scope", "read"], "");
    let authority = Authority::new();
    authority.issue(database.folder());
    let path = |name: &str| database.folder().join(name).display().to_string();
    let (certificate, key) = (path("cert.pem"), path("key.pem"));
    let warnings = |arguments: &[&str]| {
        let mut command = wattline(&database, arguments);
        let mut running = command.stderr(std::process::Stdio::piped()).spawn().expect("runs");
        let lines = std::io::BufRead::lines(std::io::BufReader::new(running.stderr.take().expect("a pipe")));
        let before: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.contains("://")).collect();
        running.kill().expect("ends");
        running.wait().expect("ends");
        before.iter().filter(|line| line.contains("in the clear")).count()
    };
    assert_eq!(warnings(&["serve", "--listen", "0.0.0.0:0"]), 1);
    assert_eq!(warnings(&["serve", "--listen", "127.0.0.1:0"]), 0);
    assert_eq!(warnings(&["serve", "--listen", "0.0.0.0:0", "--tls-cert", &certificate, "--tls-key", &key]), 0);
}
