//! Pages of connections, after the Relay cursor specification: <https://relay.dev/graphql/connections.htm>. A cursor is
//! a row's id, or a reading's time, in digits.

use async_graphql::connection::{Connection as Pages, Edge};
use async_graphql::{Context, Object, OutputType, Result as FieldResult};
use entity::MachineId;

use super::loaders::{Count, Loaders, OfMachine};
use super::scalars::Long;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::store::{AnomalyFilter, DeliveryFilter, MachineFilter, Page, RefusedFilter, Store};

/// A page, and the number of rows on all of them.
pub(super) type Connection<Node> = Pages<i64, Node, Total>;

/// What is counted when somebody asks.
#[derive(Clone, Debug)]
pub(super) enum Total {
    Machines(MachineFilter),
    Anomalies(AnomalyFilter),
    Refused(RefusedFilter),
    Deliveries(DeliveryFilter),
    Audit,
    /// Rows of one machine.
    OfMachine(MachineId, Count),
    /// Rows that are known not to exist.
    Nothing,
}

#[Object]
impl Total {
    /// How many there are on all pages together, counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> FieldResult<Long> {
        let store = ctx.data_unchecked::<Store>();
        let count = match self {
            Self::Machines(filter) => store.count_machines(filter).await?,
            Self::Anomalies(filter) => store.count_anomalies(filter).await?,
            Self::Refused(filter) => store.count_refused_rows(filter).await?,
            Self::Deliveries(filter) => store.count_deliveries(filter).await?,
            Self::Audit => store.count_audit().await?,
            Self::OfMachine(machine, what) => {
                let count = ctx.data_unchecked::<Loaders>().load_one(OfMachine(*machine, what.clone())).await?;
                return Ok(Long(count.unwrap_or(0)));
            }
            Self::Nothing => 0,
        };
        Ok(Long(i64::try_from(count).map_err(|_| Error::Internal(format!("a count of {count}")))?))
    }
}

/// Rows of a page when nobody says how many, as the descriptions of `first` have it.
pub(super) const DEFAULT_ROWS: usize = 50;

/// The four arguments of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments {
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
    pub(super) last: Option<i32>,
    pub(super) before: Option<String>,
}

/// Reads a cursor.
pub(super) fn cursor(text: &str) -> Result<i64> {
    let wrong = || Error::invalid(Code::InvalidCursor, format!("{text:?} is not a cursor of this connection"));
    text.parse().map_err(|_| wrong())
}

impl Arguments {
    /// The page to read: one row more than asked for, to know whether there are more.
    fn page(&self, greatest_rows: usize) -> Result<Page> {
        let rows = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid(Code::InvalidPage, "ask for the first rows or the last, not for both"));
            }
            (Some(rows), None) | (None, Some(rows)) => usize::try_from(rows).unwrap_or(usize::MAX),
            (None, None) => DEFAULT_ROWS.min(greatest_rows),
        };
        if rows > greatest_rows {
            return Err(Error::invalid(Code::InvalidPage, format!("a page has 0 to {greatest_rows} rows")));
        }
        Ok(Page {
            after: self.after.as_deref().map(cursor).transpose()?,
            before: self.before.as_deref().map(cursor).transpose()?,
            limit: rows as u64 + 1,
            from_end: self.last.is_some(),
        })
    }

    /// Reads a page with `read` and makes a connection of it.
    pub(super) async fn connection<Row, Node: OutputType>(
        &self,
        greatest_rows: usize,
        total: Total,
        read: impl AsyncFnOnce(Page) -> Result<Vec<Row>>,
        cursor_of: impl Fn(&Row) -> i64,
        node_of: impl Fn(Row) -> Node,
    ) -> Result<Connection<Node>> {
        let page = self.page(greatest_rows)?;
        let mut rows = read(page).await?;
        let more = rows.len() as u64 >= page.limit;
        if more && page.from_end {
            rows.remove(0);
        } else if more {
            rows.pop();
        }
        let (previous, next) = if page.from_end { (more, page.before.is_some()) } else { (page.after.is_some(), more) };
        let mut connection = Pages::with_additional_fields(previous, next, total);
        connection.edges = rows.into_iter().map(|row| Edge::new(cursor_of(&row), node_of(row))).collect();
        Ok(connection)
    }
}
