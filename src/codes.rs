//! The codes of all errors: what `extensions.code` in GraphQL and `error.code` in REST answers can be. They are kept, so
//! that programs may decide by them; the sentences beside them may change. The README lists them, which a test holds it to.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($(#[doc = $meaning:literal] $code:ident = $text:literal,)+) => {
        /// What went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $code,)+
        }

        impl Code {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$code,)+];

            /// As it is sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)+
                }
            }

            /// When it is sent, in a few words.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$code => $meaning.trim_ascii(),)+
                }
            }
        }
    };
}

codes! {
    /// What is named does not exist.
    NotFound = "NOT_FOUND",
    /// A value of the request is not what it has to be.
    InvalidInput = "INVALID_INPUT",
    /// A parameter of the address is not what it has to be.
    InvalidParameter = "INVALID_PARAMETER",
    /// An id is not one that the API gave.
    InvalidId = "INVALID_ID",
    /// A cursor is not one of this connection or database.
    InvalidCursor = "INVALID_CURSOR",
    /// A page asks for too many rows, or for the first and the last.
    InvalidPage = "INVALID_PAGE",
    /// A span of time ends before it begins.
    InvalidRange = "INVALID_RANGE",
    /// A series has more buckets than are given at once.
    TooManyBuckets = "TOO_MANY_BUCKETS",
    /// Statistics are asked for of a time to come.
    AsOfInFuture = "AS_OF_IN_FUTURE",
    /// Single readings of that time are no longer kept.
    BeforeHorizon = "BEFORE_HORIZON",
    /// The name is in use.
    NameTaken = "NAME_TAKEN",
    /// There are as many of these as there may be.
    LimitReached = "LIMIT_REACHED",
    /// The carrier or unit of a machine that has readings stays.
    CarrierFixed = "CARRIER_FIXED",
    /// Messages of this kind cannot be sent: the server is not set up for them.
    ChannelNotSetUp = "CHANNEL_NOT_SET_UP",
    /// A message did not get to its contact point.
    NotDelivered = "NOT_DELIVERED",
    /// A foreign name is mapped to nothing.
    InvalidMapping = "INVALID_MAPPING",

    /// A reading names no machine of the site.
    UnknownMachine = "UNKNOWN_MACHINE",
    /// A row cannot be read.
    InvalidRow = "INVALID_ROW",
    /// A time cannot be read, or has no offset.
    InvalidTime = "INVALID_TIME",
    /// A reading brings no value.
    EmptyReading = "EMPTY_READING",
    /// A value is not a finite number.
    NotFinite = "NOT_FINITE",
    /// A value is beyond 1e12.
    ValueTooLarge = "VALUE_TOO_LARGE",
    /// An energy is below zero.
    NegativeEnergy = "NEGATIVE_ENERGY",
    /// A reading is more than five minutes ahead of the server's clock.
    TimeInFuture = "TIME_IN_FUTURE",
    /// A power is more than ten times the machine's rated power.
    PowerAboveLimit = "POWER_ABOVE_LIMIT",
    /// A reading is in another unit than its machine is measured in.
    WrongUnit = "WRONG_UNIT",
    /// A reading is older than what is kept.
    TooOld = "TOO_OLD",
    /// A CSV header misses a column or has one that means nothing.
    InvalidHeader = "INVALID_HEADER",
    /// There are more rows than one request may bring.
    TooManyRows = "TOO_MANY_ROWS",

    /// The body cannot be read as what it says it is.
    InvalidBody = "INVALID_BODY",
    /// The body is longer than is taken.
    BodyTooLarge = "BODY_TOO_LARGE",
    /// The body's media type is not taken.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE",
    /// The client takes no media type that there is.
    NotAcceptable = "NOT_ACCEPTABLE",
    /// The method is not one of this address, or a mutation came by GET.
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    /// The server is called by a name that is not in `--hosts`.
    HostNotAllowed = "HOST_NOT_ALLOWED",
    /// A page's origin is not in `--origins`.
    OriginNotAllowed = "ORIGIN_NOT_ALLOWED",
    /// Nobody was let in by what was sent: no key or session, one that is taken no longer, or a wrong password.
    Unauthenticated = "UNAUTHENTICATED",
    /// The caller's scope or site does not allow it.
    Forbidden = "FORBIDDEN",
    /// Somebody tried to sign in too often: try again in a minute.
    TooManyAttempts = "TOO_MANY_ATTEMPTS",
    /// The issuer at which people sign in cannot be reached.
    IssuerUnavailable = "ISSUER_UNAVAILABLE",
    /// Somebody asks more often than they may: send fewer requests, or more in each.
    TooManyRequests = "TOO_MANY_REQUESTS",
    /// There are as many connections as there may be, from this address or in all.
    TooManyConnections = "TOO_MANY_CONNECTIONS",
    /// It took longer than a request may take.
    RequestTimeout = "REQUEST_TIMEOUT",
    /// A WebSocket was not opened as such.
    InvalidHandshake = "INVALID_HANDSHAKE",

    /// The GraphQL document is wrong, or not one of this schema.
    InvalidDocument = "INVALID_DOCUMENT",
    /// The document has more bytes or tokens than are parsed.
    DocumentTooLarge = "DOCUMENT_TOO_LARGE",
    /// The document is nested too deeply, costs too much, or has too many aliases or directives.
    DocumentTooComplex = "DOCUMENT_TOO_COMPLEX",
    /// Only listed documents are executed, and this is none.
    DocumentNotListed = "DOCUMENT_NOT_LISTED",
    /// A document is named by what is no SHA-256.
    InvalidDocumentId = "INVALID_DOCUMENT_ID",
    /// No document with this SHA-256 is known: send it.
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND",
    /// Documents that clients send are not remembered.
    PersistedQueryNotSupported = "PERSISTED_QUERY_NOT_SUPPORTED",
    /// The document and the SHA-256 that came with it do not go together.
    PersistedQueryMismatch = "PERSISTED_QUERY_MISMATCH",
    /// Lists of requests are not taken.
    BatchNotSupported = "BATCH_NOT_SUPPORTED",
    /// A list of requests is longer than is taken.
    BatchTooLarge = "BATCH_TOO_LARGE",
    /// The socket has as many operations as one may have.
    TooManySubscriptions = "TOO_MANY_SUBSCRIPTIONS",
    /// There are as many event streams as there may be.
    TooManyStreams = "TOO_MANY_STREAMS",
    /// An operation of this id is under way on the stream.
    OperationExists = "OPERATION_EXISTS",
    /// The event stream has been opened already.
    StreamAlreadyOpen = "STREAM_ALREADY_OPEN",
    /// The client reads too slowly to get every anomaly: subscribe again after `extensions.cursor`.
    TooFarBehind = "TOO_FAR_BEHIND",

    /// Too much is waiting for the database: try again.
    DatabaseBusy = "DATABASE_BUSY",
    /// The database can only be read.
    DatabaseReadOnly = "DATABASE_READ_ONLY",
    /// The database's disk is full.
    DatabaseFull = "DATABASE_FULL",
    /// The database cannot be reached.
    DatabaseUnavailable = "DATABASE_UNAVAILABLE",
    /// The disk of the database has little room left.
    DiskLow = "DISK_LOW",
    /// The database's schema is not the one of this version.
    NotMigrated = "NOT_MIGRATED",
    /// The server ends: try again in a moment.
    ShuttingDown = "SHUTTING_DOWN",
    /// The server is set up wrongly.
    Configuration = "CONFIGURATION",
    /// A fault of Wattline; the log says more.
    Internal = "INTERNAL",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_all_codes() {
        let readme = include_str!("../README.md");
        let listed: Vec<&str> =
            readme.lines().filter(|line| line.starts_with("| `") && line.ends_with(". |")).collect();
        let codes: Vec<String> = Code::ALL.iter().map(|code| format!("| `{code}` | {} |", code.meaning())).collect();
        assert_eq!(listed, codes, "\n{}", codes.join("\n"));
    }
}
