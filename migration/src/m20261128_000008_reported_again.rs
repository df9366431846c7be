//! Anomalies that are known again: those of other systems by ids of their own, those of the detector by what it first saw.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{double_null, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Anomaly {
    Table,
    MachineId,
    ExternalId,
    FirstValue,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter().table(Anomaly::Table).add_column(text_null(Anomaly::ExternalId)).to_owned();
        manager.alter_table(column).await?;
        let column = Table::alter().table(Anomaly::Table).add_column(double_null(Anomaly::FirstValue)).to_owned();
        manager.alter_table(column).await?;
        let index = Index::create()
            .name("anomaly_by_external_id")
            .table(Anomaly::Table)
            .col(Anomaly::MachineId)
            .col(Anomaly::ExternalId)
            .unique()
            .to_owned();
        manager.create_index(index).await
    }
}
