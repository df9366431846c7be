//! `wattline import`: CSV through the one write path, with progress, a summary and a file of what was refused.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use csv::ByteRecord;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use super::key::author;
use super::output::{print, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::registry::check_interval;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::ingest::{Batch, CsvRows, Ingest, Receipt, Rejected, decode_csv};
use crate::store::{DEFAULT_INTERVAL_S, Store};

/// Rows of one transaction.
const BATCH_ROWS: usize = 8192;
/// Batches read ahead of the database.
const READ_AHEAD: usize = 2;
/// Refused lines shown when nobody asked for a file of them.
const SHOWN: usize = 10;

/// What to import.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[expect(clippy::doc_markdown, reason = "also the text of --help")]
    /// CSV with the header machine,time,power_kw,energy_kwh,counter_kwh in any order; `-` for standard input
    file: PathBuf,
    /// The site
    #[arg(long, default_value = "default")]
    site: String,
    /// Register machines that are not known yet
    #[arg(long)]
    auto_register: bool,
    /// Seconds between the readings of machines registered so
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_INTERVAL_S, requires = "auto_register")]
    expected_interval: i32,
    /// The machine of all rows, where no column names it
    #[arg(long, value_name = "NAME")]
    machine: Option<String>,
    /// IANA time zone of times without an offset
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// File for refused lines, with their line number and the reason
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// Some rows, and the lines they came from with their numbers.
struct Part {
    batch: Batch,
    first_index: u64,
    lines: Vec<(u64, ByteRecord)>,
    /// The input ended in the middle of its last line.
    cut_off: bool,
}

/// Imports; the exit code is 1 when a line was refused.
pub(super) async fn import(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let zone = arguments.timezone.as_deref().map(TimeZone::get).transpose();
    check_interval(arguments.expected_interval)?;
    let zone = zone.map_err(|e| Error::Config(format!("--timezone: {e}")))?;
    if arguments.rejects.as_deref().is_some_and(|rejects| is_same_file(rejects, &arguments.file)) {
        return Err(Error::Config("--rejects names the file that is imported: its lines would be lost".to_owned()));
    }
    let bar = progress_bar(&arguments.file);
    let source = open(&arguments.file, &bar)?;
    let store = Store::open(&config.store()).await?;
    let mut batch = Batch::new(store.site_by_name(Some(&arguments.site)).await?.id);
    batch.author = Some(author("import", Clock::system().now_ms()));
    batch.auto_register_interval_s = arguments.auto_register.then_some(arguments.expected_interval);
    let mut rows = CsvRows::new(source, zone, &config.map, arguments.machine.as_deref())?;
    let mut rejects = Rejects::new(arguments.rejects.as_deref(), &rows.header()?)?;

    let (parts, mut next_part) = mpsc::channel(READ_AHEAD);
    let reading = tokio::task::spawn_blocking(move || read_parts(&mut rows, &batch, &parts));
    let (ingest, writer) = Ingest::new(store.clone(), Clock::system(), Events::default(), config.ingest());
    let writer = tokio::spawn(writer.run());
    let mut total = Receipt::default();
    let (mut count, mut is_cut_off) = (0, false);
    let mut outcome = Ok(());
    while let Some(Part { batch, first_index, lines, cut_off }) = next_part.recv().await {
        is_cut_off |= cut_off;
        match ingest.record(batch).await {
            Ok(mut receipt) => {
                count += receipt.rejected.len();
                rejects.write(&receipt.rejected, first_index, &lines)?;
                receipt.rejected.clear();
                total.merge(receipt);
            }
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    drop((next_part, ingest));
    let read = reading.await.map_err(|e| Error::Internal(e.to_string()))?;
    let _ = writer.await;
    rejects.finish()?;
    bar.finish_and_clear();
    if is_cut_off {
        say("note: the last line has no line end: make sure that the input is whole");
    }
    let Receipt { accepted, duplicates, corrected, .. } = total;
    print(&format!("accepted   {accepted}\nduplicates {duplicates}\ncorrected  {corrected}\nrejected   {count}\n"))?;
    let unfinished = |error| match error {
        Error::Invalid { code, message } => Error::Invalid {
            code,
            message: format!("{message}. What is counted above is stored; the same file can be imported again"),
        },
        other => other,
    };
    outcome.and(read).map_err(unfinished)?;
    store.close().await?;
    Ok(if count == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads ahead on a thread of its own, as long as somebody takes the parts.
fn read_parts<R: Read>(rows: &mut CsvRows<R>, empty: &Batch, parts: &mpsc::Sender<Part>) -> Result<()> {
    let mut more = true;
    let mut first_index = 0;
    while more {
        let lines = Vec::with_capacity(BATCH_ROWS);
        let mut part = Part { batch: empty.clone(), first_index, lines, cut_off: false };
        let seen = |number, line: &ByteRecord| part.lines.push((number, line.clone()));
        let read = decode_csv(rows, BATCH_ROWS, &mut part.batch, seen);
        part.cut_off = rows.is_cut_off();
        first_index += part.lines.len() as u64;
        if !part.batch.is_empty() && parts.blocking_send(part).is_err() {
            return Ok(());
        }
        more = read?;
    }
    Ok(())
}

fn open(path: &Path, bar: &ProgressBar) -> Result<Box<dyn Read + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(bar.wrap_read(io::stdin())));
    }
    let file = File::open(path).map_err(|e| Error::Config(format!("{}: {e}", path.display())))?;
    Ok(Box::new(bar.wrap_read(file)))
}

/// Shown on a terminal only; its unit is bytes of the file.
fn progress_bar(path: &Path) -> ProgressBar {
    let length = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
    let (bar, template) = match length {
        Some(length) => (
            ProgressBar::new(length),
            "{bar:40} {percent} %  {bytes} of {total_bytes}  {binary_bytes_per_sec}  {eta} left",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}  {binary_bytes_per_sec}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Where refused lines go: a CSV file with the columns of the input, then line, code and message; else, the first few,
/// to standard error.
struct Rejects {
    file: Option<csv::Writer<File>>,
    shown: VecDeque<String>,
    more: usize,
}

impl Rejects {
    fn new(path: Option<&Path>, header: &ByteRecord) -> Result<Self> {
        let Some(path) = path else { return Ok(Self { file: None, shown: VecDeque::new(), more: 0 }) };
        let file = File::create(path).map_err(|e| Error::Config(format!("{}: {e}", path.display())))?;
        let mut file = csv::WriterBuilder::new().flexible(true).from_writer(file);
        let mut header = header.clone();
        for name in [&b"line"[..], b"code", b"message"] {
            header.push_field(name);
        }
        file.write_byte_record(&header).map_err(|e| cannot_write(&e))?;
        Ok(Self { file: Some(file), shown: VecDeque::new(), more: 0 })
    }

    fn write(&mut self, rejected: &[Rejected], first_index: u64, lines: &[(u64, ByteRecord)]) -> Result<()> {
        for Rejected { index, code, message } in rejected {
            let line = usize::try_from(index - first_index).ok().and_then(|at| lines.get(at));
            let Some((number, line)) = line else { continue };
            match &mut self.file {
                Some(file) => {
                    let mut line = line.clone();
                    let number = number.to_string();
                    for field in [number.as_str(), code.as_str(), message] {
                        line.push_field(field.as_bytes());
                    }
                    file.write_byte_record(&line).map_err(|e| cannot_write(&e))?;
                }
                None if self.shown.len() < SHOWN => self.shown.push_back(format!("line {number}: {code}: {message}")),
                None => self.more += 1,
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        if let Some(file) = &mut self.file {
            file.flush().map_err(|e| Error::Config(format!("the rejects file cannot be written: {e}")))?;
        }
        self.shown.iter().for_each(|line| say(line));
        if self.more > 0 {
            say(&format!("and {} more: name a file with --rejects to get them all", self.more));
        }
        Ok(())
    }
}

/// Whether both names lead to one file.
fn is_same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn cannot_write(error: &csv::Error) -> Error {
    Error::Config(format!("the rejects file cannot be written: {error}"))
}
