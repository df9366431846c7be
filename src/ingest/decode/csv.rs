//! Readings as CSV: header `machine,time,power_kw,energy_kwh,counter_kwh` in any order, value columns optional, in other
//! units under their names.
//!
//! Columns of other names are refused, because a misspelt one would lose its values in silence; only those
//! that say why a row was refused are passed over, so that a file of such rows can be sent again once it is mended. With a mapping, which
//! names what matters, all others are passed over.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use csv::{ByteRecord, ReaderBuilder};
use jiff::tz::TimeZone;

use super::lines::Lines;
use super::{Decoded, push};
use crate::codes::Code;
use crate::domain::fields::{Field, Mapping, Quantity, Scale};
use crate::domain::instant;
use crate::error::{Error, Result};
use crate::ingest::batch::{Batch, MachineRef, Sent};

/// Columns of a rejects file and of exported refused readings beside those of a reading.
const PASSED_OVER: [&str; 5] = ["line", "code", "message", "received_at", "row"];

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
#[derive(Clone, Debug)]
struct Columns {
    count: usize,
    machine: MachineColumn,
    time: usize,
    values: Vec<ValueColumn>,
}

/// Where the machine's name is.
#[derive(Clone, Debug)]
enum MachineColumn {
    At(usize),
    /// All rows are of one machine.
    Named(String),
}

#[derive(Clone, Debug)]
struct ValueColumn {
    at: usize,
    name: String,
    quantity: Quantity,
    scale: Scale,
}

impl<R: Read> CsvRows<R> {
    /// Reads the header. `machine` names the machine of all rows where no column does.
    pub fn new(source: R, zone: Option<TimeZone>, mapping: &Mapping, machine: Option<&str>) -> Result<Self> {
        let source = Lines::new(source);
        let cut_off = source.cut_off();
        let mut reader = ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(source);
        let columns = Columns::of(reader.byte_headers().map_err(|e| unreadable(&e))?, mapping, machine)?;
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
        push(batch, index, source.columns.decode(&source.record, source.zone.as_ref()), || as_text(&source.record));
    }
    Ok(true)
}

/// The row in one line.
fn as_text(record: &ByteRecord) -> String {
    record.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",")
}

fn unreadable(error: &csv::Error) -> Error {
    Error::invalid(Code::InvalidBody, format!("the CSV cannot be read: {error}"))
}

impl Columns {
    fn of(header: &ByteRecord, mapping: &Mapping, named: Option<&str>) -> Result<Self> {
        if header.is_empty() || header.iter().all(<[u8]>::is_empty) {
            return Err(wrong_header("there is no header: the CSV is empty"));
        }
        if header.len() == 1 && header[0].iter().any(|byte| b";\t|".contains(byte)) {
            return Err(wrong_header("the columns are not separated by commas"));
        }
        let (mut machine, mut time, mut values) = (None, None, Vec::<ValueColumn>::new());
        for (at, name) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(name).into_owned();
            let is_second = match mapping.field(&name).or_else(|| mapping.field(&name.to_ascii_lowercase())) {
                Some(Field::Machine) => machine.replace(at).is_some(),
                Some(Field::Time) => time.replace(at).is_some(),
                Some(Field::Value(quantity, scale)) => {
                    let same =
                        |column: &ValueColumn| column.quantity == quantity && column.scale.unit() == scale.unit();
                    let is_second = values.iter().any(same);
                    values.push(ValueColumn { at, name: name.clone(), quantity, scale });
                    is_second
                }
                None if PASSED_OVER.contains(&name.as_str()) || mapping.passes_over_others() => false,
                None => return Err(wrong_header(&format!("there is an unknown column {name:?}"))),
            };
            if is_second {
                return Err(wrong_header(&format!("column {name:?} means what another one means")));
            }
        }
        let machine = match (machine, named) {
            (Some(at), None) => MachineColumn::At(at),
            (None, Some(name)) => MachineColumn::Named(name.to_owned()),
            (None, None) => return Err(wrong_header("there is no column machine")),
            (Some(_), Some(_)) => {
                return Err(wrong_header("there is a column machine, and a machine was named as well"));
            }
        };
        let time = time.ok_or_else(|| wrong_header("there is no column time"))?;
        if values.is_empty() {
            return Err(wrong_header("there is no column of values"));
        }
        Ok(Self { count: header.len(), machine, time, values })
    }

    fn decode(&self, record: &ByteRecord, zone: Option<&TimeZone>) -> Decoded {
        if record.len() != self.count {
            return Err((Code::InvalidRow, of_other_width(record.len(), self.count)));
        }
        let text = |at: usize, name: &str| {
            let field = record.get(at).unwrap_or_default();
            std::str::from_utf8(field).map_err(|_| (Code::InvalidRow, format!("{name} is not UTF-8")))
        };
        let machine = match &self.machine {
            MachineColumn::At(at) => text(*at, "machine")?,
            MachineColumn::Named(name) => name,
        };
        if machine.is_empty() {
            return Err((Code::InvalidRow, "the row names no machine".to_owned()));
        }
        let time_ms =
            instant::parse_ms(text(self.time, "time")?, zone).map_err(|e| (Code::InvalidTime, e.to_string()))?;
        let mut sent = Sent::default();
        for ValueColumn { at, name, quantity, scale } in &self.values {
            let text = text(*at, name)?;
            if text.is_empty() {
                continue;
            }
            let value: f64 =
                text.parse().map_err(|_| (Code::InvalidRow, format!("{name} {text:?} is not a number")))?;
            if !sent.take(*quantity, *scale, value) {
                return Err((Code::InvalidRow, format!("{name} does not go with another value: their units differ")));
            }
        }
        Ok((MachineRef::Name(machine.to_owned()), time_ms, sent))
    }
}

fn wrong_header(why: &str) -> Error {
    let message =
        format!("{why}. The header names machine, time and at least one of power_kw, energy_kwh, counter_kwh");
    Error::invalid(Code::InvalidHeader, message)
}

/// What is said of a row that has other fields than the header.
#[must_use]
pub fn of_other_width(fields: usize, columns: usize) -> String {
    format!("the row has {fields} fields, the header {columns}: is it a decimal comma?")
}
