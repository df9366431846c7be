//! The detector: no reading makes it panic or lose its state, no score leaves its range, and bytes that are no state are
//! refused.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use wattline::domain::detection::{Change, Detector, Sample, Traits};
use wattline::domain::reading::GREATEST_VALUE;

const WEEK_MIN: i64 = 7 * 24 * 60;
const MINUTE_MS: i64 = 60_000;

#[derive(Debug, Arbitrary)]
struct Fed<'a> {
    /// No state, or hardly ever one.
    state: &'a [u8],
    rated_power_kw: Option<f64>,
    expected_interval_s: u16,
    begin_ms: i64,
    readings: Vec<Read>,
}

#[derive(Debug, Arbitrary)]
struct Read {
    after_s: u32,
    power_kw: f64,
    /// How often the same comes again.
    again: u8,
    is_silence_asked: bool,
}

fuzz_target!(|fed: Fed<'_>| {
    let traits = Traits {
        rated_power_kw: fed.rated_power_kw.filter(|kw| *kw > 0.0 && *kw <= GREATEST_VALUE),
        expected_interval_ms: i64::from(fed.expected_interval_s.max(1)) * 1000,
    };
    let _ = Detector::from_bytes(fed.state);
    let mut detector = Detector::new();
    // An instant of the years that a reading may be of.
    let mut time_ms = fed.begin_ms.rem_euclid(4_000_000_000_000);
    // As far as a reading may go.
    for read in fed.readings.iter().filter(|read| read.power_kw.abs() <= GREATEST_VALUE) {
        for _ in 0..=read.again {
            time_ms += i64::from(read.after_s) * 1000;
            let local_minute_of_week =
                u16::try_from((time_ms / MINUTE_MS).rem_euclid(WEEK_MIN)).expect("a minute of the week");
            let sample = Sample { time_ms, local_minute_of_week, power_kw: read.power_kw };
            let judgement = detector.judge(&traits, sample);
            assert!((0.0..=1.0).contains(&judgement.score), "{judgement:?}");
            judgement.changes.iter().for_each(check);
        }
        if read.is_silence_asked
            && let Some(at_ms) = detector.next_silence_ms(&traits)
            && let Some(change) = detector.silence(&traits, at_ms)
        {
            check(&change);
        }
    }
    let bytes = detector.to_bytes();
    assert_eq!(Detector::from_bytes(&bytes).expect("its own state").to_bytes(), bytes);
});

fn check(change: &Change) {
    if let Change::Opened(finding) | Change::Grew(finding) = change {
        assert!((0.0..=1.0).contains(&finding.score), "{finding:?}");
        assert!(finding.started_ms <= finding.at_ms, "{finding:?}");
    }
}
