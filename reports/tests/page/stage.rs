//! The pages under test as files: those of a run, of fairness and of hostile names, a site of a
//! history, a site of hostile names, two runs side by side.

use std::path::{Path, PathBuf};

use tminus_history::{Log, Series, check};
use tminus_judge::change::Options;
use tminus_judge::compare::{self, Comparison};
use tminus_judge::rank::Ranking;
use tminus_record::{Cell, CellId, Exclusion, Filter, Run};
use tminus_reports::draw::gallery::Gallery;
use tminus_reports::model::conformance::Conformance;
use tminus_reports::model::past::Past;
use tminus_reports::page;
use tminus_reports::page::site::{self, Newest, Site};
use tminus_reports::{Beside, Output};

use crate::{fixture, fixture_past};

/// Runs in the histories.
const RUNS: i64 = 20;
/// Series of the site at most, of all workloads: as many pages of cells.
const SERIES: usize = 24;

/// The pages under test as files, and what they show.
pub(crate) struct Stage {
    pub(crate) run: Run,
    pub(crate) ranking: Ranking,
    /// The address of the page of `run`.
    pub(crate) url: String,
    /// The address of a page by a metric of which more is better, with a 0 in a round.
    pub(crate) fair: String,
    /// The address of a page of hostile names.
    pub(crate) hostile: String,
    /// The address of the page of `run` where a column has nothing but reasons and a cell no round.
    pub(crate) gaps: String,
    /// The folders of pages without scripts: a site, two runs side by side, a site of hostile
    /// names.
    pub(crate) still: [PathBuf; 3],
    folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let run = fixture::measured_with_floors();
        let ranking = fixture::rank(&run);
        let hostile = fixture::hostile();
        let hostile_run = fixture::run_of(&hostile);
        let still = ["site", "compared", "hostile-site"].map(|name| folder.path().join(name));
        write(&still[0], &site_of(&run, &ranking));
        write(&still[1], &compared(&run));
        write(&still[2], &site_of(&hostile_run, &hostile));
        let page = |name: &str, run: &Run, ranking: &Ranking| {
            let path = folder.path().join(name);
            std::fs::write(&path, page_of(run, ranking)).expect("written");
            url(&path)
        };
        let with_gaps = with_gaps(&run);
        let (fair_run, fair_ranking) = fixture::fair();
        let url = page("index.html", &run, &ranking);
        let fair = page("fair.html", &fair_run, &fair_ranking);
        let hostile = page("hostile.html", &hostile_run, &hostile);
        let gaps = page("gaps.html", &with_gaps, &fixture::rank(&with_gaps));
        Self { run, ranking, url, fair, hostile, gaps, still, folder }
    }

    /// Returns the addresses of all that was written.
    pub(crate) fn all(&self) -> Vec<String> {
        let still = self.still.iter().flat_map(|folder| files(folder));
        let still = still.map(|path| url(&path));
        let pages = [&self.url, &self.fair, &self.hostile, &self.gaps];
        pages.into_iter().cloned().chain(still).collect()
    }
}

/// Returns the address of a file.
pub(crate) fn url(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// Returns every file below `folder`, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    all.sort();
    all.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn write(folder: &Path, outputs: &[Output]) {
    for output in outputs {
        let path = folder.join(&output.path);
        std::fs::create_dir_all(path.parent().expect("below a folder")).expect("a folder");
        std::fs::write(path, &output.bytes).expect("written");
    }
}

fn conformance() -> Conformance {
    Conformance::parse(fixture_past::CONFORMANCE.as_bytes()).expect("as it is printed")
}

/// Returns the page of a run with all that may stand beside it.
fn page_of(run: &Run, ranking: &Ranking) -> String {
    let tried = conformance();
    let past = Past::of(fixture_past::log(run, ranking, RUNS), run, ranking);
    let gallery = Gallery::of(run, ranking).with_trends(&past.trends(ranking));
    page::run::page(
        run,
        ranking,
        &gallery,
        &Beside { past: Some(&past), conformance: Some(&tried), png: false },
    )
}

/// `run` as if all but the floor were excluded in its last column, and one cell were never run.
fn with_gaps(run: &Run) -> Run {
    let mut run = run.clone();
    let is_out = |cell: &Cell| cell.label == "connections=1000" && !cell.is_floor();
    let out: Vec<CellId> =
        run.header.cells.iter().filter(|cell| is_out(cell)).map(Cell::id).collect();
    run.header.cells.retain(|cell| !is_out(cell));
    let never = "squares/tasks=10/monoio";
    run.records.retain(|record| !out.contains(&record.cell) && record.cell.as_str() != never);
    let exclusion = |cell| Exclusion { cell, reason: "too few file descriptors".into() };
    run.header.exclusions.extend(out.into_iter().map(exclusion));
    run
}

/// Returns the site of a history that ends in `run`, of a few of its cells, the first of which
/// changes often and was measured elsewhere too.
fn site_of(run: &Run, ranking: &Ranking) -> Vec<Output> {
    let mut log = fixture_past::log(run, ranking, RUNS);
    let apart = log.series.len() / SERIES + 1;
    let mut at = 0..;
    log.series.retain(|_| at.next().is_some_and(|index| index < 2 || index % apart == 0));
    elsewhere(&mut log);
    let found = check(&log, &Options::default());
    let newest = Newest { number: RUNS, run: run.clone(), ranking: ranking.clone() };
    let tried = conformance();
    site::site(&Site {
        log: &log,
        found: &found,
        newest: &[newest],
        metric: None,
        conformance: Some(&tried),
    })
}

/// The first series once more, in a place of its own.
fn elsewhere(log: &mut Log) {
    let Some(first) = log.series.first() else { return };
    let mut there = Series { ..first.clone() };
    there.place.cpu = format!("Other {}", there.place.cpu);
    for point in &mut there.points {
        let mut facts = log.runs[&point.run].clone();
        facts.place = there.place.clone();
        point.run += 100;
        log.runs.insert(point.run, facts);
    }
    log.series.push(there);
}

/// `run` beside one in which some executors cost more and some less.
fn compared(run: &Run) -> Vec<Output> {
    let mut candidate = run.clone();
    for record in &mut candidate.records {
        let factor = match record.cell.as_str() {
            id if id.contains("/smol") => 1.3,
            id if id.contains("/heap") => 0.7,
            _ => 1.0,
        };
        for sample in &mut record.samples {
            sample.wall_ns = (sample.wall_ns as f64 * factor) as u64;
            sample.cpu_ns = (sample.cpu_ns as f64 * factor) as u64;
        }
    }
    let options = compare::Options { margin: 1.01, metric: None, force: false };
    let found: Comparison =
        compare::compare(run, &candidate, &Filter::default(), &options).expect("alike");
    page::compare::report([run, &candidate], &found, false).expect("a picture")
}

/// Returns the page of a run file that `TMINUS_RUN` names, as a file in the folder of `stage`.
pub(crate) fn page_of_run(stage: &Stage) -> Option<String> {
    let path = PathBuf::from(std::env::var_os("TMINUS_RUN")?);
    let run = tminus_measure::store::read(&path).expect("a run file").0;
    let ranking = fixture::rank(&run);
    let page = stage.folder.path().join("run.html");
    let text = page::run::page(&run, &ranking, &Gallery::of(&run, &ranking), &Beside::default());
    std::fs::write(&page, text).expect("written");
    Some(url(&page))
}
