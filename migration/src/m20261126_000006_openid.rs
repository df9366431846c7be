//! People who sign in at an issuer.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Person {
    Table,
    Subject,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter().table(Person::Table).add_column(text_null(Person::Subject)).to_owned();
        manager.alter_table(column).await?;
        let index =
            Index::create().name("person_subject").table(Person::Table).col(Person::Subject).unique().to_owned();
        manager.create_index(index).await
    }
}
