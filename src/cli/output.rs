//! Standard output and standard error. `println!` panics when nobody reads any more; a command ends quietly.

use std::io::{self, ErrorKind, Write};

use crate::error::{Error, Result};

/// Prints to standard output. That the reader has gone, as in `wattline schema | head`, is no error.
pub(super) fn print(text: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Error::Config(format!("standard output cannot be written: {e}")))
        }
        _ => Ok(()),
    }
}

/// Says a line on standard error, if anybody hears it; what a file may hold that steers a terminal is not passed on.
pub(super) fn say(line: &str) {
    let line: String =
        line.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect();
    let _ = writeln!(io::stderr(), "{line}");
}
