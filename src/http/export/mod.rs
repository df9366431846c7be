//! Exports: CSV or NDJSON, streamed piece by piece, without an end that the reader did not ask for.
//!
//! Times are on the site's clocks, with their offset. A text that a spreadsheet would take for a formula gets an apostrophe
//! in front.

mod anomalies;
mod readings;
mod refused;
mod series;
mod statistics;

use std::borrow::Cow;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use entity::{machine, site};
use futures_util::{StreamExt, stream};
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Doors, identity};
use crate::access::Hold;
use crate::codes::Code;
use crate::domain::instant::{format_in_zone, parse_ms, zone_of};
use crate::error::{Error, Result};
use crate::graphql::Rooms;
use crate::store::Page;

/// Rows read at once.
const ROWS_AT_ONCE: u64 = 1000;

/// The routes under `/api/v1/export`.
pub(super) fn routes() -> Router<Doors> {
    Router::new()
        .route("/anomalies", get(anomalies::export))
        .route("/readings", get(readings::export))
        .route("/refused", get(refused::export))
        .route("/series", get(series::export))
        .route("/statistics", get(statistics::export))
}

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Csv,
    Ndjson,
}

/// `?format=csv|ndjson&site=…&machine=…&from=…&to=…`: what is of `from < time <= to`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Selection {
    #[serde(default)]
    format: Format,
    site: Option<String>,
    machine: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// A site and the clocks on its wall.
#[derive(Clone)]
struct Place {
    site: site::Model,
    zone: TimeZone,
}

impl Place {
    async fn find(rooms: &Rooms, name: Option<&str>) -> Result<Self> {
        let site = rooms.store.site_by_name(name).await?;
        let zone = zone_of(&site)?;
        Ok(Self { site, zone })
    }

    fn time(&self, time_ms: i64) -> String {
        format_in_zone(time_ms, &self.zone)
    }

    /// Reads a time; one without an offset is on the site's clocks.
    fn parse(&self, text: Option<&str>) -> Result<Option<i64>> {
        let wrong = |e: crate::domain::instant::TimeError| Error::invalid(Code::InvalidParameter, e.to_string());
        text.map(|text| parse_ms(text, Some(&self.zone)).map_err(wrong)).transpose()
    }

    /// The machine of this name.
    async fn machine(&self, rooms: &Rooms, name: &str) -> Result<machine::Model> {
        let machine = rooms.store.machine_by_name(self.site.id, name).await?;
        machine.ok_or_else(|| Error::NotFound(format!("there is no machine named {name:?}")))
    }
}

fn parameters<T: DeserializeOwned>(uri: &Uri) -> Result<T> {
    let Query(parameters) =
        Query::try_from_uri(uri).map_err(|e| Error::invalid(Code::InvalidParameter, e.body_text()))?;
    Ok(parameters)
}

/// A response of pieces. `next` reads those after a position, which is none at first, and says where it got to; it is
/// asked until there are none. The first one has the header, also where there is no row; it is read before anything is
/// answered, so that what fails at once is answered as an error. What fails later breaks off, as when the caller is let in
/// no longer: the answer has begun, and a piece that is missing must not look like an end.
async fn response<At: Send + 'static, Next>(
    hold: Hold,
    (name, format): (&'static str, Format),
    next: impl Fn(Option<At>) -> Next + Send + 'static,
) -> Result<Response>
where
    Next: Future<Output = Result<Option<(Bytes, At)>>> + Send + 'static,
{
    let (first, at) = match next(None).await? {
        Some((first, at)) => (first, Some(at)),
        None => (Bytes::new(), None),
    };
    let request_id = identity::request_id().unwrap_or_default();
    let rest = stream::try_unfold(at, move |at| {
        let (read, hold, request_id) = (at.map(|at| next(Some(at))), hold.clone(), request_id.clone());
        async move {
            let Some(read) = read else { return Ok(None) };
            let piece = tokio::select! {
                piece = read => piece,
                () = hold.revoked() => Err(Error::invalid(Code::Unauthenticated, "the caller is let in no longer")),
            };
            if let Err(error) = &piece {
                metrics::counter!("wattline_exports_broken_off_total", "code" => error.code().as_str()).increment(1);
                tracing::error!(id = &*request_id, export = name, code = %error.code(), %error, "an export broke off");
                // What was read before goes out first: the server writes while it waits.
                tokio::task::yield_now().await;
            }
            Ok::<_, Error>(piece?.map(|(piece, at)| (piece, Some(at))))
        }
    });
    let pieces = stream::once(std::future::ready(Ok(first))).chain(rest);
    let name = format!("attachment; filename=\"{name}.{}\"", format.extension());
    let headers = [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// The page of rows after a cursor.
fn page_after(after: Option<i64>) -> Page {
    Page { after, before: None, limit: ROWS_AT_ONCE, from_end: false }
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// A text that somebody sent.
    fn shown(self, text: &str) -> Cow<'_, str> {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if is_formula && self == Self::Csv { format!("'{text}").into() } else { text.into() }
    }

    /// Writes some rows; CSV with a header if there is one.
    fn text<T: Serialize>(self, header: Option<&[&str]>, rows: impl Iterator<Item = T>) -> Result<Bytes> {
        let wrong = |e: &dyn std::fmt::Display| Error::Internal(format!("a row cannot be written: {e}"));
        match self {
            Self::Csv => {
                let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
                header.map_or(Ok(()), |header| csv.write_record(header)).map_err(|e| wrong(&e))?;
                for row in rows {
                    csv.serialize(row).map_err(|e| wrong(&e))?;
                }
                Ok(csv.into_inner().map_err(|e| wrong(&e))?.into())
            }
            Self::Ndjson => {
                let mut text = Vec::new();
                for row in rows {
                    serde_json::to_writer(&mut text, &row).map_err(|e| wrong(&e))?;
                    text.push(b'\n');
                }
                Ok(text.into())
            }
        }
    }
}
