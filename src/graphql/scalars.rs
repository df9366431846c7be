//! Scalars that GraphQL has no type for.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::domain::instant;

/// An instant: RFC 3339, in UTC on the way out, with any offset on the way in; to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DateTime(pub(in crate::graphql) i64);

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

/// A whole number beyond 32 bits, as a JSON number; exact up to 2^53 in every client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Long(pub(in crate::graphql) i64);

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
