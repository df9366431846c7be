//! Traces at a collector of OpenTelemetry: what took how long, under the trace of whoever asked.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;

use crate::harness::{Database, Program, client};

/// A client's trace, and its span, as W3C's Trace Context has them: <https://www.w3.org/TR/trace-context/>.
const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID: &str = "00f067aa0ba902b7";

/// A collector.
struct Collector {
    address: String,
    sent: Arc<Mutex<Vec<Bytes>>>,
}

impl Collector {
    async fn start() -> Self {
        let sent: Arc<Mutex<Vec<Bytes>>> = Arc::default();
        let take = async |State(sent): State<Arc<Mutex<Vec<Bytes>>>>, body: Bytes| {
            sent.lock().expect("no panic").push(body);
        };
        let router = Router::new().route("/v1/traces", post(take)).with_state(sent.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { address, sent }
    }

    /// Everything that came.
    fn spans(&self) -> Vec<Span> {
        let sent = self.sent.lock().expect("no panic");
        let all = sent.iter().flat_map(|body| {
            let request = ExportTraceServiceRequest::decode(body.clone()).expect("what OTLP sends");
            request.resource_spans.into_iter().flat_map(|of| of.scope_spans).flat_map(|of| of.spans)
        });
        all.collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tell_a_collector_what_took_how_long() {
    let (database, collector) = (Database::sqlite(), Collector::start().await);
    let program = Program::start(&database, &["serve", "--otlp-endpoint", &collector.address]);
    let url = |path: &str| format!("http://{}{path}", program.address);
    let machine = json!({"query": "mutation Begin { registerMachine(input: {name: \"press\"}) { machine { id } } }"});
    let registered =
        client().post(url("/graphql")).header("content-type", "application/json").body(machine.to_string());
    assert!(registered.send().await.expect("an answer").status().is_success());
    let reading = json!([{"machine": "press", "time": 1_760_000_000, "power_kw": 12.5}]).to_string();
    let sent = client()
        .post(url("/api/v1/readings"))
        .header("content-type", "application/json")
        .header("traceparent", format!("00-{TRACE_ID}-{SPAN_ID}-01"))
        .header("x-request-id", "of-a-test")
        .body(reading);
    assert!(sent.send().await.expect("an answer").status().is_success());
    program.get("/healthz?secret=plain").await;
    program.stop();

    let spans = collector.spans();
    let named = |name: &str| spans.iter().filter(|span| span.name == name).cloned().collect::<Vec<_>>();
    let [request] = &*named("POST /api/v1/readings") else { panic!("{spans:#?}") };
    assert_eq!((hex(&request.trace_id), hex(&request.parent_span_id)), (TRACE_ID.to_owned(), SPAN_ID.to_owned()));
    let attributes = format!("{:?}", request.attributes);
    assert!(attributes.contains("of-a-test") && attributes.contains("IntValue(200)"), "{attributes}");
    let [record] = &*named("record") else { panic!("{spans:#?}") };
    assert_eq!((&record.trace_id, &record.parent_span_id), (&request.trace_id, &request.span_id));
    // The transaction may be of several requests, and follows from each.
    let [write] = &*named("write") else { panic!("{spans:#?}") };
    assert_eq!(write.links.iter().map(|link| &link.span_id).collect::<Vec<_>>(), [&record.span_id]);
    assert!(named("commit").iter().any(|commit| commit.parent_span_id == write.span_id), "{spans:#?}");
    let [asked] = &*named("POST /graphql") else { panic!("{spans:#?}") };
    assert!(named("graphql").iter().any(|span| span.parent_span_id == asked.span_id), "{spans:#?}");
    for span in &spans {
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano, "{span:?}");
    }
    assert_eq!(named("GET /healthz").len(), 1);
    assert!(!format!("{spans:?}").contains("plain"), "what stands in an address after its path is nobody's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_nobodys_trouble_when_their_collector_is_away() {
    let database = Database::sqlite();
    // Nobody listens at this port of a listener that is gone.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let program = Program::start(&database, &["serve", "--otlp-endpoint", &format!("http://{gone}")]);
    assert_eq!(program.query("{ sites { name } }").await.expect("an answer")["sites"][0]["name"], "default");
    let asked = Instant::now();
    program.ask_to_end();
    let (code, took) = program.ended(asked).await;
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(15), "{took:?}");
}
