//! Single words: instants, intervals, clock times, ids, foreign names. What was understood can be written, and is understood
//! as the same again.

#![no_main]

use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use wattline::domain::fields::Mapping;
use wattline::domain::global_id::GlobalId;
use wattline::domain::instant::{format_in_zone, format_ms, parse_ms, parse_rfc3339_ms};
use wattline::domain::schedule::{format_clock, parse_clock};
use wattline::domain::series::Every;

fuzz_target!(|text: &str| {
    let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
    for time_ms in [parse_ms(text, Some(&zone)), parse_ms(text, None), parse_rfc3339_ms(text)].into_iter().flatten() {
        assert_eq!(parse_rfc3339_ms(&format_ms(time_ms)), Ok(time_ms));
        // Offsets of long ago had seconds, which RFC 3339 has not.
        if time_ms > 0 {
            assert_eq!(parse_rfc3339_ms(&format_in_zone(time_ms, &zone)), Ok(time_ms));
        }
    }
    if let Ok(minutes) = parse_clock(text) {
        assert_eq!(format_clock(minutes), text);
    }
    if let Some(id) = GlobalId::parse(text) {
        assert_eq!(GlobalId::parse(&id.to_string()), Some(id));
    }
    if let Ok(every) = text.parse::<Every>() {
        assert!(every.about_ms() > 0, "{every:?}");
    }
    let _ = Mapping::parse(text);
});
