//! What is done about anomalies: reported by other systems, dealt with by people, kept quiet for a time.

use async_graphql::{Context, Object, Result};
use entity::anomaly_change::What;
use entity::{SiteId, machine};

use super::care_inputs::{
    AnomalyPayload, AnomalyStatusInput, CancelMaintenanceInput, CommentAnomalyInput, MaintenancePayload,
    ReportAnomalyInput, ScheduleMaintenanceInput, SnoozeMachineInput,
};
use super::ids;
use super::inputs::{MachinePayload, SitePayload};
use super::mutation::{store_for, write};
use super::query::site_or_default;
use super::types::{Machine, Site};
use crate::access::{Caller, Credential};
use crate::anomalies;
use crate::clock::Clock;
use crate::codes::Code;
use crate::error::{Error, Result as OurResult};
use crate::events::Events;
use crate::ingest::MachineRef;
use crate::store::{MachineChange, Said, Store};

/// Changes of anomalies, and of when anybody is told of them.
#[derive(Default)]
pub(super) struct Care;

#[Object]
impl Care {
    /// Stores an anomaly that another system found, counts it and pushes it; or what has become of one, by its `externalId`.
    async fn report_anomaly(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The anomaly.")] input: ReportAnomalyInput,
    ) -> Result<AnomalyPayload> {
        let site = site_or_default(ctx, input.site_id.as_ref()).await?;
        let machine = find_machine(ctx, site, &input.machine).await?;
        let (store, events) = (store_for(ctx), ctx.data_unchecked::<Events>());
        let now_ms = ctx.data_unchecked::<Clock>().now_ms();
        let anomaly = anomalies::report(&store, events, now_ms, &machine, input.into()).await?;
        Ok(AnomalyPayload { anomaly: anomaly.into() })
    }

    /// Notes that somebody has seen an anomaly.
    async fn acknowledge_anomaly(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The anomaly, who has seen it, and a note.")] input: AnomalyStatusInput,
    ) -> Result<AnomalyPayload> {
        say(ctx, What::Acknowledged, input).await
    }

    /// Closes an anomaly.
    async fn resolve_anomaly(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The anomaly, who closes it, and a note.")] input: AnomalyStatusInput,
    ) -> Result<AnomalyPayload> {
        say(ctx, What::Resolved, input).await
    }

    /// Opens a closed or acknowledged anomaly again.
    async fn reopen_anomaly(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The anomaly, who opens it, and a note.")] input: AnomalyStatusInput,
    ) -> Result<AnomalyPayload> {
        say(ctx, What::Reopened, input).await
    }

    /// Adds a comment to an anomaly's story.
    async fn comment_anomaly(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The anomaly, who says it, and what.")] input: CommentAnomalyInput,
    ) -> Result<AnomalyPayload> {
        say(ctx, What::Commented, input.into()).await
    }

    /// Closes what is no anomaly. If Wattline found it, nobody is told of the same at this machine for four weeks: of this
    /// kind, no more severe, of the powers that it had; and what else is of this kind has to be a little odder from now
    /// on. Reopening it takes back the former for what is found from then on.
    async fn dismiss_anomaly(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The anomaly, who says that it is none, and a note.")] input: AnomalyStatusInput,
    ) -> Result<AnomalyPayload> {
        say(ctx, What::Dismissed, input).await
    }

    /// Tells nobody of what is found at a machine until an instant; it is kept all the same. What still goes on a quarter of
    /// an hour later is told then, or at once where the machine is woken before.
    async fn snooze_machine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The machine, and until when.")] input: SnoozeMachineInput,
    ) -> Result<MachinePayload> {
        let id = ids::machine(&input.id)?;
        let change = MachineChange { snoozed_until_ms: Some(input.until.map(|at| at.0)), ..MachineChange::default() };
        let machine = write(ctx, async |transaction| transaction.update_machine(id, change).await).await?;
        ctx.data_unchecked::<Events>().settings_changed();
        Ok(MachinePayload { machine: Machine(machine) })
    }

    /// Announces that a site or one of its machines is worked on: of anomalies that begin then nobody is told, unless they
    /// still go on a quarter of an hour later.
    async fn schedule_maintenance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, from when to when, and why.")] input: ScheduleMaintenanceInput,
    ) -> Result<MaintenancePayload> {
        let machine = match &input.machine_id {
            Some(id) => Some(ctx.data_unchecked::<Store>().machine(ids::machine(id)?).await?),
            None => None,
        };
        let site = match &machine {
            Some(machine) => machine.site_id,
            None => site_or_default(ctx, input.site_id.as_ref()).await?,
        };
        let window = input.resolve(site, machine.map(|machine| machine.id))?;
        let window = write(ctx, async |transaction| transaction.insert_maintenance(window).await).await?;
        ctx.data_unchecked::<Events>().settings_changed();
        Ok(MaintenancePayload { maintenance: window.into() })
    }

    /// Takes back what was announced; work that has begun ends now.
    async fn cancel_maintenance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: CancelMaintenanceInput,
    ) -> Result<SitePayload> {
        let id = ids::maintenance(&input.id)?;
        let now_ms = ctx.data_unchecked::<Clock>().now_ms();
        let site = write(ctx, async |transaction| transaction.cancel_maintenance(id, now_ms).await).await?;
        ctx.data_unchecked::<Events>().settings_changed();
        Ok(SitePayload { site: Site(ctx.data_unchecked::<Store>().site(site).await?) })
    }
}

/// Who has signed in, or whose key it is; none where nobody is asked.
fn caller(ctx: &Context<'_>) -> Option<String> {
    let granted = ctx.data_opt::<Caller>()?.granted().ok()?;
    let by = (granted.credential != Credential::Open).then_some(&granted.by);
    granted.person.as_ref().or(by).map(ToString::to_string)
}

async fn say(ctx: &Context<'_>, what: What, input: AnomalyStatusInput) -> Result<AnomalyPayload> {
    let (store, events) = (store_for(ctx), ctx.data_unchecked::<Events>());
    let now_ms = ctx.data_unchecked::<Clock>().now_ms();
    let id = ids::anomaly(&input.id)?;
    let by = input.by.or_else(|| caller(ctx));
    let said = Said { what, by, note: input.note };
    Ok(AnomalyPayload { anomaly: anomalies::say(&store, events, now_ms, id, said).await?.into() })
}

/// The machine that is meant: by global id, or by name in the site.
async fn find_machine(ctx: &Context<'_>, site: SiteId, machine: &str) -> OurResult<machine::Model> {
    let store = ctx.data_unchecked::<Store>();
    let found = match ids::machine_ref(machine.to_owned()) {
        MachineRef::Id(id) => store.machines_by_id(&[id]).await?.pop(),
        MachineRef::Name(name) => store.machine_by_name(site, &name).await?,
    };
    found.ok_or_else(|| {
        Error::invalid(Code::UnknownMachine, format!("there is no machine {machine:?}: register it first"))
    })
}
