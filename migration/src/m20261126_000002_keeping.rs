//! Refused readings, kept for a while; rates of carriers; the horizon before which single readings are gone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, double, double_null, pk_auto, string_len, text, text_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum RefusedReading {
    Table,
    Id,
    SiteId,
    ReceivedAtMs,
    Code,
    Message,
    Machine,
    TimeMs,
    Unit,
    PowerKw,
    EnergyKwh,
    CounterKwh,
    Row,
}

#[derive(DeriveIden)]
enum CarrierRate {
    Table,
    SiteId,
    Carrier,
    Unit,
    PricePerUnit,
    CarbonKgPerUnit,
}

#[derive(DeriveIden)]
enum Horizon {
    Table,
    Id,
    TimeMs,
}

/// Before every reading, ms since the epoch.
const FAR_PAST_MS: i64 = -(1 << 60);

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(refused_readings()).await?;
        let by_age = Index::create()
            .name("refused_reading_by_age")
            .table(RefusedReading::Table)
            .col(RefusedReading::ReceivedAtMs)
            .to_owned();
        manager.create_index(by_age).await?;
        manager.create_table(carrier_rates()).await?;
        let horizon = Table::create()
            .table(Horizon::Table)
            .col(pk_auto(Horizon::Id))
            .col(big_integer(Horizon::TimeMs))
            .to_owned();
        manager.create_table(horizon).await?;
        let none = Query::insert()
            .into_table(Horizon::Table)
            .columns([Horizon::TimeMs])
            .values_panic([FAR_PAST_MS.into()])
            .to_owned();
        manager.execute(none).await
    }
}

fn refused_readings() -> TableCreateStatement {
    Table::create()
        .table(RefusedReading::Table)
        .col(big_pk_auto(RefusedReading::Id))
        .col(big_integer(RefusedReading::SiteId))
        .col(big_integer(RefusedReading::ReceivedAtMs))
        .col(string_len(RefusedReading::Code, 64))
        .col(text(RefusedReading::Message))
        .col(text_null(RefusedReading::Machine))
        .col(big_integer_null(RefusedReading::TimeMs))
        .col(string_len(RefusedReading::Unit, 16))
        .col(double_null(RefusedReading::PowerKw))
        .col(double_null(RefusedReading::EnergyKwh))
        .col(double_null(RefusedReading::CounterKwh))
        .col(text_null(RefusedReading::Row))
        .to_owned()
}

fn carrier_rates() -> TableCreateStatement {
    Table::create()
        .table(CarrierRate::Table)
        .col(big_integer(CarrierRate::SiteId))
        .col(string_len(CarrierRate::Carrier, 32))
        .col(string_len(CarrierRate::Unit, 16))
        .col(double(CarrierRate::PricePerUnit))
        .col(double(CarrierRate::CarbonKgPerUnit))
        .primary_key(Index::create().col(CarrierRate::SiteId).col(CarrierRate::Carrier).col(CarrierRate::Unit))
        .to_owned()
}
