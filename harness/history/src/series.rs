//! The points of one cell over many runs, read back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Result, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tminus_judge::rank::Interval;
use tminus_record::{Cell, Filter};

use super::incoming::header;
use super::{Commits, Facts, Order, Place};

/// Which series are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The cells.
    pub filter: &'a Filter,
    /// The metric; else the first of each workload.
    pub metric: Option<&'a str>,
}

/// Series and the runs that their points are of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// Every run of the history by its number.
    pub runs: BTreeMap<i64, Facts>,
    /// By cell, version of the workload, and place.
    pub series: Vec<Series>,
    /// The order of the runs, in which points stand too.
    pub order: Order,
}

impl Log {
    /// Runs and series in the order of commits, by what the runs store and what a repository says.
    #[must_use]
    pub fn new(runs: BTreeMap<i64, Facts>, mut series: Vec<Series>, commits: &Commits) -> Self {
        let order = Order::of(&runs, commits);
        order.sort(&mut series, &runs);
        Self { runs, series, order }
    }

    /// Returns the full hashes of all commits.
    pub fn revisions(&self) -> BTreeSet<&str> {
        let known = self.runs.values().map(|facts| facts.revision.as_str());
        known.filter(|revision| !revision.is_empty()).collect()
    }
}

/// One metric of one cell over all runs of one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The cell.
    pub cell: Cell,
    /// The version of its workload; another one is another series.
    pub workload_version: u32,
    /// The metric.
    pub metric: String,
    /// The place where the runs ran.
    pub place: Place,
    /// A point a run, in the order of [`Log::order`].
    pub points: Vec<Point>,
}

/// The figure of a cell in one run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The number of the run.
    pub run: i64,
    /// The median over rounds.
    pub median: f64,
    /// Its 95 % order-statistic interval; `None` with fewer than six rounds.
    pub interval: Option<Interval>,
    /// Rounds that gave a value.
    pub rounds: u32,
}

/// Returns every run by its number.
pub(super) fn runs(connection: &Connection) -> Result<BTreeMap<i64, Facts>> {
    let mut statement = connection.prepare("SELECT id, facts FROM run")?;
    let mut file = connection.prepare("SELECT bytes FROM file WHERE run = ?1")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, from_json(row, 1)?)))?;
    let whole = |row: Result<(i64, Facts)>| {
        let (run, facts) = row?;
        if facts.machine.is_some() {
            return Ok((run, facts));
        }
        // Added before facts held the machine: the file has it.
        let bytes = file.query_row(params![run], |row| row.get::<_, Vec<u8>>(0)).optional()?;
        let header = bytes.and_then(|bytes| header(&bytes));
        Ok((run, header.map_or(facts, |header| Facts::of(&header))))
    };
    rows.map(whole).collect()
}

/// Returns the series, or the names of the metrics that there are if the one asked for is not among
/// them.
pub(super) fn read(
    connection: &Connection,
    asked: &Query<'_>,
) -> Result<std::result::Result<Log, BTreeSet<String>>> {
    let runs = runs(connection)?;
    let metrics = metrics(connection)?;
    let cells = cells(connection, asked)?;
    let is_wanted = |id: i64, name: &str| match asked.metric {
        Some(metric) => metric == name,
        None => cells.values().any(|cell| cell.metric == id),
    };
    let mut wanted = metrics.clone();
    wanted.retain(|id, name| is_wanted(*id, name));
    if asked.metric.is_some() && wanted.is_empty() {
        return Ok(Err(metrics.into_values().collect()));
    }
    let mut series = Vec::new();
    for (id, name) in &wanted {
        let mut cells: HashMap<i64, &StoredCell> =
            cells.iter().map(|(id, cell)| (*id, cell)).collect();
        cells.retain(|_, cell| asked.metric.is_some() || cell.metric == *id);
        series.extend(of_metric(connection, (*id, name), &cells, &runs)?);
    }
    series.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(Ok(Log::new(runs, series, &Commits::default())))
}

fn order(series: &Series) -> (&str, &Place, String, u32) {
    (&series.metric, &series.place, series.cell.id().into(), series.workload_version)
}

/// A cell as it is stored.
struct StoredCell {
    cell: Cell,
    version: u32,
    /// The first metric of its workload.
    metric: i64,
}

/// Returns the cells that are asked for, by their numbers.
fn cells(connection: &Connection, asked: &Query<'_>) -> Result<BTreeMap<i64, StoredCell>> {
    let mut statement = connection.prepare("SELECT id, cell, version, metric FROM cell")?;
    let known = statement.query_map([], |row| {
        let known =
            StoredCell { cell: from_json(row, 1)?, version: row.get(2)?, metric: row.get(3)? };
        Ok((row.get(0)?, known))
    })?;
    let chosen = |known: &Result<(i64, StoredCell)>| match known {
        Ok((_, known)) => asked.filter.stored(&known.cell),
        Err(_) => true,
    };
    known.filter(chosen).collect()
}

fn metrics(connection: &Connection) -> Result<BTreeMap<i64, String>> {
    let mut statement = connection.prepare("SELECT id, name FROM metric")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Returns the series of one metric.
fn of_metric(
    connection: &Connection,
    (metric, name): (i64, &str),
    cells: &HashMap<i64, &StoredCell>,
    runs: &BTreeMap<i64, Facts>,
) -> Result<Vec<Series>> {
    let sql = "SELECT run, cell, median, low, high, rounds FROM point WHERE metric = ?1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params![metric])?;
    let mut found: HashMap<(i64, &Place), Vec<Point>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (run, cell): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (Some(facts), true) = (runs.get(&run), cells.contains_key(&cell)) else { continue };
        let ends: (Option<f64>, Option<f64>) = (row.get(3)?, row.get(4)?);
        let interval = ends.0.zip(ends.1).map(|(low, high)| Interval { low, high });
        let point = Point { run, median: row.get(2)?, interval, rounds: row.get(5)? };
        found.entry((cell, &facts.place)).or_default().push(point);
    }
    let series = found.into_iter().map(|((cell, place), points)| {
        let StoredCell { cell, version, .. } = cells[&cell];
        Series {
            cell: cell.clone(),
            workload_version: *version,
            metric: name.into(),
            place: place.clone(),
            points,
        }
    });
    Ok(series.collect())
}

fn from_json<T: DeserializeOwned>(row: &rusqlite::Row<'_>, column: usize) -> Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}
