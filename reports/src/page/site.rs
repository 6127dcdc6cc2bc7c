//! A small static site from a history: overview, trends, runs, a page an executor and a page a
//! cell.
//!
//! All pages are files with relative links, without scripts and without a network, for GitHub Pages
//! or a disk. An address depends on nothing but the name of what it shows, so that links stay good
//! while the history grows; the same history gives the same bytes.

mod address;
mod cells;
mod executors;
mod overview;
mod runs;
mod spark;
mod trends;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use maud::Markup;
use tminus_contract::Family;
use tminus_history::{Change, Findings, Log, Place, Series};
use tminus_judge::rank::{Ranking, Row, higher_is_better};
use tminus_record::{Cell, Run};

use crate::Output;
use crate::model::conformance::Conformance;
use crate::page::shell::Shell;
use crate::words::{self, sources};
use address::Addresses;

/// A run that is shown in full.
#[derive(Clone, Debug)]
pub struct Newest {
    /// Its number.
    pub number: i64,
    /// The run.
    pub run: Run,
    /// Its ranking, by the metric of the site.
    pub ranking: Ranking,
}

/// The data that the site is made from.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// Every run and every series.
    pub log: &'a Log,
    /// The changes of the series.
    pub found: &'a Findings,
    /// The run of the newest commit of each place, the newest first.
    pub newest: &'a [Newest],
    /// The metric that all is of; else the first of each workload.
    pub metric: Option<&'a str>,
    /// The findings of the conformance suite, for the pages of executors.
    pub conformance: Option<&'a Conformance>,
}

/// Returns every file of the site.
#[must_use]
pub fn site(site: &Site<'_>) -> Vec<Output> {
    let book = Book::of(site);
    let mut files = vec![
        Output { path: ".nojekyll".into(), bytes: Vec::new() },
        book.file("index.html", "Which async executor is faster", &overview::main(&book)),
        book.file("trends.html", "Trends", &trends::main(&book)),
        book.file("runs.html", "Runs", &runs::main(&book)),
        book.file("executors.html", "Executors", &executors::list(&book)),
    ];
    files.extend(executors::pages(&book));
    files.extend(cells::pages(&book));
    files
}

/// Returns the run of the newest commit of each place of `log`, the newest first: those that a
/// [`Site`] wants in full.
#[must_use]
pub fn newest(log: &Log) -> Vec<i64> {
    let mut seen: BTreeSet<&Place> = BTreeSet::new();
    let newest_first = runs::in_order(log).into_iter().rev();
    let newest = newest_first.filter(|(_, facts)| seen.insert(&facts.place));
    newest.map(|(number, _)| *number).collect()
}

/// The data that all pages look things up in.
struct Book<'a> {
    site: &'a Site<'a>,
    /// The series of each cell by its id.
    cells: BTreeMap<String, Vec<&'a Series>>,
    /// The changes of each cell by its id, in the order of commits.
    changes: BTreeMap<&'a str, Vec<&'a Change>>,
    places: BTreeSet<&'a Place>,
    listed_runs: BTreeSet<i64>,
    /// The rows of the newest run of a place, by the ids of their cells.
    rows: HashMap<i64, HashMap<String, (&'a str, &'a Row)>>,
    /// The most points of a series that has too few.
    too_short: usize,
    cell_pages: Addresses,
    executor_pages: Addresses,
}

impl<'a> Book<'a> {
    fn of(site: &'a Site<'a>) -> Self {
        let mut cells: BTreeMap<String, Vec<&Series>> = BTreeMap::new();
        for series in &site.log.series {
            cells.entry(series.cell.id().into()).or_default().push(series);
        }
        let mut changes: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        for change in &site.found.changes {
            changes.entry(&change.cell).or_default().push(change);
        }
        let places = site.log.order.places();
        for changes in changes.values_mut() {
            changes.sort_by_key(|change| places.get(&change.first_after.run).copied());
        }
        let known = site.log.series.iter().filter(|series| !series.cell.is_floor());
        let known = known.map(|series| series.cell.executor.as_str());
        let declared = site.newest.iter().flat_map(|newest| &newest.run.header.executors);
        let executors: BTreeSet<&str> =
            known.chain(declared.map(|facts| facts.id.as_str())).collect();
        Self {
            cell_pages: Addresses::of(cells.keys().map(String::as_str)),
            executor_pages: Addresses::of(executors.into_iter()),
            places: site.log.runs.values().map(|facts| &facts.place).collect(),
            listed_runs: runs::listed(site.log),
            rows: site.newest.iter().map(|newest| (newest.number, rows(newest))).collect(),
            too_short: too_short(site),
            site,
            cells,
            changes,
        }
    }

    /// Returns a page at the root.
    fn file(&self, path: &str, title: &str, main: &Markup) -> Output {
        self.page(path, "", title, main)
    }

    /// Returns a page from which `up` leads to the root.
    fn page(&self, path: &str, up: &str, title: &str, main: &Markup) -> Output {
        let pages = [
            ("index.html", "Overview"),
            ("trends.html", "Trends"),
            ("executors.html", "Executors"),
            ("runs.html", "Runs"),
        ];
        let bar = pages.map(|(page, text)| (format!("{up}{page}"), text, page == path));
        let shell = Shell {
            title,
            subtitle: &self.subtitle(),
            bar: bar.into(),
            footer: "Shown is what tminus measured, run by run. Changes over runs are advisory: machines \
                     change too. A gate, which runs both sides in turns, decides.",
        };
        Output { path: path.into(), bytes: shell.page(main).into_bytes() }
    }

    fn subtitle(&self) -> String {
        let days = self.site.log.runs.values().map(|facts| facts.started_unix_ns);
        let range = match (days.clone().min(), days.max()) {
            (Some(first), Some(last)) => {
                format!(" from {} to {} (UTC)", sources::date(first), sources::date(last))
            }
            _ => String::new(),
        };
        format!("{}{range}", words::count(self.site.log.runs.len() as u64, "run"))
    }

    /// Returns a note that rankings are by the metric that was asked for, and how to read their
    /// words; `None` where none was.
    fn asked(&self) -> Option<String> {
        let metric = self.site.metric?;
        let (best, more) =
            if higher_is_better(metric) { ("highest", "less") } else { ("lowest", "more") };
        Some(format!(
            "By {}, which was asked for: fastest is the one with the {best}, slowdown how many times {more}.",
            words::metric(metric, "op")
        ))
    }

    /// Returns how a cell is drawn: a history does not know families, but its newest runs do.
    fn family(&self, cell: &Cell) -> Family {
        if cell.is_floor() {
            return Family::Floor;
        }
        executors::newest_with(self, &cell.executor).map_or(Family::Other, |(_, it)| it.family)
    }

    /// Returns whether the series is one of those with too few runs to show a change: they are the
    /// shortest.
    fn is_too_short(&self, series: &Series) -> bool {
        series.points.len() <= self.too_short
    }

    /// Returns whether places have to be named.
    fn has_places(&self) -> bool {
        self.places.len() > 1
    }

    /// Returns the changes of one series.
    fn changes_of(&self, series: &Series) -> Vec<&'a Change> {
        let all = self.changes.get(series.cell.id().as_str()).into_iter().flatten().copied();
        all.filter(|change| change.is_of(series)).collect()
    }
}

/// Returns the rows of a run by their ids, each with the metric of its group.
fn rows(newest: &Newest) -> HashMap<String, (&str, &Row)> {
    let rows = newest.ranking.groups.iter().flat_map(|group| {
        group.rows.iter().map(move |row| (row.cell.id().into(), (group.metric.as_str(), row)))
    });
    rows.collect()
}

/// Returns the length of the longest of the series with too few runs to show a change.
fn too_short(site: &Site<'_>) -> usize {
    let mut lengths: Vec<usize> = site.log.series.iter().map(|it| it.points.len()).collect();
    lengths.sort_unstable();
    let last = site.found.too_short.checked_sub(1);
    last.and_then(|last| lengths.get(last)).copied().unwrap_or(0)
}

/// Returns the suffix for the name of a series of a later version of its workload.
fn version(series: &Series) -> String {
    match series.workload_version {
        0 | 1 => String::new(),
        version => format!(", version {version} of the workload"),
    }
}

#[cfg(test)]
mod tests;
