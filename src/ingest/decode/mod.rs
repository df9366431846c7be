//! From what was sent to rows: JSON array, NDJSON, CSV, InfluxDB line protocol.
//!
//! A body that is not what it says it is fails as a whole; a single bad row is noted and the others go on.

mod csv;
mod influx;
mod json;
mod lines;

use jiff::tz::TimeZone;

pub use self::csv::{CsvRows, decode_csv, of_other_width};
pub use self::influx::Precision;

use super::batch::{Batch, MachineRef, Rejected, Sent};
use crate::codes::Code;
use crate::domain::fields::Mapping;
use crate::error::{Error, Result};

/// A wire format of readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An array of objects.
    Json,
    /// An object a line.
    Ndjson,
    /// A header and a row a line.
    Csv,
    /// InfluxDB line protocol.
    Influx,
}

impl Format {
    /// The format that a media type (without parameters) names.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        match media_type.to_ascii_lowercase().as_str() {
            "application/json" => Some(Self::Json),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Self::Ndjson),
            "text/csv" | "application/csv" => Some(Self::Csv),
            "text/plain" => Some(Self::Influx),
            _ => None,
        }
    }
}

/// How a body is to be understood.
#[derive(Clone, Copy, Debug)]
pub struct Decoding<'a> {
    /// Where times without an offset were written.
    pub zone: Option<&'a TimeZone>,
    /// Foreign names.
    pub mapping: &'a Mapping,
    /// Unit of the timestamps of line protocol.
    pub precision: Precision,
    /// The time of lines without one, ms since the epoch.
    pub now_ms: i64,
    /// Rows at most (`TOO_MANY_ROWS`).
    pub greatest_rows: usize,
}

/// Decodes a whole body into the batch.
pub fn decode(format: Format, body: &[u8], decoding: &Decoding<'_>, batch: &mut Batch) -> Result<()> {
    match format {
        Format::Json => json::decode_array(body, decoding, batch)?,
        Format::Ndjson => json::decode_lines(body, decoding, batch),
        Format::Csv => {
            let mut rows = CsvRows::new(body, decoding.zone.cloned(), decoding.mapping, None)?;
            decode_csv(&mut rows, decoding.greatest_rows + 1, batch, |_, _| {})?;
        }
        Format::Influx => {
            let text = std::str::from_utf8(body);
            let text = text.map_err(|e| Error::invalid(Code::InvalidBody, format!("the lines are not UTF-8: {e}")))?;
            influx::decode_lines(text, decoding, batch);
        }
    }
    if batch.len() > decoding.greatest_rows {
        let message = format!("the body has more than {} rows: send them in several requests", decoding.greatest_rows);
        return Err(Error::invalid(Code::TooManyRows, message));
    }
    Ok(())
}

/// One row, decoded or not.
type Decoded = std::result::Result<(MachineRef, i64, Sent), (Code, String)>;

/// Adds a row, or notes that it could not be read and what was sent.
fn push<T: AsRef<str>>(batch: &mut Batch, index: u64, row: Decoded, sent: impl FnOnce() -> T) {
    match row {
        Ok((machine, time_ms, sent)) => batch.push_sent(index, machine, time_ms, sent),
        Err((code, message)) => batch.reject(Rejected { index, code, message }, sent().as_ref()),
    }
}
