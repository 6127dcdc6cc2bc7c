//! Damaged inputs for the functions behind the verbs, in this process and on every core: so a million is a
//! matter of an hour.

use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use tempfile::TempDir;
use tminus_harness::compare::{self, compare};
use tminus_harness::history::{Asked, History, Incoming, check};
use tminus_harness::plan::Filter;
use tminus_harness::rank::rank;
use tminus_harness::spec::Spec;
use tminus_harness::store::{self, Run, criterion};
use tminus_harness::{change, error};
use tminus_reports::conformance::Conformance;
use tminus_reports::site::{self, Newest, Site};
use tminus_reports::text::{Intervals, Style};
use tminus_reports::{Beside, comparison, csv, export, history, json, markdown, text};

use crate::damage::damage;
use crate::made::Made;
use crate::tally::{Form, wrong_with};

/// Longer than anything takes, also beside other work.
const TOO_LONG: Duration = Duration::from_secs(120);

const WORKER: &str = "feeds damaged inputs";

/// What is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Rank,
    Compare,
    Report,
    Add,
    Database,
    Criterion,
    Spec,
    Conformance,
}

/// One in so many is made into a whole page, which takes a hundred times as long as a table.
const KINDS: [(Kind, u32); 8] = [
    (Kind::Rank, 300),
    (Kind::Compare, 200),
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
}

impl Whole {
    /// A made-up run and a short real one, and what comes of them.
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
        Self {
            runs: vec![Made::new(9, 20_000).text().into_bytes(), fs::read(real).expect("a file")],
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

/// A directory in memory, where there is one: databases are synced.
pub(crate) fn directory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a directory")
}

/// Feeds `count` damaged inputs, the same for the same seed.
pub(crate) fn many(count: u64, seed: u64) {
    let whole = Whole::make();
    let next = AtomicU64::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let at_work: Vec<Mutex<Option<(u64, Instant)>>> =
        (0..workers).map(|_| Mutex::new(None)).collect();
    let faults = Mutex::new(Vec::new());
    let seen: Mutex<BTreeMap<(Kind, bool), u64>> = Mutex::default();
    // What a worker panics with is told at the end.
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |told| match std::thread::current().name() {
        Some(WORKER) => {}
        _ => usual(told),
    }));
    std::thread::scope(|scope| {
        for mine in &at_work {
            let (whole, next, faults, seen) = (&whole, &next, &faults, &seen);
            let work = move || {
                let place = Place::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return *mine.lock().expect("no panic") = None;
                    }
                    *mine.lock().expect("no panic") = Some((index, Instant::now()));
                    let (kind, end) = one(whole, &place, seed, index);
                    let was_read = matches!(end, Ok(true));
                    *seen.lock().expect("no panic").entry((kind, was_read)).or_default() += 1;
                    if let Err(fault) = end {
                        let kept = place.keep(seed, index);
                        faults
                            .lock()
                            .expect("no panic")
                            .push(format!("{index} {kind:?}: {fault}, {kept}"));
                    }
                }
            };
            let worker = std::thread::Builder::new().name(WORKER.into());
            worker.spawn_scoped(scope, work).expect("a thread");
        }
        watch(&at_work, &next, count);
    });
    for ((kind, was_read), count) in seen.into_inner().expect("no panic") {
        println!("{count:>8} {kind:?}, {}", if was_read { "read" } else { "refused" });
    }
    let faults = faults.into_inner().expect("no panic");
    println!("{count} damaged inputs with seed {seed}: {} faults", faults.len());
    assert!(faults.is_empty(), "{}", faults[..faults.len().min(20)].join("\n"));
}

/// Ends all where an input takes too long: a thread that hangs cannot be joined.
fn watch(at_work: &[Mutex<Option<(u64, Instant)>>], next: &AtomicU64, count: u64) {
    let mut told = 0;
    loop {
        std::thread::sleep(Duration::from_millis(20));
        let now: Vec<_> = at_work.iter().filter_map(|it| *it.lock().expect("no panic")).collect();
        if let Some((index, _)) = now.iter().find(|(_, since)| since.elapsed() > TOO_LONG) {
            println!("input {index} takes longer than {TOO_LONG:?}");
            std::process::exit(1);
        }
        let done = next.load(Ordering::Relaxed);
        if now.is_empty() && done >= count {
            return;
        }
        if done / 50_000 > told {
            told = done / 50_000;
            println!("{done} inputs");
        }
    }
}

/// Whether the damaged input was read, or what is wrong with how it was.
fn one(whole: &Whole, place: &Place, seed: u64, index: u64) -> (Kind, Result<bool, String>) {
    let mut rng = Rng::with_seed(seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut ticket = rng.u32(0..KINDS.iter().map(|(_, share)| share).sum());
    let chosen = KINDS.iter().find(|(_, share)| {
        let is_it = ticket < *share;
        ticket = ticket.wrapping_sub(*share);
        is_it
    });
    let kind = chosen.map_or(Kind::Rank, |(kind, _)| *kind);
    let fed = panic::catch_unwind(AssertUnwindSafe(|| feed(kind, whole, place, &mut rng)));
    let end = match fed {
        Err(panicked) => Err(format!("panicked: {}", message(&*panicked))),
        Ok(Ok(texts)) => {
            let wrong = texts.iter().find_map(|(name, text)| {
                wrong_with(Form::of(name), text).map(|what| format!("{name}: {what}"))
            });
            wrong.map_or(Ok(true), Err)
        }
        // In a line of their own these are escaped, see `damaged_files_are_refused_in_one_line`.
        Ok(Err(_)) => Ok(false),
    };
    (kind, end)
}

fn message(panicked: &(dyn Any + Send)) -> String {
    let text = panicked.downcast_ref::<String>().map(String::as_str);
    text.or(panicked.downcast_ref::<&str>().copied()).unwrap_or("?").to_owned()
}

/// Texts by the names of files that they could be.
type Texts = Vec<(String, String)>;

fn feed(kind: Kind, whole: &Whole, place: &Place, rng: &mut Rng) -> anyhow::Result<Texts> {
    let other = &whole.runs[rng.usize(0..whole.runs.len())];
    let which = rng.usize(0..whole.runs.len());
    let filter = Filter::default();
    let style = Style { width: rng.usize(20..200), color: false };
    match kind {
        Kind::Rank | Kind::Compare | Kind::Report | Kind::Add => {
            let path = place.write("run.jsonl", &damage(&whole.runs[which], other, rng));
            if kind == Kind::Add {
                return add(&path, &place.write("h.db", &whole.database), &style, rng);
            }
            let (run, _) = store::read(&path)?;
            match kind {
                Kind::Rank => ranked(&run, &style),
                Kind::Compare => {
                    let (old, _) = store::read(&place.write("old.jsonl", &whole.runs[which]))?;
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
        Kind::Database => {
            let path = place.write("h.db", &damage(&whole.database, other, rng));
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
            let (run, _) = store::read(&place.write("run.jsonl", &whole.runs[1]))?;
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
        ("ranking".into(), text::ranking(&ranking, Intervals::Drawn, style)),
        ("ranking in figures".into(), text::ranking(&ranking, Intervals::Written, style)),
        ("report.md".into(), markdown::report(run, &ranking)),
        ("data.csv".into(), csv::records(run)),
    ];
    texts.extend(
        by_time.ok().map(|it| ("by time".into(), text::ranking(&it, Intervals::Drawn, style))),
    );
    Ok(texts)
}

fn compared(runs: [&Run; 2], style: &Style) -> anyhow::Result<Texts> {
    let options = compare::Options { margin: 1.01, metric: None, force: true };
    let compared = compare(runs[0], runs[1], &Filter::default(), &options)?;
    serde_json::to_string(&compared)?;
    Ok(vec![
        ("comparison".into(), comparison::text(&compared, true, style)),
        ("comment.md".into(), comparison::markdown(&compared)),
    ])
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
    let log = database.log(&Asked { filter: &Filter::default(), metric: None })?;
    let found = check(&log, &change::Options::default());
    let runs = database.runs()?;
    for run in runs.keys() {
        database.file(*run)?;
    }
    let mut texts = vec![
        ("list".into(), history::list(&runs, style)),
        ("check".into(), history::check(&found, style)),
        ("show".into(), history::show(&log, &found, 30, style)),
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

fn newest(database: &History, log: &tminus_harness::history::Log) -> error::Result<Vec<Newest>> {
    let mut newest = Vec::new();
    for number in site::newest(log) {
        let run = database.run(number)?;
        if let Ok(ranking) = rank(&run, &Filter::default(), None) {
            newest.push(Newest { number, run, ranking });
        }
    }
    Ok(newest)
}

/// Where a worker puts what is read.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(directory())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("below")).expect("a directory");
        // A journal belongs to the database before this one.
        let _ = fs::remove_file(path.with_extension("db-journal"));
        fs::write(&path, bytes).expect("a file");
        path
    }

    /// Keeps the files of an input with a fault, and says where.
    fn keep(&self, seed: u64, index: u64) -> String {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("break-{seed}-{index}"));
        let copied = crate::kill::copy_tree(self.0.path(), &kept);
        copied.map_or_else(|error| error.to_string(), |()| format!("kept in {}", kept.display()))
    }
}
