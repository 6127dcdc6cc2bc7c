//! A site of made-up runs: every link leads somewhere, nothing is fetched, no name breaks out,
//! addresses stay.

use std::collections::BTreeSet;

use tminus_history::{Commits, Facts, Point, RunAt, Sequence};
use tminus_judge::rank::Interval;
use tminus_record::Cell;

use super::*;
use crate::testing::fixture;

const DAY_NS: u64 = 86_400_000_000_000;

fn facts(run: &Run, number: i64) -> Facts {
    let executors = run.header.executors.iter();
    let mut crates: BTreeMap<String, String> =
        executors.flat_map(|facts| facts.crates.clone()).collect();
    if number == 1 {
        crates.values_mut().for_each(|version| *version = format!("0.9 of {version}"));
    }
    Facts {
        started_unix_ns: 1_790_000_000_000_000_000 + number.unsigned_abs() * DAY_NS,
        revision: format!("{number}0123456789abcdef"),
        dirty: number == 2,
        place: Place::of(&run.header),
        rustc: "rustc 1.95.0".into(),
        version: "0.1.0".into(),
        crates,
        rounds: 12,
        cells: 100,
        committed_unix_s: Some(1_790_000_000 + number.unsigned_abs()),
        machine: None,
        build: None,
    }
}

fn series(cell: &Cell, metric: &str, place: &Place, runs: i64) -> Series {
    let point = |run: i64| {
        let median = if run < 3 { 20.0 } else { 24.0 };
        let interval = Some(Interval { low: median - 0.5, high: median + 0.5 });
        Point { run, median, interval, rounds: 12 }
    };
    Series {
        cell: cell.clone(),
        workload_version: 1,
        metric: metric.into(),
        place: place.clone(),
        points: (1..=runs).map(point).collect(),
    }
}

fn change(series: &Series, log_runs: &BTreeMap<i64, Facts>) -> Change {
    let at = |run: i64| RunAt {
        run,
        started_unix_ns: log_runs[&run].started_unix_ns,
        revision: log_runs[&run].revision.clone(),
        dirty: false,
        committed_unix_s: log_runs[&run].committed_unix_s,
    };
    Change {
        cell: series.cell.id().into(),
        metric: series.metric.clone(),
        place: series.place.clone(),
        before: 20.0,
        after: 24.0,
        ratio: Some(1.2),
        worse: true,
        sequence: Sequence::Commits,
        p: 1e-6,
        last_before: at(2),
        first_after: at(3),
        differences: vec!["tokio: 1.53.0 to 1.54.1".into()],
    }
}

/// Returns a history of `runs` runs of what `ranking` has, in which the first cell changed.
fn made(ranking: Ranking, runs: i64) -> (Log, Findings, Vec<Newest>) {
    let run = fixture::run_of(&ranking);
    let all: BTreeMap<i64, Facts> =
        (1..=runs).map(|number| (number, facts(&run, number))).collect();
    let place = all[&1].place.clone();
    let rows = ranking.groups.iter().flat_map(|group| {
        group.rows.iter().map(|row| series(&row.cell, &group.metric, &place, runs))
    });
    let log = Log::new(all, rows.collect(), &Commits::default());
    let found = Findings {
        schema: 1,
        runs: log.runs.len(),
        series: log.series.len(),
        too_short: 0,
        changes: vec![change(&log.series[0], &log.runs)],
    };
    (log, found, vec![Newest { number: runs, run, ranking }])
}

fn files(ranking: Ranking, runs: i64) -> Vec<Output> {
    let (log, found, newest) = made(ranking, runs);
    site(&Site { log: &log, found: &found, newest: &newest, metric: None, conformance: None })
}

fn pages(files: &[Output]) -> impl Iterator<Item = (&str, &str)> {
    let html = files.iter().filter(|file| file.path.ends_with(".html"));
    html.map(|file| (file.path.as_str(), std::str::from_utf8(&file.bytes).expect("text")))
}

/// Returns every value of an attribute of the page.
fn values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let files = files(fixture::ranking(), 4);
    let known: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert!(known.contains(".nojekyll") && known.contains("executors/tokio-current-thread.html"));
    let ids: BTreeMap<&str, Vec<&str>> =
        pages(&files).map(|(path, page)| (path, values(page, "id"))).collect();
    for (path, page) in pages(&files) {
        for link in values(page, "href").into_iter().filter(|link| *link != "data:,") {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match (file, file.strip_prefix("../")) {
                ("", _) => path.to_owned(),
                (_, Some(up)) => up.to_owned(),
                (file, None) => match path.rsplit_once('/') {
                    Some((folder, _)) => format!("{folder}/{file}"),
                    None => file.to_owned(),
                },
            };
            assert!(known.contains(target.as_str()), "{path}: {link}");
            assert!(anchor.is_empty() || ids[target.as_str()].contains(&anchor), "{path}: {link}");
        }
        let unique: BTreeSet<&str> = ids[path].iter().copied().collect();
        assert_eq!(unique.len(), ids[path].len(), "{path}: ids");
    }
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    for (path, page) in pages(&files(fixture::ranking(), 4)) {
        for forbidden in ["<script", "http://", "https://", "url(", "@import", " src="] {
            assert!(!page.contains(forbidden), "{path}: {forbidden}");
        }
        assert!(page.len() < 1_000_000 && page.ends_with("</html>"), "{path}");
    }
}

#[test]
fn changes_stand_on_every_page_that_they_concern() {
    let files = files(fixture::ranking(), 4);
    for path in ["index.html", "trends.html"] {
        let (_, page) = pages(&files).find(|(known, _)| *known == path).expect("is there");
        assert!(page.contains("+20.0 %") && page.contains("tokio: 1.53.0 to 1.54.1"), "{path}");
    }
    let cells =
        pages(&files).filter(|(path, page)| path.starts_with("cells/") && page.contains("+20.0 %"));
    assert_eq!(cells.count(), 1);
}

#[test]
fn addresses_stay_while_the_history_grows() {
    let (before, after) = (files(fixture::ranking(), 4), files(fixture::ranking(), 40));
    let paths =
        |files: &[Output]| -> Vec<String> { files.iter().map(|file| file.path.clone()).collect() };
    assert_eq!(paths(&before), paths(&after));
    assert_eq!(before, files(fixture::ranking(), 4));
}

#[test]
fn the_csv_of_a_cell_has_every_run_and_no_formula() {
    for ranking in [fixture::ranking(), fixture::hostile()] {
        for file in files(ranking, 40).iter().filter(|file| file.path.ends_with(".csv")) {
            let mut reader = csv::Reader::from_reader(file.bytes.as_slice());
            let rows: Vec<csv::StringRecord> =
                reader.records().map(|row| row.expect("as many fields as the head")).collect();
            assert!(rows.len() >= 40, "{}", file.path);
            let fields = rows.iter().flat_map(csv::StringRecord::iter);
            assert!(fields.into_iter().all(|field| !field.starts_with(['=', '+', '@'])));
        }
    }
}

#[test]
fn hostile_names_stay_text_and_lead_nowhere() {
    let (mut log, mut found, newest) = made(fixture::hostile(), 4);
    for facts in log.runs.values_mut() {
        (facts.revision, facts.rustc) = (fixture::HOSTILE.into(), fixture::HOSTILE.into());
        facts.crates = BTreeMap::from([(fixture::HOSTILE.into(), fixture::HOSTILE.into())]);
    }
    log.series[0].cell.executor = "../../../etc/passwd".into();
    found.changes[0].differences = vec![fixture::HOSTILE.into()];
    found.changes[0].first_after.revision = fixture::HOSTILE.into();
    let files =
        site(&Site { log: &log, found: &found, newest: &newest, metric: None, conformance: None });
    for file in &files {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-./".contains(&byte);
        assert!(file.path.bytes().all(plain) && !file.path.contains(".."), "{}", file.path);
        let text = std::str::from_utf8(&file.bytes).expect("text");
        let is_page = file.path.ends_with(".html");
        let forbidden: &[&str] = if is_page { &["<script", "<!--"] } else { &[] };
        for forbidden in forbidden.iter().chain(&["\u{1b}", "\u{202e}"]) {
            assert!(!text.contains(forbidden), "{}: {forbidden:?}", file.path);
        }
    }
}

#[test]
fn the_newest_run_of_each_place_is_shown() {
    let (mut log, ..) = made(fixture::ranking(), 6);
    log.runs.get_mut(&3).expect("is there").place.cpu = "Other CPU".into();
    assert_eq!(newest(&log), [6, 3]);
    // Measured last, of an older commit.
    log.runs.get_mut(&3).expect("is there").started_unix_ns = u64::MAX;
    assert_eq!(newest(&Log::new(log.runs.clone(), Vec::new(), &Commits::default())), [6, 3]);
    log.runs.get_mut(&3).expect("is there").committed_unix_s = Some(u64::MAX);
    assert_eq!(newest(&Log::new(log.runs, Vec::new(), &Commits::default())), [3, 6]);
}

/// Returns the pages of cells.
fn cells(files: &[Output]) -> Vec<&str> {
    pages(files).filter(|(path, _)| path.starts_with("cells/")).map(|(_, page)| page).collect()
}

#[test]
fn series_of_several_runs_are_drawn_each_under_its_own_name() {
    let (mut log, found, newest) = made(fixture::ranking(), 4);
    let first = &log.series[0];
    let mut elsewhere = first.clone();
    elsewhere.place.cpu = "Other CPU".into();
    elsewhere.points.truncate(2);
    let mut young = first.clone();
    young.place.cpu = "New CPU".into();
    young.points.truncate(1);
    let mut still = first.clone();
    still.place.cpu = "Idle CPU".into();
    still.points[0].median = 0.0;
    let id = first.cell.id();
    log.series.extend([elsewhere, young, still]);
    let files =
        site(&Site { log: &log, found: &found, newest: &newest, metric: None, conformance: None });
    let title = format!("<h1>{}</h1>", id.as_str().replace('/', "/<wbr>"));
    let page = cells(&files).into_iter().find(|page| page.contains(&title)).expect("is there");
    let drawn: Vec<&str> =
        values(page, "id").into_iter().filter(|id| id.starts_with("trend-")).collect();
    assert_eq!(drawn.iter().filter(|id| id.ends_with("-t")).count(), 3, "{drawn:?}");
    let unique: BTreeSet<&str> = drawn.iter().copied().collect();
    assert_eq!(unique.len(), drawn.len());
    assert!(page.contains("+20.0 %, worse since"), "the finding is its title");
    assert!(page.contains("Not drawn: 1 run without a value above 0."));
    for page in cells(&files) {
        assert!(page.contains("<svg ") && page.contains("tminus 0.1.0 · Example CPU"));
    }
}

#[test]
fn a_cell_has_the_colour_of_its_family() {
    let files = files(fixture::ranking(), 4);
    let colour = |name: &str, class: &str| {
        let path = format!("cells/squares-tasks-1000-{name}");
        let (_, page) = pages(&files).find(|(known, _)| known.starts_with(&path)).expect(name);
        assert!(page.contains(class), "{name}: {class}");
    };
    colour("tokio-current-thread", "\"s-tokio\"");
    colour("heap-ready", "\"s-hand\"");
    colour("floor", "\"s-floor\"");
}

#[test]
fn pages_of_executors_say_what_came_of_the_contract() {
    let (log, found, newest) = made(fixture::ranking(), 4);
    let tried =
        Conformance::parse(crate::testing::fixture_past::CONFORMANCE.as_bytes()).expect("good");
    let text = |conformance| {
        let files =
            site(&Site { log: &log, found: &found, newest: &newest, metric: None, conformance });
        let (_, page) =
            pages(&files).find(|(path, _)| *path == "executors/smol.html").expect("is there");
        page.to_owned()
    };
    assert!(text(None).contains("tminus verify --only rules --executor smol"));
    let page = text(Some(&tried));
    assert!(
        page.contains("<b>wake-race, 2 workers</b>: a wake was lost")
            && !page.contains("not tried")
    );
}

/// `series` over the same days as a run of other numbers, in a place of its own.
fn elsewhere(log: &mut Log, series: &Series) -> Series {
    let mut there = series.clone();
    there.place.allocator = "other".into();
    for point in &mut there.points {
        let facts = Facts { place: there.place.clone(), ..log.runs[&point.run].clone() };
        point.run += 100;
        log.runs.insert(point.run, facts);
    }
    there
}

#[test]
fn a_rank_is_of_the_metric_the_place_and_the_version_that_it_stands_beside() {
    let (mut log, found, newest) = made(fixture::ranking(), 4);
    let is_ranked =
        |series: &&Series| series.cell.executor == "smol" && series.metric == "wall_ns_per_op";
    let first = log.series.iter().find(is_ranked).expect("is there").clone();
    let there = elsewhere(&mut log, &first);
    let other_metric = Series { metric: "cpu_ns_per_op".into(), ..first.clone() };
    let mut older = Series { workload_version: 2, ..first.clone() };
    older.points.truncate(3);
    log.series.extend([there.clone(), other_metric.clone(), older.clone()]);
    let site = Site { log: &log, found: &found, newest: &newest, metric: None, conformance: None };
    let book = Book::of(&site);
    assert!(executors::row_of(&book, &first).is_some_and(|row| row.cell == first.cell));
    for series in [there, other_metric, older] {
        assert_eq!(executors::row_of(&book, &series), None, "{series:?}");
    }
    let page = executors::pages(&book).into_iter().find(|file| {
        book.executor_pages.get(&first.cell.executor).is_some_and(|name| file.path.contains(name))
    });
    let page = String::from_utf8(page.expect("is there").bytes).expect("text");
    for expected in ["allocator other", "version 2 of the workload"] {
        assert!(page.contains(expected), "{expected}");
    }
}

#[test]
fn a_change_is_of_one_version_of_the_workload() {
    let (mut log, found, newest) = made(fixture::ranking(), 8);
    let mut newer = Series { workload_version: 2, ..log.series[0].clone() };
    newer.points.retain(|point| point.run > 4);
    log.series[0].points.truncate(4);
    log.series.push(newer.clone());
    let site = Site { log: &log, found: &found, newest: &newest, metric: None, conformance: None };
    let book = Book::of(&site);
    assert_eq!(book.changes_of(&log.series[0]).len(), 1);
    assert_eq!(book.changes_of(&newer).len(), 0);
    let page = trends::main(&book).into_string();
    assert_eq!(page.matches("version 2 of the workload").count(), 1);
    let page = cells(&super::site(&site)).concat();
    assert_eq!(page.matches("+20.0 %</td>").count(), 2, "in the table of changes and that of runs");
}

#[test]
fn changes_name_the_place_where_there_are_several() {
    let (mut log, found, newest) = made(fixture::ranking(), 4);
    let column = "<th scope=\"col\">place</th>";
    let has_column = |log: &Log, newest: &[Newest]| {
        let files = site(&Site { log, found: &found, newest, metric: None, conformance: None });
        ["index.html", "trends.html"].map(|path| {
            let (_, page) = pages(&files).find(|(known, _)| *known == path).expect("is there");
            page.contains(column)
        })
    };
    assert_eq!(has_column(&log, &newest), [false; 2]);
    let first = log.series[0].clone();
    let there = elsewhere(&mut log, &first);
    log.series.push(there);
    assert_eq!(has_column(&log, &newest), [true; 2]);
    let files =
        site(&Site { log: &log, found: &found, newest: &newest, metric: None, conformance: None });
    let (_, page) = pages(&files).find(|(path, _)| *path == "index.html").expect("is there");
    assert!(page.contains("and 1 more place, whose newest run is not shown in full"));
}

#[test]
fn anchors_and_names_of_regions_stay_and_are_each_one_of_a_kind() {
    let (mut log, found, newest) = made(fixture::ranking(), 4);
    let anchors = |log: &Log| -> BTreeMap<String, BTreeSet<String>> {
        let files =
            site(&Site { log, found: &found, newest: &newest, metric: None, conformance: None });
        let all =
            pages(&files).filter(|(path, _)| path.starts_with("cells/") || *path == "trends.html");
        let all = all.map(|(path, page)| {
            let labels = values(page, "aria-label");
            let unique: BTreeSet<&str> = labels.iter().copied().collect();
            assert_eq!(labels.len(), unique.len(), "{path}: {labels:?}");
            let ids = values(page, "id").into_iter().filter(|id| id.starts_with("series-"));
            (path.to_owned(), ids.map(String::from).collect())
        });
        all.collect()
    };
    let before = anchors(&log);
    let first = log.series[0].clone();
    let there = elsewhere(&mut log, &first);
    log.series.insert(0, there);
    let after = anchors(&log);
    assert!(before.iter().all(|(path, ids)| !ids.is_empty() && ids.is_subset(&after[path])));
    assert!(before != after);
}

#[test]
fn a_slowdown_is_above_1_where_more_is_better_too() {
    let (log, found, newest) = made(fixture::fair().1, 4);
    let metric = Some("jain_index_ratio");
    let site = Site { log: &log, found: &found, newest: &newest, metric, conformance: None };
    let files = super::site(&site);
    let (_, page) = pages(&files).find(|it| it.0 == "executors/threads.html").expect("is there");
    // As made up, to what twelve rounds know of it.
    let shown = ["2.59×", "2.60×", "2.61×"].iter().any(|text| page.contains(text));
    assert!(shown && !page.contains(">0.38"), "{page}");
}

#[test]
fn rankings_say_which_metric_was_asked_for() {
    let (log, found, newest) = made(fixture::ranking(), 4);
    let said = |metric, newest: &[Newest], path: &str| {
        let files = site(&Site { log: &log, found: &found, newest, metric, conformance: None });
        let (_, page) = pages(&files).find(|(known, _)| *known == path).expect("is there");
        page.to_owned()
    };
    let text = "By CPU time per op, which was asked for: fastest is the one with the lowest";
    for path in ["index.html", "executors/smol.html"] {
        assert!(said(Some("cpu_ns_per_op"), &newest, path).contains(text), "{path}");
        assert!(!said(None, &newest, path).contains("asked for"), "{path}");
    }
    let overview = said(Some("cpu_ns_per_op"), &[], "index.html");
    assert!(overview.contains("No newest run of any place has the metric"), "{overview}");
}

#[test]
fn too_few_runs_are_no_proof_that_nothing_changed() {
    let (mut log, mut found, newest) = made(fixture::ranking(), 3);
    found.changes.clear();
    let told = |log: &Log, found: &Findings| {
        let files = site(&Site { log, found, newest: &newest, metric: None, conformance: None });
        let (_, overview) = pages(&files).find(|(path, _)| *path == "index.html").expect("there");
        let cells = || pages(&files).filter(|(path, _)| path.starts_with("cells/"));
        let with = |text: &str| cells().filter(|(_, page)| page.contains(text)).count();
        let counts = ["Too few runs yet to show a change.", "No change was found."].map(with);
        (overview.to_owned(), counts)
    };
    let all = log.series.len();
    let (overview, counts) = told(&log, &found);
    assert!(overview.contains("No series of this history changed."));
    assert_eq!(counts, [0, all]);

    found.too_short = all;
    let (overview, counts) = told(&log, &found);
    assert!(overview.contains("No series has enough runs yet to show a change."), "{overview}");
    assert_eq!(counts, [all, 0]);

    found.too_short = all - 1;
    log.series[1..].iter_mut().for_each(|series| series.points.truncate(2));
    let (overview, counts) = told(&log, &found);
    let expected = format!(
        "No change was found, and {} of {all} series have too few runs to show one.",
        all - 1
    );
    assert!(overview.contains(&expected) && !overview.contains("No series"), "{overview}");
    assert_eq!(counts, [all - 1, 1]);
}
