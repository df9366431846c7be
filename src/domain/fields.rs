//! What the names of columns and fields mean, and their units.
//!
//! A value's unit stands in its name: `power_w`, `energy_mwh`. Foreign names are given a meaning by a mapping.

use std::str::FromStr;

use entity::machine::Unit;
use serde::Deserialize;

use crate::codes::Code;
use crate::error::{Error, Result};

/// What a column or field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The name of the machine.
    Machine,
    /// End of the interval.
    Time,
    /// A value in some unit.
    Value(Quantity, Scale),
}

/// Which of a reading's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Power.
    Power,
    /// Energy of the interval.
    Energy,
    /// A running register.
    Counter,
}

/// From a unit to kW or kWh, or to m³/h or m³. Divided or multiplied by a thousand, never by a decimal that no float holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// W or Wh.
    Thousandth,
    /// kW or kWh.
    One,
    /// MW or MWh.
    Thousand,
    /// m³/h or m³.
    CubicMetre,
}

/// The unit of the powers, or flows, of what is measured in `unit`.
#[must_use]
pub fn rate_unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Kwh => "kW",
        Unit::CubicMetre => "m³/h",
    }
}

/// An amount of what is measured in kWh.
#[must_use]
pub fn kwh(unit: Unit, amount: Option<f64>) -> Option<f64> {
    amount.filter(|_| unit == Unit::Kwh)
}

/// An amount of what is measured in m³.
#[must_use]
pub fn cubic_metres(unit: Unit, amount: Option<f64>) -> Option<f64> {
    amount.filter(|_| unit == Unit::CubicMetre)
}

impl Scale {
    /// What the value is in once it is converted.
    #[must_use]
    pub fn unit(self) -> Unit {
        if self == Self::CubicMetre { Unit::CubicMetre } else { Unit::Kwh }
    }

    /// The value in kW or kWh, or in m³/h or m³.
    #[must_use]
    pub fn convert(self, value: f64) -> f64 {
        match self {
            Self::Thousandth => value / 1000.0,
            Self::One | Self::CubicMetre => value,
            Self::Thousand => value * 1000.0,
        }
    }

    /// The scale of a unit of power or energy, of flow or volume.
    #[must_use]
    pub fn of_unit(unit: &str) -> Option<(Quantity, Self)> {
        Some(match unit {
            "W" => (Quantity::Power, Self::Thousandth),
            "kW" => (Quantity::Power, Self::One),
            "MW" => (Quantity::Power, Self::Thousand),
            "Wh" => (Quantity::Energy, Self::Thousandth),
            "kWh" => (Quantity::Energy, Self::One),
            "MWh" => (Quantity::Energy, Self::Thousand),
            "m³/h" => (Quantity::Power, Self::CubicMetre),
            "m³" => (Quantity::Energy, Self::CubicMetre),
            _ => return None,
        })
    }
}

impl Field {
    /// What a name of ours means; in snake case as in CSV or in camel case as in GraphQL.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        use Quantity::{Counter, Energy, Power};
        use Scale::{CubicMetre, One, Thousand, Thousandth};
        Some(match name {
            "machine" => Self::Machine,
            "time" => Self::Time,
            "power_w" | "powerW" => Self::Value(Power, Thousandth),
            "power_kw" | "powerKw" => Self::Value(Power, One),
            "power_mw" | "powerMw" => Self::Value(Power, Thousand),
            "energy_wh" | "energyWh" => Self::Value(Energy, Thousandth),
            "energy_kwh" | "energyKwh" => Self::Value(Energy, One),
            "energy_mwh" | "energyMwh" => Self::Value(Energy, Thousand),
            "counter_wh" | "counterWh" => Self::Value(Counter, Thousandth),
            "counter_kwh" | "counterKwh" => Self::Value(Counter, One),
            "counter_mwh" | "counterMwh" => Self::Value(Counter, Thousand),
            "flow_m3_per_h" | "flowM3PerH" => Self::Value(Power, CubicMetre),
            "volume_m3" | "volumeM3" => Self::Value(Energy, CubicMetre),
            "counter_m3" | "counterM3" => Self::Value(Counter, CubicMetre),
            _ => return None,
        })
    }
}

/// Foreign names and what they mean, beside our own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Mapping(Vec<(String, Field)>);

impl FromStr for Mapping {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Mapping {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl Mapping {
    /// Reads `ours=theirs,…`, such as `machine=meter_id,time=ts,power_w=P`; empty for none (`INVALID_MAPPING`).
    pub fn parse(text: &str) -> Result<Self> {
        let wrong =
            |why: String| Error::invalid(Code::InvalidMapping, format!("{why}: write machine=meter_id,power_w=P"));
        let pair = |pair: &str| {
            let (ours, theirs) = pair.split_once('=').ok_or_else(|| wrong(format!("{pair:?} has no =")))?;
            let (ours, theirs) = (ours.trim(), theirs.trim());
            let field = Field::of_name(ours).ok_or_else(|| wrong(format!("{ours:?} is no field of a reading")))?;
            if theirs.is_empty() { Err(wrong(format!("{ours} has no name"))) } else { Ok((theirs.to_owned(), field)) }
        };
        text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(pair).collect::<Result<_>>().map(Self)
    }

    /// What a name means; ours or theirs.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Field> {
        let mapped = self.0.iter().find(|(theirs, _)| theirs == name).map(|(_, field)| *field);
        mapped.or_else(|| Field::of_name(name))
    }

    /// Whether names that mean nothing are passed over: with a mapping, what matters has been named.
    #[must_use]
    pub fn passes_over_others(&self) -> bool {
        !self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_in_the_name() {
        for (name, value, kilo) in [
            ("power_w", 12_500.0, 12.5),
            ("powerKw", 12.5, 12.5),
            ("energy_mwh", 0.25, 250.0),
            ("counter_wh", 1.0, 0.001),
        ] {
            let Some(Field::Value(_, scale)) = Field::of_name(name) else { panic!("{name} is a value") };
            assert!((scale.convert(value) - kilo).abs() < 1e-15, "{name}");
        }
        assert_eq!(Field::of_name("power"), None, "no unit, no meaning");
    }

    #[test]
    fn a_mapping_gives_foreign_names_a_meaning() {
        let mapping = Mapping::parse("machine=meter_id, time=ts,power_w=P").expect("a mapping");
        assert_eq!(mapping.field("meter_id"), Some(Field::Machine));
        assert_eq!(mapping.field("P"), Some(Field::Value(Quantity::Power, Scale::Thousandth)));
        assert_eq!(mapping.field("energy_kwh"), Some(Field::Value(Quantity::Energy, Scale::One)));
        assert_eq!((mapping.field("Q"), mapping.passes_over_others()), (None, true));
        for wrong in ["power=P", "P", "power_w="] {
            assert!(Mapping::parse(wrong).is_err(), "{wrong}");
        }
        assert!(!Mapping::parse("").expect("none").passes_over_others());
    }
}
