//! What reads damaged inputs: the functions behind the verbs, and the texts that they make.

use std::fs;
use std::path::Path;

use fastrand::Rng;
use tminus_contract::error;
use tminus_history::{History, Incoming, Log, Query, check};
use tminus_judge::change;
use tminus_judge::compare::{self, compare};
use tminus_judge::gate::{self, Gate, Session};
use tminus_judge::rank::rank;
use tminus_measure::spec::Spec;
use tminus_measure::store::{self, criterion};
use tminus_record::{Filter, Run};
use tminus_reports::Beside;
use tminus_reports::data::{csv, export, json, markdown};
use tminus_reports::model::conformance::Conformance;
use tminus_reports::page::site::{self, Newest, Site};
use tminus_reports::terminal::rank::Intervals;
use tminus_reports::terminal::{self, Style};

use crate::damage::{damage, in_place};
use crate::feed::{Place, directory};
use crate::made::Made;

/// What is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Rank,
    Compare,
    Gate,
    HandOver,
    Report,
    Add,
    Database,
    Criterion,
    Spec,
    Conformance,
}

/// One in so many is made into a whole page, which takes a hundred times as long as a table.
pub(crate) const KINDS: [(Kind, u32); 10] = [
    (Kind::Rank, 250),
    (Kind::Compare, 150),
    (Kind::Gate, 60),
    (Kind::HandOver, 90),
    (Kind::Report, 2),
    (Kind::Add, 100),
    (Kind::Database, 100),
    (Kind::Criterion, 150),
    (Kind::Spec, 100),
    (Kind::Conformance, 48),
];

/// What is whole, and gets damaged.
pub(crate) struct Whole {
    pub(crate) runs: Vec<Vec<u8>>,
    pub(crate) database: Vec<u8>,
    pub(crate) criterion: [Vec<u8>; 2],
    pub(crate) spec: Vec<u8>,
    pub(crate) conformance: Vec<u8>,
    pub(crate) gate: Vec<u8>,
}

impl Whole {
    /// Makes a made-up run and a short real one, and what comes of them.
    pub(crate) fn make() -> Self {
        let here = directory();
        let said = |words: &[&str]| {
            let output = crate::support::run(here.path(), words);
            assert!(output.status.success(), "{words:?}: {output:?}");
            output.stdout
        };
        let cells = ["squares/tasks=2/deque", "countdown/timers=2/floor", "--rounds=2"];
        said(&[&["run", "--out=out"], &cells[..]].concat());
        let entries = fs::read_dir(here.path().join("out")).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let real = paths.filter(|path| path.is_file()).max().expect("a run file");
        for number in 0..4 {
            let path = Made::new(number, 20_000).write(here.path());
            said(&["history", "add", "--db=h.db", path.to_str().expect("UTF-8")]);
        }
        let name = r#"{"group_id":"a b","function_id":"f","value_str":"20","throughput":null,
            "full_id":"a b/f/20","directory_name":"a_b/f/20","title":"a b/f/20"}"#;
        let samples =
            r#"{"sampling_mode":"Linear","iters":[10.0,20.0,30.0],"times":[50.0,70.5,80.0]}"#;
        let gated = {
            let (run, _) = store::read(&real).expect("a run");
            gated(&run, &run).expect("a gate")
        };
        Self {
            gate: serde_json::to_vec(&gated).expect("JSON"),
            runs: vec![
                Made::new(9, 20_000).text().into_bytes(),
                in_one_set(&Made::new(9, 20_000).text()).into_bytes(),
                fs::read(real).expect("a file"),
            ],
            database: fs::read(here.path().join("h.db")).expect("a database"),
            criterion: [name.into(), samples.into()],
            spec: said(&["spec", "squares/tasks=2/deque"]),
            conformance: said(&[
                "verify",
                "--only=rules",
                "--executor=deque",
                "--rule=spawn*",
                "--json",
            ]),
        }
    }
}

/// Returns the run with all children of a round in one set, and one more batch in most of them.
fn in_one_set(run: &str) -> String {
    let first = run.find(r#"{"allocated_bytes""#).expect("a sample");
    let sample = &run[first..=first + run[first..].find('}').expect("its end")];
    let longer = format!(r#""samples":[{sample},"#);
    run.replace(r#""started_unix_ns":0"#, r#""set_unix_ns":7,"started_unix_ns":0"#).replacen(
        r#""samples":["#,
        &longer,
        9,
    )
}

/// Texts by the names of files that they could be.
pub(crate) type Texts = Vec<(String, String)>;

/// Reads one damaged input; gives the texts that come of it, or why it is refused.
///
/// # Errors
/// What the function says that refuses it.
pub(crate) fn feed(
    kind: Kind,
    whole: &Whole,
    place: &Place,
    rng: &mut Rng,
) -> anyhow::Result<Texts> {
    let other = &whole.runs[rng.usize(0..whole.runs.len())];
    let which = rng.usize(0..whole.runs.len());
    let filter = Filter::default();
    let style = Style { width: rng.usize(20..200), color: false };
    match kind {
        Kind::Rank | Kind::Compare | Kind::Gate | Kind::Report | Kind::Add => {
            let path = place.write("run.jsonl", &damage(&whole.runs[which], other, rng));
            if kind == Kind::Add {
                return add(&path, &place.write("h.db", &whole.database), &style, rng);
            }
            let (run, _) = store::read(&path)?;
            match kind {
                Kind::Rank => ranked(&run, &style),
                Kind::Compare | Kind::Gate => {
                    let (old, _) = store::read(&place.write("old.jsonl", &whole.runs[which]))?;
                    if kind == Kind::Gate {
                        return Ok(judged(&gated(&old, &run)?, &style));
                    }
                    compared([&old, &run], &style)
                }
                _ => {
                    let ranking = rank(&run, &filter, None)?;
                    let files = tminus_reports::report(&run, &ranking, &Beside::default())?;
                    // JSON is what it says, and the page has a script of its own.
                    let shown = files.into_iter().filter(|it| !it.path.ends_with(".json"));
                    Ok(shown
                        .filter_map(|it| Some((it.path, String::from_utf8(it.bytes).ok()?)))
                        .collect())
                }
            }
        }
        Kind::HandOver => {
            let gate: Gate = serde_json::from_slice(&damage(&whole.gate, other, rng))?;
            gate.options.check().map_err(anyhow::Error::msg)?;
            let (run, _) = store::read(&place.write("run.jsonl", &whole.runs[2]))?;
            gate::confirm(gate.clone(), &session(&run, &run))?;
            Ok(judged(&gate, &style))
        }
        Kind::Database => {
            let database = match rng.u32(0..4) {
                0 => damage(&whole.database, other, rng),
                _ => in_place(&whole.database, rng),
            };
            let path = place.write("h.db", &database);
            told(&History::open(&path)?, &style, false)
        }
        Kind::Criterion => {
            for (name, bytes) in ["benchmark.json", "sample.json"].into_iter().zip(&whole.criterion)
            {
                let bytes = if rng.bool() { damage(bytes, other, rng) } else { bytes.clone() };
                place.write(&format!("criterion/a/b/new/{name}"), &bytes);
            }
            let run = criterion::read(&[place.path("criterion")], "new")?;
            ranked(&run, &style)
        }
        Kind::Spec => {
            let spec: Spec = serde_json::from_slice(&damage(&whole.spec, other, rng))?;
            Ok(vec![("spec".into(), spec.id.to_string())])
        }
        Kind::Conformance => {
            let found = Conformance::parse(&damage(&whole.conformance, other, rng))?;
            let (run, _) = store::read(&place.write("run.jsonl", &whole.runs[2]))?;
            let told: Vec<_> = run.header.executors.iter().filter_map(|it| found.of(it)).collect();
            Ok(vec![("conformance".into(), told.len().to_string())])
        }
    }
}

fn ranked(run: &Run, style: &Style) -> anyhow::Result<Texts> {
    let ranking = rank(run, &Filter::default(), None)?;
    let by_time = rank(run, &Filter::default(), Some("cpu_ns_per_op"));
    let benchmarks = serde_json::to_string(&export::bencher(run))?;
    serde_json::from_str::<serde_json::Value>(&benchmarks)?;
    serde_json::from_str::<serde_json::Value>(&json::pretty(&ranking))?;
    let mut texts = vec![
        ("ranking".into(), terminal::rank::ranking(&ranking, Intervals::Drawn, style)),
        ("ranking in figures".into(), terminal::rank::ranking(&ranking, Intervals::Written, style)),
        ("report.md".into(), markdown::report(run, &ranking)),
        ("data.csv".into(), csv::records(run)),
    ];
    texts.extend(
        by_time
            .ok()
            .map(|it| ("by time".into(), terminal::rank::ranking(&it, Intervals::Drawn, style))),
    );
    Ok(texts)
}

fn compared(runs: [&Run; 2], style: &Style) -> anyhow::Result<Texts> {
    let options = compare::Options { margin: 1.01, metric: None, force: true };
    let compared = compare(runs[0], runs[1], &Filter::default(), &options)?;
    serde_json::to_string(&compared)?;
    Ok(vec![
        ("comparison".into(), terminal::compare::text(&compared, true, style)),
        ("comment.md".into(), terminal::compare::markdown(&compared)),
    ])
}

fn session(old: &Run, new: &Run) -> Session {
    Session { baseline: old.clone(), copy: old.clone(), candidate: new.clone() }
}

fn gated(old: &Run, new: &Run) -> error::Result<Gate> {
    let (margin, detect, detect_many) = (1.01, 1.05, 1.08);
    let options = gate::Options { margin, detect, detect_many, metric: None, rounds: 6, looks: 1 };
    gate::gate(&session(old, new), &options)
}

fn judged(gate: &Gate, style: &Style) -> Texts {
    let cells = gate::decided(gate).len() + gate::flagged(gate).len();
    vec![
        ("count".into(), cells.to_string()),
        ("verdict".into(), terminal::gate::text(gate, true, style)),
        ("verdict.md".into(), terminal::gate::markdown(gate)),
    ]
}

/// Adds the run to a history and tells what that says.
fn add(path: &Path, database: &Path, style: &Style, rng: &mut Rng) -> anyhow::Result<Texts> {
    let incoming = Incoming::read(path)?;
    let mut history = History::open_or_create(database)?;
    history.add(&incoming)?;
    anyhow::ensure!(history.runs()?.len() <= 5, "one run was added");
    told(&history, style, rng.u32(0..20) == 0)
}

fn told(database: &History, style: &Style, with_site: bool) -> anyhow::Result<Texts> {
    let log = database.log(&Query { filter: &Filter::default(), metric: None })?;
    let found = check(&log, &change::Options::default());
    let runs = database.runs()?;
    for run in runs.keys() {
        database.file(*run)?;
    }
    let mut texts = vec![
        ("list".into(), terminal::history::list(&runs, style)),
        ("check".into(), terminal::history::check(&found, style)),
        ("show".into(), terminal::history::show(&log, &found, 30, style)),
    ];
    if with_site {
        let newest = newest(database, &log)?;
        let whole =
            Site { log: &log, found: &found, newest: &newest, metric: None, conformance: None };
        let pages = site::site(&whole).into_iter();
        texts.extend(pages.filter_map(|it| Some((it.path, String::from_utf8(it.bytes).ok()?))));
    }
    Ok(texts)
}

fn newest(database: &History, log: &Log) -> error::Result<Vec<Newest>> {
    let mut newest = Vec::new();
    for number in site::newest(log) {
        let run = database.run(number)?;
        if let Ok(ranking) = rank(&run, &Filter::default(), None) {
            newest.push(Newest { number, run, ranking });
        }
    }
    Ok(newest)
}
