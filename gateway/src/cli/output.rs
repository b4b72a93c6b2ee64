//! What a command prints. Whoever reads it may stop at any time, as `head` does: then it ends quietly, as other commands do, and
//! does not claim that it came to its end.

use std::fmt;
use std::io::{self, Write as _};

/// What a shell says of a command whose reader went away: 128 and the number of SIGPIPE.
const READER_GONE: i32 = 141;

/// Prints a line on standard output. Stands in the place of the one that panics when nobody reads.
macro_rules! println {
    () => { $crate::cli::output::line(format_args!("")) };
    ($($said:tt)*) => { $crate::cli::output::line(format_args!($($said)*)) };
}

/// Prints a text on standard output, as it is.
macro_rules! print {
    ($($said:tt)*) => { $crate::cli::output::bytes(format!($($said)*).as_bytes()) };
}

/// Says something on standard error, where nobody may listen.
macro_rules! eprintln {
    () => { $crate::cli::output::remark(format_args!("")) };
    ($($said:tt)*) => { $crate::cli::output::remark(format_args!($($said)*)) };
}

/// Says a text on standard error, as it is.
macro_rules! eprint {
    ($($said:tt)*) => { $crate::cli::output::remark_whole(format_args!($($said)*)) };
}

/// A line on standard output.
pub(crate) fn line(said: fmt::Arguments<'_>) {
    judge(writeln!(io::stdout().lock(), "{said}"));
}

/// Bytes on standard output.
pub(crate) fn bytes(said: &[u8]) {
    let mut output = io::stdout().lock();
    judge(output.write_all(said).and_then(|()| output.flush()));
}

/// A line on standard error. What cannot be said there can be said nowhere, and stops nothing.
pub(crate) fn remark(said: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{said}");
}

/// A text on standard error that has its own lines.
pub(crate) fn remark_whole(said: fmt::Arguments<'_>) {
    let _ = write!(io::stderr().lock(), "{said}");
}

fn judge(outcome: io::Result<()>) {
    match outcome {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(READER_GONE),
        Err(error) => {
            remark(format_args!("error: standard output cannot be written: {error}"));
            std::process::exit(1);
        }
    }
}
