//! From what was sent to rows: JSON array, NDJSON, CSV.
//!
//! A body that is not what it says it is fails as a whole; a single bad row is noted and the others go on.

mod csv;
mod json;
mod lines;

use jiff::tz::TimeZone;

pub use self::csv::{CsvRows, decode_csv};

use super::batch::{Batch, MachineRef, Rejected};
use crate::domain::reading::Values;
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
}

impl Format {
    /// The format that a media type (without parameters) names.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        match media_type.to_ascii_lowercase().as_str() {
            "application/json" => Some(Self::Json),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Self::Ndjson),
            "text/csv" | "application/csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// Decodes a whole body into the batch. `zone` is where times without an offset were written.
pub fn decode(
    format: Format,
    body: &[u8],
    zone: Option<&TimeZone>,
    greatest_rows: usize,
    batch: &mut Batch,
) -> Result<()> {
    match format {
        Format::Json => json::decode_array(body, zone, greatest_rows, batch)?,
        Format::Ndjson => json::decode_lines(body, zone, greatest_rows, batch),
        Format::Csv => {
            decode_csv(&mut CsvRows::new(body, zone.cloned())?, greatest_rows + 1, batch, |_, _| {})?;
        }
    }
    if batch.len() > greatest_rows {
        let message = format!("the body has more than {greatest_rows} rows: send them in several requests");
        return Err(Error::invalid("TOO_MANY_ROWS", message));
    }
    Ok(())
}

/// One row, decoded or not.
type Decoded = std::result::Result<(MachineRef, i64, Values), (&'static str, String)>;

fn push(batch: &mut Batch, index: u64, row: Decoded) {
    match row {
        Ok((machine, time_ms, values)) => batch.push(index, machine, time_ms, values),
        Err((code, message)) => batch.reject(Rejected { index, code, message }),
    }
}

/// Code of a row whose time cannot be read.
const INVALID_TIME: &str = "INVALID_TIME";
/// Code of a row that cannot be read otherwise.
const INVALID_ROW: &str = "INVALID_ROW";
