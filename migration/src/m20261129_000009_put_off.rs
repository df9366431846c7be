//! Alerts that wait for the end of a time in which their machine is left alone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Alert {
    Table,
    PutOffUntilMs,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter().table(Alert::Table).add_column(big_integer_null(Alert::PutOffUntilMs)).to_owned();
        manager.alter_table(column).await
    }
}
