//! What a process used, and the limits it runs under. Touches the OS.

use std::time::Duration;

use hdrhistogram::Histogram;
use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};

/// Running totals of what this process used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time of all threads. The kernel's precise sum (`CLOCK_PROCESS_CPUTIME_ID`),
    /// not rusage's, which is cut to microseconds and whose split is tick-sampled.
    pub cpu_ns: u64,
    /// Context switches that the process asked for.
    pub voluntary_switches: u64,
    /// Context switches that it suffered.
    pub involuntary_switches: u64,
    /// Allocations, where the counting allocator is installed.
    pub allocations: Option<u64>,
    /// Bytes allocated, where the counting allocator is installed.
    pub allocated_bytes: Option<u64>,
}

impl Usage {
    /// The totals up to now; costs two system calls.
    #[must_use]
    pub fn now() -> Self {
        let switches = getrusage(UsageWho::RUSAGE_SELF);
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        let cpu = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID);
        Self {
            cpu_ns: cpu
                .map_or(0, |time| count(time.tv_sec()) * 1_000_000_000 + count(time.tv_nsec())),
            voluntary_switches: switches.map_or(0, |used| count(used.voluntary_context_switches())),
            involuntary_switches: switches
                .map_or(0, |used| count(used.involuntary_context_switches())),
            allocations: None,
            allocated_bytes: None,
        }
    }

    /// What was used since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let less = |now: u64, then: u64| now.saturating_sub(then);
        let option = |now: Option<u64>, then: Option<u64>| Some(less(now?, then?));
        Self {
            cpu_ns: less(self.cpu_ns, before.cpu_ns),
            voluntary_switches: less(self.voluntary_switches, before.voluntary_switches),
            involuntary_switches: less(self.involuntary_switches, before.involuntary_switches),
            allocations: option(self.allocations, before.allocations),
            allocated_bytes: option(self.allocated_bytes, before.allocated_bytes),
        }
    }
}

/// An empty histogram of nanoseconds from 1 ns to an hour with three significant digits.
#[must_use]
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("the bounds are valid")
}

/// Threads of this process; 0 where the system does not tell.
#[must_use]
pub fn threads() -> f64 {
    status("Threads:")
}

/// Memory resident now; 0 where the system does not tell.
#[must_use]
pub fn rss_bytes() -> f64 {
    status("VmRSS:") * 1024.0
}

/// The most memory that was resident since the start of this program: VmHWM, since `ru_maxrss`
/// survives exec and reports the parent's peak. 0 where the system does not tell.
#[must_use]
pub fn rss_peak_bytes() -> f64 {
    status("VmHWM:") * 1024.0
}

/// How long the threads of another process ran or waited for a core: what kept them from that was
/// not the process. Zero where the system does not tell.
#[must_use]
pub fn busy_of(pid: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task"));
    let of_task = |task: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        let mut fields = text.split_whitespace().map(str::parse::<u64>);
        Some(fields.next()?.ok()?.saturating_add(fields.next()?.ok()?))
    };
    match tasks.map(|tasks| tasks.filter_map(of_task).sum()) {
        Ok(busy_ns) if busy_ns > 0 => Duration::from_nanos(busy_ns),
        _ => cpu_of(pid),
    }
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn cpu_of(pid: u32) -> Duration {
    let pid = i32::try_from(pid).map(nix::unistd::Pid::from_raw);
    let time = pid.ok().and_then(|pid| ClockId::pid_cpu_clock_id(pid).ok()?.now().ok());
    time.map_or(Duration::ZERO, Duration::from)
}

#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
fn cpu_of(_: u32) -> Duration {
    Duration::ZERO
}

fn status(name: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}
