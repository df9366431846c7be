//! `wattline user`: the people who sign in to the page.

use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal};

use clap::Subcommand;

use super::key::{ScopeArgument, author};
use super::output::{print, say};
use crate::access::{check_password, hash_password, scope_name};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::registry::check_name;
use crate::error::{Error, Result};
use crate::store::{NewPerson, Store};

/// What is done about people.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Let a person in, or change their password, scope and site; the password is asked for, or read from standard input
    Create {
        /// By which they sign in
        name: String,
        /// What they may do
        #[arg(long)]
        scope: ScopeArgument,
        /// The only site they reach; all if absent
        #[arg(long)]
        site: Option<String>,
    },
    /// Show who is let in
    List,
    /// Let a person in no longer, and end their sessions
    Remove {
        /// By which they signed in
        name: String,
    },
}

/// Runs it.
pub(super) async fn run(config: &Config, command: Command) -> Result<()> {
    let store = Store::open(&config.store()).await?;
    let now_ms = Clock::system().now_ms();
    match command {
        Command::Create { name, scope, site } => {
            check_name(&name)?;
            let site_id = match site {
                Some(site) => Some(store.site_by_name(Some(&site)).await?.id),
                None => None,
            };
            let password_hash = hash_password(&ask_password()?)?;
            let new = NewPerson { name, password_hash, scope: scope.into(), site_id, created_at_ms: now_ms };
            let transaction = store.written_by(author("user create", now_ms)).begin_write().await?;
            let person = transaction.upsert_person(new).await?;
            transaction.commit().await?;
            say(&format!("{} may sign in, with the scope {}", person.name, scope_name(person.scope)));
        }
        Command::List => print(&table(&store).await?)?,
        Command::Remove { name } => {
            let transaction = store.written_by(author("user remove", now_ms)).begin_write().await?;
            transaction.remove_person(&name, now_ms).await?;
            transaction.commit().await?;
            say(&format!("{name} may sign in no longer"));
        }
    }
    store.close().await
}

/// Asks at the terminal, twice and without showing it; or reads a line.
fn ask_password() -> Result<String> {
    let failed = |e: io::Error| Error::Config(format!("the password cannot be read: {e}"));
    let password = if io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ").map_err(failed)?;
        if rpassword::prompt_password("Again: ").map_err(failed)? != password {
            return Err(Error::Config("the two passwords are not the same".to_owned()));
        }
        password
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(failed)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    check_password(&password)?;
    Ok(password)
}

async fn table(store: &Store) -> Result<String> {
    let (people, sites) = (store.people().await?, store.sites().await?);
    let head = format!("{:<24} {:<8} site\n", "name", "scope");
    Ok(people.iter().fold(head, |mut text, person| {
        let site = person.site_id.map(|id| sites.iter().find(|site| site.id == id).map_or("?", |site| &site.name));
        let _ = writeln!(text, "{:<24} {:<8} {}", person.name, scope_name(person.scope), site.unwrap_or("all"));
        text
    }))
}
