//! Many rows in one statement, in the form that each database takes fastest.

use sea_orm::sea_query::ArrayType;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

/// Rows in one `SQLite` statement, largest first. Few sizes, so that few statements are prepared and kept.
const CHUNKS: [usize; 7] = [4096, 1024, 256, 64, 16, 4, 1];

/// Variables that one `SQLite` statement may have: <https://www.sqlite.org/limits.html>.
const SQLITE_VARIABLES: usize = 32_766;

/// How a missing integer travels.
const NO_BIG: i64 = i64::MIN + 1;

/// Makes `SQLite` use a partial index, which it never does of its own accord beside a clustered primary key.
pub(super) fn by_index(db: &impl ConnectionTrait, index: &str) -> String {
    if db.get_database_backend() == DbBackend::Sqlite { format!("INDEXED BY {index}") } else { String::new() }
}

/// A column and its type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    /// 64-bit integer.
    Big(&'static str),
    /// 64-bit integer or null.
    MaybeBig(&'static str),
    /// 32-bit integer.
    Int(&'static str),
    /// 16-bit integer.
    Small(&'static str),
    /// 64-bit float.
    Double(&'static str),
    /// 64-bit float or null.
    MaybeDouble(&'static str),
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Big(name)
            | Self::MaybeBig(name)
            | Self::Int(name)
            | Self::Small(name)
            | Self::Double(name)
            | Self::MaybeDouble(name) => name,
        }
    }

    fn selected(self) -> String {
        match self {
            Self::MaybeBig(name) => format!("nullif({name}, {NO_BIG})"),
            Self::MaybeDouble(name) => format!("nullif({name}, 'NaN')"),
            _ => self.name().to_owned(),
        }
    }

    fn array(self) -> (&'static str, ArrayType) {
        match self {
            Self::Big(_) | Self::MaybeBig(_) => ("bigint[]", ArrayType::BigInt),
            Self::Int(_) => ("integer[]", ArrayType::Int),
            Self::Small(_) => ("smallint[]", ArrayType::SmallInt),
            Self::Double(_) | Self::MaybeDouble(_) => ("double precision[]", ArrayType::Double),
        }
    }
}

/// Inserts rows (each as long as `columns`); `on_conflict` says what to do with those whose key is there already.
pub(super) async fn insert_rows(
    db: &impl ConnectionTrait,
    table: &str,
    columns: &[Column],
    on_conflict: &str,
    rows: Vec<Value>,
) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let names = columns.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ");
    let head = format!("INSERT INTO {table} ({names})");
    match db.get_database_backend() {
        DbBackend::Postgres => {
            let statement = unnest(&head, columns, on_conflict, rows);
            db.execute_raw(statement).await?;
        }
        backend => {
            let mut rows = rows.into_iter();
            for chunk in CHUNKS.into_iter().filter(|chunk| chunk * columns.len() <= SQLITE_VARIABLES) {
                while rows.len() / columns.len() >= chunk {
                    let values = rows.by_ref().take(chunk * columns.len());
                    let sql = format!("{head} VALUES {} {on_conflict}", placeholders(chunk, columns.len()));
                    db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
                }
            }
        }
    }
    Ok(())
}

fn placeholders(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    vec![row.as_str(); rows].join(",")
}

/// One array a column: one statement whatever the number of rows. The library's arrays hold no null, so a missing
/// float travels as NaN and a missing integer as the least one, which no stored values are.
fn unnest(head: &str, columns: &[Column], on_conflict: &str, rows: Vec<Value>) -> Statement {
    let count = rows.len() / columns.len();
    let mut arrays: Vec<Vec<Value>> = columns.iter().map(|_| Vec::with_capacity(count)).collect();
    for (i, value) in rows.into_iter().enumerate() {
        arrays[i % columns.len()].push(match value {
            Value::Double(None) => f64::NAN.into(),
            Value::BigInt(None) => NO_BIG.into(),
            value => value,
        });
    }
    let names: Vec<&str> = columns.iter().map(|c| c.name()).collect();
    let types: Vec<String> = columns.iter().enumerate().map(|(i, c)| format!("${}::{}", i + 1, c.array().0)).collect();
    let selected: Vec<String> = columns.iter().map(|c| c.selected()).collect();
    let sql = format!(
        "{head} SELECT {} FROM unnest({}) AS rows ({}) {on_conflict}",
        selected.join(", "),
        types.join(", "),
        names.join(", ")
    );
    let values = columns.iter().zip(arrays).map(|(c, values)| Value::Array(c.array().1, Some(Box::new(values))));
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

/// `$first, …` for a list of `count` values.
pub(super) fn list(first: usize, count: usize) -> String {
    (first..first + count).map(|i| format!("${i}")).collect::<Vec<_>>().join(", ")
}
