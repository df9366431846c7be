//! Short lists within a row, as JSON text: they are read and written with their row and never searched.

use std::fmt;
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

use crate::{ContactPointId, MachineId};

macro_rules! list {
    ($(#[$doc:meta])* $name:ident of $item:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, DeriveValueType)]
        #[sea_orm(value_type = "String")]
        pub struct $name(pub Vec<$item>);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
            }
        }

        impl FromStr for $name {
            type Err = serde_json::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                serde_json::from_str(text).map(Self)
            }
        }
    };
}

list! {
    /// Some machines.
    MachineIds of MachineId
}
list! {
    /// Some places that messages go to.
    ContactPointIds of ContactPointId
}
list! {
    /// Some kinds of anomalies, such as `SPIKE`.
    Kinds of String
}
list! {
    /// Some percentages, rising.
    Percents of i32
}
list! {
    /// Times of the week, by the site's clocks.
    Schedule of Hours
}

/// The same hours of some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// The days on which they begin; 0 is Monday.
    pub days: Vec<u8>,
    /// Begin, minutes after midnight.
    pub from_min: u16,
    /// End, minutes after midnight and no part of it; of the next day unless it lies after the begin.
    pub to_min: u16,
}
