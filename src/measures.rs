//! What is counted and timed: every measure on `/metrics`, with its labels. The README lists them, which a test holds it to.

use std::panic::PanicHookInfo;
use std::sync::Once;

/// How a measure moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Only up.
    Counter,
    /// Up and down.
    Gauge,
    /// How often which values came, seconds.
    Histogram,
}

use Kind::{Counter, Gauge, Histogram};

/// One of them.
struct Measure {
    name: &'static str,
    kind: Kind,
    /// Its only label, if it has one, and the values that are counted from zero on: Prometheus sees no rise in a counter
    /// that was not there before.
    label: Option<(&'static str, &'static [&'static str])>,
    /// For people.
    meaning: &'static str,
}

const fn measure(
    name: &'static str,
    kind: Kind,
    label: Option<(&'static str, &'static [&'static str])>,
    meaning: &'static str,
) -> Measure {
    Measure { name, kind, label, meaning }
}

const ALL: &[Measure] = &[
    measure(
        "wattline_readings_total",
        Counter,
        Some(("outcome", &["accepted", "duplicate", "corrected", "rejected"])),
        "readings sent, by what became of them",
    ),
    measure(
        "wattline_readings_rejected_total",
        Counter,
        Some(("code", &["UNKNOWN_MACHINE"])),
        "readings refused, by reason",
    ),
    measure(
        "wattline_batches_failed_total",
        Counter,
        Some(("code", &["DATABASE_BUSY", "DATABASE_READ_ONLY", "DATABASE_FULL", "DATABASE_UNAVAILABLE", "INTERNAL"])),
        "requests of which no reading was stored",
    ),
    measure(
        "wattline_refused_readings_shed_total",
        Counter,
        None,
        "refused readings not kept, beyond `--refused-rows`",
    ),
    measure("wattline_waiting_batches", Gauge, None, "requests that wait for the writer, of `--queue-batches`"),
    measure("wattline_database_seconds", Histogram, Some(("what", &[])), "a statement that reads or writes, a commit"),
    measure(
        "wattline_exports_broken_off_total",
        Counter,
        Some(("code", &["DATABASE_BUSY", "DATABASE_UNAVAILABLE", "INTERNAL"])),
        "exports that failed after their answer had begun",
    ),
    measure("wattline_sql_statements_total", Counter, None, "statements that read"),
    measure("wattline_statistics_computed_total", Counter, None, "computations of the sixteen statistics"),
    measure("wattline_tick_seconds", Histogram, None, "a tick: the statistics of all sites that are watched"),
    measure("wattline_ticks_skipped_total", Counter, None, "ticks left out because one before took too long"),
    measure(
        "wattline_push_seconds",
        Histogram,
        Some(("what", &[])),
        "from the commit of an anomaly, or the begin of a tick's computation, to the last socket",
    ),
    measure("wattline_push_shed_total", Counter, None, "statistics that gave way to newer ones at a slow client"),
    measure("wattline_push_behind_total", Counter, None, "subscriptions ended with `TOO_FAR_BEHIND`"),
    measure("wattline_hub_keys", Gauge, None, "subscriptions that differ: so many are executed"),
    measure("wattline_subscribers", Gauge, None, "subscriptions under way"),
    measure("wattline_sockets", Gauge, None, "GraphQL sockets and streams"),
    measure("wattline_plain_sockets", Gauge, None, "sockets at `/ws`"),
    measure(
        "wattline_sockets_closed_total",
        Counter,
        Some(("code", &[])),
        "GraphQL sockets that ended; 1006 without a word",
    ),
    measure(
        "wattline_sockets_cut_total",
        Counter,
        Some(("reason", &["stalled", "unheard"])),
        "of those, clients that took or said nothing",
    ),
    measure("wattline_connections", Gauge, None, "connections of clients, sockets too"),
    measure(
        "wattline_connections_refused_total",
        Counter,
        Some(("limit", &["all", "address"])),
        "connections too many, from an address or in all",
    ),
    measure(
        "wattline_connections_cut_total",
        Counter,
        Some(("reason", &["handshake", "stalled"])),
        "connections that asked for nothing or took nothing",
    ),
    measure("wattline_requests_limited_total", Counter, None, "requests refused with `TOO_MANY_REQUESTS`"),
    measure("wattline_documents_validated_total", Counter, None, "GraphQL documents validated"),
    measure("wattline_request_seconds", Histogram, Some(("status", &[])), "requests, until their answer begins"),
    measure("wattline_readings_judged_total", Counter, None, "readings judged by the detection"),
    measure("wattline_machines_to_judge", Gauge, None, "machines with readings to be judged"),
    measure("wattline_detection_lag_seconds", Gauge, None, "for how long there have been such machines"),
    measure("wattline_detection_seconds", Histogram, None, "from hearing of readings until all are judged"),
    measure("wattline_anomalies_total", Counter, Some(("source", &["detector", "external"])), "anomalies stored"),
    measure(
        "wattline_deliveries_total",
        Counter,
        Some(("outcome", &["delivered", "retried", "failed"])),
        "messages delivered, tried in vain, or given up",
    ),
    measure("wattline_tasks", Gauge, None, "tasks of the runtime that have not ended"),
    measure("wattline_panics_total", Counter, None, "faults of Wattline that ended a task; the log says where"),
];

/// Tells the recorder what there is; counters whose labels are known stand there from the beginning.
pub fn describe() {
    for Measure { name, kind, label, meaning } in ALL {
        match kind {
            Counter => metrics::describe_counter!(*name, *meaning),
            Gauge => metrics::describe_gauge!(*name, *meaning),
            Histogram => metrics::describe_histogram!(*name, metrics::Unit::Seconds, *meaning),
        }
        match kind {
            Counter => match label {
                None => metrics::counter!(*name).increment(0),
                Some((label, values)) => {
                    for value in *values {
                        metrics::counter!(*name, *label => *value).increment(0);
                    }
                }
            },
            Gauge => metrics::gauge!(*name).increment(0.0),
            Histogram => {}
        }
    }
}

/// Counts panics from here on, and logs each on one line, with where it was.
pub fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(note_panic)));
}

fn note_panic(panic: &PanicHookInfo<'_>) {
    metrics::counter!("wattline_panics_total").increment(1);
    let reason = panic.payload_as_str().unwrap_or("of no text");
    let at = panic.location().map(ToString::to_string);
    tracing::error!(at, reason = ?reason, "a panic: this is a fault of Wattline");
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    fn line(Measure { name, kind, label, meaning }: &Measure) -> String {
        let label = label.map_or_else(String::new, |(label, _)| format!("`{label}`"));
        format!("| `{name}` | {} | {label} | {meaning} |", format!("{kind:?}").to_lowercase())
    }

    #[test]
    fn the_readme_lists_all_measures() {
        let readme = include_str!("../README.md");
        let listed: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `wattline_")).collect();
        let all: Vec<String> = ALL.iter().map(line).collect();
        assert_eq!(listed, all, "\n{}", all.join("\n"));
    }

    #[test]
    fn a_panic_is_counted() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(note_panic));
        metrics::with_local_recorder(&recorder, || {
            describe();
            let _ = std::panic::catch_unwind(|| panic!("on purpose"));
        });
        std::panic::set_hook(before);
        let page = handle.render();
        assert!(page.contains("\nwattline_panics_total 1\n"), "{page}");
        assert!(page.contains("# HELP wattline_push_shed_total statistics that gave way"), "{page}");
    }
}
