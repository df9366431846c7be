//! The log, on standard error. Each event is one line: whatever somebody else has named, sent or answered cannot end it and
//! begin another, nor move about on the terminal of who reads it.

use std::fmt::{self, Write as _};
use std::io::IsTerminal;

use tracing::field::Field;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::config::LogFormat;
use crate::traces::Traces;

/// Starts it, and the traces beside it; `WATTLINE_LOG` says what is logged, as in `info,wattline=debug`.
pub(super) fn start(format: LogFormat, traces: Option<&Traces>) {
    let filter = EnvFilter::try_from_env("WATTLINE_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,sea_orm_migration=warn"));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let log = match format {
        LogFormat::Text => log.fmt_fields(debug_fn(write_field).delimited(" ")).boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    tracing_subscriber::registry().with(log.with_filter(filter)).with(traces.map(Traces::layer)).init();
}

fn write_field(to: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let mut to = OneLine(to);
    match field.name() {
        "message" => write!(to, "{value:?}"),
        name => write!(to, "{name}={value:?}"),
    }
}

/// Writes on, with what controls a terminal or a line escaped.
struct OneLine<W>(W);

impl<W: fmt::Write> fmt::Write for OneLine<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(controls) {
            let end = part.char_indices().next_back().filter(|(_, last)| controls(*last));
            let (plain, control) = end.map_or((part, None), |(at, last)| (&part[..at], Some(last)));
            self.0.write_str(plain)?;
            control.map_or(Ok(()), |control| write!(self.0, "{}", control.escape_default()))?;
        }
        Ok(())
    }
}

/// Whether a character ends a line, begins a command to the terminal, or turns the direction of reading.
fn controls(it: char) -> bool {
    it.is_control() || matches!(it, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_line_or_reaches_the_terminal() {
        for (text, written) in [
            ("plain, ünïcode: ✓", "plain, ünïcode: ✓"),
            ("a\nb\r\n", "a\\nb\\r\\n"),
            ("\u{1b}[31mred\u{9b}1m\u{7}", "\\u{1b}[31mred\\u{9b}1m\\u{7}"),
            ("\u{202e}cba\u{2028}", "\\u{202e}cba\\u{2028}"),
            ("", ""),
        ] {
            let mut to = String::new();
            OneLine(&mut to).write_str(text).expect("written");
            assert_eq!(to, written);
        }
    }
}
