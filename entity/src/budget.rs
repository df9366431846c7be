//! A budget: what a site may use, spend or emit in a day, a week or a month, or the demand it may reach.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::lists::{ContactPointIds, MachineIds, Percents};
use crate::machine::Carrier;
use crate::{BudgetId, SiteId};

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Quantity {
    /// Energy, kWh.
    Energy,
    /// Cost, in the site's currency.
    Cost,
    /// Carbon, kg CO2.
    Carbon,
    /// The greatest mean power of a quarter of an hour, kW.
    PeakDemand,
}

/// For how long it holds, by the site's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

/// One budget.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "budget")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: BudgetId,
    /// The site.
    pub site_id: SiteId,
    /// Name, unique in its site.
    pub name: String,
    /// What is limited.
    pub quantity: Quantity,
    /// Of this carrier; none for all of those that have rates (cost and carbon alone).
    pub carrier: Option<Carrier>,
    /// Of these machines; none for all.
    pub machine_ids: Option<MachineIds>,
    /// For how long it holds.
    pub period: Period,
    /// The limit, in the quantity's unit; above 0.
    pub limit_value: f64,
    /// Percentages of the limit whose reaching is told.
    pub bands: Percents,
    /// Whether it is told that the limit will likely be passed.
    pub tells_forecast: bool,
    /// Who is told.
    pub contact_point_ids: ContactPointIds,
    /// Whether it is in force.
    pub is_enabled: bool,
}

impl ActiveModelBehavior for ActiveModel {}
