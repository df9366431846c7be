//! From what a database says to what a person can do about it.

use sea_orm::sqlx;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use crate::error::Error;

/// Sorts a database error into the kinds that callers can act on.
#[expect(clippy::needless_pass_by_value, reason = "used as map_err(database_error)")]
pub(super) fn database_error(error: DbErr) -> Error {
    match &error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
            Error::Busy("no connection became free in time".to_owned())
        }
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => {
            Error::Unavailable("its connections are closed".to_owned())
        }
        DbErr::Conn(RuntimeErr::SqlxError(e))
        | DbErr::Exec(RuntimeErr::SqlxError(e))
        | DbErr::Query(RuntimeErr::SqlxError(e)) => sqlx_error(e),
        _ => Error::Internal(error.to_string()),
    }
}

fn sqlx_error(error: &sqlx::Error) -> Error {
    match error {
        sqlx::Error::Io(e) => Error::Unavailable(e.to_string()),
        sqlx::Error::PoolTimedOut => Error::Busy("no connection became free in time".to_owned()),
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            Error::Unavailable("its connections are closed".to_owned())
        }
        sqlx::Error::Tls(e) => Error::Unavailable(e.to_string()),
        sqlx::Error::Database(e) => {
            let code = e.code().unwrap_or_default();
            let message = e.message().to_owned();
            match code.parse::<i32>() {
                Ok(code) if e.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => sqlite_error(code, message),
                _ => postgres_error(&code, message),
            }
        }
        other => Error::Internal(other.to_string()),
    }
}

/// `SQLITE_IOERR_FSYNC` and `SQLITE_IOERR_DIR_FSYNC`.
const NOT_SYNCED: [i32; 2] = [1034, 1290];
/// `EX_IOERR` of sysexits.h.
const IO_ERROR: i32 = 74;

/// By primary result code: <https://www.sqlite.org/rescode.html>.
///
/// Where the system says that it could not bring data to the disk it forgets them, and says so only once: whoever went on
/// would take later what was lost for stored. So the process ends, and its next one begins from what is on the disk; as
/// PostgreSQL does (`data_sync_retry`).
fn sqlite_error(extended_code: i32, message: String) -> Error {
    if NOT_SYNCED.contains(&extended_code) {
        tracing::error!(
            message,
            "the disk did not take what was written: Wattline ends, to begin anew from what is there"
        );
        std::process::exit(IO_ERROR);
    }
    match extended_code & 0xff {
        5 | 6 => Error::Busy(message),
        8 => Error::ReadOnly(message),
        13 => Error::Full(message),
        10 | 14 | 26 => Error::Unavailable(message),
        _ => Error::Internal(format!("SQLite {extended_code}: {message}")),
    }
}

/// By SQLSTATE: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn postgres_error(state: &str, message: String) -> Error {
    match state {
        "55P03" | "57014" | "40001" | "40P01" | "53300" => Error::Busy(message),
        "25006" => Error::ReadOnly(message),
        "53100" => Error::Full(message),
        _ if state.starts_with("08")
            || state.starts_with("57P")
            || state.starts_with("28")
            || ["25P03", "3D000"].contains(&state) =>
        {
            Error::Unavailable(message)
        }
        _ => Error::Internal(format!("PostgreSQL {state}: {message}")),
    }
}

/// Whether the error is a broken unique constraint.
pub(super) fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_)))
}
