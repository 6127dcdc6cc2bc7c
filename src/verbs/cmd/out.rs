//! The output of verbs on stdout. No verb ends because of an error there: it does its work, and
//! its exit code says how that went. A reader that has seen enough (`tminus list | head`) changes
//! nothing; a disk that is full is told once, at the end.

use std::io::{self, Write as _};
use std::sync::OnceLock;

use serde::Serialize;

/// The error that kept something from being printed; nothing is printed after that.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Stdout, which takes everything: see [`lost`].
pub(crate) struct Out;

/// Returns stdout as verbs write to it.
pub(crate) fn stdout() -> Out {
    Out
}

impl io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if LOST.get().is_none() {
            keep(io::stdout().write_all(bytes));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if LOST.get().is_none() {
            keep(io::stdout().flush());
        }
        Ok(())
    }
}

/// Remembers what kept something from being printed, for [`lost`].
pub(super) fn keep(printed: io::Result<()>) {
    if let Err(error) = printed {
        // The first one is the reason of those that follow.
        let _ = LOST.set(error);
    }
}

/// Returns what kept something from being printed, unless its reader had gone.
pub(super) fn lost() -> Option<&'static io::Error> {
    // It cannot fail: what happened is kept.
    let _ = stdout().flush();
    LOST.get().filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
}

/// Prints `value` as indented JSON with a line end.
///
/// # Errors
/// Values that cannot be JSON.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = super::harmless_json(&serde_json::to_string_pretty(value)?);
    Ok(writeln!(stdout(), "{text}")?)
}
