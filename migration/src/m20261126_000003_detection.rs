//! What detection keeps: how far it got, what became of anomalies, and when nobody is to be told.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob, boolean, double_null, string_len, text_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Anomaly {
    Table,
    Low,
    High,
    IsQuiet,
}

#[derive(DeriveIden)]
enum AnomalyChange {
    Table,
    Id,
    AnomalyId,
    AtMs,
    What,
    Severity,
    By,
    Note,
}

#[derive(DeriveIden)]
enum Machine {
    Table,
    SnoozedUntilMs,
}

#[derive(DeriveIden)]
enum Detector {
    Table,
    MachineId,
    TimeMs,
    State,
    DismissalId,
}

#[derive(DeriveIden)]
enum LateReading {
    Table,
    MachineId,
    TimeMs,
    NotedAtMs,
}

#[derive(DeriveIden)]
enum Lease {
    Table,
    Name,
    Holder,
    UntilMs,
}

#[derive(DeriveIden)]
enum Maintenance {
    Table,
    Id,
    SiteId,
    MachineId,
    FromMs,
    ToMs,
    Note,
}

/// However often the same readings are judged, and by however many processes: an anomaly of the detector's is there once,
/// and one of a kind is open at a machine.
const UNIQUE: [&str; 2] = [
    "CREATE UNIQUE INDEX anomaly_detected_once ON anomaly (machine_id, kind, started_at_ms) WHERE source = 'DETECTOR'",
    "CREATE UNIQUE INDEX anomaly_one_open ON anomaly (machine_id, kind) \
     WHERE source = 'DETECTOR' AND ended_at_ms IS NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for column in
            [double_null(Anomaly::Low), double_null(Anomaly::High), boolean(Anomaly::IsQuiet).default(false).take()]
        {
            manager.alter_table(Table::alter().table(Anomaly::Table).add_column(column).to_owned()).await?;
        }
        let snoozed = big_integer_null(Machine::SnoozedUntilMs);
        manager.alter_table(Table::alter().table(Machine::Table).add_column(snoozed).to_owned()).await?;
        for index in UNIQUE {
            manager.get_connection().execute_unprepared(index).await?;
        }
        for table in [changes(), detectors(), late_readings(), leases(), maintenance()] {
            manager.create_table(table).await?;
        }
        let of_anomaly = Index::create()
            .name("anomaly_change_by_anomaly")
            .table(AnomalyChange::Table)
            .col(AnomalyChange::AnomalyId)
            .col(AnomalyChange::Id)
            .to_owned();
        manager.create_index(of_anomaly).await
    }
}

fn changes() -> TableCreateStatement {
    Table::create()
        .table(AnomalyChange::Table)
        .col(big_pk_auto(AnomalyChange::Id))
        .col(big_integer(AnomalyChange::AnomalyId))
        .col(big_integer(AnomalyChange::AtMs))
        .col(string_len(AnomalyChange::What, 16))
        .col(string_len(AnomalyChange::Severity, 16))
        .col(text_null(AnomalyChange::By))
        .col(text_null(AnomalyChange::Note))
        .to_owned()
}

fn detectors() -> TableCreateStatement {
    Table::create()
        .table(Detector::Table)
        .col(big_integer(Detector::MachineId).primary_key())
        .col(big_integer(Detector::TimeMs))
        .col(blob(Detector::State))
        .col(big_integer(Detector::DismissalId))
        .to_owned()
}

fn late_readings() -> TableCreateStatement {
    Table::create()
        .table(LateReading::Table)
        .col(big_integer(LateReading::MachineId).primary_key())
        .col(big_integer(LateReading::TimeMs))
        .col(big_integer(LateReading::NotedAtMs))
        .to_owned()
}

fn leases() -> TableCreateStatement {
    Table::create()
        .table(Lease::Table)
        .col(string_len(Lease::Name, 32).primary_key())
        .col(string_len(Lease::Holder, 64))
        .col(big_integer(Lease::UntilMs))
        .to_owned()
}

fn maintenance() -> TableCreateStatement {
    Table::create()
        .table(Maintenance::Table)
        .col(big_pk_auto(Maintenance::Id))
        .col(big_integer(Maintenance::SiteId))
        .col(big_integer_null(Maintenance::MachineId))
        .col(big_integer(Maintenance::FromMs))
        .col(big_integer(Maintenance::ToMs))
        .col(text_null(Maintenance::Note))
        .to_owned()
}
