//! Writing a run file: the header appears whole or not at all, every record as one line.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tminus_contract::error::{Error, Result};
use tminus_record::{Cell, CellId, Counts, Header, Record, Run, machine};

use super::CountsLine;
use super::read::{self, TornLine};
use crate::files;

/// Appends records to a run file. Only one may write to a file at a time.
///
/// Nothing is synced to the disk: that would disturb the measurements. A killed tminus loses no
/// finished record, a power cut may lose the last ones.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
    /// The header and whole records.
    length: u64,
}

impl Writer {
    /// Creates the run file at `path`, and the directory that it is in.
    ///
    /// # Errors
    /// [`Error::File`], also if there is such a file already.
    pub fn create(path: &Path, header: &Header) -> Result<Self> {
        let failed = |cause| Error::File { path: path.into(), cause };
        let line = line_of(header).map_err(failed)?;
        let file = files::create_with(path, |file| file.write_all(&line)).map_err(failed)?;
        Ok(Self { path: path.into(), file, length: line.len() as u64 })
    }

    /// Opens the run file at `path` to go on where it ends. `expected` is the header that the run
    /// would have now; its provenance may differ but for the build and the facts of the machine
    /// that figures depend on. A torn last line is cut off and returned.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Foreign`] if it is no run file or that of another plan or build.
    pub fn resume(path: &Path, expected: &Header) -> Result<(Self, Run, Option<TornLine>)> {
        let failed = |cause| Error::File { path: path.into(), cause };
        let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("is no plain file")));
        }
        lock(&file).map_err(failed)?;
        let (run, torn) = read::from(&mut file, path)?;
        if let Some(difference) = difference(&run.header, expected) {
            let expected = format!("cannot go on with this run: {difference}; start a new one");
            return Err(Error::Foreign { path: path.into(), line: 1, expected });
        }
        let mut length = file.seek(SeekFrom::End(0)).map_err(failed)?;
        if let Some(torn) = &torn {
            length -= torn.bytes;
            file.set_len(length).map_err(failed)?;
        }
        Ok((Self { path: path.into(), file, length }, run, torn))
    }

    /// Returns where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends `record` as one line.
    ///
    /// # Errors
    /// [`Error::File`], on a full disk for example; the records before it stay whole.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        self.append_line(record)
    }

    /// Appends the counts of a cell as one line.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_counts(&mut self, cell: &CellId, counts: &Counts) -> Result<()> {
        self.append_line(&CountsLine::of(cell, counts))
    }

    fn append_line(&mut self, value: &impl serde::Serialize) -> Result<()> {
        let failed = |cause| Error::File { path: self.path.clone(), cause };
        let line = line_of(value).map_err(failed)?;
        if let Err(cause) = self.file.write_all(&line) {
            // Half a line would stand before the next one; a reader drops one only at the end.
            let _ = self.file.set_len(self.length);
            return Err(failed(cause));
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

/// Writes `run` to a run file at `path`, which appears whole or not at all, and the directory that
/// it is in.
///
/// # Errors
/// [`Error::File`], also if there is such a file already.
pub fn write(path: &Path, run: &Run) -> Result<()> {
    let written = files::create_with(path, |file| {
        let mut lines = BufWriter::new(file);
        lines.write_all(&line_of(&run.header)?)?;
        run.records.iter().try_for_each(|record| lines.write_all(&line_of(record)?))?;
        let mut counts = run.counts.iter().map(|(cell, counts)| CountsLine::of(cell, counts));
        counts.try_for_each(|counts| lines.write_all(&line_of(&counts)?))?;
        lines.into_inner()?.sync_all()
    });
    written.map(drop).map_err(|cause| Error::File { path: path.into(), cause })
}

fn line_of(value: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another tminus is writing to it")),
        // A file system without locks.
        Err(TryLockError::Error(_)) | Ok(()) => Ok(()),
    }
}

/// Returns why `found` cannot be continued as `expected`, if it cannot.
fn difference(found: &Header, expected: &Header) -> Option<String> {
    if found.seed != expected.seed {
        return Some(format!("its seed is {}, not {}", found.seed, expected.seed));
    }
    if found.seeds != expected.seeds {
        return Some("another version of tminus derives other seeds for its rounds".into());
    }
    if found.profile != expected.profile || found.rounds != expected.rounds {
        return Some(format!(
            "it has {} rounds of profile {:?}, not {} of {:?}",
            found.rounds, found.profile, expected.rounds, expected.profile
        ));
    }
    if found.cells != expected.cells {
        return Some(other_cells(&found.cells, &expected.cells));
    }
    if found.exclusions != expected.exclusions {
        return Some("what it excludes differs".into());
    }
    let changed = found.workloads.iter().find(|workload| !expected.workloads.contains(workload));
    if let Some(workload) = changed {
        return Some(format!("the workload `{}` has changed since", workload.id));
    }
    if found.provenance.build != expected.provenance.build {
        return Some("it was made by another build of tminus".into());
    }
    other_machine(found, expected)
}

/// Returns how the machine differs from before: half of the rounds would be those of another.
fn other_machine(found: &Header, expected: &Header) -> Option<String> {
    let [then, now] = [found, expected].map(|it| (&it.provenance.machine, &it.provenance.build));
    let changed = machine::differences(then, now);
    let changed: Vec<String> =
        changed.iter().map(tminus_record::machine::Difference::over_time).collect();
    let which = "it was made on another machine, or in another state of it";
    (!changed.is_empty()).then(|| format!("{which} ({})", changed.join("; ")))
}

fn other_cells(found: &[Cell], expected: &[Cell]) -> String {
    let missing = |these: &[Cell], those: &[Cell]| {
        these.iter().find(|cell| !those.contains(cell)).map(Cell::id)
    };
    match (missing(found, expected), missing(expected, found)) {
        (Some(cell), _) => format!("its plan has {cell}, this one has not"),
        (None, Some(cell)) => format!("its plan lacks {cell}"),
        (None, None) => "its cells stand in another order".into(),
    }
}

#[cfg(all(test, target_os = "linux"))]
impl Writer {
    /// Makes a writer whose disk is full.
    pub(super) fn on_full_disk() -> Self {
        let path = PathBuf::from("/dev/full");
        let file = OpenOptions::new().write(true).open(&path).expect("Linux has it");
        Self { path, file, length: 0 }
    }
}
