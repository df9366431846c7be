//! Sites, machines, readings, rollups, anomalies; the site `default`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, double, double_null, integer, small_integer, string_len,
    string_len_uniq, text_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Site {
    Table,
    Id,
    Name,
    TimeZone,
    Currency,
}

#[derive(DeriveIden)]
enum Machine {
    Table,
    Id,
    SiteId,
    Name,
    Kind,
    Carrier,
    Unit,
    RatedPowerKw,
    RegisterWidthKwh,
    ExpectedIntervalS,
    RetiredAtMs,
}

#[derive(DeriveIden)]
enum Reading {
    Table,
    MachineId,
    TimeMs,
    PowerKw,
    EnergyKwh,
    CounterKwh,
    Flags,
    SpreadFromMs,
}

#[derive(DeriveIden)]
enum Rollup {
    Table,
    Scope,
    OwnerId,
    WidthMin,
    EndMin,
    Readings,
    EnergyKwh,
    EnergyKwhRest,
    Powers,
    PowerKwSum,
    PowerKwSumRest,
    PowerKwMin,
    PowerKwMax,
}

#[derive(DeriveIden)]
enum MeterEvent {
    Table,
    MachineId,
    TimeMs,
    Kind,
    BeforeKwh,
    AfterKwh,
}

#[derive(DeriveIden)]
enum MeterReplacement {
    Table,
    MachineId,
    TimeMs,
    OldKwh,
    NewKwh,
}

#[derive(DeriveIden)]
enum Anomaly {
    Table,
    Id,
    SiteId,
    MachineId,
    Kind,
    Severity,
    StartedAtMs,
    EndedAtMs,
    DetectedAtMs,
    Value,
    Expected,
    Deviation,
    Score,
    Message,
    Status,
    StatusBy,
    StatusAtMs,
    StatusNote,
    Source,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(sites()).await?;
        manager.create_table(machines()).await?;
        create_readings(manager).await?;
        manager.create_index(registers()).await?;
        manager.create_index(spreads()).await?;
        manager.create_table(clustered(rollups(), manager)).await?;
        manager.create_table(clustered(meter_events(), manager)).await?;
        manager.create_table(clustered(meter_replacements(), manager)).await?;
        manager.create_table(anomalies()).await?;
        for index in anomaly_indexes() {
            manager.create_index(index).await?;
        }
        let default_site = Query::insert()
            .into_table(Site::Table)
            .columns([Site::Name, Site::TimeZone, Site::Currency])
            .values_panic(["default".into(), "UTC".into(), "USD".into()])
            .to_owned();
        manager.execute(default_site).await
    }
}

/// On `PostgreSQL` in partitions: one for each month that has readings, and one for all that is older. Those of months are
/// made when their first reading comes.
async fn create_readings(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() == sea_orm_migration::sea_orm::DbBackend::Sqlite {
        return manager.create_table(clustered(readings(), manager)).await;
    }
    let mut parent = readings();
    parent.extra("PARTITION BY RANGE (time_ms)");
    manager.create_table(parent).await?;
    // 2000-01-01T00:00:00Z
    let oldest = "CREATE TABLE reading_old PARTITION OF reading FOR VALUES FROM (MINVALUE) TO (946684800000)";
    manager.get_connection().execute_unprepared(oldest).await.map(|_| ())
}

/// `SQLite` keeps such a table in the order of its primary key, as one tree instead of two.
fn clustered(mut table: TableCreateStatement, manager: &SchemaManager) -> TableCreateStatement {
    if manager.get_database_backend() == sea_orm_migration::sea_orm::DbBackend::Sqlite {
        table.extra("WITHOUT ROWID");
    }
    table
}

fn sites() -> TableCreateStatement {
    Table::create()
        .table(Site::Table)
        .col(big_pk_auto(Site::Id))
        .col(string_len_uniq(Site::Name, 200))
        .col(string_len(Site::TimeZone, 64))
        .col(string_len(Site::Currency, 3))
        .to_owned()
}

fn machines() -> TableCreateStatement {
    Table::create()
        .table(Machine::Table)
        .col(big_pk_auto(Machine::Id))
        .col(big_integer(Machine::SiteId))
        .col(string_len(Machine::Name, 200))
        .col(string_len(Machine::Kind, 32))
        .col(string_len(Machine::Carrier, 32))
        .col(string_len(Machine::Unit, 16))
        .col(double_null(Machine::RatedPowerKw))
        .col(double_null(Machine::RegisterWidthKwh))
        .col(integer(Machine::ExpectedIntervalS))
        .col(big_integer_null(Machine::RetiredAtMs))
        .foreign_key(ForeignKey::create().from(Machine::Table, Machine::SiteId).to(Site::Table, Site::Id))
        .index(Index::create().unique().col(Machine::SiteId).col(Machine::Name))
        .to_owned()
}

fn readings() -> TableCreateStatement {
    Table::create()
        .table(Reading::Table)
        .col(big_integer(Reading::MachineId))
        .col(big_integer(Reading::TimeMs))
        .col(double_null(Reading::PowerKw))
        .col(double(Reading::EnergyKwh))
        .col(double_null(Reading::CounterKwh))
        .col(small_integer(Reading::Flags))
        .col(big_integer_null(Reading::SpreadFromMs))
        .primary_key(Index::create().col(Reading::MachineId).col(Reading::TimeMs))
        .to_owned()
}

/// The readings that bring a register: the last ones before a late reading are looked for.
fn registers() -> IndexCreateStatement {
    Index::create()
        .name("reading_with_register")
        .table(Reading::Table)
        .col(Reading::MachineId)
        .col(Reading::TimeMs)
        .and_where(Expr::col(Reading::CounterKwh).is_not_null())
        .to_owned()
}

/// The readings whose energy was drawn at some time in a gap: few, and series look for them.
fn spreads() -> IndexCreateStatement {
    Index::create()
        .name("reading_with_spread")
        .table(Reading::Table)
        .col(Reading::MachineId)
        .col(Reading::TimeMs)
        .and_where(Expr::col(Reading::SpreadFromMs).is_not_null())
        .to_owned()
}

fn meter_events() -> TableCreateStatement {
    Table::create()
        .table(MeterEvent::Table)
        .col(big_integer(MeterEvent::MachineId))
        .col(big_integer(MeterEvent::TimeMs))
        .col(string_len(MeterEvent::Kind, 16))
        .col(double(MeterEvent::BeforeKwh))
        .col(double(MeterEvent::AfterKwh))
        .primary_key(Index::create().col(MeterEvent::MachineId).col(MeterEvent::TimeMs))
        .to_owned()
}

fn meter_replacements() -> TableCreateStatement {
    Table::create()
        .table(MeterReplacement::Table)
        .col(big_integer(MeterReplacement::MachineId))
        .col(big_integer(MeterReplacement::TimeMs))
        .col(double(MeterReplacement::OldKwh))
        .col(double(MeterReplacement::NewKwh))
        .primary_key(Index::create().col(MeterReplacement::MachineId).col(MeterReplacement::TimeMs))
        .to_owned()
}

fn rollups() -> TableCreateStatement {
    Table::create()
        .table(Rollup::Table)
        .col(small_integer(Rollup::Scope))
        .col(big_integer(Rollup::OwnerId))
        .col(integer(Rollup::WidthMin))
        .col(big_integer(Rollup::EndMin))
        .col(big_integer(Rollup::Readings))
        .col(double(Rollup::EnergyKwh))
        .col(double(Rollup::EnergyKwhRest))
        .col(big_integer(Rollup::Powers))
        .col(double(Rollup::PowerKwSum))
        .col(double(Rollup::PowerKwSumRest))
        .col(double_null(Rollup::PowerKwMin))
        .col(double_null(Rollup::PowerKwMax))
        .primary_key(Index::create().col(Rollup::Scope).col(Rollup::OwnerId).col(Rollup::WidthMin).col(Rollup::EndMin))
        .to_owned()
}

fn anomalies() -> TableCreateStatement {
    Table::create()
        .table(Anomaly::Table)
        .col(big_pk_auto(Anomaly::Id))
        .col(big_integer(Anomaly::SiteId))
        .col(big_integer(Anomaly::MachineId))
        .col(string_len(Anomaly::Kind, 64))
        .col(string_len(Anomaly::Severity, 16))
        .col(big_integer(Anomaly::StartedAtMs))
        .col(big_integer_null(Anomaly::EndedAtMs))
        .col(big_integer(Anomaly::DetectedAtMs))
        .col(double_null(Anomaly::Value))
        .col(double_null(Anomaly::Expected))
        .col(double_null(Anomaly::Deviation))
        .col(double_null(Anomaly::Score))
        .col(text_null(Anomaly::Message))
        .col(string_len(Anomaly::Status, 16))
        .col(text_null(Anomaly::StatusBy))
        .col(big_integer_null(Anomaly::StatusAtMs))
        .col(text_null(Anomaly::StatusNote))
        .col(string_len(Anomaly::Source, 16))
        .foreign_key(ForeignKey::create().from(Anomaly::Table, Anomaly::MachineId).to(Machine::Table, Machine::Id))
        .to_owned()
}

fn anomaly_indexes() -> [IndexCreateStatement; 2] {
    [
        Index::create()
            .name("anomaly_by_site_and_start")
            .table(Anomaly::Table)
            .col(Anomaly::SiteId)
            .col(Anomaly::StartedAtMs)
            .to_owned(),
        Index::create()
            .name("anomaly_by_machine")
            .table(Anomaly::Table)
            .col(Anomaly::MachineId)
            .col(Anomaly::Id)
            .to_owned(),
    ]
}
