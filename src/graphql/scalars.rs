//! Scalars that GraphQL has no type for.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::domain::instant;
use crate::domain::series::Every;
use crate::error::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DateTime(pub(in crate::graphql) i64);

/// An instant: RFC 3339, in UTC on the way out, with any offset on the way in; to the millisecond.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        instant::parse_rfc3339_ms(text).map(Self).map_err(|e| InputValueError::custom(e.to_string()))
    }

    fn to_value(&self) -> Value {
        Value::String(instant::format_ms(self.0))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval(pub(in crate::graphql) Every);

/// The length of a series' buckets: one unit, as ISO 8601 (`PT10S`, `PT15M`, `PT1H`, `P1D`, `P1W`, `P1M`) or short (`15m`,
/// `1h`, `1d`, `1w`, `1mo`). Seconds, minutes and hours divide a day into equal parts.
#[Scalar(name = "Interval", specified_by_url = "https://www.iso.org/iso-8601-date-and-time-format.html")]
impl ScalarType for Interval {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        text.parse().map(Self).map_err(|e: Error| InputValueError::custom(e.to_string()))
    }

    fn to_value(&self) -> Value {
        Value::String(match self.0 {
            Every::Seconds(seconds) => format!("PT{seconds}S"),
            Every::Days(days) => format!("P{days}D"),
            Every::Weeks(weeks) => format!("P{weeks}W"),
            Every::Months(months) => format!("P{months}M"),
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Long(pub(in crate::graphql) i64);

/// A whole number beyond 32 bits, as a JSON number; exact up to 2^53 in every client.
#[Scalar(name = "Long")]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) if number.is_i64() => Ok(Self(number.as_i64().unwrap_or_default())),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }
}
