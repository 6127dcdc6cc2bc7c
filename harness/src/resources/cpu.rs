//! On which CPU a thread runs: two that race must run at once.
//!
//! It only ever moves the thread that calls, and does nothing where the system has no such thing.

/// The CPU that this thread runs on right now.
#[cfg(target_os = "linux")]
pub(crate) fn current() -> Option<usize> {
    nix::sched::sched_getcpu().ok()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn current() -> Option<usize> {
    None
}

/// Keeps this thread off a CPU, if the process may use any other.
#[cfg(target_os = "linux")]
pub(crate) fn keep_off(cpu: usize) {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;
    // What the main thread may use: this one may have been moved before.
    if let Ok(mut allowed) = sched_getaffinity(Pid::this())
        && allowed.unset(cpu).is_ok()
        && (0..CpuSet::count()).any(|cpu| allowed.is_set(cpu) == Ok(true))
    {
        // Refused or not: without it the race is only less close.
        let _ = sched_setaffinity(Pid::from_raw(0), &allowed);
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn keep_off(_cpu: usize) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_leaves_the_cpu_that_it_is_kept_off() {
        let alone = std::thread::available_parallelism().is_ok_and(|cpus| cpus.get() == 1);
        let moved = std::thread::spawn(|| {
            let before = current().expect("Linux tells");
            keep_off(before);
            current() != Some(before)
        });
        assert!(moved.join().expect("it does not panic") || alone);
    }
}
