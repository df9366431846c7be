//! Pages of connections, after the Relay cursor specification: <https://relay.dev/graphql/connections.htm>. A cursor is
//! a row's id, or a reading's time, in digits.

use async_graphql::OutputType;
use async_graphql::connection::{Connection, Edge};

use crate::error::{Error, Result};
use crate::store::Page;

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
    let wrong = || Error::invalid("INVALID_CURSOR", format!("{text:?} is not a cursor of this connection"));
    text.parse().map_err(|_| wrong())
}

impl Arguments {
    /// The page to read: one row more than asked for, to know whether there are more.
    fn page(&self, greatest_rows: usize) -> Result<Page> {
        let rows = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid("INVALID_PAGE", "ask for the first rows or the last, not for both"));
            }
            (Some(rows), None) | (None, Some(rows)) => usize::try_from(rows).unwrap_or(usize::MAX),
            (None, None) => DEFAULT_ROWS.min(greatest_rows),
        };
        if rows > greatest_rows {
            return Err(Error::invalid("INVALID_PAGE", format!("a page has 0 to {greatest_rows} rows")));
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
        read: impl AsyncFnOnce(Page) -> Result<Vec<Row>>,
        cursor_of: impl Fn(&Row) -> i64,
        node_of: impl Fn(Row) -> Node,
    ) -> Result<Connection<i64, Node>> {
        let page = self.page(greatest_rows)?;
        let mut rows = read(page).await?;
        let more = rows.len() as u64 >= page.limit;
        if more && page.from_end {
            rows.remove(0);
        } else if more {
            rows.pop();
        }
        let (previous, next) = if page.from_end { (more, page.before.is_some()) } else { (page.after.is_some(), more) };
        let mut connection = Connection::new(previous, next);
        connection.edges = rows.into_iter().map(|row| Edge::new(cursor_of(&row), node_of(row))).collect();
        Ok(connection)
    }
}
