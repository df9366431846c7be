//! Changes. Each takes one `input` and returns a payload.

use async_graphql::{Context, MergedObject, Object, Result};
use entity::MachineId;

use super::care::Care;
use super::inputs::{
    MachinePayload, RegisterMachineInput, RegisterSiteInput, ReplaceMeterInput, RetireMachineInput,
    SetCarrierRatesInput, SitePayload, StartDemoInput, UpdateMachineInput, UpdateSiteInput,
    WithdrawMeterReplacementInput,
};
use super::query::site_or_default;
use super::reading_inputs::{
    RecordReadingsInput, RecordReadingsPayload, ResubmitReadingsInput, ResubmitReadingsPayload,
};
use super::telling::Telling;
use super::types::{Machine, Site};
use super::{Detects, Limits, ids};
use crate::clock::Clock;
use crate::codes::Code;
use crate::demo::Starter;
use crate::error::{Error, Result as OurResult};
use crate::ingest::{Batch, Ingest, Replaced, replace_meter, resubmit};
use crate::store::{MachineChange, Store, WriteTransaction};

/// Changes. Each takes one `input` and returns a payload; what it says is done is on disk.
#[derive(Default, MergedObject)]
pub(super) struct Mutation(Registration, Care, Telling);

/// Changes of sites, machines and readings.
#[derive(Default)]
pub(super) struct Registration;

#[Object]
impl Registration {
    /// Registers a site.
    async fn register_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new site.")] input: RegisterSiteInput,
    ) -> Result<SitePayload> {
        let new = input.resolve()?;
        let site = write(ctx, async |transaction| transaction.insert_site(new).await).await?;
        Ok(SitePayload { site: Site(site) })
    }

    /// Sets a site's time zone or currency.
    async fn update_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site and what is to change.")] input: UpdateSiteInput,
    ) -> Result<SitePayload> {
        let (id, time_zone, currency) = input.resolve()?;
        let update = async |transaction: &WriteTransaction| transaction.update_site(id, time_zone, currency).await;
        Ok(SitePayload { site: Site(write(ctx, update).await?) })
    }

    /// Sets what a kWh of a carrier costs and emits at a site. Electricity's rates are settings of the server.
    async fn set_carrier_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The carrier and its rates.")] input: SetCarrierRatesInput,
    ) -> Result<SitePayload> {
        let site = ctx.data_unchecked::<Store>().site(site_or_default(ctx, input.site_id.as_ref()).await?).await?;
        let (carrier, rates) = input.resolve()?;
        write(ctx, async |transaction| transaction.set_carrier_rates(site.id, carrier, rates).await).await?;
        Ok(SitePayload { site: Site(site) })
    }

    /// Registers a machine, so that its readings are accepted.
    async fn register_machine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new machine.")] input: RegisterMachineInput,
    ) -> Result<MachinePayload> {
        let site = site_or_default(ctx, input.site_id.as_ref()).await?;
        let new = input.resolve(site)?;
        let machine = write(ctx, async |transaction| transaction.insert_machine(new).await).await?;
        Ok(MachinePayload { machine: Machine(machine) })
    }

    /// Fills an empty database with a simulated plant that sends for as long as this server runs, to look around with.
    /// Refused where any machine is registered.
    async fn start_demo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which plant.")] input: StartDemoInput,
    ) -> Result<SitePayload> {
        let store = ctx.data_unchecked::<Store>();
        let settings = input.resolve(!ctx.data_unchecked::<Detects>().0)?;
        ctx.data_unchecked::<Starter>().start(store, settings).await?;
        // What the plant sends is nobody's change; that it was started is somebody's.
        write(ctx, async |_| Ok(())).await?;
        Ok(SitePayload { site: Site(store.site_by_name(None).await?) })
    }

    /// Changes a machine; what is absent stays.
    async fn update_machine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The machine and what is to change.")] input: UpdateMachineInput,
    ) -> Result<MachinePayload> {
        let (id, change) = input.resolve()?;
        let machine = write(ctx, async |transaction| transaction.update_machine(id, change).await).await?;
        Ok(MachinePayload { machine: Machine(machine) })
    }

    /// Takes a machine out of service: from then on no readings are expected of it. Its readings stay.
    async fn retire_machine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The machine, and since when.")] input: RetireMachineInput,
    ) -> Result<MachinePayload> {
        let at_ms = input.at.map_or_else(|| ctx.data_unchecked::<Clock>().now_ms(), |at| at.0);
        let change = MachineChange { retired_at_ms: Some(Some(at_ms)), ..MachineChange::default() };
        let id = ids::machine(&input.id)?;
        let machine = write(ctx, async |transaction| transaction.update_machine(id, change).await).await?;
        Ok(MachinePayload { machine: Machine(machine) })
    }

    /// Notes that another meter took the place of a machine's old one, at any time before or after the readings around it
    /// came in: what the old one drew to its end and the new one since its beginning is counted, and nothing else. The
    /// same instant again replaces what was noted.
    async fn replace_meter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The machine, when, and what both meters said.")] input: ReplaceMeterInput,
    ) -> Result<MachinePayload> {
        let (id, replaced) = input.resolve(ctx.data_unchecked::<Clock>().now_ms())?;
        replace(ctx, id, replaced).await
    }

    /// Withdraws a replacement that was noted by mistake.
    async fn withdraw_meter_replacement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The machine and the instant.")] input: WithdrawMeterReplacementInput,
    ) -> Result<MachinePayload> {
        let (id, replaced) = input.resolve()?;
        replace(ctx, id, replaced).await
    }

    /// Stores readings. When it answers, what it counts is on disk; a row that is refused keeps no other row out.
    #[graphql(complexity = "child_complexity")]
    async fn record_readings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The readings.")] input: RecordReadingsInput,
    ) -> Result<RecordReadingsPayload> {
        let max_rows = ctx.data_unchecked::<Limits>().batch_rows;
        if input.readings.len() > max_rows {
            let message = format!("there are more than {max_rows} readings: send them in several requests");
            return Err(Error::invalid(Code::TooManyRows, message).into());
        }
        let mut batch = Batch::new(site_or_default(ctx, input.site_id.as_ref()).await?);
        batch.author = store_for(ctx).author();
        for (index, reading) in (0..).zip(input.readings) {
            reading.push_to(&mut batch, index);
        }
        Ok(ctx.data_unchecked::<Ingest>().record(batch).await?.into())
    }

    /// Sends refused readings again, once the reason is gone: the machine is registered, say, or its rated power put
    /// right. What is stored now is no longer kept as refused.
    async fn resubmit_readings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which readings.")] input: ResubmitReadingsInput,
    ) -> Result<ResubmitReadingsPayload> {
        let (store, ingest) = (store_for(ctx), ctx.data_unchecked::<Ingest>());
        Ok(resubmit(&store, ingest, input.filter.unwrap_or_default().resolve()?).await?.into())
    }
}

/// The store, for what this field does: so it stands in the audit.
pub(super) fn store_for(ctx: &Context<'_>) -> Store {
    ctx.data_unchecked::<Store>().doing(ctx.field().name())
}

/// Runs one change in a transaction of its own.
pub(super) async fn write<T>(
    ctx: &Context<'_>,
    change: impl AsyncFnOnce(&WriteTransaction) -> OurResult<T>,
) -> OurResult<T> {
    let transaction = store_for(ctx).begin_write().await?;
    let changed = change(&transaction).await?;
    transaction.commit().await?;
    Ok(changed)
}

async fn replace(ctx: &Context<'_>, id: MachineId, replaced: Replaced) -> Result<MachinePayload> {
    let store = store_for(ctx);
    let machine = store.in_time(replace_meter(&store, id, replaced)).await?;
    Ok(MachinePayload { machine: Machine(machine) })
}
