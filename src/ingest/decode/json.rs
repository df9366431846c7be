//! Readings as JSON objects: `{"machine": "press-1", "time": "2026-11-24T08:00:00Z", "power_kw": 12.5,
//! "energy_kwh": 0.035}`. Members may also be written as in GraphQL (`powerKw`); an unknown member refuses its row,
//! because a misspelt one would lose a value in silence.

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Decoded, INVALID_ROW, INVALID_TIME, push};
use crate::domain::instant;
use crate::domain::reading::Values;
use crate::error::{Error, Result};
use crate::ingest::batch::{Batch, MachineRef};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with machine, time and values")]
struct Wire {
    machine: String,
    time: Time,
    #[serde(alias = "powerKw")]
    power_kw: Option<f64>,
    #[serde(alias = "energyKwh")]
    energy_kwh: Option<f64>,
    #[serde(alias = "counterKwh")]
    counter_kwh: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "time must be a string or a number")]
enum Time {
    Number(f64),
    Text(String),
}

/// Decodes an array, up to `greatest_rows` and one more. What is not JSON, or not an array, fails as a whole.
pub(super) fn decode_array(
    body: &[u8],
    zone: Option<&TimeZone>,
    greatest_rows: usize,
    batch: &mut Batch,
) -> Result<()> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = reader.deserialize_seq(Rows { zone, greatest: greatest_rows, batch }).and_then(|()| reader.end());
    match read {
        // Reading stopped early, which the reader takes for a mistake.
        Err(_) if batch.len() > greatest_rows => Ok(()),
        Err(e) => {
            let message = format!("the body is not a JSON array of readings: {e}. Nothing was stored");
            Err(Error::invalid("INVALID_BODY", message))
        }
        Ok(()) => Ok(()),
    }
}

/// Takes an array's rows one by one, so that a long array is noticed before it fills the memory.
struct Rows<'a> {
    zone: Option<&'a TimeZone>,
    greatest: usize,
    batch: &'a mut Batch,
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of readings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> std::result::Result<(), A::Error> {
        let mut index = 0;
        while self.batch.len() <= self.greatest
            && let Some(row) = rows.next_element::<&RawValue>()?
        {
            push(self.batch, index, decode_object(row.get().as_bytes(), self.zone));
            index += 1;
        }
        Ok(())
    }
}

/// Decodes an object a line, up to `greatest_rows` and one more; empty lines are passed over.
pub(super) fn decode_lines(body: &[u8], zone: Option<&TimeZone>, greatest_rows: usize, batch: &mut Batch) {
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    for (index, line) in (0..).zip(lines.take(greatest_rows + 1)) {
        push(batch, index, decode_object(line, zone));
    }
}

fn decode_object(object: &[u8], zone: Option<&TimeZone>) -> Decoded {
    let wire: Wire = serde_json::from_slice(object).map_err(|e| (INVALID_ROW, format!("not a reading: {e}")))?;
    let time_ms = match &wire.time {
        Time::Number(number) => {
            instant::from_number(*number).ok_or_else(|| instant::TimeError::NotATime(number.to_string()))
        }
        Time::Text(text) => instant::parse_ms(text, zone),
    };
    let time_ms = time_ms.map_err(|e| (INVALID_TIME, e.to_string()))?;
    let values = Values { power_kw: wire.power_kw, energy_kwh: wire.energy_kwh, counter_kwh: wire.counter_kwh };
    Ok((MachineRef::Name(wire.machine), time_ms, values))
}
