//! Readings as CSV: header `machine,time,power_kw,energy_kwh,counter_kwh` in any order, value columns optional.
//!
//! Columns of other names are refused, because a misspelt one would lose its values in silence; only `line`, `code` and
//! `message` are passed over, so that a file of rejected lines can be sent again once it is mended.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use csv::{ByteRecord, ReaderBuilder};
use jiff::tz::TimeZone;

use super::lines::Lines;
use super::{Decoded, INVALID_ROW, INVALID_TIME, push};
use crate::domain::instant;
use crate::domain::reading::Values;
use crate::error::{Error, Result};
use crate::ingest::batch::{Batch, MachineRef};

/// Columns of a rejects file beside those of the rejected line.
const PASSED_OVER: [&str; 3] = ["line", "code", "message"];

/// Reads rows from CSV as they come.
#[derive(Debug)]
pub struct CsvRows<R> {
    reader: csv::Reader<Lines<R>>,
    cut_off: Arc<AtomicBool>,
    columns: Columns,
    zone: Option<TimeZone>,
    record: ByteRecord,
    next_index: u64,
}

/// Which column holds what.
#[derive(Clone, Copy, Debug, Default)]
struct Columns {
    count: usize,
    machine: usize,
    time: usize,
    power_kw: Option<usize>,
    energy_kwh: Option<usize>,
    counter_kwh: Option<usize>,
}

impl<R: Read> CsvRows<R> {
    /// Reads the header.
    pub fn new(source: R, zone: Option<TimeZone>) -> Result<Self> {
        let source = Lines::new(source);
        let cut_off = source.cut_off();
        let mut reader = ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(source);
        let columns = Columns::of(reader.byte_headers().map_err(|e| unreadable(&e))?)?;
        Ok(Self { reader, cut_off, columns, zone, record: ByteRecord::new(), next_index: 0 })
    }

    /// Whether the text, read to its end, turned out to end in the middle of a line.
    pub fn is_cut_off(&self) -> bool {
        self.cut_off.load(Ordering::Relaxed)
    }

    /// The number of the line in which the row just read began.
    fn line(&self) -> u64 {
        let lines = self.record.as_slice().split(|byte| *byte == b'\n').count() as u64;
        self.reader.position().line().saturating_sub(lines)
    }

    /// The header as it was written.
    pub fn header(&mut self) -> Result<ByteRecord> {
        self.reader.byte_headers().cloned().map_err(|e| unreadable(&e))
    }
}

/// Decodes up to `rows` rows into the batch; whether there may be more. `seen` is shown each row and
/// the number of its line.
pub fn decode_csv<R: Read>(
    source: &mut CsvRows<R>,
    rows: usize,
    batch: &mut Batch,
    mut seen: impl FnMut(u64, &ByteRecord),
) -> Result<bool> {
    for _ in 0..rows {
        if !source.reader.read_byte_record(&mut source.record).map_err(|e| unreadable(&e))? {
            return Ok(false);
        }
        let index = source.next_index;
        source.next_index += 1;
        seen(source.line(), &source.record);
        push(batch, index, source.columns.decode(&source.record, source.zone.as_ref()));
    }
    Ok(true)
}

fn unreadable(error: &csv::Error) -> Error {
    Error::invalid("INVALID_BODY", format!("the CSV cannot be read: {error}"))
}

impl Columns {
    fn of(header: &ByteRecord) -> Result<Self> {
        let mut found: [Option<usize>; 5] = [None; 5];
        let names = ["machine", "time", "power_kw", "energy_kwh", "counter_kwh"];
        let wrong = |why: String| {
            let message =
                format!("{why}. The header names machine, time and at least one of power_kw, energy_kwh, counter_kwh");
            Error::invalid("INVALID_HEADER", message)
        };
        if header.is_empty() || header.iter().all(<[u8]>::is_empty) {
            return Err(wrong("there is no header: the CSV is empty".to_owned()));
        }
        if header.len() == 1 && header[0].iter().any(|byte| b";\t|".contains(byte)) {
            return Err(wrong("the columns are not separated by commas".to_owned()));
        }
        for (at, name) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            match names.iter().position(|known| *known == name) {
                Some(known) if found[known].is_some() => return Err(wrong(format!("there are two columns {name}"))),
                Some(known) => found[known] = Some(at),
                None if PASSED_OVER.contains(&name.as_str()) => {}
                None => return Err(wrong(format!("there is an unknown column {name:?}"))),
            }
        }
        match found {
            [Some(machine), Some(time), power_kw, energy_kwh, counter_kwh]
                if power_kw.or(energy_kwh).or(counter_kwh).is_some() =>
            {
                Ok(Self { count: header.len(), machine, time, power_kw, energy_kwh, counter_kwh })
            }
            [None, ..] => Err(wrong("there is no column machine".to_owned())),
            [_, None, ..] => Err(wrong("there is no column time".to_owned())),
            _ => Err(wrong("there is no column of values".to_owned())),
        }
    }

    fn decode(&self, record: &ByteRecord, zone: Option<&TimeZone>) -> Decoded {
        if record.len() != self.count {
            let message =
                format!("the row has {} fields, the header {}: is it a decimal comma?", record.len(), self.count);
            return Err((INVALID_ROW, message));
        }
        let text = |at: usize, name: &str| {
            let field = record.get(at).unwrap_or_default();
            std::str::from_utf8(field).map_err(|_| (INVALID_ROW, format!("{name} is not UTF-8")))
        };
        let number = |at: Option<usize>, name: &str| match at.map(|at| text(at, name)).transpose()? {
            None | Some("") => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| (INVALID_ROW, format!("{name} {text:?} is not a number"))),
        };
        let machine = text(self.machine, "machine")?;
        if machine.is_empty() {
            return Err((INVALID_ROW, "the row names no machine".to_owned()));
        }
        let time_ms = instant::parse_ms(text(self.time, "time")?, zone).map_err(|e| (INVALID_TIME, e.to_string()))?;
        let values = Values {
            power_kw: number(self.power_kw, "power_kw")?,
            energy_kwh: number(self.energy_kwh, "energy_kwh")?,
            counter_kwh: number(self.counter_kwh, "counter_kwh")?,
        };
        Ok((MachineRef::Name(machine.to_owned()), time_ms, values))
    }
}
