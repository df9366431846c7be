//! What people set for machines and sites, as the API shows it: rules and budgets.

use async_graphql::{Context, Enum, ID, Object, Result};
use entity::{budget, watch_rule};

use super::telling::{ContactPoint, Hours, contact_points, hours, machines};
use super::{Carrier, Machine, MachineKind, Severity, Site};
use crate::budgets::standing;
use crate::clock::Clock;
use crate::domain::budget::{Standing, unit};
use crate::domain::statistics::Rates;
use crate::graphql::ids::GlobalId;
use crate::graphql::list_cost;
use crate::graphql::loaders::Loaders;
use crate::graphql::scalars::DateTime;
use crate::store::Store;

/// What a rule watches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::watch_rule::Kind")]
pub(in crate::graphql) enum WatchRuleKind {
    /// Power above or below a limit.
    Threshold,
    /// Power above a limit outside of production hours.
    OffHours,
    /// No readings.
    NoData,
}

/// What a budget limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::budget::Quantity")]
pub(in crate::graphql) enum BudgetQuantity {
    /// Energy, kWh.
    Energy,
    /// Cost, in the site's currency.
    Cost,
    /// Carbon, kg CO2.
    Carbon,
    /// The site's greatest mean power of a quarter of an hour, kW.
    PeakDemand,
}

/// For how long a budget holds, by the site's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::budget::Period")]
pub(in crate::graphql) enum BudgetPeriod {
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

pub(in crate::graphql) struct WatchRule(pub(in crate::graphql) watch_rule::Model);

/// A rule that people set for machines: what breaks it is an anomaly, whatever the detector says.
#[Object]
impl WatchRule {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::WatchRule(self.0.id).into()
    }

    /// Name, unique in its site.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The site it is for.
    async fn site(&self, ctx: &Context<'_>) -> Result<Option<Site>> {
        Ok(ctx.data_unchecked::<Loaders>().load_one(self.0.site_id).await?.map(Site))
    }

    /// What is watched for.
    async fn kind(&self) -> WatchRuleKind {
        self.0.kind.into()
    }

    /// How bad that is.
    async fn severity(&self) -> Severity {
        self.0.severity.into()
    }

    /// For these machines; null for those of `machineKind`.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn machines(&self, ctx: &Context<'_>) -> Result<Option<Vec<Machine>>> {
        machines(ctx, self.0.machine_ids.as_ref()).await
    }

    /// For the machines of this kind; null for all.
    async fn machine_kind(&self) -> Option<MachineKind> {
        self.0.machine_kind.map(Into::into)
    }

    /// Power above this breaks it, kW (or flow, m³/h).
    async fn above_kw(&self) -> Option<f64> {
        self.0.above_kw
    }

    /// Power below this breaks it, kW (or flow, m³/h).
    async fn below_kw(&self) -> Option<f64> {
        self.0.below_kw
    }

    /// How far back within the limit the power must be for it to be over, kW.
    async fn hysteresis_kw(&self) -> f64 {
        self.0.hysteresis_kw
    }

    /// For how many seconds without a break.
    async fn for_seconds(&self) -> i32 {
        self.0.for_s
    }

    /// When production runs.
    async fn production_hours(&self) -> Option<Vec<Hours>> {
        self.0.production_hours.as_ref().map(hours)
    }

    /// Whether it is in force.
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled
    }
}

pub(in crate::graphql) struct Budget(pub(in crate::graphql) budget::Model);

/// What a site may use, spend or emit in a period, or the demand it may reach.
#[Object]
impl Budget {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::Budget(self.0.id).into()
    }

    /// Name, unique in its site.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The site.
    async fn site(&self, ctx: &Context<'_>) -> Result<Option<Site>> {
        Ok(ctx.data_unchecked::<Loaders>().load_one(self.0.site_id).await?.map(Site))
    }

    /// What is limited.
    async fn quantity(&self) -> BudgetQuantity {
        self.0.quantity.into()
    }

    /// The unit of its values, such as `kWh` or `EUR`.
    async fn unit(&self, ctx: &Context<'_>) -> Result<String> {
        let site = ctx.data_unchecked::<Store>().site(self.0.site_id).await?;
        Ok(unit(self.0.quantity, &site.currency).to_owned())
    }

    /// Of this carrier; null for all of those that have rates.
    async fn carrier(&self) -> Option<Carrier> {
        self.0.carrier.map(Into::into)
    }

    /// Of these machines; null for all.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn machines(&self, ctx: &Context<'_>) -> Result<Option<Vec<Machine>>> {
        machines(ctx, self.0.machine_ids.as_ref()).await
    }

    /// For how long it holds.
    async fn period(&self) -> BudgetPeriod {
        self.0.period.into()
    }

    /// The limit, in `unit`.
    async fn limit(&self) -> f64 {
        self.0.limit_value
    }

    /// Percentages of the limit whose reaching is told.
    async fn bands(&self) -> &[i32] {
        &self.0.bands.0
    }

    /// Whether it is told that the limit will likely be passed.
    async fn tells_forecast(&self) -> bool {
        self.0.tells_forecast
    }

    /// Who is told.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn contact_points(&self, ctx: &Context<'_>) -> Result<Vec<ContactPoint>> {
        contact_points(ctx, &self.0.contact_point_ids).await
    }

    /// Whether it is in force.
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled
    }

    /// How it stands at an instant.
    #[graphql(complexity = "100 + child_complexity")]
    async fn standing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The instant; now if absent or later.")] at: Option<DateTime>,
    ) -> Result<BudgetStanding> {
        let now_ms = ctx.data_unchecked::<Clock>().now_ms();
        let at_ms = at.map_or(now_ms, |at| at.0.min(now_ms));
        let rates = *ctx.data_unchecked::<Rates>();
        let standing = standing(ctx.data_unchecked::<Store>(), rates, &self.0, at_ms).await?;
        Ok(BudgetStanding { standing, limit: self.0.limit_value })
    }
}

pub(in crate::graphql) struct BudgetStanding {
    standing: Standing,
    limit: f64,
}

/// How a budget stands. Amounts are in the budget's unit.
#[Object]
impl BudgetStanding {
    /// Begin of the period.
    async fn from(&self) -> DateTime {
        DateTime(self.standing.span.from_ms)
    }

    /// Its end.
    async fn to(&self) -> DateTime {
        DateTime(self.standing.span.to_ms)
    }

    /// What is used since the begin; of a peak demand the greatest until now. Null if nothing is known of it.
    async fn used(&self) -> Option<f64> {
        self.standing.used
    }

    /// The same in % of the limit.
    async fn used_percent(&self) -> Option<f64> {
        self.standing.used.map(|used| 100.0 * used / self.limit)
    }

    /// What it will likely be at the end: what is used, and for the rest the median of the same hours of up to four weeks
    /// before; without a week before as until now, once an eighth of the period is known. Null where that cannot be told,
    /// and for peak demands.
    async fn forecast(&self) -> Option<f64> {
        self.standing.forecast
    }

    /// The same in % of the limit.
    async fn forecast_percent(&self) -> Option<f64> {
        self.standing.forecast.map(|forecast| 100.0 * forecast / self.limit)
    }

    /// Machines that have sent readings, but too few to tell of them: the forecast has what they have used, no more. 0 for
    /// peak demands.
    async fn machines_not_forecast(&self) -> usize {
        self.standing.machines_not_forecast
    }
}
