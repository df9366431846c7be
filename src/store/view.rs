//! What of the database one caller sees and in whose name they write. A store that is narrowed finds the rows of one site
//! only, whoever asks for them and however: so no resolver can forget to.

use std::sync::Arc;

use entity::{SiteId, audit};
use sea_orm::sea_query::{Expr, IntoCondition};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait};

use super::failure::database_error;
use super::{Page, Store, WriteTransaction, read_page};
use crate::error::Result;

/// In whose name something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Who: a key by its prefix and name, a person by their name.
    pub by: Arc<str>,
    /// What they do: a mutation's name, or a command.
    pub field: Arc<str>,
    /// In which request.
    pub request_id: Option<Arc<str>>,
    /// When they asked for it, ms since the epoch.
    pub at_ms: i64,
}

/// What is seen and who writes; all of it and nobody in particular, unless said otherwise.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    only: Option<SiteId>,
    author: Option<Author>,
}

impl View {
    /// Holds for the rows that are seen, by the column that has their site.
    pub(super) fn of(&self, site: impl ColumnTrait) -> Condition {
        self.only.map_or_else(Condition::all, |only| site.eq(only).into_condition())
    }

    /// Holds for rows that are of all sites, which who sees one alone does not see.
    pub(super) fn of_all(&self) -> Condition {
        Condition::all().add_option(self.only.map(|_| Expr::cust("1 = 0")))
    }

    /// Whether a site is seen.
    pub(super) fn sees(&self, site: SiteId) -> bool {
        self.only.is_none_or(|only| only == site)
    }

    /// The only site that is seen.
    pub(super) fn only(&self) -> Option<SiteId> {
        self.only
    }
}

impl Store {
    /// The same database as a caller sees it who reaches one site only.
    #[must_use]
    pub fn narrowed(&self, only: Option<SiteId>) -> Self {
        let view = View { only: only.or(self.view.only), author: self.view.author.clone() };
        Self { view, ..self.clone() }
    }

    /// The same database, written to in somebody's name: what is committed through it stands in the audit.
    #[must_use]
    pub fn written_by(&self, author: Author) -> Self {
        Self { view: View { author: Some(author), ..self.view.clone() }, ..self.clone() }
    }

    /// In whose name this one is written to.
    #[must_use]
    pub fn author(&self) -> Option<Author> {
        self.view.author.clone()
    }

    /// The same, of one of several things that are done in one request.
    #[must_use]
    pub fn doing(&self, field: &str) -> Self {
        match &self.view.author {
            Some(author) if *author.field != *field => {
                self.written_by(Author { field: field.into(), ..author.clone() })
            }
            _ => self.clone(),
        }
    }

    /// A page of the audit, by id.
    pub async fn audit(&self, page: Page) -> Result<Vec<audit::Model>> {
        read_page(&self.read, audit::Entity::find(), audit::Column::Id, page).await
    }

    /// How many changes the audit has.
    pub async fn count_audit(&self) -> Result<u64> {
        use sea_orm::PaginatorTrait;
        audit::Entity::find().count(&self.read).await.map_err(database_error)
    }
}

impl WriteTransaction {
    /// Notes what is about to be committed, if it is done in somebody's name.
    pub(super) async fn note_author(&self) -> Result<()> {
        match &self.1.author {
            Some(author) => self.note(author).await,
            None => Ok(()),
        }
    }

    /// Notes that somebody changes something in this transaction.
    pub async fn note(&self, author: &Author) -> Result<()> {
        let Author { by, field, request_id, at_ms } = author;
        let row = audit::ActiveModel {
            at_ms: Set(*at_ms),
            by: Set(by.to_string()),
            field: Set(field.to_string()),
            request_id: Set(request_id.as_deref().map(str::to_owned)),
            ..Default::default()
        };
        row.insert(&self.0).await.map_err(database_error)?;
        Ok(())
    }
}
