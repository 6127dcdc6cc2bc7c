//! The settings that a child makes before it starts a thread: environment, limits, timer slack.

use crate::spec::Spec;

/// Prepares this process to run `spec`: sets the variables of `environment`, the timer slack and
/// the memory limit, raises the descriptor limit as far as it goes, and ends this process when its
/// parent dies. Call it first thing in the child: it refuses once there is a second thread.
///
/// # Errors
/// A refusal of the system, in one line with the way out.
pub fn prepare(spec: &Spec, environment: &[(String, String)]) -> Result<(), String> {
    set_environment(environment)?;
    system::raise_descriptors();
    system::introduce();
    // A system without timer slack has nothing to set.
    let _ = set_timer_slack(spec.timer_slack_ns);
    match spec.memory_limit_bytes {
        Some(bytes) => system::limit_memory(bytes),
        None => Ok(()),
    }
}

/// Returns whether stdout is a pipe without a reader. A parent that was killed before [`prepare`]
/// could ask for a signal sends none; but it held the other end. (Its id would not tell: the child
/// never knew it, and an orphan's new parent may be any process.)
#[cfg(unix)]
#[must_use]
pub fn parent_is_gone() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = std::io::stdout();
    let mut fds = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok() && fds[0].revents().contains(PollFlags::ERR)
}

/// Sets the timer slack of this thread, and of those that it starts; whether the system did so.
pub(crate) fn set_timer_slack(slack_ns: u64) -> bool {
    system::set_timer_slack(slack_ns)
}

/// Returns how many file descriptors a process can raise its limit to; the plan takes it as its
/// limit.
#[must_use]
pub fn descriptor_limit() -> u64 {
    system::descriptor_limit()
}

/// Lets this process have so many `children` at once, each with its pipes: raises the descriptor
/// limit if it is lower.
///
/// # Errors
/// That it cannot be raised so far, in one line with the way out.
pub fn make_room(children: usize) -> Result<(), String> {
    /// Three pipes of a child and its exit.
    const OF_A_CHILD: u64 = 4;
    /// This process's own, and those of one start.
    const OWN: u64 = 32;
    let needed =
        u64::try_from(children).unwrap_or(u64::MAX).saturating_mul(OF_A_CHILD).saturating_add(OWN);
    let limit = system::descriptor_limit();
    if needed > limit {
        return Err(format!(
            "{children} children at once need {needed} file descriptors, the limit is {limit}: \
             raise `ulimit -Hn`, or choose fewer executors"
        ));
    }
    system::raise_descriptors_to(needed);
    Ok(())
}

fn set_environment(environment: &[(String, String)]) -> Result<(), String> {
    if environment.is_empty() {
        return Ok(());
    }
    if tminus_contract::resources::threads() > 1.0 {
        return Err("the environment cannot be set any more: there are threads".into());
    }
    for (name, value) in environment {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(format!("`{}` is no environment variable", name.escape_debug()));
        }
        // SAFETY: no other thread could read the environment meanwhile: there is none, as was
        // checked where the system tells, and as the caller was told to see to.
        unsafe { std::env::set_var(name, value) };
    }
    Ok(())
}

#[cfg(unix)]
mod system {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};

    pub(super) fn descriptor_limit() -> u64 {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1024, 1024));
        let of_system = std::fs::read_to_string("/proc/sys/fs/nr_open");
        let of_system = of_system.ok().and_then(|text| text.trim().parse().ok());
        if hard == RLIM_INFINITY { of_system.unwrap_or(10_240) } else { hard }
    }

    pub(super) fn raise_descriptors_to(needed: u64) {
        let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
        if soft < needed {
            // A child that cannot be started says so.
            let _ = setrlimit(Resource::RLIMIT_NOFILE, needed, hard);
        }
    }

    pub(super) fn raise_descriptors() {
        let limit = descriptor_limit();
        // A cell that lacks descriptors says so itself: it is refused one.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, limit, limit);
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn limit_memory(bytes: u64) -> Result<(), String> {
        setrlimit(Resource::RLIMIT_AS, bytes, bytes)
            .map_err(|error| format!("cannot limit memory to {bytes} bytes: {error}"))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(super) fn limit_memory(_: u64) -> Result<(), String> {
        Err("this system has no limit on address space: leave it out".into())
    }

    #[cfg(target_os = "linux")]
    pub(super) fn set_timer_slack(slack_ns: u64) -> bool {
        nix::sys::prctl::set_timerslack(slack_ns).is_ok()
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn set_timer_slack(_: u64) -> bool {
        false
    }

    #[cfg(target_os = "linux")]
    pub(super) fn introduce() {
        // Children are started through a link whose name says nothing to `ps` and `perf`.
        let _ = nix::sys::prctl::set_name(c"tminus");
        // A child whose parent was killed would run on, and for ever if it hangs.
        let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn introduce() {}
}

#[cfg(not(unix))]
mod system {
    pub(super) fn descriptor_limit() -> u64 {
        8192
    }

    pub(super) fn raise_descriptors() {}

    pub(super) fn raise_descriptors_to(_: u64) {}

    pub(super) fn set_timer_slack(_: u64) -> bool {
        false
    }

    pub(super) fn introduce() {}

    pub(super) fn limit_memory(_: u64) -> Result<(), String> {
        Err("this system has no limit on address space: leave it out".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Tests run in threads of their own, so the environment is never set here.
    #[test]
    #[cfg(target_os = "linux")]
    fn with_threads_about_the_environment_is_left_alone() {
        let other = std::thread::spawn(std::thread::park);
        let refused = set_environment(&[("TMINUS_TEST".into(), "1".into())]);
        assert!(refused.unwrap_err().contains("there are threads"));
        assert!(std::env::var_os("TMINUS_TEST").is_none());
        assert_eq!(set_environment(&[]), Ok(()));
        other.thread().unpark();
        other.join().unwrap();
    }

    #[test]
    fn the_descriptor_limit_is_one_that_can_be_had() {
        let limit = descriptor_limit();
        assert!(limit >= 256, "{limit}");
        system::raise_descriptors();
        #[cfg(unix)]
        {
            use nix::sys::resource::{Resource, getrlimit};
            assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap().0, limit);
        }
    }
}
