//! Readings in every wire format: whatever is sent is rows, or refused rows, or an error. Nothing panics, no row is both, and
//! each row has its machine.

#![no_main]

use arbitrary::Arbitrary;
use entity::SiteId;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use wattline::domain::fields::Mapping;
use wattline::ingest::{Batch, Decoding, Format, Precision, decode};

const NOW_MS: i64 = 1_795_000_000_000;
const GREATEST_ROWS: usize = 1000;

#[derive(Debug, Arbitrary)]
struct Sent<'a> {
    format: u8,
    precision: u8,
    zone: u8,
    mapping: Option<&'a str>,
    body: &'a [u8],
}

fuzz_target!(|sent: Sent<'_>| {
    let format = [Format::Json, Format::Ndjson, Format::Csv, Format::Influx][usize::from(sent.format % 4)];
    let precision = ["ns", "us", "ms", "s"][usize::from(sent.precision % 4)];
    let zone = [None, Some("Europe/Berlin"), Some("Pacific/Apia")][usize::from(sent.zone % 3)];
    let zone = zone.map(|name| TimeZone::get(name).expect("a known zone"));
    let mapping = sent.mapping.and_then(|text| Mapping::parse(text).ok()).unwrap_or_default();
    let decoding = Decoding {
        zone: zone.as_ref(),
        mapping: &mapping,
        precision: Precision::of_name(precision).expect("a known precision"),
        now_ms: NOW_MS,
        greatest_rows: GREATEST_ROWS,
    };
    let mut batch = Batch::new(SiteId(1));
    if decode(format, sent.body, &decoding, &mut batch).is_ok() {
        assert!(batch.len() <= GREATEST_ROWS);
        assert!(batch.rows().iter().all(|row| row.machine < batch.machines().len()));
        let refused = batch.unreadable().iter().map(|row| row.rejected.index);
        let mut indices: Vec<u64> = batch.rows().iter().map(|row| row.index).chain(refused).collect();
        indices.sort_unstable();
        indices.dedup();
        assert_eq!(indices.len(), batch.len(), "each row has an index of its own");
    }
});
