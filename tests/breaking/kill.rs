//! Kills a verb at random moments, goes on with it or does it again, and counts what is wrong then.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::support::{command, run};
use crate::victims::Victim;

/// What a process that is to end may take, also beside other work.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was found after kills.
#[derive(Default)]
pub(crate) struct Count {
    name: &'static str,
    kills: u64,
    /// Kills that came before the end.
    cut: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) half_written: u64,
    /// Files of a moment, processes, locks, directories that no verb goes on with.
    pub(crate) left: u64,
    /// Exit codes and words that are not those of the verb.
    pub(crate) wrong_ends: u64,
    notes: Vec<String>,
}

impl Count {
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        self.notes.push(what.into());
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.lost + self.doubled + self.half_written + self.left + self.wrong_ends == 0
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.name = "all";
        self.kills += other.kills;
        self.cut += other.cut;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.half_written += other.half_written;
        self.left += other.left;
        self.wrong_ends += other.wrong_ends;
        self.notes.extend(other.notes.iter().cloned());
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:<12} {:>4} kills, {:>4} before the end: {} lost, {} doubled, {} half written, {} left behind, \
             {} wrong ends",
            self.name,
            self.kills,
            self.cut,
            self.lost,
            self.doubled,
            self.half_written,
            self.left,
            self.wrong_ends
        )?;
        self.notes.iter().take(10).try_for_each(|note| write!(out, "\n    {note}"))
    }
}

/// Kills the victim `kills` times.
pub(crate) fn many(victim: &Victim, kills: u64, rng: &mut Rng) -> Count {
    let mut count = Count { name: victim.name, kills, ..Count::default() };
    let (base, whole) = (directory(), directory());
    (victim.prepare)(base.path());
    copy_tree(base.path(), whole.path()).expect("a copy");
    let began = Instant::now();
    let output = run(whole.path(), victim.words);
    let longest = began.elapsed();
    assert!(
        victim.ends.contains(&output.status.code().unwrap_or(-1)),
        "{}: {output:?}",
        victim.name
    );
    for number in 0..kills {
        let here = directory();
        // Now and then over what is there already.
        let is_again = victim.may_repeat && rng.u32(0..3) == 0;
        let from = if is_again { &whole } else { &base };
        copy_tree(from.path(), here.path()).expect("a copy");
        let signal = if rng.bool() { Signal::SIGKILL } else { Signal::SIGINT };
        let moment = longest.mul_f64(rng.f64() * 1.1);
        let notes = count.notes.len();
        let was_cut = once(victim, here.path(), signal, moment, &mut count);
        count.cut += u64::from(was_cut);
        (victim.examine)(here.path(), whole.path(), &mut count);
        for note in &mut count.notes[notes..] {
            *note = format!("{} {number} ({signal} after {moment:?}): {note}", victim.name);
        }
    }
    count
}

/// Kills it once; whether that was before its end.
fn once(victim: &Victim, here: &Path, signal: Signal, moment: Duration, count: &mut Count) -> bool {
    let mut command = command(here, victim.words);
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    thread::sleep(moment);
    let id = i32::try_from(child.id()).expect("an id");
    // A process that has ended is not waited for yet, so the id is still its own.
    let _ = kill(Pid::from_raw(id), signal);
    let ended = wait(&mut child);
    match ended.and_then(|status| status.code()) {
        Some(130) | None => {}
        Some(code) if victim.ends.contains(&code) => {}
        Some(code) => {
            count.wrong_ends += 1;
            count.note(format!("ended with {code}"));
        }
    }
    if ended.is_none() {
        count.left += 1;
        count.note("did not end");
    }
    let orphans = orphans(here);
    if !orphans.is_empty() {
        count.left += orphans.len() as u64;
        count.note(format!("processes stay: {orphans:?}"));
    }
    !ended.and_then(|status| status.code()).is_some_and(|code| victim.ends.contains(&code))
}

fn wait(child: &mut Child) -> Option<std::process::ExitStatus> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("a child") {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

/// Processes that still work in the directory, after they had time to end.
fn orphans(here: &Path) -> Vec<i32> {
    let began = Instant::now();
    loop {
        let found = working_in(here);
        if found.is_empty() || began.elapsed() > PATIENCE {
            return found;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn working_in(here: &Path) -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| fs::read_link(format!("/proc/{id}/cwd")).is_ok_and(|it| it.starts_with(here)))
        .collect()
}

fn directory() -> TempDir {
    TempDir::new().expect("a directory")
}

/// Copies what is below `from`, with the times of its files.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let there = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &there)?;
        } else {
            fs::copy(entry.path(), &there)?;
            // What is imported is named after it.
            fs::File::options()
                .append(true)
                .open(there)?
                .set_modified(entry.metadata()?.modified()?)?;
        }
    }
    Ok(())
}

/// Returns every file below the directory by its path.
pub(crate) fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut folders = vec![directory.to_owned()];
    let mut all = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(directory).expect("below").to_owned();
                all.insert(name, fs::read(&path).unwrap_or_default());
            }
        }
    }
    all
}
