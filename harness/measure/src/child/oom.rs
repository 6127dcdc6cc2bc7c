//! Whether the kernel has killed for want of memory: its counter tells, where it can be read.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::process::GroupFile;

/// The counter of the cgroup.
const OF_GROUP: GroupFile =
    GroupFile { controller: "memory", v2: "memory.events", v1: "memory.oom_control" };

/// Watches the counter of kills. It is read once at the start and again only after a SIGKILL that
/// was not sent from here, so a child that behaves costs nothing.
#[derive(Debug)]
pub(super) struct OomWatch {
    source: Option<PathBuf>,
    seen: AtomicU64,
}

impl OomWatch {
    pub(super) fn new() -> Self {
        // Where there is no group's counter, the system's.
        let mut sources = OF_GROUP.paths().into_iter().chain(["/proc/vmstat".into()]);
        let source = sources.find(|path| count(path).is_some());
        let seen = source.as_ref().and_then(count).unwrap_or(0);
        Self { source, seen: AtomicU64::new(seen) }
    }

    /// Returns whether the counter rose since it was last asked; `None` where it cannot be read.
    pub(super) fn rose(&self) -> Option<bool> {
        let now = count(self.source.as_ref()?)?;
        Some(now > self.seen.swap(now, Ordering::Relaxed))
    }
}

fn count(path: &PathBuf) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_told_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("memory.events");
        let write = |kills: u32| fs::write(&path, format!("oom 9\noom_kill {kills}\n")).unwrap();
        write(3);
        let watch = OomWatch { source: Some(path.clone()), seen: AtomicU64::new(3) };
        assert_eq!(watch.rose(), Some(false));
        write(4);
        assert_eq!((watch.rose(), watch.rose()), (Some(true), Some(false)));
        assert_eq!(OomWatch { source: None, seen: AtomicU64::new(0) }.rose(), None);
    }
}
