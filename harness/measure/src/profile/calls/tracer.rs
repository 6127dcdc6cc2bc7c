//! The thread that traces a child: it stops at each of its system calls, notes the call and lets it
//! go on.
//!
//! Only the thread that seized a child may wait for its stops, and it waits for nothing else, so no
//! other child of this process is reaped here; nor is the traced one, which its starter reaps. What
//! is still traced when the thread ends is killed by the system.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::sync::mpsc::{self, Sender};
use std::thread;

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use syscalls::Sysno;
use tminus_contract::sample::Edge;

use super::tally::Tally;
use crate::child::Watcher;
use crate::marks::{BEGIN, END};

/// Makes the watcher that traces a child and tells what it saw, or what kept it from its work.
pub(super) fn watcher(tell: Sender<Result<Tally, String>>) -> Result<Watcher, String> {
    Ok(Box::new(move |id| {
        let (ready, is_ready) = mpsc::channel();
        let work = move || {
            // Its reader may have been cancelled.
            let _ = tell.send(Tracer::new(id).and_then(|tracer| tracer.trace(&ready)));
        };
        let thread = thread::Builder::new().name("tracer".into()).spawn(work)?;
        match is_ready.recv() {
            Ok(()) => Ok(thread),
            Err(_) => Err(io::Error::other("it cannot be traced")),
        }
    }))
}

/// A child that is traced.
pub(super) struct Tracer {
    /// The first thread of the child.
    first: Pid,
    /// Threads that were seized while they ran and have not come to their first stop.
    running: BTreeSet<Pid>,
    tally: Tally,
}

impl Tracer {
    /// Seizes the child `id`, with the threads that it has.
    pub(super) fn new(id: u32) -> Result<Self, String> {
        let first = Pid::from_raw(i32::try_from(id).map_err(|_| "it has no id")?);
        seize(first).map_err(refused)?;
        let mut running = BTreeSet::from([first]);
        loop {
            // Those that a seized thread starts are seized by that: the system refuses them here.
            let new = threads_of(first).filter(|id| !running.contains(id));
            let new: Vec<Pid> = new.filter(|id| seize(*id).is_ok()).collect();
            if new.is_empty() {
                return Ok(Self { first, running, tally: Tally::default() });
            }
            running.extend(new);
        }
    }

    /// Traces until the child has exited; says `ready` when all its threads were stopped once.
    fn trace(mut self, ready: &Sender<()>) -> Result<Tally, String> {
        let of_thread = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        // A stop stays there to be seen until the thread goes on.
        let exits = of_thread | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        loop {
            // Asked first: others that stop again and again would hide it.
            match waitid(Id::Pid(self.first), exits | WaitPidFlag::WNOHANG) {
                Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) | Err(Errno::ECHILD) => {
                    return Ok(self.tally);
                }
                _ => {}
            }
            match waitid(Id::All, exits | WaitPidFlag::WSTOPPED) {
                Ok(status) => self.at(status)?,
                Err(Errno::EINTR) => {}
                Err(Errno::EINVAL) => return Err("it was sent a real-time signal".into()),
                Err(error) => return Err(refused(error)),
            }
            if self.running.is_empty() {
                // Later ones are not waited for.
                let _ = ready.send(());
            }
        }
    }

    /// Notes what happened to a thread and lets it go on.
    fn at(&mut self, status: WaitStatus) -> Result<(), String> {
        match status {
            WaitStatus::PtraceSyscall(id) => {
                self.at_call(id).or_else(unless_gone)?;
                go_on(id, None)
            }
            WaitStatus::PtraceEvent(id, signal, 0) | WaitStatus::Stopped(id, signal) => {
                go_on(id, Some(signal))
            }
            // Seized, new, or told to stop, which nothing here is.
            WaitStatus::PtraceEvent(id, ..) => {
                self.running.remove(&id);
                go_on(id, None)
            }
            WaitStatus::Exited(id, _) | WaitStatus::Signaled(id, ..) if id != self.first => {
                self.running.remove(&id);
                self.tally.end(id.as_raw());
                let reap = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD | WaitPidFlag::WNOHANG;
                let _ = waitpid(id, Some(reap));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Notes the call that the thread `id` is about to make, if it does not come from one.
    fn at_call(&mut self, id: Pid) -> nix::Result<()> {
        if ptrace::syscall_info(id)?.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
            return Ok(());
        }
        let (number, argument) = call_of(&ptrace::getregs(id)?);
        let call = usize::try_from(number).ok().and_then(Sysno::new);
        match edge_of(call, argument) {
            Some(edge) => self.tally.mark(edge),
            None => {
                let comm = || fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
                self.tally.call(id.as_raw(), call.map_or("unknown", |call| call.name()), comm);
            }
        }
        Ok(())
    }
}

/// Seizes the thread `id` and has it stop.
fn seize(id: Pid) -> nix::Result<()> {
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(id, options)?;
    ptrace::interrupt(id)
}

/// Returns the threads that the process `id` has now.
fn threads_of(id: Pid) -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.map(Pid::from_raw)
}

/// Returns the edge that a call marks.
fn edge_of(call: Option<Sysno>, argument: u64) -> Option<Edge> {
    // The register is wider than an id.
    let of = (argument & u64::from(u32::MAX)).try_into().ok().map(u32::cast_signed);
    match of.filter(|_| call == Some(Sysno::getpgid))? {
        BEGIN => Some(Edge::Begin),
        END => Some(Edge::End),
        _ => None,
    }
}

/// Returns the number of a call and its first argument.
#[cfg(target_arch = "x86_64")]
fn call_of(registers: &libc::user_regs_struct) -> (u64, u64) {
    (registers.orig_rax, registers.rdi)
}

/// Returns the number of a call and its first argument.
#[cfg(target_arch = "aarch64")]
fn call_of(registers: &libc::user_regs_struct) -> (u64, u64) {
    (registers.regs[8], registers.regs[0])
}

/// Lets the thread `id` run to its next stop.
fn go_on(id: Pid, signal: Option<Signal>) -> Result<(), String> {
    ptrace::syscall(id, signal).or_else(unless_gone)
}

/// Passes over a thread that was killed meanwhile.
fn unless_gone(error: Errno) -> Result<(), String> {
    if error == Errno::ESRCH { Ok(()) } else { Err(refused(error)) }
}

fn refused(error: Errno) -> String {
    format!("the system refuses to trace a child (ptrace): {}", error.desc())
}
