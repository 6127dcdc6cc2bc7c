//! Run files as a user names them: a file, a directory that holds some, or `latest`.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use tminus_measure::registry::Registry;
use tminus_measure::store::{self, TornLine};
use tminus_record::Run;

use crate::cli;

/// Returns the run file that `path` means; `latest` is looked for in `out`.
///
/// # Errors
/// A path without a run, with how to make one.
pub(super) fn find(path: &Path, out: &Path) -> anyhow::Result<PathBuf> {
    let is_latest = path == Path::new("latest") && !path.exists();
    let path = if is_latest { &cli::upward(out) } else { path };
    let kind = fs::metadata(path);
    match kind {
        Ok(kind) if kind.is_dir() => newest(path),
        Ok(_) => Ok(path.into()),
        Err(_) if is_latest => {
            bail!("{}: no run yet; make one with `{} run`", path.display(), program())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "{}: no such file; a run is a file, a directory that holds some, or `latest`",
            path.display()
        ),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Refuses a name of a cell, a workload or an executor in the place of a run, with what was meant.
///
/// # Errors
/// The command of `verb` that chooses it from the newest run.
pub(super) fn check(registry: &Registry, verb: &str, run: &Path) -> anyhow::Result<()> {
    let Some(name) = run.to_str().filter(|_| !run.exists()) else { return Ok(()) };
    let choice = match name.split('/').next() {
        _ if registry.find_workload(name).is_some() => format!("-w {name}"),
        _ if registry.find_executor(name).is_some() => format!("-e {name}"),
        Some(first) if registry.find_workload(first).is_some() => format!("'{name}'"),
        _ => return Ok(()),
    };
    bail!("{name}: no such run; to choose it from the newest: `tminus {verb} latest {choice}`")
}

/// Reads the run file that `path` means, and says on stderr if its last line was torn.
///
/// # Errors
/// As [`find`], and what is wrong with the file.
pub(super) fn read(path: &Path, out: &Path) -> anyhow::Result<(PathBuf, Run)> {
    let path = find(path, out)?;
    let (run, torn) = store::read(&path)?;
    say_torn(&path, torn);
    Ok((path, run))
}

/// Says on stderr that the last line was torn.
pub(super) fn say_torn(path: &Path, torn: Option<TornLine>) {
    if let Some(TornLine { line, bytes }) = torn {
        super::say(format_args!(
            "{}, line {line}: torn by a kill, its {bytes} bytes dropped",
            path.display()
        ));
    }
}

/// Returns the program as the user typed it, for commands that are printed to be typed.
pub(super) fn program() -> String {
    std::env::args_os()
        .next()
        .map_or_else(|| "tminus".into(), |word| word.to_string_lossy().into_owned())
}

/// Returns the run that was measured last, by its own clock: a copy or a checkout gives files other
/// dates. It need not be that of the newest commit.
fn newest(directory: &Path) -> anyhow::Result<PathBuf> {
    let at = || directory.display().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).with_context(at)? {
        let path = entry.with_context(at)?.path();
        // A pipe of such a name would be waited for.
        let meta = fs::metadata(&path).ok().filter(fs::Metadata::is_file);
        if let (Some(meta), true) = (meta, path.extension().is_some_and(|it| it == "jsonl")) {
            let written = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            let written_ns = written.map_or(0, |since| since.as_nanos());
            // Of a file that does not say: when it was written, so that damage does not go unseen.
            found.push((started_ns(&path).unwrap_or(written_ns), path));
        }
    }
    let newest = found.into_iter().max().map(|(_, path)| path);
    newest.with_context(|| format!("{}: no run file (*.jsonl) in this directory", at()))
}

/// Returns when the run of this file began, in nanoseconds since the Unix epoch.
fn started_ns(path: &Path) -> Option<u128> {
    #[derive(Deserialize)]
    struct Header {
        provenance: Provenance,
    }
    #[derive(Deserialize)]
    struct Provenance {
        started_unix_ns: u64,
    }
    let mut line = Vec::new();
    let file = File::open(path).ok()?.take(MAX_HEADER_BYTES);
    BufReader::new(file).read_until(b'\n', &mut line).ok()?;
    let header: Header = serde_json::from_slice(&line).ok()?;
    Some(header.provenance.started_unix_ns.into())
}

/// More of a first line is not read.
const MAX_HEADER_BYTES: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn the_newest_run_is_the_one_that_was_measured_last() {
        let directory = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            fs::write(directory.path().join(name), text).expect("a file");
        };
        let header = |ns: u64| format!("{{\"provenance\":{{\"started_unix_ns\":{ns}}}}}\n");
        write("a.jsonl", &header(2));
        // Written last, as by a checkout.
        write("b.jsonl", &header(1));
        fs::create_dir(directory.path().join("c.jsonl")).expect("a directory");
        let newest_name =
            || newest(directory.path()).expect("a run").file_name().map(OsString::from);
        assert_eq!(newest_name(), Some("a.jsonl".into()));
        write("damaged.jsonl", "no run");
        assert_eq!(newest_name(), Some("damaged.jsonl".into()));
    }
}
