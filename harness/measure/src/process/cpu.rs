//! On which CPU a thread runs: two that race must run at once; what is compared runs on one and the
//! same.
//!
//! It only ever moves the thread that calls, and does nothing where the system has no such thing.

/// Returns the CPU that this thread runs on right now.
#[cfg(target_os = "linux")]
pub fn current() -> Option<usize> {
    nix::sched::sched_getcpu().ok()
}

#[cfg(not(target_os = "linux"))]
pub fn current() -> Option<usize> {
    None
}

/// Keeps this thread off a CPU, if the process may use any other.
#[cfg(target_os = "linux")]
pub fn keep_off(cpu: usize) {
    use nix::sched::{CpuSet, sched_getaffinity};
    use nix::unistd::Pid;
    // What the main thread may use: this one may have been moved before.
    if let Ok(mut allowed) = sched_getaffinity(Pid::this())
        && allowed.unset(cpu).is_ok()
        && (0..CpuSet::count()).any(|cpu| allowed.is_set(cpu) == Ok(true))
    {
        // Refused: the race is only less close.
        system::allow(&allowed);
    }
}

#[cfg(not(target_os = "linux"))]
pub fn keep_off(_cpu: usize) {}

/// Returns the CPUs that this thread may use; none where the system does not tell.
#[cfg(target_os = "linux")]
#[must_use]
pub fn allowed() -> Vec<usize> {
    use nix::sched::CpuSet;
    let allowed = system::allowed();
    let is_allowed = |cpu: &usize| allowed.is_some_and(|set| set.is_set(*cpu) == Ok(true));
    (0..CpuSet::count()).filter(is_allowed).collect()
}

/// Returns the CPUs that this thread may use; none where the system does not tell.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn allowed() -> Vec<usize> {
    Vec::new()
}

/// This thread, and what it starts meanwhile, runs on one CPU; dropped, it may use again what it
/// might before.
#[must_use = "the thread stays there only as long as this lives"]
pub struct Stay {
    #[cfg(target_os = "linux")]
    before: Option<nix::sched::CpuSet>,
}

impl Stay {
    /// Moves the calling thread to `cpu`. Where the system refuses, it runs where it did.
    #[cfg(target_os = "linux")]
    pub fn on(cpu: usize) -> Self {
        let before = system::allowed();
        let mut one = nix::sched::CpuSet::new();
        if one.set(cpu).is_ok() {
            system::allow(&one);
        }
        Self { before }
    }

    /// Moves the calling thread to `cpu`. Where the system refuses, it runs where it did.
    #[cfg(not(target_os = "linux"))]
    pub fn on(_cpu: usize) -> Self {
        Self {}
    }
}

#[cfg(target_os = "linux")]
impl Drop for Stay {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            system::allow(before);
        }
    }
}

/// Of the calling thread.
#[cfg(target_os = "linux")]
mod system {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    pub(super) fn allowed() -> Option<CpuSet> {
        sched_getaffinity(Pid::from_raw(0)).ok()
    }

    pub(super) fn allow(cpus: &CpuSet) {
        // Refused or not: without it figures are only noisier.
        let _ = sched_setaffinity(Pid::from_raw(0), cpus);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_stays_where_it_is_put_and_may_go_again() {
        std::thread::spawn(|| {
            let before = allowed();
            for cpu in before.clone() {
                let stay = Stay::on(cpu);
                assert_eq!((allowed(), current()), (vec![cpu], Some(cpu)));
                let child = std::thread::spawn(allowed).join().expect("it does not panic");
                assert_eq!(child, [cpu], "what it starts stays there too");
                drop(stay);
                assert_eq!(allowed(), before);
            }
            drop(Stay::on(usize::MAX));
            assert_eq!(allowed(), before, "a CPU that is not there changes nothing");
        })
        .join()
        .expect("it does not panic");
    }

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
