//! The schema, one file a migration, never edited once landed. `wattline` runs them at start.

pub use sea_orm_migration::prelude::*;

mod m20261124_000001_first;
mod m20261126_000002_keeping;
mod m20261126_000003_detection;
mod m20261126_000004_telling;
mod m20261126_000005_access;
mod m20261126_000006_openid;
mod m20261127_000007_anomaly_order;
mod m20261128_000008_reported_again;
mod m20261129_000009_put_off;

/// The list of migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_first::Migration),
            Box::new(m20261126_000002_keeping::Migration),
            Box::new(m20261126_000003_detection::Migration),
            Box::new(m20261126_000004_telling::Migration),
            Box::new(m20261126_000005_access::Migration),
            Box::new(m20261126_000006_openid::Migration),
            Box::new(m20261127_000007_anomaly_order::Migration),
            Box::new(m20261128_000008_reported_again::Migration),
            Box::new(m20261129_000009_put_off::Migration),
        ]
    }
}
