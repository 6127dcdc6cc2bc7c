//! Processes that a child left behind: it moved them out of its group (`setsid`), so they outlive
//! it.
//!
//! A program that asks for it becomes their parent once the child has ended, as init would be, and
//! then ends them.

use std::collections::HashSet;
use std::fs;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// How often to look for what the death of an orphan leaves behind, and for how long that may take.
const LOOKS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(5);

/// The processes that this one had before it adopted any; `None` where it does not.
static OWN: OnceLock<HashSet<u32>> = OnceLock::new();

/// The children at work: none of them is an orphan.
static AT_WORK: Mutex<Option<HashSet<u32>>> = Mutex::new(None);

/// Returns what `change` makes of the children at work.
fn at_work<T>(change: impl FnOnce(&mut HashSet<u32>) -> T) -> T {
    let mut all = AT_WORK.lock().unwrap_or_else(PoisonError::into_inner);
    change(all.get_or_insert_default())
}

/// Is told of every child that starts.
pub(super) fn begin(child: u32) {
    at_work(|all| all.insert(child));
}

/// Has everything that a child leaves behind end with it from now on. For a program whose only
/// processes are its measured children: any other that it starts later would be taken for an
/// orphan.
///
/// A system without such a thing leaves them to init.
pub fn adopt() {
    #[cfg(target_os = "linux")]
    if nix::sys::prctl::set_child_subreaper(true).is_ok() {
        // A shell that became this program by `exec` may have left jobs.
        OWN.get_or_init(|| of_this_process().collect());
    }
}

/// Ends what `child`, which has just been reaped, left behind; where others are at work, once the
/// last of them has ended. Asks the system once where there is nothing.
pub(super) fn end(child: u32) {
    let is_last = at_work(|all| {
        all.remove(&child);
        all.is_empty()
    });
    let Some(own) = OWN.get().filter(|_| is_last) else { return };
    for _ in 0..LOOKS {
        let others = at_work(|all| all.clone());
        let is_orphan = |id: &u32| !own.contains(id) && !others.contains(id);
        let orphans: Vec<u32> = match is_childless() {
            true => return,
            false => of_this_process().filter(is_orphan).collect(),
        };
        if orphans.is_empty() {
            return;
        }
        for id in orphans {
            let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) else { continue };
            // It may have gone already. Its own children come to us when it dies.
            let _ = kill_process(id, Signal::KILL);
            let _ = waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
        }
        thread::sleep(PAUSE);
    }
}

fn is_childless() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    waitid(WaitId::All, options).err() == Some(rustix::io::Errno::CHILD)
}

/// Returns the processes whose parent this one is.
fn of_this_process() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| parent_of(*id) == Some(std::process::id()))
}

/// Returns the field after `1 (name, which may hold anything) S`.
fn parent_of(id: u32) -> Option<u32> {
    let stat = fs::read(format!("/proc/{id}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
