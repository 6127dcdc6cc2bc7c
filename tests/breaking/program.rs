//! Damaged files for the program itself: it ends by itself, with an exit code that is documented
//! and one line that says what is wrong, and prints nothing that acts on a terminal.

use std::fs::{self, File};
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::damage::damage;
use crate::feed::directory;
use crate::reads::Whole;
use crate::support::command;
use crate::tally::{Form, wrong_with};

/// Longer than anything takes, also beside other work.
const TOO_LONG: Duration = Duration::from_secs(180);
/// A child's deadline is its parent's business: here it has none.
const OF_A_CELL: Duration = Duration::from_secs(10);

/// Verbs by what they read. `run.jsonl` or `h.db` or `criterion` or stdin or `conformance.json` is
/// damaged.
const VERBS: [&[&str]; 13] = [
    &["rank", "run.jsonl"],
    &["rank", "run.jsonl", "--json"],
    &["compare", "old.jsonl", "run.jsonl", "--force", "--all"],
    &["compare", "run.jsonl", "old.jsonl", "--json", "--force"],
    &["report", "run.jsonl", "--out=page"],
    &["report", "old.jsonl", "--out=page", "--conformance=conformance.json"],
    &["export", "run.jsonl", "--format=bencher"],
    &["history", "add", "run.jsonl", "--db=new.db"],
    &["history", "check", "--db=h.db"],
    &["history", "list", "--json", "--db=h.db"],
    &["site", "site", "--db=h.db"],
    &["import", "criterion", "--out=imported"],
    &["cell"],
];

/// Feeds `count` damaged files to verbs, the same for the same seed.
pub(crate) fn many(count: u64, seed: u64) {
    let whole = Whole::make();
    let mut faults = Vec::new();
    for index in 0..count {
        let mut rng = Rng::with_seed(seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let words = VERBS[usize::try_from(index).unwrap_or(0) % VERBS.len()];
        let here = directory();
        write(&whole, here.path(), &mut rng);
        if let Some(fault) = fault(here.path(), words) {
            let kept =
                Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("break-{seed}-{index}-files"));
            let _ = crate::kill::copy_tree(here.path(), &kept);
            faults.push(format!("{index} {words:?}: {fault}, kept in {}", kept.display()));
        }
    }
    println!("{count} damaged files with seed {seed}: {} faults", faults.len());
    assert!(faults.is_empty(), "{}", faults[..faults.len().min(20)].join("\n"));
}

fn write(whole: &Whole, here: &Path, rng: &mut Rng) {
    let which = rng.usize(0..whole.runs.len());
    let (run, other) = (&whole.runs[which], &whole.runs[(which + 1) % whole.runs.len()]);
    let criterion = here.join("criterion/a/b/new");
    fs::create_dir_all(&criterion).expect("a directory");
    let files = [
        ("run.jsonl", damage(run, other, rng)),
        ("old.jsonl", run.clone()),
        ("h.db", damage(&whole.database, other, rng)),
        ("spec", damage(&whole.spec, other, rng)),
        ("conformance.json", damage(&whole.conformance, other, rng)),
        ("criterion/a/b/new/benchmark.json", damage(&whole.criterion[0], other, rng)),
        ("criterion/a/b/new/sample.json", damage(&whole.criterion[1], other, rng)),
    ];
    for (name, bytes) in files {
        fs::write(here.join(name), bytes).expect("a file");
    }
}

/// What is wrong with how the program ended.
fn fault(here: &Path, words: &[&str]) -> Option<String> {
    let is_cell = words == ["cell"];
    let file = |name: &str| File::create(here.join(name)).expect("a file");
    let mut command = command(here, words);
    command.stdin(File::open(here.join("spec")).expect("a file"));
    let mut child =
        command.stdout(file("stdout")).stderr(file("stderr")).spawn().expect("the program starts");
    let began = Instant::now();
    let status: ExitStatus = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if began.elapsed() > if is_cell { OF_A_CELL } else { TOO_LONG } {
            let _ = child.kill();
            let _ = child.wait();
            return (!is_cell).then(|| "it did not end".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = |name: &str| {
        String::from_utf8_lossy(&fs::read(here.join(name)).unwrap_or_default()).into_owned()
    };
    let (out, said) = (text("stdout"), text("stderr"));
    let errors = said.lines().filter(|line| line.starts_with("error: ")).count();
    let is_told = match status.code() {
        Some(0) => errors == 0,
        // A torn last line is told before what is wrong with the rest.
        Some(2) => {
            errors == 1
                && said.lines().count() <= 2
                && said.lines().last().is_some_and(|it| it.starts_with("error: "))
        }
        _ => return Some(format!("ended with {status}: {said}")),
    };
    if !is_told {
        return Some(format!("{status}, and not in one line: {said}"));
    }
    // A child speaks JSON to its parent, which escapes what it shows.
    let shown = if is_cell { "" } else { &out };
    [shown, &said]
        .iter()
        .find_map(|text| wrong_with(Form::Terminal, text))
        .map(|what| format!("{what}: {out}{said}"))
}
