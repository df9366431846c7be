//! `wattline key`: the keys that programs call with.

use std::fmt::Write as _;

use clap::{Subcommand, ValueEnum};
use entity::api_key::{Model, Scope};
use entity::site;

use super::output::{print, say};
use crate::access::{MadeKey, NewKeyRequest, create_key, revoke_key, rotate_key, scope_name};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::instant::{format_ms, parse_ms};
use crate::error::{Error, Result};
use crate::store::{Author, Store};

/// What a key or a user may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ScopeArgument {
    /// See everything
    Read,
    /// Send readings, and see nothing
    Ingest,
    /// See, send, and deal with anomalies
    Operate,
    /// Everything
    Admin,
}

impl From<ScopeArgument> for Scope {
    fn from(scope: ScopeArgument) -> Self {
        match scope {
            ScopeArgument::Read => Self::Read,
            ScopeArgument::Ingest => Self::Ingest,
            ScopeArgument::Operate => Self::Operate,
            ScopeArgument::Admin => Self::Admin,
        }
    }
}

/// What is done about keys.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a key and print it: it is shown this once
    Create {
        /// What it allows
        #[arg(long)]
        scope: ScopeArgument,
        /// The only site it reaches; all if absent
        #[arg(long)]
        site: Option<String>,
        /// What it is for
        #[arg(long, default_value = "key")]
        name: String,
        /// Since when it is no longer taken: RFC 3339, or from now on, such as 90d or 12h; never if absent
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// Show all keys, without their secrets
    List,
    /// Make a key that takes the place of another, and print it; the old one is taken for some time longer
    Rotate {
        /// What the key begins with, as in `wl_1a2b3c4d`
        prefix: String,
        /// For how long the old one is taken, such as 7d, 12h or 0h
        #[arg(long, value_name = "TIME", default_value = "24h")]
        overlap: String,
    },
    /// Take a key no longer, from now on; what is open by it closes within seconds
    Revoke {
        /// What the key begins with, as in `wl_1a2b3c4d`
        prefix: String,
    },
}

/// Who changes something at the command line, in the audit.
pub(super) fn author(field: &str, now_ms: i64) -> Author {
    Author { by: "command line".into(), field: field.into(), request_id: None, at_ms: now_ms }
}

/// Runs it.
pub(super) async fn run(config: &Config, command: Command) -> Result<()> {
    let store = Store::open(&config.store()).await?;
    let now_ms = Clock::system().now_ms();
    match command {
        Command::Create { scope, site, name, expires } => {
            let site_id = match site {
                Some(site) => Some(store.site_by_name(Some(&site)).await?.id),
                None => None,
            };
            let expires_at_ms = expires.map(|text| instant(&text, now_ms)).transpose()?;
            let request = NewKeyRequest { name, scope: scope.into(), site_id, expires_at_ms };
            show(&create_key(&store.written_by(author("key create", now_ms)), now_ms, request).await?)?;
        }
        Command::List => print(&table(&store.keys().await?, &store.sites().await?, now_ms))?,
        Command::Rotate { prefix, overlap } => {
            let overlap_ms = span_ms(&overlap).ok_or_else(|| {
                Error::Config(format!("--overlap is a number of days or hours, such as 7d, not {overlap}"))
            })?;
            let store = store.written_by(author("key rotate", now_ms));
            show(&rotate_key(&store, now_ms, &prefix, overlap_ms).await?)?;
        }
        Command::Revoke { prefix } => {
            let key = revoke_key(&store.written_by(author("key revoke", now_ms)), now_ms, &prefix).await?;
            say(&format!("{} ({}) is no longer taken", key.prefix, key.name));
        }
    }
    store.close().await
}

/// The key alone on standard output, so that a script can keep it.
fn show(made: &MadeKey) -> Result<()> {
    let MadeKey { secret, row } = made;
    say(&format!("{} ({}), scope {}: keep it, it is not shown again", row.prefix, row.name, scope_name(row.scope)));
    print(&format!("{secret}\n"))
}

fn instant(text: &str, now_ms: i64) -> Result<i64> {
    match span_ms(text) {
        Some(span_ms) => Ok(now_ms.saturating_add(span_ms)),
        None => parse_ms(text, None).map_err(|e| Error::Config(format!("--expires: {e}"))),
    }
}

/// A number of days or hours, ms.
fn span_ms(text: &str) -> Option<i64> {
    let (number, unit_ms) = match text.strip_suffix('d') {
        Some(days) => (days, 86_400_000),
        None => (text.strip_suffix('h')?, 3_600_000),
    };
    number.parse::<u32>().ok().map(|number| i64::from(number) * unit_ms)
}

fn table(keys: &[Model], sites: &[site::Model], now_ms: i64) -> String {
    let site_of = |key: &Model| {
        let site = key.site_id.map(|id| sites.iter().find(|site| site.id == id).map_or("?", |site| &site.name));
        site.unwrap_or("all").to_owned()
    };
    let state = |key: &Model| match (key.revoked_at_ms, key.expires_at_ms) {
        (Some(at_ms), _) => format!("revoked {}", format_ms(at_ms)),
        (None, Some(at_ms)) if at_ms <= now_ms => format!("expired {}", format_ms(at_ms)),
        (None, Some(at_ms)) => format!("until {}", format_ms(at_ms)),
        (None, None) => "taken".to_owned(),
    };
    let head = format!("{:<12} {:<8} {:<16} {:<24} {:<34} name\n", "key", "scope", "site", "last used", "state");
    keys.iter().fold(head, |mut text, key| {
        let used = key.last_used_at_ms.map_or("never".to_owned(), format_ms);
        let (scope, site, state) = (scope_name(key.scope), site_of(key), state(key));
        let _ = writeln!(text, "{:<12} {scope:<8} {site:<16} {used:<24} {state:<34} {}", key.prefix, key.name);
        text
    })
}
