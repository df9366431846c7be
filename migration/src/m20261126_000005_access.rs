//! Who may do what: keys, people and their sessions; and who did what.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob, blob_uniq, string_len, string_len_null, string_len_uniq, text,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum ApiKey {
    Table,
    Id,
    Prefix,
    Name,
    SecretHash,
    Scope,
    SiteId,
    ReplacesId,
    CreatedAtMs,
    ExpiresAtMs,
    RevokedAtMs,
    LastUsedAtMs,
}

#[derive(DeriveIden)]
enum Person {
    Table,
    Id,
    Name,
    PasswordHash,
    Scope,
    SiteId,
    CreatedAtMs,
    RemovedAtMs,
}

#[derive(DeriveIden)]
enum Session {
    Table,
    Id,
    PersonId,
    TokenHash,
    CreatedAtMs,
    ExpiresAtMs,
}

#[derive(DeriveIden)]
enum Audit {
    Table,
    Id,
    AtMs,
    By,
    Field,
    RequestId,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [keys(), people(), sessions(), audit()] {
            manager.create_table(table).await?;
        }
        Ok(())
    }
}

fn keys() -> TableCreateStatement {
    Table::create()
        .table(ApiKey::Table)
        .col(big_pk_auto(ApiKey::Id))
        .col(string_len_uniq(ApiKey::Prefix, 16))
        .col(text(ApiKey::Name))
        .col(blob(ApiKey::SecretHash))
        .col(string_len(ApiKey::Scope, 16))
        .col(big_integer_null(ApiKey::SiteId))
        .col(big_integer_null(ApiKey::ReplacesId))
        .col(big_integer(ApiKey::CreatedAtMs))
        .col(big_integer_null(ApiKey::ExpiresAtMs))
        .col(big_integer_null(ApiKey::RevokedAtMs))
        .col(big_integer_null(ApiKey::LastUsedAtMs))
        .to_owned()
}

fn people() -> TableCreateStatement {
    Table::create()
        .table(Person::Table)
        .col(big_pk_auto(Person::Id))
        .col(string_len_uniq(Person::Name, 200))
        .col(text(Person::PasswordHash))
        .col(string_len(Person::Scope, 16))
        .col(big_integer_null(Person::SiteId))
        .col(big_integer(Person::CreatedAtMs))
        .col(big_integer_null(Person::RemovedAtMs))
        .to_owned()
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table(Session::Table)
        .col(big_pk_auto(Session::Id))
        .col(big_integer(Session::PersonId))
        .col(blob_uniq(Session::TokenHash))
        .col(big_integer(Session::CreatedAtMs))
        .col(big_integer(Session::ExpiresAtMs))
        .to_owned()
}

fn audit() -> TableCreateStatement {
    Table::create()
        .table(Audit::Table)
        .col(big_pk_auto(Audit::Id))
        .col(big_integer(Audit::AtMs))
        .col(text(Audit::By))
        .col(text(Audit::Field))
        .col(string_len_null(Audit::RequestId, 64))
        .to_owned()
}
