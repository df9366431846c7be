//! Readings as InfluxDB line protocol: <https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/>.
//!
//! The machine is the tag `machine`, or the tag `entity_id` that Home Assistant sets; the values are fields with names
//! as in JSON. Home Assistant names the measurement after the unit and the field `value`: its energy sensors are running
//! registers. Lines and fields that are about something else are passed over: these senders send all they have.

use influxdb_line_protocol::{FieldValue, ParsedLine, parse_lines, split_lines};
use jiff::Timestamp;

use super::{Decoded, Decoding, push};
use crate::codes::Code;
use crate::domain::fields::{Field, Quantity, Scale};
use crate::ingest::batch::{Batch, MachineRef, Sent};

/// Tags that name the machine, beside those of the mapping.
const MACHINE_TAGS: [&str; 2] = ["machine", "entity_id"];
/// The field of Home Assistant's measurements.
const VALUE: &str = "value";

/// The unit of timestamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Billionths of a second.
    #[default]
    Nanoseconds,
    /// Millionths of a second.
    Microseconds,
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
}

impl Precision {
    /// By the names of both versions of the protocol.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "ns" | "n" => Self::Nanoseconds,
            "us" | "u" | "µ" => Self::Microseconds,
            "ms" => Self::Milliseconds,
            "s" => Self::Seconds,
            _ => return None,
        })
    }

    fn to_ms(self, timestamp: i64) -> Option<i64> {
        let time_ms = match self {
            Self::Nanoseconds => Some(timestamp.div_euclid(1_000_000)),
            Self::Microseconds => Some(timestamp.div_euclid(1000)),
            Self::Milliseconds => Some(timestamp),
            Self::Seconds => timestamp.checked_mul(1000),
        };
        time_ms.filter(|time_ms| Timestamp::from_millisecond(*time_ms).is_ok())
    }
}

/// Decodes lines, up to the greatest number of rows and one more. An index is that of the line among all that are
/// neither empty nor comments.
pub(super) fn decode_lines(text: &str, decoding: &Decoding<'_>, batch: &mut Batch) {
    let lines = split_lines(text).filter_map(|line| Some((line, parse_lines(line).next()?)));
    for (index, (sent, line)) in (0..).zip(lines) {
        let decoded = match &line {
            Ok(line) => match values_of(line, decoding) {
                Ok(None) => continue,
                Ok(Some(sent)) => decode_line(line, sent, decoding),
                Err(message) => Err((Code::InvalidRow, message)),
            },
            Err(e) => Err((Code::InvalidRow, format!("not line protocol: {e}"))),
        };
        push(batch, index, decoded, || sent);
        if batch.len() > decoding.greatest_rows {
            return;
        }
    }
}

fn decode_line(line: &ParsedLine<'_>, sent: Sent, decoding: &Decoding<'_>) -> Decoded {
    let tags = line.series.tag_set.as_deref().unwrap_or_default();
    let tag = |is_it: &dyn Fn(&str) -> bool| tags.iter().find(|(name, _)| is_it(name.as_str()));
    let mapped =
        tag(&|name| decoding.mapping.passes_over_others() && decoding.mapping.field(name) == Some(Field::Machine));
    let machine = mapped.or_else(|| MACHINE_TAGS.into_iter().find_map(|ours| tag(&|name| name == ours)));
    let (_, machine) =
        machine.ok_or_else(|| (Code::InvalidRow, "the line has no tag machine: say which one it is of".to_owned()))?;
    let time_ms = match line.timestamp {
        Some(timestamp) => decoding.precision.to_ms(timestamp),
        None => Some(decoding.now_ms),
    };
    let time_ms =
        time_ms.ok_or_else(|| (Code::InvalidTime, "the timestamp is no time: check the precision".to_owned()))?;
    Ok((MachineRef::Name(machine.as_str().to_owned()), time_ms, sent))
}

/// The values of a line; none if it is about something else.
fn values_of(line: &ParsedLine<'_>, decoding: &Decoding<'_>) -> Result<Option<Sent>, String> {
    let mut sent = Sent::default();
    let of_unit = Scale::of_unit(line.series.measurement.as_str());
    for (name, value) in &line.field_set {
        let (quantity, scale) = match (decoding.mapping.field(name.as_str()), of_unit) {
            (Some(Field::Value(quantity, scale)), _) => (quantity, scale),
            (None, Some((Quantity::Energy, scale))) if name.as_str() == VALUE => (Quantity::Counter, scale),
            (None, Some((quantity, scale))) if name.as_str() == VALUE => (quantity, scale),
            _ => continue,
        };
        let number = number(value).ok_or_else(|| format!("{name} is not a number"))?;
        if !sent.take(quantity, scale, number) {
            return Err(format!("{name} does not go with another field: both mean the same, or their units differ"));
        }
    }
    Ok(Some(sent).filter(|sent| sent.unit.is_some()))
}

#[expect(clippy::cast_precision_loss, reason = "a meter's integer is far below 2^53")]
fn number(value: &FieldValue<'_>) -> Option<f64> {
    match value {
        FieldValue::F64(value) => Some(*value),
        FieldValue::I64(value) => Some(*value as f64),
        FieldValue::U64(value) => Some(*value as f64),
        FieldValue::String(_) | FieldValue::Boolean(_) => None,
    }
}
