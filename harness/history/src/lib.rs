//! Many runs in one file, an embedded SQLite database: each run file whole, and beside it what
//! series are made of. Touches the OS.
//!
//! What holds:
//! - A run is in it whole or not at all: one transaction a run. A program that is killed leaves a
//!   journal beside the file, from which the next one that opens it restores what was.
//! - Two may write: the second waits up to [`BUSY`] for the first. The journal is SQLite's rollback
//!   journal and not a write-ahead log: while no process uses it a history is one file that can be
//!   copied and kept as an artifact of CI, and it works on network file systems whose locks do.
//! - The run file comes out as it went in, byte for byte. All else in the database is derived of
//!   it.
//! - A database is believed no more than a run file: another program's, a newer one's and a damaged
//!   one is refused before anything is written. Values reach SQL only as parameters.

mod facts;
mod incoming;
mod order;
mod schema;
mod series;
mod check;

pub use check::{Change, Findings, RunAt, SCHEMA, check};
pub use facts::{Facts, Place};
pub use incoming::Incoming;
pub use order::{Commits, Order, Sequence};
pub use series::{Log, Point, Query, Series};

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{
    Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior, params,
};
use tminus_contract::error::{Error, Named, Result};
use tminus_measure::store;
use tminus_record::Run;
use tminus_record::text::escape;

/// How long a writer waits for another.
pub const BUSY: Duration = Duration::from_secs(10);

/// A database of runs.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    connection: Connection,
}

/// The outcome of adding a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new, under this number.
    New(i64),
    /// It was there already, with all its records; nothing was written.
    Known(i64),
    /// It was there with fewer records, as a run that was cut off and gone on with; it is whole
    /// now.
    Completed(i64),
}

impl History {
    /// Opens the history at `path`.
    ///
    /// # Errors
    /// [`Error::History`] if there is none, or if it is none, a newer or a damaged one.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            let reason = "no history yet; make one with `tminus history add RUN`".into();
            return Err(Error::History { path: path.into(), reason });
        }
        let history = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let kind = history.kind()?;
        history.expect(kind, false)?;
        Ok(history)
    }

    /// Opens the history at `path`, and makes it if there is none, with the directory that it is
    /// in.
    ///
    /// # Errors
    /// [`Error::File`] and [`Error::History`], as [`open`](Self::open).
    pub fn open_or_create(path: &Path) -> Result<Self> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)
                .map_err(|cause| Error::File { path: directory.into(), cause })?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut history = Self::connect(path, flags)?;
        let kind = history.kind()?;
        history.expect(kind, true)?;
        if kind == schema::Kind::Empty {
            history.in_transaction(|transaction| {
                // Another may have made it in the meantime.
                match schema::inspect(transaction)? {
                    schema::Kind::Empty => schema::create(transaction),
                    _ => Ok(()),
                }
            })?;
        }
        Ok(history)
    }

    /// Adds a run; whether it is new is told by the first line of its file.
    ///
    /// # Errors
    /// [`Error::History`] if it cannot be written, or if a run with that first line and other
    /// records is there. The history is then as it was.
    pub fn add(&mut self, run: &Incoming) -> Result<Added> {
        let added = self.in_transaction(|transaction| {
            let known = transaction.query_row(
                "SELECT run.id, file.bytes FROM run JOIN file ON file.run = run.id \
                 WHERE identity = ?1",
                params![run.identity],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
            );
            match known.optional()? {
                None => Ok(Some(Added::New(run.insert(transaction)?))),
                Some((id, file)) => match incoming::holds(&file, &run.file) {
                    Some(true) => Ok(Some(Added::Known(id))),
                    Some(false) => {
                        run.replace(transaction, id).map(|()| Some(Added::Completed(id)))
                    }
                    None => Ok(None),
                },
            }
        })?;
        added.ok_or_else(|| {
            self.error("a run with the same first line and other records is in it already".into())
        })
    }

    /// Returns every run by its number.
    ///
    /// # Errors
    /// [`Error::History`] if it cannot be read.
    pub fn runs(&self) -> Result<BTreeMap<i64, Facts>> {
        self.with(series::runs)
    }

    /// Returns the file of the run with this number, as it was added.
    ///
    /// # Errors
    /// [`Error::History`] if it cannot be read; [`Error::Usage`] if there is no such run.
    pub fn file(&self, id: i64) -> Result<Vec<u8>> {
        let bytes = self.with(|connection| {
            let sql = "SELECT bytes FROM file WHERE run = ?1";
            connection.query_row(sql, params![id], |row| row.get::<_, Vec<u8>>(0)).optional()
        })?;
        let bytes = bytes.ok_or_else(|| {
            Error::Usage(format!("no run {id} in the history: see `tminus history list`"))
        })?;
        incoming::unpack(&bytes)
            .ok_or_else(|| self.error(format!("damaged: run {id} cannot be unpacked")))
    }

    /// Returns the run with this number, as its file says.
    ///
    /// # Errors
    /// As [`file`](Self::file); [`Error::Foreign`] if what is stored is no run file.
    pub fn run(&self, id: i64) -> Result<Run> {
        let file = self.file(id)?;
        store::from(&mut file.as_slice(), &self.path).map(|(run, _)| run)
    }

    /// Returns the series of what is asked for, each in the order of commits as far as runs store
    /// it, and the runs that their points are of.
    ///
    /// # Errors
    /// [`Error::History`] if it cannot be read; [`Error::Usage`] for a metric that no run has.
    pub fn log(&self, asked: &Query<'_>) -> Result<Log> {
        let read = self.with(|connection| {
            // One transaction, so that all is of one moment.
            let transaction = connection.unchecked_transaction()?;
            series::read(&transaction, asked)
        })?;
        read.map_err(|known| {
            let metric = asked.metric.unwrap_or_default();
            Error::unknown(Named::Metric, metric, known.iter().map(String::as_str))
        })
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self> {
        let opened = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        let connection = opened.map_err(|error| failed(path, &error))?;
        let history = Self { path: path.into(), connection };
        history.with(|connection| {
            connection.busy_timeout(BUSY)?;
            schema::distrust(connection)
        })?;
        Ok(history)
    }

    /// Returns the kind of the database, read in one transaction: another process may be creating
    /// it.
    fn kind(&self) -> Result<schema::Kind> {
        self.with(|connection| {
            let transaction = connection.unchecked_transaction()?;
            schema::inspect(&transaction)
        })
    }

    /// Refuses what is no history of this version.
    fn expect(&self, kind: schema::Kind, may_be_empty: bool) -> Result<()> {
        use schema::Kind;
        let reason = match kind {
            Kind::Ours => return Ok(()),
            Kind::Empty if may_be_empty => return Ok(()),
            Kind::Empty => "an empty file: no run was added to it yet".into(),
            Kind::Foreign => "no history of tminus: a database of another program".into(),
            Kind::Newer(version) => format!(
                "made by a newer tminus: its format is {version}, this tminus {} knows {}; use the \
                 newer one",
                env!("CARGO_PKG_VERSION"),
                schema::VERSION
            ),
            Kind::Damaged => {
                "damaged: its tables are not those of a history; start a new one".into()
            }
        };
        Err(self.error(reason))
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        work(&self.connection).map_err(|error| failed(&self.path, &error))
    }

    /// Does all of `work` or nothing of it. The lock is taken at once, so that two writers wait for
    /// each other instead of failing half way.
    fn in_transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let all = || {
            let behavior = TransactionBehavior::Immediate;
            let transaction = self.connection.transaction_with_behavior(behavior)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        all().map_err(|error| failed(&self.path, &error))
    }

    fn error(&self, reason: String) -> Error {
        Error::History { path: self.path.clone(), reason }
    }
}

/// Turns an error of SQLite into a line that says what to do.
fn failed(path: &Path, error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    let said = escape(&error.to_string());
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "no history of tminus: not an SQLite database".into(),
        Some(ErrorCode::DatabaseCorrupt) => format!("damaged: {said}; start a new one"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            format!("another program has been writing to it for {} s; try again", BUSY.as_secs())
        }
        Some(_) => said,
        None => format!("damaged: {said}; start a new one"),
    };
    Error::History { path: path.into(), reason }
}

#[cfg(test)]
mod tests;
