//! Reading a run file: line by line, bounded, believing nothing.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use tminus_contract::error::{Error, Result};
use tminus_contract::sample::{MAX_FIGURE, Sample};
use tminus_record::text::escape;
use tminus_record::{Cell, CellId, Counts, Header, Outcome, Record, Run, SCHEMA};

use super::{COUNTS_LINE, CountsLine};

/// The longest line of a run file; a record has some KiB, a header some hundred.
const MAX_LINE_BYTES: u64 = 64 << 20;
const MAX_CELLS: usize = 100_000;
const MAX_ROUNDS: u32 = 100_000;

/// A last line without an end, as a kill leaves it. It was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TornLine {
    /// Which line, counted from 1.
    pub line: usize,
    /// How long it was.
    pub bytes: u64,
}

/// Reads the run file at `path`; drops a torn last line and returns it. Of two records of the same
/// cell and round the first stands, and of two counts of a cell.
///
/// # Errors
/// [`Error::File`] if the system does not give it; [`Error::Foreign`] with the line and what was
/// expected if it is no run file or a newer one.
pub fn read(path: &Path) -> Result<(Run, Option<TornLine>)> {
    let mut file = File::open(path).map_err(|cause| Error::File { path: path.into(), cause })?;
    from(&mut file, path)
}

/// Reads as [`read`] does, from a file that is open, to its end.
pub fn from(file: &mut impl Read, path: &Path) -> Result<(Run, Option<TornLine>)> {
    let mut lines = Lines { source: BufReader::new(file), path, line: 0, bytes: Vec::new() };
    let header = match lines.next()? {
        Line::Whole(bytes) => header_of(bytes).map_err(|expected| lines.foreign(expected))?,
        Line::Torn(_) => {
            return Err(lines.foreign("expected a header that ends: the file was cut off".into()));
        }
        Line::End => return Err(lines.foreign("expected a header: the file is empty".into())),
    };
    let known: HashSet<CellId> = header.cells.iter().map(Cell::id).collect();
    let mut seen: HashSet<(CellId, u32)> = HashSet::new();
    let mut run = Run::new(header);
    loop {
        match lines.next()? {
            Line::Whole(bytes) if bytes.starts_with(COUNTS_LINE) => {
                let (cell, counts) =
                    counts_of(bytes, &known).map_err(|expected| lines.foreign(expected))?;
                run.counts.entry(cell).or_insert(counts);
            }
            Line::Whole(bytes) => {
                let record = record_of(bytes, &known, run.header.rounds)
                    .map_err(|expected| lines.foreign(expected))?;
                if seen.insert((record.cell.clone(), record.round)) {
                    run.records.push(record);
                }
            }
            Line::Torn(torn) => return Ok((run, Some(torn))),
            Line::End => return Ok((run, None)),
        }
    }
}

struct Lines<'a, R> {
    source: BufReader<R>,
    path: &'a Path,
    /// The line that was read last, counted from 1.
    line: usize,
    bytes: Vec<u8>,
}

enum Line<'a> {
    Whole(&'a [u8]),
    Torn(TornLine),
    End,
}

impl<R: Read> Lines<'_, R> {
    fn next(&mut self) -> Result<Line<'_>> {
        self.line += 1;
        self.bytes.clear();
        let limited = &mut (&mut self.source).take(MAX_LINE_BYTES);
        let read = limited
            .read_until(b'\n', &mut self.bytes)
            .map_err(|cause| Error::File { path: self.path.into(), cause })?;
        match self.bytes.strip_suffix(b"\n") {
            _ if read as u64 == MAX_LINE_BYTES => {
                Err(self.foreign(format!("longer than {} MiB", MAX_LINE_BYTES >> 20)))
            }
            Some(_) => Ok(Line::Whole(&self.bytes[..read - 1])),
            None if read == 0 => Ok(Line::End),
            None => Ok(Line::Torn(TornLine { line: self.line, bytes: read as u64 })),
        }
    }

    fn foreign(&self, expected: String) -> Error {
        Error::Foreign { path: self.path.into(), line: self.line, expected }
    }
}

/// The fields that every version of a header has.
#[derive(Deserialize)]
struct AnyHeader {
    schema: u32,
    #[serde(default)]
    provenance: AnyProvenance,
}

#[derive(Default, Deserialize)]
struct AnyProvenance {
    #[serde(default)]
    build: AnyBuild,
}

#[derive(Default, Deserialize)]
struct AnyBuild {
    #[serde(default)]
    version: String,
}

/// Returns the header that `bytes` are: what a run file begins with, or what another program says
/// that it would run.
///
/// # Errors
/// The expectation that was not met, in one line that is safe to show.
pub fn header_of(bytes: &[u8]) -> Result<Header, String> {
    let any: AnyHeader = serde_json::from_slice(bytes)
        .map_err(|error| format!("expected the header of a tminus run file: {error}"))?;
    if any.schema != SCHEMA {
        let writer = match any.provenance.build.version.as_str() {
            "" => "another tminus".into(),
            version => format!("tminus {}", escape(version)),
        };
        return Err(format!(
            "schema {}, written by {writer}; this tminus {} reads schema {SCHEMA}: \
             use the tminus that wrote it, or a newer one",
            any.schema,
            env!("CARGO_PKG_VERSION"),
        ));
    }
    let header: Header = serde_json::from_slice(bytes)
        .map_err(|error| format!("expected the header of a tminus run file: {error}"))?;
    check_header(&header)?;
    Ok(header)
}

/// Refuses headers that no tminus writes, whatever file they come from.
///
/// # Errors
/// The expectation that was not met, in one line that is safe to show.
pub fn check_header(header: &Header) -> Result<(), String> {
    if header.cells.len() > MAX_CELLS || header.exclusions.len() > MAX_CELLS {
        return Err(format!("expected at most {MAX_CELLS} cells"));
    }
    if header.rounds > MAX_ROUNDS {
        return Err(format!("expected at most {MAX_ROUNDS} rounds"));
    }
    let mut ids = HashSet::new();
    let workloads: HashSet<&str> = header.workloads.iter().map(|it| it.id.as_str()).collect();
    for cell in &header.cells {
        let id = CellId::from_str(cell.id().as_str()).map_err(|error| error.to_string())?;
        cell.check_workers()?;
        if !workloads.contains(cell.workload.as_str()) {
            return Err(format!("expected the facts of the workload of {id}"));
        }
        if !ids.insert(id) {
            return Err(format!("expected {} once", cell.id()));
        }
    }
    let shown = header.workloads.iter().flat_map(|workload| {
        let names = [&workload.id, &workload.title, &workload.about, &workload.op];
        names.into_iter().chain(&workload.metrics)
    });
    let verified = header.verified.iter().flat_map(|it| {
        let all = [&it.broken, &it.not_promised, &it.untried].into_iter().flatten();
        std::iter::once(&it.executor).chain(all.flat_map(|(rule, reason)| [rule, reason]))
    });
    let shown = shown.chain(verified);
    let shown = shown.chain(header.executors.iter().flat_map(|e| [&e.id, &e.name, &e.note]));
    match shown.into_iter().find(|text| text.chars().any(char::is_control)) {
        Some(text) => Err(format!("expected text without control characters: `{}`", escape(text))),
        None => Ok(()),
    }
}

fn counts_of(bytes: &[u8], known: &HashSet<CellId>) -> Result<(CellId, Counts), String> {
    let line: CountsLine<'_> = serde_json::from_slice(bytes)
        .map_err(|error| format!("expected the counts of a cell: {error}"))?;
    let (cell, mut counts) = (line.counts_of.into_owned(), line.counts.into_owned());
    if !known.contains(&cell) {
        return Err(format!("expected a cell of the header, got {cell}"));
    }
    counts.check()?;
    Ok((cell, counts))
}

fn record_of(bytes: &[u8], known: &HashSet<CellId>, rounds: u32) -> Result<Record, String> {
    let mut record: Record =
        serde_json::from_slice(bytes).map_err(|error| format!("expected a record: {error}"))?;
    if !known.contains(&record.cell) {
        return Err(format!("expected a cell of the header, got {}", record.cell));
    }
    if record.round >= rounds {
        return Err(format!("expected a round below {rounds}, got {}", record.round));
    }
    record.samples.iter().try_for_each(Sample::check)?;
    if record.elapsed_ns > MAX_FIGURE {
        return Err(format!("expected at most 2^53 ns of a child, got {}", record.elapsed_ns));
    }
    for distribution in &record.distributions {
        distribution
            .decode()
            .map_err(|reason| format!("distribution `{}`: {reason}", escape(&distribution.name)))?;
    }
    // Written safe to show; another program may have written otherwise.
    match &mut record.outcome {
        Outcome::Ok => {}
        Outcome::Failed { reason, stderr, .. } => {
            *reason = escape(reason);
            *stderr = stderr.split('\n').map(escape).collect::<Vec<_>>().join("\n");
        }
        Outcome::Excluded { reason } => *reason = escape(reason),
    }
    record.withheld = record.withheld.as_deref().map(escape);
    Ok(record)
}
