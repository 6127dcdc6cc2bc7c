//! A run file on its way into a history: read and checked in full before anything is written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use rusqlite::{Result as SqlResult, Transaction, params};
use sha2::{Digest as _, Sha256};
use tminus_contract::error::{Error, Result};
use tminus_judge::rank::{self, Summary};
use tminus_measure::store::{self, TornLine};
use tminus_record::{Cell, Header, Outcome, Run};

use super::Facts;

/// The largest run file: a thorough run has some ten.
const MAX_BYTES: u64 = 256 << 20;
/// The most metrics of a run, and the longest name of one.
const MAX_METRICS: usize = 1000;
const MAX_NAME_BYTES: usize = 200;

/// A run file that was read: what a history keeps of it.
#[derive(Debug)]
pub struct Incoming {
    /// A last line that a kill tore; it is not kept.
    pub torn: Option<TornLine>,
    /// The facts of the run.
    pub facts: Facts,
    /// SHA-256 of the first line.
    pub(super) identity: [u8; 32],
    /// The whole lines of the file, packed.
    pub(super) file: Vec<u8>,
    cells: Vec<Measured>,
}

/// A cell of the run.
#[derive(Debug)]
struct Measured {
    cell: Cell,
    /// Of its workload.
    version: u32,
    first_metric: String,
    points: BTreeMap<String, Summary>,
}

impl Incoming {
    /// Reads the run file at `path`. Cells of which a round failed give no points.
    ///
    /// # Errors
    /// As [`store::read`], and [`Error::Foreign`] for what is too large for a history.
    pub fn read(path: &Path) -> Result<Self> {
        let failed = |cause| Error::File { path: path.into(), cause };
        let foreign = |expected: String| Error::Foreign { path: path.into(), line: 1, expected };
        let file = File::open(path).map_err(failed)?;
        let mut copy = Copying { file: file.take(MAX_BYTES + 1), bytes: Vec::new() };
        let (run, torn) = store::from(&mut copy, path)?;
        let mut bytes = copy.bytes;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(foreign(format!("expected a run file of at most {} MiB", MAX_BYTES >> 20)));
        }
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        bytes.truncate(whole);
        let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        Ok(Self {
            torn,
            facts: Facts::of(&run.header),
            identity: Sha256::digest(first).into(),
            file: pack(&bytes).map_err(failed)?,
            cells: measured(&run).map_err(foreign)?,
        })
    }

    /// Writes the run and gives its number.
    pub(super) fn insert(&self, transaction: &Transaction<'_>) -> SqlResult<i64> {
        transaction.execute(
            "INSERT INTO run (identity, facts) VALUES (?1, ?2)",
            params![self.identity, json(&self.facts)?],
        )?;
        let id = transaction.last_insert_rowid();
        self.insert_contents(transaction, id)?;
        Ok(id)
    }

    /// Writes the run in the place of one that has fewer records.
    pub(super) fn replace(&self, transaction: &Transaction<'_>, id: i64) -> SqlResult<()> {
        transaction.execute("DELETE FROM point WHERE run = ?1", params![id])?;
        transaction.execute("DELETE FROM file WHERE run = ?1", params![id])?;
        self.insert_contents(transaction, id)
    }

    fn insert_contents(&self, transaction: &Transaction<'_>, id: i64) -> SqlResult<()> {
        let sql = "INSERT INTO file (run, bytes) VALUES (?1, ?2)";
        transaction.execute(sql, params![id, self.file])?;
        let mut point = transaction.prepare(
            "INSERT INTO point (metric, run, cell, median, low, high, rounds) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let metrics = self.insert_metrics(transaction)?;
        let mut points = Vec::new();
        for measured in &self.cells {
            let cell = measured.insert(transaction, &metrics)?;
            let of = |(name, it)| (metrics[name], cell, it);
            points.extend(measured.points.iter().map(|(name, it)| of((name.as_str(), it))));
        }
        // In the order in which they are stored.
        points.sort_by_key(|(metric, cell, _)| (*metric, *cell));
        for (metric, cell, Summary { estimate, rounds }) in points {
            let (low, high) = estimate.interval.unzip();
            let rounds = i64::try_from(*rounds).unwrap_or(i64::MAX);
            point.execute(params![metric, id, cell, estimate.value, low, high, rounds])?;
        }
        Ok(())
    }

    /// Returns the number of each metric by its name.
    fn insert_metrics(&self, transaction: &Transaction<'_>) -> SqlResult<HashMap<&str, i64>> {
        let mut insert =
            transaction.prepare("INSERT INTO metric (name) VALUES (?1) ON CONFLICT DO NOTHING")?;
        let mut find = transaction.prepare("SELECT id FROM metric WHERE name = ?1")?;
        let number = |name| {
            insert.execute(params![name])?;
            Ok((name, find.query_row(params![name], |row| row.get(0))?))
        };
        metrics(&self.cells).into_iter().map(number).collect()
    }
}

impl Measured {
    /// Writes the cell, unless it is there, and gives its number.
    fn insert(
        &self,
        transaction: &Transaction<'_>,
        metrics: &HashMap<&str, i64>,
    ) -> SqlResult<i64> {
        let id = self.cell.id();
        transaction
            .prepare(
                "INSERT INTO cell (name, version, cell, metric) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (name, version) DO UPDATE SET cell = ?3, metric = ?4 RETURNING id",
            )?
            .query_row(
                params![
                    id.as_str(),
                    self.version,
                    json(&self.cell)?,
                    metrics[self.first_metric.as_str()]
                ],
                |row| row.get(0),
            )
    }
}

/// Returns every metric that is named.
fn metrics(cells: &[Measured]) -> BTreeSet<&str> {
    let first = cells.iter().map(|cell| cell.first_metric.as_str());
    first.chain(cells.iter().flat_map(|cell| cell.points.keys().map(String::as_str))).collect()
}

/// Returns the cells of the run with their points, or what is wrong with the run.
fn measured(run: &Run) -> std::result::Result<Vec<Measured>, String> {
    let mut summaries = rank::summaries(run);
    for record in run.records.iter().filter(|record| record.outcome != Outcome::Ok) {
        summaries.remove(&record.cell);
    }
    let cells = run.header.cells.iter().filter(|cell| !cell.twin);
    let cells: Vec<Measured> = cells
        .map(|cell| of_cell(run, cell, summaries.remove(&cell.id()).unwrap_or_default()))
        .collect();
    let named = metrics(&cells);
    if named.len() > MAX_METRICS || named.iter().any(|name| name.len() > MAX_NAME_BYTES) {
        return Err(format!(
            "expected at most {MAX_METRICS} metrics with names of at most {MAX_NAME_BYTES} bytes"
        ));
    }
    Ok(cells)
}

fn of_cell(run: &Run, cell: &Cell, points: BTreeMap<String, Summary>) -> Measured {
    let facts = rank::facts_of(&run.header, &cell.workload);
    Measured {
        cell: cell.clone(),
        version: facts.map_or(0, |facts| facts.version),
        first_metric: rank::metric_of(None, facts).into(),
        points,
    }
}

/// Returns whether the file that is stored holds all of the file that comes; `Some(false)` where it
/// is only the beginning of it, `None` where they are two files.
pub(super) fn holds(stored: &[u8], comes: &[u8]) -> Option<bool> {
    let (stored, comes) = (unpack(stored)?, unpack(comes)?);
    match () {
        () if stored.starts_with(&comes) => Some(true),
        () if comes.starts_with(&stored) => Some(false),
        () => None,
    }
}

/// Packs fast rather than small: a run file shrinks to less than a third either way.
fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Returns what [`pack`] was given; `None` if it is damaged, or larger than any run file.
pub(super) fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let read = ZlibDecoder::new(bytes).take(MAX_BYTES + 1).read_to_end(&mut out);
    (read.is_ok() && out.len() as u64 <= MAX_BYTES).then_some(out)
}

/// Returns the first line of what [`pack`] was given; unpacks no more than that.
pub(super) fn header(bytes: &[u8]) -> Option<Header> {
    let mut line = Vec::new();
    let unpacked = ZlibDecoder::new(bytes).take(MAX_BYTES);
    BufReader::new(unpacked).read_until(b'\n', &mut line).ok()?;
    store::header_of(line.strip_suffix(b"\n")?).ok()
}

fn json(value: &impl serde::Serialize) -> SqlResult<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// Keeps what is read.
struct Copying<R> {
    file: R,
    bytes: Vec<u8>,
}

impl<R: Read> Read for Copying<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}
