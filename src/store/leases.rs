//! Work that one process does at a time: whoever does it holds its lease, and has to say so again before that ends.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::WriteTransaction;
use super::failure::database_error;
use crate::error::{Error, Result};

/// What is said to whoever has lost some work.
#[must_use]
pub fn taken_over(work: &str) -> Error {
    Error::Busy(format!("another process has taken over {work}"))
}

impl WriteTransaction {
    /// Takes or keeps some work for `holder` until an instant (ms since the epoch), unless another process has it; whether
    /// it is the holder's.
    pub async fn take_work(&self, work: &str, holder: &str, now_ms: i64, until_ms: i64) -> Result<bool> {
        let sql = "INSERT INTO lease (name, holder, until_ms) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE \
                   SET holder = excluded.holder, until_ms = excluded.until_ms \
                   WHERE lease.holder = excluded.holder OR lease.until_ms < $4";
        let values = [work.into(), holder.into(), until_ms.into(), now_ms.into()];
        let statement = Statement::from_sql_and_values(self.0.get_database_backend(), sql, values);
        Ok(self.0.execute_raw(statement).await.map_err(database_error)?.rows_affected() > 0)
    }

    /// Fails unless `holder` still has the work; nobody else can take it before this transaction ends.
    pub async fn check_work(&self, work: &str, holder: &str) -> Result<()> {
        let is_postgres = self.0.get_database_backend() == DbBackend::Postgres;
        let lock = if is_postgres { "FOR SHARE" } else { "" };
        let sql = format!("SELECT holder FROM lease WHERE name = $1 {lock}");
        let statement = Statement::from_sql_and_values(self.0.get_database_backend(), sql, [work.into()]);
        let row = self.0.query_one_raw(statement).await.map_err(database_error)?;
        let found: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose().map_err(database_error)?;
        if found.as_deref() == Some(holder) {
            return Ok(());
        }
        Err(taken_over(work))
    }

    /// Lets go of the work, for the next process to take.
    pub async fn leave_work(&self, work: &str, holder: &str) -> Result<()> {
        let sql = "DELETE FROM lease WHERE name = $1 AND holder = $2";
        let values = [work.into(), holder.into()];
        let statement = Statement::from_sql_and_values(self.0.get_database_backend(), sql, values);
        self.0.execute_raw(statement).await.map_err(database_error).map(drop)
    }
}
