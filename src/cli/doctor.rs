//! `wattline doctor`: one line a check. It changes nothing and may run beside a server.

use std::fmt::Write as _;
use std::process::ExitCode;

use entity::{MachineId, SiteId};
use serde::Serialize;

use super::output::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::buckets::MINUTE_MS;
use crate::domain::instant::format_ms;
use crate::domain::rollup::{Bucket, MACHINE_SCOPE};
use crate::error::{Error, Result};
use crate::http;
use crate::messenger::Messenger;
use crate::store::{Checked, Difference, Owner, SchemaState, Store, measured_of};

/// Below this there is a fault, bytes: a few transactions, and nothing can be written any more.
const LEAST_FREE: u64 = 128 << 20;
/// Below this there is a warning, bytes.
const LITTLE_FREE: u64 = 1 << 30;
/// How far clocks may be apart, ms: readings further ahead are refused.
const CLOCK_FAULT_MS: i64 = 5 * 60_000;
const CLOCK_WARNING_MS: i64 = 2000;
/// After so long without a reading there is a warning, ms.
const SILENCE_MS: i64 = 86_400_000;

/// How to say it.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print a JSON object instead of lines
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Warning,
    Fault,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    status: Status,
    message: String,
}

#[derive(Debug, Serialize)]
struct Report {
    is_healthy: bool,
    checks: Vec<Check>,
}

/// What a check finds.
type Finding = (Status, String);

/// Examines everything; the exit code is 1 when there is a fault.
pub(super) async fn examine(config: &Config, arguments: &Arguments) -> Result<ExitCode> {
    let mut report = Report { is_healthy: true, checks: Vec::new() };
    report.add("configuration", configuration(config));
    match Store::open_as_it_is(&config.store()).await {
        Ok(store) => {
            report.add("database", Ok((Status::Ok, format!("{} answers", store.kind()))));
            examine_database(config, &store, &mut report).await;
            let _ = store.close().await;
        }
        Err(error) => report.add("database", Err(error)),
    }
    let text = if arguments.json {
        serde_json::to_string_pretty(&report).map_err(|e| Error::Internal(e.to_string()))? + "\n"
    } else {
        report.lines()
    };
    print(&text)?;
    Ok(if report.is_healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Report {
    fn add(&mut self, name: &'static str, found: Result<Finding>) {
        let (status, message) = found.unwrap_or_else(|error| (Status::Fault, error.to_string()));
        self.is_healthy &= status != Status::Fault;
        self.checks.push(Check { name, status, message });
    }

    fn lines(&self) -> String {
        self.checks.iter().fold(String::new(), |mut text, Check { name, status, message }| {
            let status = match status {
                Status::Ok => "ok",
                Status::Warning => "warning",
                Status::Fault => "fault",
            };
            let _ = writeln!(text, "{status:<8} {name:<14} {message}");
            text
        })
    }
}

async fn examine_database(config: &Config, store: &Store, report: &mut Report) {
    let now_ms = Clock::system().now_ms();
    let schema = schema(store).await;
    let is_ours = matches!(schema, Ok((Status::Ok, _)));
    report.add("schema", schema);
    report.add("integrity", integrity(store).await);
    report.add("disk", disk(store));
    if !is_ours {
        return;
    }
    report.add("access", access(config, store, now_ms).await);
    report.add("clock", clock(store, now_ms).await);
    report.add("rollups", rollups(store).await);
    report.add("totals", totals(store).await);
}

/// What `serve` would refuse at its start; the values themselves were checked before.
fn configuration(config: &Config) -> Result<Finding> {
    Messenger::new(&config.messenger())?;
    http::check_files(config)?;
    Ok((Status::Ok, "every setting is valid, every file that it names can be read".to_owned()))
}

async fn schema(store: &Store) -> Result<Finding> {
    let of_migrations = |missing| {
        format!("{missing} migrations are missing, so the readings are not looked at: `wattline migrate` makes them")
    };
    let (status, message) = match store.schema_state().await? {
        SchemaState::Current => (Status::Ok, "as this version has it".to_owned()),
        SchemaState::Behind(missing) => (Status::Warning, of_migrations(missing)),
        SchemaState::Newer(version) => {
            (Status::Fault, format!("a newer Wattline has changed it ({version}): use that version"))
        }
        SchemaState::Empty => (Status::Fault, "this database holds no Wattline: check its name".to_owned()),
    };
    Ok((status, message))
}

async fn integrity(store: &Store) -> Result<Finding> {
    let problems = store.integrity_problems().await?;
    Ok(match problems.first() {
        None if store.kind() == "postgres" => {
            (Status::Ok, "the server counted no page with a wrong checksum".to_owned())
        }
        None => (Status::Ok, "the whole file was read and is well-formed".to_owned()),
        Some(first) => (Status::Fault, format!("{first}{}: restore a backup", and_more(problems.len() as u64))),
    })
}

fn disk(store: &Store) -> Result<Finding> {
    let Some(disk) = store.disk()? else {
        return Ok((Status::Ok, "the database's disk is its server's, and not seen from here".to_owned()));
    };
    let sentence = format!("{} MiB of {} MiB are free for the database", disk.free >> 20, disk.size >> 20);
    let status = match disk.free {
        free if free < LEAST_FREE => Status::Fault,
        free if free < LITTLE_FREE => Status::Warning,
        _ => Status::Ok,
    };
    Ok((status, sentence))
}

async fn access(config: &Config, store: &Store, now_ms: i64) -> Result<Finding> {
    let is_local = config.listen.ip().is_loopback();
    Ok(match (store.has_access().await?, store.has_usable_access(now_ms).await?) {
        _ if config.insecure && !is_local => {
            (Status::Warning, format!("--insecure: whoever reaches {} may do everything", config.listen))
        }
        (_, false) if !is_local => {
            (Status::Fault, format!("nobody has a key or a password, so serve refuses {}", config.listen))
        }
        (true, false) => (Status::Warning, "every key has expired or is revoked, and there is no user".to_owned()),
        (true, true) => (Status::Ok, "callers are asked for a key or a password".to_owned()),
        (false, _) => (Status::Ok, "not set up: whoever is on this machine may do everything".to_owned()),
    })
}

async fn clock(store: &Store, now_ms: i64) -> Result<Finding> {
    let seconds = |ms: i64| ms / 1000;
    if let Some(server_ms) = store.server_clock_ms().await? {
        let apart_ms = server_ms - now_ms;
        if apart_ms.abs() > CLOCK_WARNING_MS {
            let status = if apart_ms.abs() > CLOCK_FAULT_MS { Status::Fault } else { Status::Warning };
            let message = format!("the database server's clock is {} s from this machine's", seconds(apart_ms));
            return Ok((status, message));
        }
    }
    let Some(newest_ms) = store.newest_reading_ms().await? else {
        return Ok((Status::Ok, "there are no readings to compare it with".to_owned()));
    };
    let newest = format_ms(newest_ms);
    Ok(match newest_ms - now_ms {
        ahead_ms if ahead_ms > CLOCK_FAULT_MS => {
            let message =
                format!("the newest reading is of {newest}, {} s ahead: this clock is slow", seconds(ahead_ms));
            (Status::Fault, message)
        }
        ahead_ms if -ahead_ms > SILENCE_MS => {
            (Status::Warning, format!("no reading since {newest}: machines are silent, or this clock is fast"))
        }
        _ => (Status::Ok, format!("the newest reading is of {newest}")),
    })
}

async fn rollups(store: &Store) -> Result<Finding> {
    let mut all = Checked::default();
    for owner in store.bucket_owners().await? {
        let checked = store.check_buckets(owner).await?;
        all.buckets += checked.buckets;
        all.different += checked.different;
        all.first = all.first.or(checked.first);
    }
    let Some(first) = all.first else {
        return Ok((Status::Ok, format!("{} buckets hold what the readings say", all.buckets)));
    };
    Ok((Status::Fault, format!("{}{}", difference(store, &first).await?, and_more(all.different))))
}

/// One bucket that is wrong, for people.
async fn difference(store: &Store, difference: &Difference) -> Result<String> {
    let Difference { owner, width_min, end_min, kept, counted } = difference;
    Ok(format!(
        "{}: the bucket of {width_min} min that ends at {} holds {}, its readings say {}",
        name(store, *owner).await?,
        format_ms(end_min * MINUTE_MS),
        content(kept),
        content(counted)
    ))
}

fn content(bucket: &Bucket) -> String {
    let Bucket { readings, energy_kwh, power_kw, power_kw_min, power_kw_max, .. } = bucket;
    let range =
        power_kw_min.zip(*power_kw_max).map_or(String::new(), |(least, most)| format!(", {least} to {most} kW"));
    format!("{readings} readings of {} kWh and {} kW in sum{range}", energy_kwh.total(), power_kw.total())
}

async fn totals(store: &Store) -> Result<Finding> {
    let differ = store.differing_totals().await?;
    let Some(first) = differ.first() else {
        return Ok((Status::Ok, "each site has what its machines have together".to_owned()));
    };
    let name = name(store, first.owner).await?;
    let ((machines, machines_kwh), (site, site_kwh)) = (first.of_machines, first.of_site);
    let message =
        format!("{name} has {site} readings of {site_kwh} kWh, its machines have {machines} of {machines_kwh}");
    Ok((Status::Fault, message + &and_more(differ.len() as u64)))
}

/// Whose buckets, for people.
async fn name(store: &Store, owner: Owner) -> Result<String> {
    if owner.scope == MACHINE_SCOPE {
        let found = store.machines_by_id(&[MachineId(owner.id)]).await?;
        let found = found.first().map(|machine| format!("machine {}", machine.name));
        return Ok(found.unwrap_or_else(|| format!("machine {}, which is not there", owner.id)));
    }
    let found = store.sites_by_id(&[SiteId(owner.id)]).await?;
    let site = found
        .first()
        .map_or_else(|| format!("site {}, which is not there", owner.id), |site| format!("site {}", site.name));
    let measured = measured_of(owner.scope).map_or_else(
        || format!("scope {}", owner.scope),
        |(carrier, unit)| format!("{carrier:?} in {unit:?}").to_lowercase(),
    );
    Ok(format!("{site} ({measured})"))
}

fn and_more(count: u64) -> String {
    if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() }
}
