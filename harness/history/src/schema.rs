//! The tables of a history, and whether a file has them.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Result};

/// The version of the tables. A higher one is refused.
pub(super) const VERSION: i64 = 1;
/// Marks a database as a history of tminus: `tmin`.
const APPLICATION: i64 = 0x746d_696e;

/// Points stand in the order of metric and run: adding a run appends to a few pages, and what one
/// metric did over all runs lies in one stretch.
const TABLES: &str = "
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    identity BLOB NOT NULL UNIQUE, -- SHA-256 of the first line of its file
    facts TEXT NOT NULL -- JSON
) STRICT;
CREATE TABLE file (
    run INTEGER PRIMARY KEY REFERENCES run,
    bytes BLOB NOT NULL -- the run file, packed with zlib
) STRICT;
CREATE TABLE cell (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version INTEGER NOT NULL, -- of the workload
    cell TEXT NOT NULL, -- JSON
    metric INTEGER NOT NULL REFERENCES metric, -- the first of its workload
    UNIQUE (name, version)
) STRICT;
CREATE TABLE metric (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE point (
    metric INTEGER NOT NULL REFERENCES metric,
    run INTEGER NOT NULL REFERENCES run,
    cell INTEGER NOT NULL REFERENCES cell,
    median REAL NOT NULL,
    low REAL,
    high REAL,
    rounds INTEGER NOT NULL,
    PRIMARY KEY (metric, run, cell)
) STRICT, WITHOUT ROWID;
";

/// The kind of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A history of this version.
    Ours,
    /// Nothing yet.
    Empty,
    /// Another program's.
    Foreign,
    /// A history of a newer version: which.
    Newer(i64),
    /// Marked as a history, with other tables.
    Damaged,
}

/// Switches off what a database that was made to do harm could use.
pub(super) fn distrust(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    Ok(())
}

/// Says what the database is. Writes nothing.
pub(super) fn inspect(connection: &Connection) -> Result<Kind> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables = tables(connection)?;
    Ok(match () {
        () if application == 0 && version == 0 && tables.is_empty() => Kind::Empty,
        () if application != APPLICATION => Kind::Foreign,
        () if version > VERSION => Kind::Newer(version),
        () if version == VERSION && tables == expected()? => Kind::Ours,
        () => Kind::Damaged,
    })
}

/// Makes the tables in a database that is empty.
pub(super) fn create(connection: &Connection) -> Result<()> {
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", VERSION)
}

/// Returns the statements that made everything in the database.
fn tables(connection: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT type || name || coalesce(sql, '') FROM sqlite_schema ORDER BY type, name";
    connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

fn expected() -> Result<Vec<String>> {
    let fresh = Connection::open_in_memory()?;
    fresh.execute_batch(TABLES)?;
    tables(&fresh)
}
