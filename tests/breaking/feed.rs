//! Damaged inputs for the functions behind the verbs, in this process and on every core: so a
//! million is a matter of an hour.

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

use crate::reads::{KINDS, Kind, Whole, feed};
use crate::tally::{Form, wrong_with};

/// Longer than anything takes, also beside other work.
const TOO_LONG: Duration = Duration::from_secs(120);

const WORKER: &str = "feeds damaged inputs";

/// Returns a directory in memory, where there is one: databases are synced.
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

/// Returns whether the damaged input was read, or what is wrong with how it was.
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

/// Where a worker puts what is read.
pub(crate) struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(directory())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
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
