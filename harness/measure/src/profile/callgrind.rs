//! Instructions, branches and atomic operations of a cell's counted sample, by callgrind.
//!
//! Valgrind simulates the child and counts between two [requests](crate::marks), in all threads.
//! It is a program of the user's that may be missing or do anything: what it says is bounded, and
//! its file lies in a directory that is removed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;

use tminus_record::Outcome;

use super::{ops_of, run};
use crate::child::{Cancel, Program, Report, ask};
use crate::spec::Spec;

/// How long valgrind may take to say its version.
const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// No file of counts is as long.
const MAX_BYTES: u64 = 64 << 20;

/// The counts of one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instructions {
    /// Ops of the sample.
    pub ops: u64,
    /// Instructions executed (`Ir`).
    pub instructions: u64,
    /// Conditional and indirect branches (`Bc`, `Bi`); callgrind sees one in most
    /// read-modify-writes too.
    pub branches: u64,
    /// Atomic read-modify-writes (`Ge`): those with a `lock` prefix, exchanges, and failed ones.
    pub atomics: u64,
}

/// Counts what the cell of `spec` executes in a child of `program` that may take `limit`.
///
/// # Errors
/// Why it cannot be counted, in one line: there is no valgrind that can, or the child failed.
pub fn count(
    program: &Program,
    spec: &Spec,
    limit: Duration,
    cancel: &Cancel,
) -> Result<Instructions, String> {
    if !cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
        return Err("valgrind is told of regions on x86-64 and aarch64 alone".into());
    }
    count_by("valgrind", program, spec, limit, cancel)
}

/// Counts by the `valgrind` that is given.
fn count_by(
    valgrind: &str,
    program: &Program,
    spec: &Spec,
    limit: Duration,
    cancel: &Cancel,
) -> Result<Instructions, String> {
    let version = ask(&Program::new(valgrind).arguments(["--version"]), VERSION_LIMIT);
    version.map_err(|reason| match reason.starts_with("cannot be started") {
        true => "valgrind is not installed".into(),
        false => format!("valgrind: {reason}"),
    })?;
    let directory = tempfile::Builder::new().prefix("tminus-").tempdir();
    let directory = directory.map_err(|error| format!("no temporary directory: {error}"))?;
    let file = directory.path().join("counts");
    let tool = [
        valgrind,
        "--tool=callgrind",
        "--quiet",
        "--vgdb=no",
        "--instr-atstart=no",
        "--branch-sim=yes",
        "--collect-bus=yes",
        &format!("--callgrind-out-file={}", file.display()),
    ];
    // The limit would be valgrind's, which takes several times the memory.
    let spec = Spec { memory_limit_bytes: None, ..spec.clone() };
    let report = run(&program.under(tool), &spec, limit, cancel, None)?;
    let ops = ops_of(&report).map_err(|reason| blame(&report, reason))?;
    let text = read(&file).map_err(|error| format!("valgrind wrote no counts: {error}"))?;
    let counts = parse(&text).ok_or("valgrind's file of counts cannot be read")?;
    Ok(Instructions { ops, ..counts })
}

/// Adds to a reason what valgrind had to say first, where the child never began.
fn blame(report: &Report, reason: String) -> String {
    let said = match &report.outcome {
        Outcome::Failed { stderr, .. } => stderr.lines().find(|line| line.contains("valgrind")),
        _ => None,
    };
    said.map_or(reason, |said| said.trim().to_owned())
}

/// Reads a file as far as one of counts may be long.
fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the totals of a file of callgrind; nothing where an event or a figure is missing. Zeros
/// at the end of a line are left out there.
fn parse(text: &str) -> Option<Instructions> {
    let lines = || text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    let of = |name: &str| lines().find_map(|line| line.strip_prefix(name));
    let names: Vec<&str> = of("events:")?.split_whitespace().collect();
    let figures = of("totals:")?.split_whitespace().map(str::parse);
    let figures = figures.collect::<Result<Vec<u64>, _>>().ok()?;
    if figures.len() > names.len() {
        return None;
    }
    let figures = figures.into_iter().chain(std::iter::repeat(0));
    let totals: HashMap<&str, u64> = names.into_iter().zip(figures).collect();
    let total = |name: &str| totals.get(name).copied();
    Some(Instructions {
        ops: 0,
        instructions: total("Ir").filter(|count| *count > 0)?,
        branches: total("Bc")?.checked_add(total("Bi")?)?,
        atomics: total("Ge")?,
    })
}

#[cfg(test)]
mod tests;
