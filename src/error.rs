//! What can go wrong, with stable codes.
//!
//! Two kinds: the caller's (explained in full, nothing to log) and ours (logged once where it is answered; the caller
//! gets the code and a sentence that gives nothing away).

use std::time::Duration;

use crate::codes::Code;

/// Any failure of Wattline, cheap to clone so that everyone who waited for one transaction gets the same answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The request is wrong: the code says how, the sentence says what to do.
    #[error("{message}")]
    Invalid {
        /// Which mistake.
        code: Code,
        /// For people.
        message: String,
    },
    /// What was asked for does not exist.
    #[error("{0}")]
    NotFound(String),
    /// Somebody else holds the database, or too many wait for it.
    #[error("the database is busy: {0}. Nothing was stored; send the same again in a moment")]
    Busy(String),
    /// The database cannot be written.
    #[error("the database cannot be written: {0}. Nothing was stored")]
    ReadOnly(String),
    /// No room left.
    #[error("the disk of the database is full: {0}. Nothing was stored; free some space, then send the same again")]
    Full(String),
    /// The database is gone or cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The command line or the configuration is wrong.
    #[error("{0}")]
    Config(String),
    /// A fault of ours.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// A caller's mistake.
    pub fn invalid(code: Code, message: impl Into<String>) -> Self {
        Self::Invalid { code, message: message.into() }
    }

    /// The code, as in `extensions.code` and in REST bodies.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Invalid { code, .. } => *code,
            Self::NotFound(_) => Code::NotFound,
            Self::Busy(_) => Code::DatabaseBusy,
            Self::ReadOnly(_) => Code::DatabaseReadOnly,
            Self::Full(_) => Code::DatabaseFull,
            Self::Unavailable(_) => Code::DatabaseUnavailable,
            Self::Config(_) => Code::Configuration,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// Whether the fault is ours and belongs in the log.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        !matches!(self, Self::Invalid { .. } | Self::NotFound(_) | Self::Config(_))
    }

    /// What the caller may read: an internal fault's detail stays in the log.
    #[must_use]
    pub fn public_message(&self) -> String {
        match self {
            Self::Internal(_) => "internal error; the server's log says more".into(),
            other => other.to_string(),
        }
    }

    /// How long a caller should wait before trying the same again, where that may help.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy(_)
            | Self::Invalid { code: Code::ShuttingDown | Code::TooManyRequests | Code::TooManyConnections, .. } => {
                Some(Duration::from_secs(1))
            }
            Self::Invalid { code: Code::TooManyAttempts, .. } => Some(Duration::from_mins(1)),
            Self::ReadOnly(_) | Self::Full(_) | Self::Unavailable(_) => Some(Duration::from_secs(10)),
            _ => None,
        }
    }
}

/// The result of nearly everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;
