//! A history in a directory of its own, with runs that are made up.

use std::fs;

use tempfile::TempDir;
use tminus_judge::change::Options;
use tminus_measure::store::Writer;
use tminus_record::machine::Git;
use tminus_record::{Cell, FailureKind, Filter, Header, Outcome, Run, testing as runs};

use super::*;

struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    fn db(&self) -> PathBuf {
        self.directory.path().join("history.db")
    }

    /// Writes the run file of `run`.
    fn file(&self, name: &str, run: &Run) -> PathBuf {
        let path = self.directory.path().join(name);
        let mut writer = Writer::create(&path, &run.header).unwrap();
        run.records.iter().for_each(|record| writer.append(record).unwrap());
        path
    }

    fn incoming(&self, name: &str, run: &Run) -> Incoming {
        Incoming::read(&self.file(name, run)).unwrap()
    }

    /// Returns every file of the directory with its bytes.
    fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut all: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        all.sort();
        all
    }
}

/// Returns the `number`-th run of two cells; `heap` takes `wall_ns` per op.
fn run(number: u64, wall_ns: u64) -> Run {
    let spread = |around: u64| (0..6).map(|round| around + round).collect::<Vec<_>>();
    let mut run =
        runs::run(&[(runs::cell("heap"), spread(wall_ns)), (runs::cell("deque"), spread(500))]);
    run.header.provenance.started_unix_ns = 1_000_000_000 * number;
    run.header.provenance.git = Some(Git {
        revision: format!("{number:040x}"),
        dirty: false,
        committed_unix_s: Some(1_000 + number),
    });
    run.header.provenance.machine.cpu = "a CPU".into();
    run
}

fn log(history: &History, metric: Option<&str>) -> Log {
    history.log(&Query { filter: &Filter::default(), metric }).unwrap()
}

#[test]
fn series_hold_the_median_of_each_run_in_the_order_of_time() {
    let place = Place::new();
    let mut history = History::open_or_create(&place.db()).unwrap();
    for number in [3, 1, 2] {
        let incoming = place.incoming(&format!("{number}.jsonl"), &run(number, 100 * number));
        assert!(matches!(history.add(&incoming).unwrap(), Added::New(_)));
    }
    let log = log(&History::open(&place.db()).unwrap(), None);
    assert_eq!((log.runs.len(), log.series.len()), (3, 2));
    let heap = &log.series[1];
    assert_eq!((heap.cell.executor.as_str(), heap.metric.as_str()), ("heap", "wall_ns_per_op"));
    let medians: Vec<f64> = heap.points.iter().map(|point| point.median).collect();
    assert_eq!(medians, [102.5, 202.5, 302.5]);
    let ends = heap.points[0].interval.unwrap();
    assert_eq!((ends.low, ends.high, heap.points[0].rounds), (100.0, 105.0, 6));
    assert_eq!(log.runs[&heap.points[0].run].revision, format!("{:040x}", 1));
}

#[test]
fn another_cpu_or_version_of_the_workload_is_another_series() {
    let place = Place::new();
    let mut history = History::open_or_create(&place.db()).unwrap();
    let mut other_cpu = run(2, 100);
    other_cpu.header.provenance.machine.cpu = "another CPU".into();
    let mut other_work = run(3, 100);
    other_work.header.workloads[0].version = 2;
    let mut other_compiler = run(4, 100);
    other_compiler.header.provenance.build.rustc = "newer".into();
    for (name, run) in
        [("a", run(1, 100)), ("b", other_cpu), ("c", other_work), ("d", other_compiler)]
    {
        history.add(&place.incoming(name, &run)).unwrap();
    }
    let log = log(&history, None);
    let lengths: Vec<usize> = log.series.iter().map(|series| series.points.len()).collect();
    assert_eq!(lengths, [2, 1, 2, 1, 1, 1], "{log:#?}");
}

#[test]
fn what_failed_and_the_twin_give_no_points() {
    let place = Place::new();
    let mut history = History::open_or_create(&place.db()).unwrap();
    let twin = Cell { twin: true, ..runs::cell("deque") };
    let mut run = runs::run(&[
        (runs::cell("heap"), vec![1; 6]),
        (runs::cell("deque"), vec![2; 6]),
        (twin, vec![2; 6]),
    ]);
    let (kind, reason) = (FailureKind::Panic, String::new());
    run.records[3].outcome = Outcome::Failed { kind, reason, stderr: String::new() };
    history.add(&place.incoming("a", &run)).unwrap();
    let log = log(&history, None);
    assert_eq!(log.series.len(), 1);
    assert_eq!(log.series[0].cell, runs::cell("deque"));
    assert_eq!(log.runs[&1].cells, 2);
}

#[test]
fn a_run_goes_in_once_and_a_longer_one_takes_its_place() {
    let place = Place::new();
    let mut history = History::open_or_create(&place.db()).unwrap();
    let whole = run(1, 100);
    let mut cut = whole.clone();
    cut.records.truncate(5);
    let [cut, whole_file] = [("cut", &cut), ("whole", &whole)].map(|(n, r)| place.incoming(n, r));
    assert_eq!(history.add(&cut).unwrap(), Added::New(1));
    assert_eq!(history.add(&cut).unwrap(), Added::Known(1));
    assert_eq!(log(&history, None).series[0].points[0].rounds, 5);
    assert_eq!(history.add(&whole_file).unwrap(), Added::Completed(1));
    let after = log(&history, None);
    assert_eq!((after.series.len(), after.series[0].points[0].rounds), (2, 6));
    assert_eq!(history.add(&cut).unwrap(), Added::Known(1));
    assert_eq!(history.add(&whole_file).unwrap(), Added::Known(1));
    assert_eq!(log(&history, None), after);

    let mut other = whole;
    other.records[0].samples[1].wall_ns = 7;
    let refused = history.add(&place.incoming("other", &other)).unwrap_err().to_string();
    assert!(refused.ends_with("same first line and other records is in it already"), "{refused}");
    assert_eq!(log(&history, None), after);
}

#[test]
fn files_come_out_as_they_went_in() {
    let place = Place::new();
    let mut history = History::open_or_create(&place.db()).unwrap();
    let path = place.file("a", &run(1, 100));
    let whole = fs::read_to_string(&path).unwrap();
    // What other programs may write: blanks, fields of the future, a record twice.
    let last = whole.lines().last().unwrap();
    let odd =
        whole.replacen("{\"schema\":1", "{ \"future\" : [1.50], \"schema\" : 1", 1) + last + "\n";
    fs::write(&path, format!("{odd}{{\"cell\":\"torn")).unwrap();
    let incoming = Incoming::read(&path).unwrap();
    assert_eq!(incoming.torn.unwrap().bytes, 13);
    assert_eq!(history.add(&incoming).unwrap(), Added::New(1));
    assert_eq!(String::from_utf8(history.file(1).unwrap()).unwrap(), odd);
    assert!(matches!(history.file(2), Err(Error::Usage(_))));
}

#[test]
fn names_from_a_run_are_no_sql() {
    let place = Place::new();
    let mut history = History::open_or_create(&place.db()).unwrap();
    let name = "x'); DROP TABLE run; --\u{1b}[31m\0\"";
    let mut hostile = run(1, 100);
    hostile.header.provenance.machine.cpu = name.into();
    hostile.header.provenance.git = Some(Git { revision: name.into(), ..Git::default() });
    hostile.records.iter_mut().for_each(|record| {
        record.metrics.insert(name.into(), 5.0);
    });
    history.add(&place.incoming("a", &hostile)).unwrap();
    let log = log(&history, Some(name));
    assert_eq!((log.series.len(), log.series[0].metric.as_str()), (2, name));
    assert_eq!(log.runs[&1].revision, name);
    let unknown = Query { filter: &Filter::default(), metric: Some("wall_ns_per_opp") };
    let refused = history.log(&unknown).unwrap_err().to_string();
    assert!(refused.contains("did you mean `wall_ns_per_op`?"), "{refused}");
}

#[test]
fn too_much_for_a_history_is_refused_by_name() {
    let place = Place::new();
    let mut many = run(1, 100);
    many.records[0].metrics = (0..2000).map(|n| (format!("metric_{n}_count"), 1.0)).collect();
    let refused = Incoming::read(&place.file("a", &many)).unwrap_err().to_string();
    assert!(refused.contains("a, line 1: expected at most 1000 metrics"), "{refused}");
}

#[test]
fn what_is_no_history_is_refused_and_left_as_it_is() {
    let make = |path: &Path, sql: &str| {
        Connection::open(path).unwrap().execute_batch(sql).unwrap();
    };
    let ours = |path: &Path, sql: &str| {
        drop(History::open_or_create(path).unwrap());
        make(path, sql);
    };
    type Making<'a> = Box<dyn Fn(&Path) + 'a>;
    let cases: [(Making<'_>, &str); 6] = [
        (Box::new(|path| fs::write(path, "no database\n".repeat(500)).unwrap()), "not an SQLite"),
        (Box::new(|path| fs::write(path, "short").unwrap()), "not an SQLite"),
        (Box::new(|path| make(path, "CREATE TABLE mine (x)")), "a database of another program"),
        (
            Box::new(|path| ours(path, "PRAGMA user_version = 7")),
            "made by a newer tminus: its format is 7, this tminus",
        ),
        (Box::new(|path| ours(path, "DROP TABLE point")), "damaged: its tables are not those"),
        (
            Box::new(|path| ours(path, "DROP TABLE run; CREATE VIEW run AS SELECT 1 AS id")),
            "damaged: its tables are not those",
        ),
    ];
    for (make, expected) in cases {
        let place = Place::new();
        make(&place.db());
        let before = place.contents();
        for opened in [History::open(&place.db()), History::open_or_create(&place.db())] {
            let refused = opened.unwrap_err().to_string();
            assert!(refused.contains(expected) && !refused.contains('\n'), "{refused}");
        }
        assert_eq!(place.contents(), before, "{expected}");
    }
}

#[test]
fn an_empty_file_is_a_history_to_be() {
    let place = Place::new();
    assert!(History::open(&place.db()).unwrap_err().to_string().contains("no history yet"));
    fs::write(place.db(), "").unwrap();
    assert!(History::open(&place.db()).unwrap_err().to_string().contains("an empty file"));
    drop(History::open_or_create(&place.db()).unwrap());
    assert!(History::open(&place.db()).unwrap().runs().unwrap().is_empty());
}

/// A page that is overwritten is found or harms nothing: an answer or an error, never a panic.
#[test]
fn a_damaged_database_is_an_error() {
    let place = Place::new();
    let mut history = History::open_or_create(&place.db()).unwrap();
    for number in 1..10 {
        history.add(&place.incoming(&number.to_string(), &run(number, 100))).unwrap();
    }
    drop(history);
    let whole = fs::read(place.db()).unwrap();
    let mut rng = fastrand::Rng::with_seed(1);
    let mut refused = 0;
    for _ in 0..200 {
        let mut bytes = whole.clone();
        let start = rng.usize(100..bytes.len());
        let end = (start + rng.usize(1..200)).min(bytes.len());
        rng.fill(&mut bytes[start..end]);
        fs::write(place.db(), bytes).unwrap();
        let all = || -> Result<Log> {
            let history = History::open(&place.db())?;
            history.file(3)?;
            history.log(&Query { filter: &Filter::default(), metric: None })
        };
        refused += usize::from(all().is_err());
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn two_writers_lose_nothing() {
    let place = Place::new();
    let write = |from: u64| {
        let mut history = History::open_or_create(&place.db()).unwrap();
        for number in from..from + 10 {
            history.add(&place.incoming(&number.to_string(), &run(number, 100))).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for from in [0, 100, 200] {
            scope.spawn(move || write(from));
        }
    });
    let log = log(&History::open(&place.db()).unwrap(), None);
    assert_eq!(log.runs.len(), 30);
    assert!(log.series.iter().all(|series| series.points.len() == 30));
}

#[test]
fn several_may_make_it_at_once() {
    for _ in 0..100 {
        let place = Place::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| History::open_or_create(&place.db()).map(|_| ()).unwrap());
            }
        });
    }
}

#[test]
fn a_change_stands_between_the_right_commits() {
    let place = Place::new();
    let mut history = History::open_or_create(&place.db()).unwrap();
    for number in 0..20 {
        let mut run = run(number, if number < 12 { 1000 } else { 1100 } + number % 3);
        run.header.executors[0].crates.insert("heap".into(), format!("1.{}", number / 12));
        history.add(&place.incoming(&number.to_string(), &run)).unwrap();
    }
    let found = check(&log(&history, None), &Options::default());
    assert_eq!((found.runs, found.series, found.too_short), (20, 2, 0));
    let [change] = found.changes.as_slice() else { panic!("{found:#?}") };
    assert_eq!(change.cell, "squares/tasks=10/heap");
    assert!(change.worse && (change.ratio.unwrap() - 1.1).abs() < 0.002, "{change:#?}");
    let commits = [&change.last_before, &change.first_after].map(|run| run.revision.clone());
    assert_eq!(commits, [11, 12].map(|number| format!("{number:040x}")));
    assert_eq!(change.differences, ["heap: 1.0 to 1.1"]);
}

/// Ten commits, the sixth 10 % faster, the newer ones measured first: the defect of row A9.
#[test]
fn runs_stand_in_the_order_of_their_commits_and_not_of_their_measuring() {
    let measured = |dated: bool| {
        let place = Place::new();
        let mut history = History::open_or_create(&place.db()).unwrap();
        for (at, number) in [6, 7, 8, 9, 10, 1, 2, 3, 4, 5].into_iter().enumerate() {
            let mut run = run(number, if number < 6 { 1111 } else { 1000 } + number % 3);
            run.header.provenance.started_unix_ns = 1_000_000_000 * at as u64;
            if !dated {
                run.header.provenance.git.as_mut().unwrap().committed_unix_s = None;
            }
            history.add(&place.incoming(&number.to_string(), &run)).unwrap();
        }
        log(&history, None)
    };
    let of_heap = |log: &Log| {
        let found = check(log, &Options::default());
        let [change] = found.changes.as_slice() else { panic!("{found:#?}") };
        let commits = [&change.last_before, &change.first_after].map(|run| run.revision.clone());
        (change.is_worse(), commits.map(|it| u64::from_str_radix(&it, 16).unwrap()))
    };
    let dated = measured(true);
    assert_eq!(of_heap(&dated), (Some(false), [5, 6]), "an improvement");
    assert_eq!(dated.order.runs(), [6, 7, 8, 9, 10, 1, 2, 3, 4, 5]);
    let undated = measured(false);
    assert_eq!(of_heap(&undated), (None, [10, 1]), "which came first is not known");
    // A repository does.
    let commits = (1..=10).map(|number| (format!("{number:040x}"), 5));
    let told = Log::new(undated.runs, undated.series, &Commits::in_order(commits));
    assert_eq!(of_heap(&told), (Some(false), [5, 6]));
}

#[test]
fn facts_of_the_machine_that_differ_stand_beside_the_change() {
    let place = Place::new();
    let mut history = History::open_or_create(&place.db()).unwrap();
    for number in 0..12 {
        let mut run = run(number, if number < 6 { 1000 } else { 1100 } + number % 3);
        let machine = &mut run.header.provenance.machine;
        machine.kernel = if number < 6 { "Linux 6.1" } else { "Linux 6.2" }.into();
        machine.cpu_limit_cores = (number < 6).then_some(1.5);
        history.add(&place.incoming(&number.to_string(), &run)).unwrap();
    }
    let differences = |history: &History| {
        let found = check(&log(history, None), &Options::default());
        let [change] = found.changes.as_slice() else { panic!("{found:#?}") };
        change.differences.clone()
    };
    let expected = ["the kernel: Linux 6.1 to Linux 6.2", "the CPU quota: 1.5 cores to none"];
    assert_eq!(differences(&history), expected);
    // As an older tminus wrote them: the file knows.
    let sql = "UPDATE run SET facts = json_remove(facts, '$.machine', '$.build')";
    assert_eq!(history.connection.execute(sql, []).unwrap(), 12);
    assert_eq!(differences(&history), expected);
}

#[test]
fn facts_are_those_of_the_header() {
    let Header { provenance, rounds, .. } = run(5, 1).header;
    let facts = Facts::of(&run(5, 1).header);
    assert_eq!(facts.started_unix_ns, provenance.started_unix_ns);
    assert_eq!((facts.rounds, facts.cells, facts.dirty), (rounds, 2, false));
    let back: Facts = serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
    assert_eq!(back, facts);
}

#[test]
fn a_change_is_of_the_series_that_has_its_run() {
    let place = Place::new();
    let mut history = History::open_or_create(&place.db()).unwrap();
    for number in 1..=20 {
        let wall_ns = if number < 12 { 100 } else { 150 };
        let incoming = place.incoming(&format!("{number}.jsonl"), &run(number, wall_ns));
        history.add(&incoming).unwrap();
    }
    let log = log(&history, None);
    let found = check(&log, &Options::default());
    let [change] = &found.changes[..] else { panic!("{:?}", found.changes) };
    let own: Vec<&Series> = log.series.iter().filter(|series| change.is_of(series)).collect();
    let [own] = own[..] else { panic!("{own:?}") };
    assert_eq!(own.cell.executor, "heap");
    let spoil: [fn(&mut Series); 4] = [
        |it| it.metric = "cpu_ns_per_op".into(),
        |it| it.place.cores += 1,
        |it| it.cell.executor = "deque".into(),
        |it| it.points.truncate(11),
    ];
    for (index, spoil) in spoil.iter().enumerate() {
        let mut other = own.clone();
        spoil(&mut other);
        assert!(!change.is_of(&other), "{index}");
    }
}
