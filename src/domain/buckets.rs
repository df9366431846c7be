//! Buckets of time: which ones a reading falls into, and which ones cover a window.
//!
//! Five widths, each a multiple of the one before, cover any window that begins and ends on whole minutes with few
//! buckets: at most two edges of minutes, hours and days, and in the middle one row for each 32 days.

/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds in a day.
pub const DAY_MS: i64 = 86_400_000;
/// A minute: the finest bucket of a site.
pub const MINUTE: i64 = 1;
/// A quarter of an hour: the finest bucket of a machine. Every time zone's offset is a multiple of it.
pub const QUARTER: i64 = 15;
/// Milliseconds in a quarter of an hour.
pub const QUARTER_MS: i64 = QUARTER * MINUTE_MS;
/// An hour.
pub const HOUR: i64 = 60;
/// The widths, in minutes.
pub const WIDTHS_MIN: [i64; 5] = [MINUTE, QUARTER, HOUR, 1440, 32 * 1440];
/// Before every reading, in minutes: a multiple of every width.
pub const FAR_PAST_MIN: i64 = -200_000 * 32 * 1440;

/// Buckets of one width with `from_min < end <= to_min`, in minutes since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Width of each, minutes.
    pub width_min: i64,
    /// End of the bucket before the first.
    pub from_min: i64,
    /// End of the last.
    pub to_min: i64,
}

/// The end of the bucket of this width that holds `minute`'s last instant: the next multiple of the width.
#[must_use]
pub fn end_of(minute: i64, width_min: i64) -> i64 {
    -(-minute).div_euclid(width_min) * width_min
}

/// The end, in minutes since the epoch, of the minute `(end - 1, end]` that holds the instant.
#[must_use]
pub fn end_minute(time_ms: i64) -> i64 {
    end_of(time_ms, MINUTE_MS) / MINUTE_MS
}

/// Covers `from_min < time <= to_min` exactly with as few buckets as possible, none finer than `finest_min`.
///
/// Both ends must be multiples of `finest_min`.
#[must_use]
pub fn cover(from_min: i64, to_min: i64, finest_min: i64) -> Vec<Span> {
    let mut spans = Vec::with_capacity(WIDTHS_MIN.len() * 2);
    let widths = WIDTHS_MIN.iter().rposition(|&w| w == finest_min).map_or(&WIDTHS_MIN[..], |i| &WIDTHS_MIN[i..]);
    cover_with(from_min, to_min, widths, &mut spans);
    spans
}

fn cover_with(from_min: i64, to_min: i64, widths: &[i64], spans: &mut Vec<Span>) {
    let Some((&width_min, finer)) = widths.split_last() else { return };
    if from_min >= to_min {
        return;
    }
    let (first, last) = (end_of(from_min, width_min), to_min.div_euclid(width_min) * width_min);
    if first < last {
        cover_with(from_min, first, finer, spans);
        spans.push(Span { width_min, from_min: first, to_min: last });
        cover_with(last, to_min, finer, spans);
    } else {
        cover_with(from_min, to_min, finer, spans);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reading_on_the_edge_belongs_to_the_bucket_that_ends_there() {
        for (time_ms, end) in [(0, 0), (1, 1), (60_000, 1), (60_001, 2), (-1, 0), (-60_000, -1)] {
            assert_eq!(end_minute(time_ms), end, "{time_ms}");
        }
    }

    proptest! {
        #[test]
        fn spans_cover_each_minute_once_and_are_few(from in -100_000_i64..100_000, minutes in 0_i64..400_000) {
            let to = from + minutes;
            let spans = cover(from, to, MINUTE);
            let mut at = from;
            for span in &spans {
                prop_assert_eq!(span.from_min, at);
                prop_assert_eq!((span.to_min - span.from_min) % span.width_min, 0);
                at = span.to_min;
            }
            prop_assert_eq!(at.max(from), to);
            let rows: i64 = spans.iter().map(|s| (s.to_min - s.from_min) / s.width_min).sum();
            prop_assert!(rows <= 2 * (60 + 24 + 32) + minutes / (32 * 1440), "{} rows", rows);
        }
    }
}
