//! Whether the kernel has killed for want of memory: its counter tells, where it can be read.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Watches the counter of kills. It is read once at the start and again only after a SIGKILL that
/// nobody here sent, so a child that behaves costs nothing.
#[derive(Debug)]
pub(super) struct OomWatch {
    source: Option<PathBuf>,
    seen: AtomicU64,
}

impl OomWatch {
    pub(super) fn new() -> Self {
        let source = sources().into_iter().find(|path| count(path).is_some());
        let seen = source.as_ref().and_then(count).unwrap_or(0);
        Self { source, seen: AtomicU64::new(seen) }
    }

    /// Whether the counter rose since it was last asked; `None` where it cannot be read.
    pub(super) fn rose(&self) -> Option<bool> {
        let now = count(self.source.as_ref()?)?;
        Some(now > self.seen.swap(now, Ordering::Relaxed))
    }
}

/// The cgroup's own counter (v2, then v1), then the system's.
fn sources() -> Vec<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let group = |line: &str| -> Option<PathBuf> {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let path = path.trim_start_matches('/');
        if controllers.is_empty() {
            return Some(["/sys/fs/cgroup", path, "memory.events"].iter().collect());
        }
        let memory = controllers.split(',').any(|controller| controller == "memory");
        memory.then(|| ["/sys/fs/cgroup/memory", path, "memory.oom_control"].iter().collect())
    };
    groups.lines().filter_map(group).chain(["/proc/vmstat".into()]).collect()
}

fn count(path: &PathBuf) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}
