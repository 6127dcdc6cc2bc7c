//! The resources that a process used, and those that a machine refuses. Touches the OS.
//!
//! Where a system does not tell something, the figure is zero or `None`; nothing fails for that.

mod allocator;
mod refusal;

pub use allocator::CountingAllocator;
pub use refusal::{Demand, Exhausted, exhausted, ports};

use std::fs;
use std::time::Duration;

use hdrhistogram::Histogram;

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
    /// Makes the totals up to now, to begin a region with: CPU time is read last, so that the cost
    /// of reading (two system calls) is not in it.
    #[must_use]
    pub fn now() -> Self {
        let others = Self::all_but_cpu();
        Self { cpu_ns: system::cpu_ns(), ..others }
    }

    /// Makes the totals up to now, to end a region with: CPU time is read first.
    #[must_use]
    pub fn now_cpu_first() -> Self {
        let cpu_ns = system::cpu_ns();
        Self { cpu_ns, ..Self::all_but_cpu() }
    }

    /// Returns what the calling thread alone used: what a workload's own thread, which is no part
    /// of the executor, takes of the process. Zero where the system does not tell.
    #[must_use]
    pub fn of_thread() -> Self {
        let (voluntary_switches, involuntary_switches) = system::switches_of_thread();
        let cpu_ns = system::cpu_ns_of_thread();
        let (allocations, allocated_bytes) = allocator::totals_of_thread().unzip();
        Self { cpu_ns, voluntary_switches, involuntary_switches, allocations, allocated_bytes }
    }

    fn all_but_cpu() -> Self {
        let (voluntary_switches, involuntary_switches) = system::switches();
        let (allocations, allocated_bytes) = allocator::totals().unzip();
        Self { cpu_ns: 0, voluntary_switches, involuntary_switches, allocations, allocated_bytes }
    }

    /// Returns what was used since `before`.
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

/// Returns an empty histogram of nanoseconds from 1 ns to an hour with three significant digits.
///
/// # Panics
/// Never: the bounds are valid.
#[must_use]
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("the bounds are valid")
}

/// Returns the number of threads of this process; 0 where the system does not tell.
#[must_use]
pub fn threads() -> f64 {
    status("Threads:")
}

/// Returns the number of open file descriptors of this process; 0 where the system does not tell.
#[must_use]
pub fn descriptors() -> usize {
    // One of them is that of the listing.
    let listing = fs::read_dir("/proc/self/fd").or_else(|_| fs::read_dir("/dev/fd"));
    listing.map_or(0, |listing| listing.count().saturating_sub(1))
}

/// Returns the memory that is resident now; 0 where the system does not tell. Counted page by page:
/// before Linux 6.17 the total in /proc/self/status lags behind by up to 32 pages for each core
/// that the process was on.
#[must_use]
pub fn rss_bytes() -> f64 {
    let counted = field("/proc/self/smaps_rollup", "Rss:");
    let kib = if counted > 0.0 { counted } else { status("VmRSS:") };
    kib * 1024.0
}

/// Returns the most memory that was resident since the start of this program: VmHWM, since
/// `ru_maxrss` survives exec and reports the parent's peak. 0 where the system does not tell.
#[must_use]
pub fn rss_peak_bytes() -> f64 {
    status("VmHWM:") * 1024.0
}

fn status(name: &str) -> f64 {
    field("/proc/self/status", name)
}

/// Returns the number behind `name` in a file of lines; 0 if there is none.
fn field(path: &str, name: &str) -> f64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

/// Returns how long this process was ready to run but waited for a core; `None` where the system
/// does not tell, and for a process with several threads: only the first one's wait can be had
/// without looking at each of the others under /proc, after which the parent that reaps the process
/// spins in the kernel until the last thread is gone (8 to 20 ms of CPU a child, measured).
#[must_use]
pub fn run_queue_wait() -> Option<Duration> {
    if threads() > 1.0 {
        return None;
    }
    let text = fs::read_to_string("/proc/self/schedstat").ok()?;
    schedule_in(&text).map(|(_, waited)| waited)
}

/// Returns how long the threads of another process ran or waited for a core: what kept them from
/// that was not the process. Zero where the system does not tell.
#[must_use]
pub fn busy_of(pid: u32) -> Duration {
    let busy = schedule_of(pid).map(|(ran, waited)| ran + waited);
    busy.filter(|busy| !busy.is_zero()).unwrap_or_else(|| system::cpu_of(pid))
}

/// Returns time on a core and time waiting for one, over all threads of a process.
fn schedule_of(pid: u32) -> Option<(Duration, Duration)> {
    let mut sums = (Duration::ZERO, Duration::ZERO);
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        // A thread may have ended since it was listed.
        let Ok(text) = fs::read_to_string(task.ok()?.path().join("schedstat")) else { continue };
        let (ran, waited) = schedule_in(&text)?;
        sums = (sums.0 + ran, sums.1 + waited);
    }
    Some(sums)
}

fn schedule_in(text: &str) -> Option<(Duration, Duration)> {
    let mut fields = text.split_whitespace().map(|field| field.parse().ok());
    let mut next = || Some(Duration::from_nanos(fields.next()??));
    Some((next()?, next()?))
}

#[cfg(unix)]
mod system {
    use std::time::Duration;

    use nix::sys::resource::{UsageWho, getrusage};
    use nix::time::{ClockId, clock_gettime};

    pub(super) fn cpu_ns() -> u64 {
        let time =
            clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(Duration::ZERO, Into::into);
        u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Returns voluntary and involuntary context switches.
    pub(super) fn switches() -> (u64, u64) {
        switches_of(UsageWho::RUSAGE_SELF)
    }

    fn switches_of(who: UsageWho) -> (u64, u64) {
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        getrusage(who).map_or((0, 0), |used| {
            (count(used.voluntary_context_switches()), count(used.involuntary_context_switches()))
        })
    }

    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    pub(super) fn cpu_ns_of_thread() -> u64 {
        let time =
            clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Into::into);
        u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
    }

    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    pub(super) fn switches_of_thread() -> (u64, u64) {
        switches_of(UsageWho::RUSAGE_THREAD)
    }

    #[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
    pub(super) fn cpu_ns_of_thread() -> u64 {
        0
    }

    #[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
    pub(super) fn switches_of_thread() -> (u64, u64) {
        (0, 0)
    }

    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    pub(super) fn cpu_of(pid: u32) -> Duration {
        let pid = i32::try_from(pid).map(nix::unistd::Pid::from_raw);
        let time = pid.ok().and_then(|pid| ClockId::pid_cpu_clock_id(pid).ok()?.now().ok());
        time.map_or(Duration::ZERO, Duration::from)
    }

    #[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
    pub(super) fn cpu_of(_: u32) -> Duration {
        Duration::ZERO
    }
}

#[cfg(not(unix))]
mod system {
    use std::time::Duration;

    pub(super) fn cpu_ns() -> u64 {
        0
    }

    pub(super) fn switches() -> (u64, u64) {
        (0, 0)
    }

    pub(super) fn cpu_ns_of_thread() -> u64 {
        0
    }

    pub(super) fn switches_of_thread() -> (u64, u64) {
        (0, 0)
    }

    pub(super) fn cpu_of(_: u32) -> Duration {
        Duration::ZERO
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_account_never_runs_backwards() {
        let before = Usage::now();
        let work: u64 = (0..1_000_000).map(std::hint::black_box).sum();
        std::hint::black_box(work);
        let used = Usage::now_cpu_first().since(&before);
        assert!(used.cpu_ns > 0 && Usage::now().cpu_ns >= before.cpu_ns);
        assert!(threads() >= 1.0 && rss_bytes() > 0.0 && rss_peak_bytes() > 0.0);
    }

    #[test]
    fn the_account_of_a_thread_holds_no_other() {
        let before = Usage::now();
        let busy = std::thread::spawn(|| {
            let before = Usage::of_thread();
            while Usage::of_thread().since(&before).cpu_ns < 20_000_000 {
                std::hint::spin_loop();
            }
        });
        let own = Usage::of_thread();
        busy.join().expect("it does not panic");
        // It waits meanwhile.
        let (own, all) = (Usage::of_thread().since(&own), Usage::now_cpu_first().since(&before));
        assert!(own.cpu_ns < 20_000_000 && all.cpu_ns >= 20_000_000, "{own:?} of {all:?}");
    }

    #[test]
    fn a_process_that_is_not_there_was_never_busy() {
        assert_eq!(busy_of(u32::MAX), Duration::ZERO);
        assert!(busy_of(std::process::id()) > Duration::ZERO);
    }
}
