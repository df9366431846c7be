//! Anomalies in the order in which they began.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Anomaly {
    Table,
    Id,
    StartedAtMs,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("anomaly_by_start")
            .table(Anomaly::Table)
            .col(Anomaly::StartedAtMs)
            .col(Anomaly::Id)
            .to_owned();
        manager.create_index(index).await
    }
}
