//! `wattline detect`: the detector that `serve` runs, over a CSV file: each row is judged by itself and those before it.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use csv::{ReaderBuilder, StringRecord};
use jiff::tz::TimeZone;

use super::output::say;
use crate::domain::detection::{Detector, Sample, Traits};
use crate::domain::instant::{minute_of_week, parse_ms};
use crate::domain::reading::GREATEST_VALUE;
use crate::domain::registry::GREATEST_INTERVAL_S;
use crate::error::{Error, Result};
use crate::ingest::of_other_width;

/// Steps between rows from which the usual one is told.
const STEPS: usize = 15;
/// The step until there are any, ms.
const FIRST_STEP_MS: i64 = 60_000;

/// What to judge.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// CSV with the header time,value; `-` for standard input
    file: PathBuf,
    /// IANA time zone in which the machine stands, and of times without an offset
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    timezone: String,
    /// Seconds between rows, as they are meant to be; found out from the first rows if absent
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=i64::from(GREATEST_INTERVAL_S)))]
    expected_interval: Option<u32>,
    /// Rated power, in the unit of the values; without it nothing is an overload
    #[arg(long, value_name = "KW", value_parser = rated_power)]
    rated_power: Option<f64>,
}

fn rated_power(text: &str) -> Result<f64, String> {
    let kw: f64 = text.parse().map_err(|_| "it is not a number".to_owned())?;
    if kw > 0.0 && kw <= GREATEST_VALUE { Ok(kw) } else { Err(format!("it is above 0 and at most {GREATEST_VALUE:e}")) }
}

/// Prints each row with its score and the severity of what is open; the exit code is 1 when a row could not be read.
pub(super) fn detect(arguments: &Arguments) -> Result<ExitCode> {
    let zone = TimeZone::get(&arguments.timezone).map_err(|e| Error::Config(format!("--timezone: {e}")))?;
    let wrong = |e: &dyn std::fmt::Display| Error::Config(format!("{}: {e}", arguments.file.display()));
    let source: Box<dyn Read> = if arguments.file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(&arguments.file).map_err(|e| wrong(&e))?)
    };
    let mut rows = ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(source);
    let header = rows.headers().map_err(|e| wrong(&e))?;
    let column = |names: &[&str]| header.iter().position(|name| names.contains(&name.trim_start_matches('\u{feff}')));
    let (Some(time), Some(value)) = (column(&["time", "timestamp"]), column(&["value"])) else {
        return Err(wrong(&"the header is time,value"));
    };
    let columns = header.len();
    let mut judge = Judge { zone, arguments, columns, detector: Detector::new(), steps: Steps::default(), late: None };
    let mut output = io::stdout().lock();
    let mut code = ExitCode::SUCCESS;
    let mut printed = writeln!(output, "time,value,score,severity");
    for row in rows.records() {
        let row = row.map_err(|e| wrong(&e))?;
        match judge.judge(&row, (time, value)) {
            Ok(line) => printed = printed.and_then(|()| output.write_all(line.as_bytes())),
            Err(why) => {
                say(&format!("line {}: {why}", row.position().map_or(0, csv::Position::line)));
                code = ExitCode::FAILURE;
            }
        }
        if let Err(e) = printed {
            let is_gone = e.kind() == ErrorKind::BrokenPipe;
            return if is_gone {
                Ok(code)
            } else {
                Err(Error::Config(format!("standard output cannot be written: {e}")))
            };
        }
    }
    if let Some(Late { rows, first_line }) = judge.late {
        say(&format!(
            "line {first_line}: the time is not after those before it; of {rows} such rows none is judged: sort the file by time"
        ));
    }
    Ok(code)
}

struct Judge<'a> {
    zone: TimeZone,
    arguments: &'a Arguments,
    /// Of the header.
    columns: usize,
    detector: Detector,
    steps: Steps,
    late: Option<Late>,
}

/// Rows whose time is not after all before them.
struct Late {
    rows: u64,
    first_line: u64,
}

impl Judge<'_> {
    /// The row as it is printed, or why it cannot be read.
    fn judge(&mut self, row: &StringRecord, (time, value): (usize, usize)) -> Result<String, String> {
        if row.len() != self.columns {
            return Err(of_other_width(row.len(), self.columns));
        }
        let field = |at: usize| row.get(at).filter(|text| !text.is_empty());
        let (Some(time), Some(value)) = (field(time), field(value)) else {
            return Err("there is no time or no value".to_owned());
        };
        let time_ms = parse_ms(time, Some(&self.zone)).map_err(|e| e.to_string())?;
        let power_kw: f64 = value.parse().map_err(|_| format!("{value:?} is not a number"))?;
        if power_kw.is_nan() || power_kw.abs() > GREATEST_VALUE {
            return Err(format!("{value:?} is not a number of at most {GREATEST_VALUE:e}"));
        }
        if self.steps.last_ms.is_some_and(|last_ms| time_ms <= last_ms) {
            let first_line = row.position().map_or(0, csv::Position::line);
            self.late.get_or_insert(Late { rows: 0, first_line }).rows += 1;
        }
        let of_rows = || self.arguments.expected_interval.map(|seconds| i64::from(seconds) * 1000);
        let expected_interval_ms = of_rows().unwrap_or_else(|| self.steps.usual_ms(time_ms));
        let traits = Traits { rated_power_kw: self.arguments.rated_power, expected_interval_ms };
        let local_minute_of_week = minute_of_week(time_ms, &self.zone);
        let judgement = self.detector.judge(&traits, Sample { time_ms, local_minute_of_week, power_kw });
        let severity = judgement.severity.map_or("", |severity| severity.as_str());
        let score = judgement.score;
        Ok(format!("{},{value},{score},{severity}\n", quoted(time)))
    }
}

/// A time as it stood in the file.
fn quoted(time: &str) -> String {
    if time.contains([',', '"', '\n']) { format!("\"{}\"", time.replace('"', "\"\"")) } else { time.to_owned() }
}

/// The first steps between rows, in rising order.
#[derive(Default)]
struct Steps {
    /// The latest time so far.
    last_ms: Option<i64>,
    steps_ms: Vec<i64>,
}

impl Steps {
    /// The middle one of the first steps, as far as they are known at a row.
    fn usual_ms(&mut self, time_ms: i64) -> i64 {
        if let Some(step_ms) = self.last_ms.map(|last_ms| time_ms - last_ms)
            && step_ms > 0
            && self.steps_ms.len() < STEPS
        {
            let at = self.steps_ms.partition_point(|known| *known < step_ms);
            self.steps_ms.insert(at, step_ms);
        }
        self.last_ms = self.last_ms.max(Some(time_ms));
        self.steps_ms.get(self.steps_ms.len() / 2).copied().unwrap_or(FIRST_STEP_MS)
    }
}
