//! Readings as JSON objects: `{"machine": "press-1", "time": "2026-11-24T08:00:00Z", "power_kw": 12.5,
//! "energy_kwh": 0.035}`. Members may also be written as in GraphQL (`powerKw`) and in other units (`power_w`); an
//! unknown member refuses its row, because a misspelt one would lose a value in silence. With a mapping, which names what
//! matters, all others are passed over.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Decoded, Decoding, push};
use crate::codes::Code;
use crate::domain::fields::{Field, Mapping};
use crate::domain::instant;
use crate::error::{Error, Result};
use crate::ingest::batch::{Batch, MachineRef, Sent};

/// A row as it was written.
#[derive(Default)]
struct Wire {
    machine: Option<String>,
    time: Option<Time>,
    sent: Sent,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "time must be a string or a number")]
enum Time {
    Number(f64),
    Text(String),
}

/// Decodes an array, up to the greatest number of rows and one more. What is not JSON, or not an array, fails as a whole.
pub(super) fn decode_array(body: &[u8], decoding: &Decoding<'_>, batch: &mut Batch) -> Result<()> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = reader.deserialize_seq(Rows { decoding, batch }).and_then(|()| reader.end());
    match read {
        // Reading stopped early, which the reader takes for a mistake.
        Err(_) if batch.len() > decoding.greatest_rows => Ok(()),
        Err(e) => {
            let message = format!("the body is not a JSON array of readings: {e}. Nothing was stored");
            Err(Error::invalid(Code::InvalidBody, message))
        }
        Ok(()) => Ok(()),
    }
}

/// Takes an array's rows one by one, so that a long array is noticed before it fills the memory.
struct Rows<'a> {
    decoding: &'a Decoding<'a>,
    batch: &'a mut Batch,
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of readings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> std::result::Result<(), A::Error> {
        let mut index = 0;
        while self.batch.len() <= self.decoding.greatest_rows
            && let Some(row) = rows.next_element::<&RawValue>()?
        {
            push(self.batch, index, decode_object(row.get().as_bytes(), self.decoding), || row.get());
            index += 1;
        }
        Ok(())
    }
}

/// Decodes an object a line, up to the greatest number of rows and one more; empty lines are passed over.
pub(super) fn decode_lines(body: &[u8], decoding: &Decoding<'_>, batch: &mut Batch) {
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    for (index, line) in (0..).zip(lines.take(decoding.greatest_rows + 1)) {
        push(batch, index, decode_object(line, decoding), || String::from_utf8_lossy(line));
    }
}

fn decode_object(object: &[u8], decoding: &Decoding<'_>) -> Decoded {
    let mut reader = serde_json::Deserializer::from_slice(object);
    let wire = reader.deserialize_map(Object(decoding.mapping)).and_then(|wire| reader.end().map(|()| wire));
    let wire = wire.map_err(|e| (Code::InvalidRow, format!("not a reading: {e}")))?;
    let missing = |name: &str| (Code::InvalidRow, format!("not a reading: there is no {name}"));
    let time_ms = match wire.time.ok_or_else(|| missing("time"))? {
        Time::Number(number) => {
            instant::from_number(number).ok_or_else(|| instant::TimeError::NotATime(number.to_string()))
        }
        Time::Text(text) => instant::parse_ms(&text, decoding.zone),
    };
    let time_ms = time_ms.map_err(|e| (Code::InvalidTime, e.to_string()))?;
    Ok((MachineRef::Name(wire.machine.ok_or_else(|| missing("machine"))?), time_ms, wire.sent))
}

/// Reads an object's members by what their names mean.
struct Object<'a>(&'a Mapping);

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Wire;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with machine, time and values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> std::result::Result<Wire, A::Error> {
        let mut wire = Wire::default();
        while let Some(name) = members.next_key_seed(Name(self.0))? {
            let is_too_much = match name {
                Meaning::Field(Field::Machine) => wire.machine.replace(members.next_value()?).is_some(),
                Meaning::Field(Field::Time) => wire.time.replace(members.next_value()?).is_some(),
                Meaning::Field(Field::Value(quantity, scale)) => {
                    let value: Option<f64> = members.next_value()?;
                    value.is_some_and(|value| !wire.sent.take(quantity, scale, value))
                }
                Meaning::None => {
                    members.next_value::<IgnoredAny>()?;
                    false
                }
            };
            if is_too_much {
                return Err(A::Error::custom("two members mean the same, or are in units that do not go together"));
            }
        }
        Ok(wire)
    }
}

enum Meaning {
    Field(Field),
    /// Passed over.
    None,
}

/// Reads a member's name, without keeping it.
struct Name<'a>(&'a Mapping);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Meaning;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> std::result::Result<Meaning, D::Error> {
        name.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Meaning;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member of a reading")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> std::result::Result<Meaning, E> {
        match self.0.field(name) {
            Some(field) => Ok(Meaning::Field(field)),
            None if self.0.passes_over_others() => Ok(Meaning::None),
            None => Err(E::custom(format_args!("there is an unknown member {name:?}"))),
        }
    }
}
