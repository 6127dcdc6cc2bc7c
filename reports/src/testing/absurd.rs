//! Sends the figures of a damaged or hostile file through every format: no output has a word
//! of the machine's for what is no number, or a line of digits.

use tminus_history::check;
use tminus_judge::change::Options;
use tminus_judge::compare;
use tminus_judge::rank::{self, Ranking};
use tminus_record::{Filter, Run};

use crate::Beside;
use crate::data::{csv, export, json, markdown};
use crate::draw::changes;
use crate::draw::gallery::Gallery;
use crate::draw::picture::Theme;
use crate::model::past::Past;
use crate::page;
use crate::page::site::{Newest, Site, site};
use crate::terminal::rank::Intervals;
use crate::terminal::{self, Style};
use crate::testing::{fixture, fixture_past};

/// Returns a run whose samples and figures are as small and as large as their types allow.
fn absurd() -> Run {
    let mut run = fixture::measured();
    let figures = [1e300, f64::MAX, -f64::MAX, 5e-324, 0.0, -1e300];
    for (index, record) in run.records.iter_mut().enumerate() {
        for sample in &mut record.samples {
            let is_long = index % 3 == 0;
            (sample.wall_ns, sample.cpu_ns) = if is_long { (u64::MAX, u64::MAX) } else { (1, 1) };
            sample.ops = if is_long { 1 } else { u64::MAX };
        }
        let names: Vec<String> = record.metrics.keys().cloned().collect();
        for (at, name) in names.into_iter().enumerate() {
            record.metrics.insert(name, figures[(index + at) % figures.len()]);
        }
    }
    let machine = &mut run.header.provenance.machine;
    (machine.load_1min, machine.cpu_limit_cores) = (Some(1e300), Some(1e-300));
    run
}

/// Returns the lines of `text` with a word that no reader can make anything of.
fn offences(text: &str) -> Vec<&str> {
    let is_bad = |word: &&str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        // A hash may be of digits alone.
        let is_long = digits > 24 && digits != 40 && digits == word.len();
        matches!(*word, "inf" | "NaN") || is_long
    };
    let words = |line: &&str| {
        line.split(|char: char| !char.is_ascii_alphanumeric()).any(|word| is_bad(&word))
    };
    text.lines().filter(words).take(3).collect()
}

#[track_caller]
fn assert_readable(name: &str, text: &str) {
    assert_eq!(offences(&text.replace('<', "\n<")), [""; 0], "{name}");
}

#[test]
fn a_run_of_absurd_figures_can_be_read_in_every_format() {
    let run = absurd();
    let style = Style::default();
    let ranking = rank::rank(&run, &Filter::default(), None).expect("a ranking");
    assert_readable("rank", &terminal::rank::ranking(&ranking, Intervals::Drawn, &style));
    assert_readable("rank --json", &json::pretty(&ranking));
    for metric in ["rss_peak_bytes", "cancel_p50_ns"] {
        let ranking = rank::rank(&run, &Filter::default(), Some(metric)).expect("a ranking");
        assert_readable(metric, &terminal::rank::ranking(&ranking, Intervals::Drawn, &style));
    }
    let exported = (export::github_action_benchmark(&run), export::bencher(&run));
    assert_readable("export", &serde_json::to_string(&exported).expect("JSON"));
    let options = compare::Options { margin: 1.01, metric: None, force: true };
    let usual = fixture::measured();
    for pair in [[&usual, &run], [&run, &usual], [&run, &run]] {
        let compared = compare::compare(pair[0], pair[1], &Filter::default(), &options);
        let compared = compared.expect("a comparison");
        assert_readable("compare", &terminal::compare::text(&compared, true, &style));
        assert_readable("compare --markdown", &terminal::compare::markdown(&compared));
        assert_readable("the picture of changes", &changes::draw(&compared, "").file(Theme::Light));
    }
    assert_report_is_readable(&run, &ranking, &Beside::default());
}

/// Looks at all of a report but for the pictures as PNG, which take long and hold no text.
fn assert_report_is_readable(run: &Run, ranking: &Ranking, beside: &Beside<'_>) {
    let mut gallery = Gallery::of(run, ranking);
    if let Some(past) = beside.past {
        gallery = gallery.with_trends(&past.trends(ranking));
    }
    assert_readable("index.html", &page::run::page(run, ranking, &gallery, beside));
    assert_readable("report.md", &markdown::report(run, ranking));
    assert_readable("data.csv", &csv::records(run));
    for chart in &gallery.charts {
        assert_readable(&chart.picture.name, &chart.picture.file(Theme::Light));
    }
}

#[test]
fn a_history_of_absurd_figures_can_be_read_too() {
    let (run, ranking) = (fixture::run(), fixture::ranking());
    let figures = [f64::INFINITY, f64::NAN, f64::NEG_INFINITY, 1e300, f64::MAX, 5e-324, -1.0];
    let mut log = fixture_past::log(&run, &ranking, 20);
    for (index, series) in log.series.iter_mut().enumerate() {
        for (at, point) in series.points.iter_mut().enumerate() {
            point.median = figures[(index + at) % (1 + index % figures.len())];
            let end = figures[at % figures.len()];
            point.interval = point.interval.map(|ends| rank::Interval { low: end, ..ends });
        }
    }
    let mut found = check(&log, &Options::default());
    if let Some(mut change) =
        check(&fixture_past::log(&run, &ranking, 20), &Options::default()).changes.pop()
    {
        (change.before, change.after, change.ratio) = (5e-324, f64::MAX, Some(f64::INFINITY));
        found.changes.push(change);
    }
    let style = Style::default();
    assert_readable("history show", &terminal::history::show(&log, &found, 30, &style));
    assert_readable("history check", &terminal::history::check(&found, &style));
    let newest = [Newest { number: 20, run: run.clone(), ranking: ranking.clone() }];
    let all = Site { log: &log, found: &found, newest: &newest, metric: None, conformance: None };
    for file in site(&all) {
        assert_readable(&file.path, &String::from_utf8(file.bytes).unwrap_or_default());
    }
    let past = Past::of(log, &run, &ranking);
    let beside = Beside { past: Some(&past), ..Beside::default() };
    assert_report_is_readable(&run, &ranking, &beside);
}
