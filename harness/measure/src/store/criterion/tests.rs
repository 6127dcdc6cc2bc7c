//! Directories of criterion: as it writes them, odd, hostile.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tminus_judge::compare;
use tminus_judge::rank::{derive, rank};
use tminus_record::Filter;

use super::*;
use crate::store::{self, Writer};

/// Returns the text of a name as JSON holds it.
fn json(text: Option<&str>) -> String {
    serde_json::to_string(&text).unwrap()
}

fn name_file(group: &str, function: Option<&str>, value: Option<&str>) -> String {
    format!(
        r#"{{"group_id":{},"function_id":{},"value_str":{},"throughput":{{"Elements":7}},
            "full_id":"x","directory_name":"x","title":"x"}}"#,
        json(Some(group)),
        json(function),
        json(value)
    )
}

const SAMPLES: &str = r#"{"sampling_mode":"Linear","iters":[2.0,4.0,6.0],"times":[21.0,44,60.4]}"#;

fn put(directory: &Path, name: &str, samples: &str) {
    fs::create_dir_all(directory).unwrap();
    fs::write(directory.join("benchmark.json"), name).unwrap();
    fs::write(directory.join("sample.json"), samples).unwrap();
}

/// Returns a directory with benchmarks of these groups, functions and values.
fn with(names: &[(&str, Option<&str>, Option<&str>)]) -> TempDir {
    let here = TempDir::new().unwrap();
    for (index, (group, function, value)) in names.iter().enumerate() {
        let directory = here.path().join(format!("{index}/f/new"));
        put(&directory, &name_file(group, *function, *value), SAMPLES);
    }
    here
}

fn ids(here: &TempDir) -> Vec<String> {
    let run = read(&[here.path().into()], "new").unwrap();
    run.header.cells.iter().map(|cell| cell.id().to_string()).collect()
}

fn refused(here: &TempDir) -> String {
    let said = read(&[here.path().into()], "new").unwrap_err().to_string();
    assert!(said.len() < 600 && !said.chars().any(char::is_control), "{said}");
    said.replace(here.path().to_str().unwrap(), "")
}

#[test]
fn names_of_the_matrix_become_their_cells_again() {
    let cells = [
        ("squares/tasks=1000", "floor-boxed", "squares/tasks=1000/floor-boxed"),
        ("squares/tasks=1000,depth=10", "heap", "squares/tasks=1000,depth=10/heap"),
        (
            "echo/connections=10",
            "tokio-multi-thread-w2",
            "echo/connections=10/tokio-multi-thread/w2",
        ),
    ];
    for (group, column, id) in cells {
        assert_eq!(ids(&with(&[(group, None, Some(column))])), [id]);
    }
}

#[test]
fn other_names_follow_the_rule() {
    let cells = [
        (("alone", None, None), "alone/default/unnamed"),
        (("rt/Multi Thread", None, None), "rt_multi_thread/default/unnamed"),
        (("fib", Some("fast"), Some("20")), "fib/value=20/fast"),
        (("fib", Some("fast"), None), "fib/default/fast"),
        (("fib", None, Some("20")), "fib/value=20/unnamed"),
        (("fib", None, Some("tokio")), "fib/default/tokio"),
        (("fib", Some("fast"), Some("1 MiB")), "fib/1_mib/fast"),
        (("fib", Some("fast"), Some("k=1,n=2")), "fib/k=1,n=2/fast"),
        (("fib/k=1", Some("fast"), Some("20")), "fib/k=1,value=20/fast"),
        (("fib", Some("batch-w64"), None), "fib/default/batch-w64"),
        (("fib/k=1", None, Some("rt-w02")), "fib/k=1/rt-w02"),
        // Not a floor of this project's.
        (("math", Some("floor"), Some("2")), "math/value=2/floor_"),
        (("math", Some("floor-fast"), None), "math/default/floor_-fast"),
        (("../..", Some("\u{1b}[2J"), Some("")), "_____/default/__2j"),
        (("", Some(""), None), "unnamed/default/unnamed"),
        (("99999999999999999999", None, None), "99999999999999999999/default/unnamed"),
    ];
    for ((group, function, value), id) in cells {
        assert_eq!(
            ids(&with(&[(group, function, value)])),
            [id],
            "{group:?} {function:?} {value:?}"
        );
    }
}

#[test]
fn numbers_are_parameters_and_sizes_stand_in_their_order() {
    let here = with(&[
        ("fib", Some("a"), Some("1000")),
        ("fib", Some("a"), Some("20")),
        ("fib", Some("b"), Some("20")),
    ]);
    assert_eq!(ids(&here), ["fib/value=20/a", "fib/value=20/b", "fib/value=1000/a"]);
    let run = read(&[here.path().into()], "new").unwrap();
    assert_eq!(run.header.cells[2].params.get("value"), Some(1000));
}

/// The same text is always cut alike, so that the functions of a group stay together.
#[test]
fn long_names_are_cut_and_told_apart() {
    let long = "x".repeat(64);
    let other = "x".repeat(65);
    let here =
        with(&[(&long, Some("a"), None), (&long, Some(&long), None), (&other, Some("a"), None)]);
    let ids = ids(&here);
    let workloads: BTreeSet<&str> = ids.iter().filter_map(|id| id.split('/').next()).collect();
    assert_eq!((ids.len(), workloads.len()), (3, 2), "{ids:?}");
    assert!(ids.iter().all(|id| id.len() < 128), "{ids:?}");
    let label = format!("{}=1", "n".repeat(100));
    let longest = with(&[(&format!("{}/{label}", "g".repeat(90)), None, Some("rt-w9999"))]);
    assert_eq!(self::ids(&longest)[0].len(), 36 + 1 + 46 + 1 + 2 + "/w9999".len());
}

/// Names that an id cannot hold as they are get a hash where two would become one; others stay.
#[test]
fn names_that_would_become_one_are_told_apart() {
    let both = |a, b| ids(&with(&[a, b]));
    let texts = |a: &'static str, b: &'static str| both(("f", Some(a), None), ("f", Some(b), None));
    assert_eq!(texts("sha256", "SHA256"), ["f/default/sha256", "f/default/sha256-b0b2f99a"]);
    assert_eq!(texts("a b", "a_b"), ["f/default/a_b", "f/default/a_b-10a3f9f2"]);
    for (a, b) in [("+", "*"), ("\u{52a0}\u{6cd5}", "\u{4e58}\u{6cd5}"), ("A", "\u{e9}")] {
        let ids = texts(a, b);
        let unique: BTreeSet<&String> = ids.iter().collect();
        assert_eq!((ids.len(), unique.len()), (2, 2), "{ids:?}");
        // Alone, or in the other order, each has its place.
        assert_eq!(texts(b, a), ids);
    }
    let pairs = [
        (("Fib", Some("a"), None), ("fib", Some("b"), None)),
        (("f", Some("a"), Some("1 MiB")), ("f", Some("a"), Some("1_MiB"))),
        (("f", Some("a"), Some("20")), ("f/value=20", Some("a"), None)),
        (("f", Some("a"), Some("k=2")), ("f/k=2", Some("b"), None)),
        (("f", Some("unnamed"), None), ("f", None, None)),
    ];
    for (a, b) in pairs {
        let ids = both(a, b);
        assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
        assert!(ids.iter().any(|id| id.contains('-')), "{ids:?}");
    }
}

#[test]
fn what_is_there_twice_is_a_row_with_a_reason() {
    let here = with(&[("f", Some("a"), None), ("f", Some("a"), None), ("f", Some("b"), None)]);
    assert_eq!(
        outcomes(&here),
        [
            ("f/default/a", "there are two benchmarks of this name in one directory"),
            ("f/default/b", "")
        ]
        .map(|(id, reason)| (id.to_owned(), reason.to_owned()))
    );
}

/// Returns each record's cell, and the reason where it has no figure.
fn outcomes(here: &TempDir) -> Vec<(String, String)> {
    let run = read(&[here.path().into()], "new").unwrap();
    let outcome = |record: Record| match record.outcome {
        Outcome::Excluded { reason } => (record.cell.to_string(), reason),
        _ => (record.cell.to_string(), String::new()),
    };
    run.records.into_iter().map(outcome).collect()
}

/// Row E: one bad benchmark is a row with its reason, and the others are as they are.
#[test]
fn one_that_cannot_be_read_is_a_row_with_its_reason() {
    let here = with(&[("good", Some("a"), None), ("bad", Some("a"), None)]);
    fs::remove_file(here.path().join("1/f/new/sample.json")).unwrap();
    put(&here.path().join("Torn/f/new"), "{}", SAMPLES);
    let all = outcomes(&here);
    let [(bad, no_file), (good, none), (torn, no_name)] = &all[..] else { panic!("{all:?}") };
    assert_eq!(
        (bad.as_str(), good.as_str(), none.as_str()),
        ("bad/default/a", "good/default/a", "")
    );
    assert!(no_file.starts_with("1/f/new/sample.json: "), "{no_file}");
    assert!(torn.starts_with("torn_f/default/"), "{torn}");
    assert!(no_name.starts_with("Torn/f/new/benchmark.json, line 1: expected"), "{no_name}");
    let run = read(&[here.path().into()], "new").unwrap();
    let ranking = rank(&run, &Filter::default(), None).unwrap();
    assert_eq!(ranking.groups.len(), 3);
}

#[test]
fn what_cargo_criterion_writes_is_recognised() {
    let here = TempDir::new().unwrap();
    let directory = here.path().join("data/main/f/a");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("benchmark.cbor"), "").unwrap();
    assert!(refused(&here).contains("holds what `cargo criterion` measured"));
    put(&here.path().join("f/new"), &name_file("f", None, None), SAMPLES);
    assert_eq!(ids(&here), ["f/default/unnamed"]);
}

#[test]
fn samples_are_kept_as_they_were_measured_and_nothing_is_claimed() {
    let here = with(&[("fib", Some("a"), None), ("fib", Some("b"), None)]);
    let run = read(&[here.path().into()], "new").unwrap();
    let sample = |n, wall_ns| tminus_contract::sample::Sample {
        ops: n,
        iterations: n,
        wall_ns,
        ..Default::default()
    };
    assert_eq!(run.records[0].samples, [sample(2, 21), sample(4, 44), sample(6, 60)]);
    assert_eq!(run.records[0].elapsed_ns, 125);
    let derived = derive(&run.records[0]);
    assert_eq!(derived["wall_ns_per_op"], 10.5);
    assert!(!derived.contains_key("cpu_ns_per_op"), "{derived:?}");
    let ranking = rank(&run, &Filter::default(), None).unwrap();
    let row = &ranking.groups[0].rows[0];
    assert_eq!((row.interval, row.rank, row.rounds), (None, None, 1));
    let machine = &run.header.provenance.machine;
    assert_eq!((machine.cpu.as_str(), machine.cores), (UNKNOWN, 0));
    let force = |force| compare::Options { margin: 1.01, metric: None, force };
    let compared = |options| compare::compare(&run, &run, &Filter::default(), &options);
    let said = compared(force(false)).unwrap_err().to_string();
    assert!(said.contains("no record of the CPU, the compiler"), "{said}");
    assert_eq!(compared(force(true)).unwrap().differences.len(), 1);
}

#[test]
fn directories_are_rounds_and_baselines_are_chosen() {
    let (a, b) =
        (with(&[("f", Some("a"), None)]), with(&[("f", Some("b"), None), ("f", Some("a"), None)]));
    put(&a.path().join("1/old"), &name_file("old", None, None), SAMPLES);
    let paths = [a.path().to_owned(), b.path().to_owned()];
    let run = read(&paths, "new").unwrap();
    let records: Vec<(u32, u32, &str)> =
        run.records.iter().map(|it| (it.round, it.position, it.cell.as_str())).collect();
    assert_eq!(records, [(0, 0, "f/default/a"), (1, 0, "f/default/a"), (1, 1, "f/default/b")]);
    assert_eq!((run.header.rounds, read(&paths, "new").unwrap()), (2, run.clone()));
    let old = read(&paths[..1], "old").unwrap();
    assert_eq!(old.header.cells[0].id().as_str(), "old/default/unnamed");
    let twice = [paths[0].clone(), paths[0].join("..").join(paths[0].file_name().unwrap())];
    assert!(
        read(&twice, "new").unwrap_err().to_string().ends_with("given twice; each is one round")
    );
    for name in ["", "..", "/tmp", "a/b", "./new", "\u{1b}"] {
        assert!(read(&paths, name).is_err(), "{name}");
    }
    // A run file like any other.
    let file = a.path().join("run.jsonl");
    let mut writer = Writer::create(&file, &run.header).unwrap();
    run.records.iter().for_each(|record| writer.append(record).unwrap());
    assert_eq!(store::read(&file).unwrap(), (run, None));
}

#[test]
fn damaged_files_are_refused() {
    let here = TempDir::new().unwrap();
    let good = name_file("f", None, None);
    let said = |name: &str, samples: &str| {
        put(&here.path().join("f/new"), name, samples);
        refused(&here)
    };
    let of = |iters: &str, times: &str| format!(r#"{{"iters":{iters},"times":{times}}}"#);
    for (iters, times, why) in [
        ("[1]", "[NaN]", "expected what criterion writes"),
        ("[1]", "[1e999]", "expected what criterion writes"),
        ("[1]", "[-5]", "expected nanoseconds from 1 to 2^53, got -5"),
        ("[1]", "[0.2]", "expected nanoseconds from 1"),
        ("[1]", "[1e300]", "expected nanoseconds from 1"),
        ("[0]", "[1]", "expected iterations from 1"),
        ("[-1]", "[1]", "expected iterations from 1"),
        ("[1.5]", "[1]", "expected whole iterations, got 1.5"),
        ("[1,2]", "[1]", "expected as many times as iterations"),
        ("[]", "[]", "at least one"),
        ("[null]", "[1]", "expected what criterion writes"),
        ("[\"\u{1b}[2J\"]", "[1]", "expected what criterion writes"),
    ] {
        let said = said(&good, &of(iters, times));
        assert!(said.starts_with("/f/new/sample.json, line 1: ") && said.contains(why), "{said}");
    }
    let deep = "[".repeat(100_000);
    for name in ["", "{}", "[]", "\0", r#"{"group_id":7}"#, &deep] {
        let said = said(name, SAMPLES);
        assert!(said.starts_with("/f/new/benchmark.json, line "), "{said}");
    }
    let long = said(&name_file(&"x".repeat(10_000), None, None), SAMPLES);
    assert!(long.contains("expected names of at most 1000 bytes, got one of 10000"), "{long}");
    let huge = said(&format!("{good}{}", " ".repeat(70 << 10)), SAMPLES);
    assert!(huge.contains("expected at most 64 KiB"), "{huge}");
    let huge = said(&good, &format!("{SAMPLES}{}", " ".repeat(17 << 20)));
    assert!(huge.contains("expected at most 16384 KiB"), "{huge}");
    put(&here.path().join("f/new"), &good, SAMPLES);
    fs::remove_file(here.path().join("f/new/sample.json")).unwrap();
    assert!(refused(&here).starts_with("/f/new/sample.json: "));
}

#[test]
fn where_there_is_nothing_that_is_said() {
    let here = TempDir::new().unwrap();
    let none = ": no benchmark of criterion's in there (expected */new/benchmark.json)";
    assert_eq!(refused(&here), none);
    put(&here.path().join("a/b/c/new"), &name_file("f", None, None), SAMPLES);
    assert_eq!(ids(&here), ["f/default/unnamed"]);
    // Else `import target` would take a part for the whole.
    put(&here.path().join("a/b/c/d/new"), &name_file("f", None, None), SAMPLES);
    assert_eq!(refused(&here), "/a/b/c/d/new: deeper than criterion writes; is  its directory?");
    let missing = [here.path().join("missing")];
    assert!(matches!(read(&missing, "new"), Err(Error::File { .. })));
    // A group that is called as its baseline is.
    let new = TempDir::new().unwrap();
    put(&new.path().join("new/new"), &name_file("new", None, None), SAMPLES);
    assert_eq!(ids(&new), ["new/default/unnamed"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let (here, elsewhere) = (TempDir::new().unwrap(), with(&[("f", None, None)]));
    symlink(elsewhere.path().join("0"), here.path().join("link")).unwrap();
    symlink(here.path(), here.path().join("loop")).unwrap();
    assert!(refused(&here).contains("no benchmark"));
    put(&here.path().join("g/new"), &name_file("g", None, None), SAMPLES);
    let file = here.path().join("g/new/sample.json");
    fs::remove_file(&file).unwrap();
    symlink(elsewhere.path().join("0/f/new/sample.json"), &file).unwrap();
    assert!(refused(&here).ends_with("expected a plain file, no link"));
}
