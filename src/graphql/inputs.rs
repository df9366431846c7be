//! What mutations take and give back.

use async_graphql::{ID, InputObject, MaybeUndefined, SimpleObject};
use entity::{MachineId, SiteId};

use super::ids;
use super::scalars::DateTime;
use super::types::{Carrier, Machine, MachineKind, MeterUnit, Site};
use crate::codes::Code;
use crate::demo::DemoSettings;
use crate::domain::register::Replacement;
use crate::domain::registry::{
    check_currency, check_interval, check_name, check_rated_power, check_register_width, check_replacement,
    check_time_zone, check_unit,
};
use crate::domain::statistics::Rates;
use crate::error::{Error, Result};
use crate::ingest::Replaced;
use crate::store::{DEFAULT_INTERVAL_S, MachineChange, Measured, NewMachine, NewSite};

/// A site to be registered.
#[derive(InputObject)]
pub(super) struct RegisterSiteInput {
    /// Unique name.
    name: String,
    /// IANA time zone, such as `Europe/Berlin`.
    #[graphql(default = "UTC")]
    time_zone: String,
    /// ISO 4217 currency, such as `EUR`.
    #[graphql(default = "USD")]
    currency: String,
}

impl RegisterSiteInput {
    pub(super) fn resolve(self) -> Result<NewSite> {
        check_name(&self.name)?;
        check_time_zone(&self.time_zone)?;
        check_currency(&self.currency)?;
        Ok(NewSite { name: self.name, time_zone: self.time_zone, currency: self.currency })
    }
}

/// A simulated plant.
#[derive(InputObject)]
pub(super) struct StartDemoInput {
    /// Days of history, 0 to 31.
    #[graphql(default = 6)]
    history_days: u32,
}

impl StartDemoInput {
    pub(super) fn resolve(self, reports_faults: bool) -> Result<DemoSettings> {
        if self.history_days > 31 {
            return Err(Error::invalid(Code::InvalidInput, "historyDays lies between 0 and 31"));
        }
        Ok(DemoSettings { history_days: self.history_days, seed: 1, reports_faults })
    }
}

/// What is to change of a site; what is absent stays.
#[derive(InputObject)]
pub(super) struct UpdateSiteInput {
    /// The site.
    id: ID,
    /// IANA time zone, such as `Europe/Berlin`.
    time_zone: Option<String>,
    /// ISO 4217 currency, such as `EUR`.
    currency: Option<String>,
}

impl UpdateSiteInput {
    pub(super) fn resolve(self) -> Result<(SiteId, Option<String>, Option<String>)> {
        self.time_zone.as_deref().map_or(Ok(()), check_time_zone)?;
        self.currency.as_deref().map_or(Ok(()), check_currency)?;
        Ok((ids::site(&self.id)?, self.time_zone, self.currency))
    }
}

/// The rates of a carrier.
#[derive(InputObject)]
pub(super) struct SetCarrierRatesInput {
    /// The site; `default` if absent.
    pub(super) site_id: Option<ID>,
    /// The carrier; not electricity.
    carrier: Carrier,
    /// What its machines are measured in.
    #[graphql(default_with = "MeterUnit::Kwh")]
    unit: MeterUnit,
    /// Price of a `unit`, in the site's currency.
    price_per_unit: f64,
    /// Carbon of a `unit`, kg CO2.
    carbon_kg_per_unit: f64,
}

impl SetCarrierRatesInput {
    pub(super) fn resolve(&self) -> Result<(Measured, Rates)> {
        if self.carrier == Carrier::Electricity {
            let message = "electricity's rates are the settings --price and --carbon-factor of the server";
            return Err(Error::invalid(Code::InvalidInput, message));
        }
        let rates = Rates { price_per_unit: self.price_per_unit, carbon_kg_per_unit: self.carbon_kg_per_unit };
        Ok(((self.carrier.into(), self.unit.into()), rates))
    }
}

/// A site, as it is now.
#[derive(SimpleObject)]
pub(super) struct SitePayload {
    /// The site.
    pub(super) site: Site,
}

/// A machine to be registered.
#[derive(InputObject)]
pub(super) struct RegisterMachineInput {
    /// The site it stands in; `default` if absent.
    pub(super) site_id: Option<ID>,
    /// Name, unique in its site.
    name: String,
    /// What it does.
    #[graphql(default_with = "MachineKind::Other")]
    kind: MachineKind,
    /// What it consumes.
    #[graphql(default_with = "Carrier::Electricity")]
    carrier: Carrier,
    /// What its meter measures in: m³ is for gas, compressed air and water. It stays.
    #[graphql(default_with = "MeterUnit::Kwh")]
    unit: MeterUnit,
    /// Rated power, kW (or flow, m³/h). Readings above ten times this are refused.
    rated_power_kw: Option<f64>,
    /// The value at which the meter's register begins again at zero, kWh (or m³); such as 1000000 for six digits.
    register_width_kwh: Option<f64>,
    /// Seconds between its readings, as it is meant to send them.
    #[graphql(default_with = "DEFAULT_INTERVAL_S")]
    expected_interval_seconds: i32,
}

impl RegisterMachineInput {
    pub(super) fn resolve(self, site_id: SiteId) -> Result<NewMachine> {
        check_name(&self.name)?;
        check_rated_power(self.rated_power_kw)?;
        check_register_width(self.register_width_kwh)?;
        check_interval(self.expected_interval_seconds)?;
        check_unit(self.carrier.into(), self.unit.into())?;
        Ok(NewMachine {
            site_id,
            name: self.name,
            kind: self.kind.into(),
            carrier: self.carrier.into(),
            unit: self.unit.into(),
            rated_power_kw: self.rated_power_kw,
            register_width_kwh: self.register_width_kwh,
            expected_interval_s: self.expected_interval_seconds,
        })
    }
}

/// What is to change of a machine; what is absent stays.
#[derive(InputObject)]
pub(super) struct UpdateMachineInput {
    /// The machine.
    id: ID,
    /// Name, unique in its site.
    name: Option<String>,
    /// What it does.
    kind: Option<MachineKind>,
    /// What it consumes. Fixed once it has readings.
    carrier: Option<Carrier>,
    /// Rated power, kW; null for not known.
    rated_power_kw: MaybeUndefined<f64>,
    /// The value at which the meter's register begins again at zero, kWh; null for not known.
    register_width_kwh: MaybeUndefined<f64>,
    /// Seconds between its readings, as it is meant to send them.
    expected_interval_seconds: Option<i32>,
    /// When it was taken out of service; null to put it back.
    retired_at: MaybeUndefined<DateTime>,
}

impl UpdateMachineInput {
    pub(super) fn resolve(self) -> Result<(MachineId, MachineChange)> {
        self.name.as_deref().map_or(Ok(()), check_name)?;
        check_rated_power(self.rated_power_kw.as_opt_ref().flatten().copied())?;
        check_register_width(self.register_width_kwh.as_opt_ref().flatten().copied())?;
        self.expected_interval_seconds.map_or(Ok(()), check_interval)?;
        let change = MachineChange {
            name: self.name,
            kind: self.kind.map(Into::into),
            carrier: self.carrier.map(Into::into),
            rated_power_kw: self.rated_power_kw.into(),
            register_width_kwh: self.register_width_kwh.into(),
            expected_interval_s: self.expected_interval_seconds,
            retired_at_ms: self.retired_at.map_value(|at| at.0).into(),
            snoozed_until_ms: None,
        };
        Ok((ids::machine(&self.id)?, change))
    }
}

/// A machine to be taken out of service.
#[derive(InputObject)]
pub(super) struct RetireMachineInput {
    /// The machine.
    pub(super) id: ID,
    /// Since when; now if absent.
    pub(super) at: Option<DateTime>,
}

/// A machine's meter that another took the place of.
#[derive(InputObject)]
pub(super) struct ReplaceMeterInput {
    /// The machine.
    id: ID,
    /// When; a reading at this instant is the new meter's.
    at: DateTime,
    /// The old meter's last value, kWh (or m³).
    old_counter_kwh: f64,
    /// The new meter's first value, kWh (or m³).
    new_counter_kwh: f64,
}

impl ReplaceMeterInput {
    pub(super) fn resolve(&self, now_ms: i64) -> Result<(MachineId, Replaced)> {
        let (old_kwh, new_kwh) = (self.old_counter_kwh, self.new_counter_kwh);
        let replacement = Replacement { time_ms: self.at.0, old_kwh, new_kwh };
        check_replacement(&replacement, now_ms)?;
        Ok((ids::machine(&self.id)?, Replaced::Noted(replacement)))
    }
}

/// A replacement that was noted by mistake.
#[derive(InputObject)]
pub(super) struct WithdrawMeterReplacementInput {
    /// The machine.
    id: ID,
    /// The instant it was noted for.
    at: DateTime,
}

impl WithdrawMeterReplacementInput {
    pub(super) fn resolve(&self) -> Result<(MachineId, Replaced)> {
        Ok((ids::machine(&self.id)?, Replaced::Withdrawn(self.at.0)))
    }
}

/// A machine, as it is now.
#[derive(SimpleObject)]
pub(super) struct MachinePayload {
    /// The machine.
    pub(super) machine: Machine,
}
