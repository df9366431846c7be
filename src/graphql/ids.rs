//! Global object ids, as Relay asks: `Machine:7` in base64, so that nobody is tempted to count on their form.

use async_graphql::ID;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entity::{AnomalyChangeId, AnomalyId, MachineId, MaintenanceId, RefusedReadingId, SiteId};

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::ingest::MachineRef;

/// What an id may point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GlobalId {
    /// A site.
    Site(SiteId),
    /// A machine.
    Machine(MachineId),
    /// An anomaly.
    Anomaly(AnomalyId),
    /// A refused reading.
    RefusedReading(RefusedReadingId),
    /// Something that became of an anomaly.
    AnomalyChange(AnomalyChangeId),
    /// A maintenance window.
    Maintenance(MaintenanceId),
}

impl From<GlobalId> for ID {
    fn from(id: GlobalId) -> Self {
        let text = match id {
            GlobalId::Site(id) => format!("Site:{id}"),
            GlobalId::Machine(id) => format!("Machine:{id}"),
            GlobalId::Anomaly(id) => format!("Anomaly:{id}"),
            GlobalId::RefusedReading(id) => format!("RefusedReading:{id}"),
            GlobalId::AnomalyChange(id) => format!("AnomalyChange:{id}"),
            GlobalId::Maintenance(id) => format!("Maintenance:{id}"),
        };
        Self(STANDARD.encode(text))
    }
}

/// Reads an id; none if it was never given out by [`GlobalId`].
pub(super) fn parse(id: &str) -> Option<GlobalId> {
    let text = String::from_utf8(STANDARD.decode(id).ok()?).ok()?;
    let (kind, number) = text.split_once(':')?;
    let number = number.parse().ok()?;
    match kind {
        "Site" => Some(GlobalId::Site(SiteId(number))),
        "Machine" => Some(GlobalId::Machine(MachineId(number))),
        "Anomaly" => Some(GlobalId::Anomaly(AnomalyId(number))),
        "RefusedReading" => Some(GlobalId::RefusedReading(RefusedReadingId(number))),
        "AnomalyChange" => Some(GlobalId::AnomalyChange(AnomalyChangeId(number))),
        "Maintenance" => Some(GlobalId::Maintenance(MaintenanceId(number))),
        _ => None,
    }
}

fn wrong(id: &str, what: &str) -> Error {
    Error::invalid(Code::InvalidId, format!("{id:?} is not the id of {what}: take ids from the API, do not make them"))
}

/// Reads a site's id.
pub(super) fn site(id: &ID) -> Result<SiteId> {
    match parse(id) {
        Some(GlobalId::Site(id)) => Ok(id),
        _ => Err(wrong(id, "a site")),
    }
}

/// Reads a machine's id.
pub(super) fn machine(id: &ID) -> Result<MachineId> {
    match parse(id) {
        Some(GlobalId::Machine(id)) => Ok(id),
        _ => Err(wrong(id, "a machine")),
    }
}

/// A machine as senders name it: its id if it is one, else its name.
pub(super) fn machine_ref(machine: String) -> MachineRef {
    match parse(&machine) {
        Some(GlobalId::Machine(id)) => MachineRef::Id(id),
        _ => MachineRef::Name(machine),
    }
}

/// Reads a maintenance window's id.
pub(super) fn maintenance(id: &ID) -> Result<MaintenanceId> {
    match parse(id) {
        Some(GlobalId::Maintenance(id)) => Ok(id),
        _ => Err(wrong(id, "a maintenance window")),
    }
}

/// Reads an anomaly's id.
pub(super) fn anomaly(id: &ID) -> Result<AnomalyId> {
    match parse(id) {
        Some(GlobalId::Anomaly(id)) => Ok(id),
        _ => Err(wrong(id, "an anomaly")),
    }
}
