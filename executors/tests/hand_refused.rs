//! The hand-written loops where the system refuses what is new in it, as containers with an old
//! seccomp profile do: timers and wakes from other threads work all the same, on any errno.

#![cfg(all(target_os = "linux", not(tminus_portable_reactor)))]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use nix::libc;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use tminus_contract::channel::oneshot;
use tminus_contract::{Config, Executor};
use tminus_executors::deque::Deque;
use tminus_executors::heap::Heap;
use tminus_executors::heap_ready::HeapReady;

/// Refuses the calls with `errno` on this thread, and on those that it starts.
fn refuse(calls: &[i64], errno: u32) -> Result<(), Box<dyn std::error::Error>> {
    let rules: BTreeMap<_, _> = calls.iter().map(|&call| (call, Vec::new())).collect();
    let (allow, refuse) = (SeccompAction::Allow, SeccompAction::Errno(errno));
    let filter = SeccompFilter::new(rules, allow, refuse, std::env::consts::ARCH.try_into()?)?;
    Ok(apply_filter(&BpfProgram::try_from(filter)?)?)
}

/// A short sleep, a longer one, and a wake from another thread.
fn waits<E: Executor>() {
    E::run(&Config::workers(1), |executor: E| async move {
        for gap in [Duration::from_micros(300), Duration::from_millis(3)] {
            let deadline = Instant::now() + gap;
            executor.sleep_until(deadline).await;
            assert!(Instant::now() >= deadline, "{}: early", E::ID);
        }
        let (sender, receiver) = oneshot();
        thread::spawn(move || sender.send(42));
        assert_eq!(receiver.await, Some(42));
    });
}

#[test]
fn loops_run_on_whatever_errno_a_call_is_refused_with() {
    let (fine, timer) = (libc::SYS_epoll_pwait2, libc::SYS_timerfd_create);
    let all = [libc::EPERM, libc::ENOSYS, libc::EOPNOTSUPP, libc::EINVAL, libc::EACCES];
    for calls in [vec![fine], vec![timer], vec![fine, timer]] {
        for errno in all {
            let calls = calls.clone();
            // The filter stays with the thread.
            let refused = thread::spawn(move || {
                if let Err(error) = refuse(&calls, errno.unsigned_abs()) {
                    return writeln!(
                        std::io::stderr(),
                        "NOT RUN: hand_refused: no filter of system calls is permitted: {error}"
                    )
                    .expect("stderr");
                }
                waits::<Heap>();
                waits::<HeapReady>();
                waits::<Deque>();
            });
            refused.join().unwrap();
        }
    }
}
