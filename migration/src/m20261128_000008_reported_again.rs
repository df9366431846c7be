//! Anomalies that other systems know by ids of their own, and report again.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Anomaly {
    Table,
    MachineId,
    ExternalId,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter().table(Anomaly::Table).add_column(text_null(Anomaly::ExternalId)).to_owned();
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
