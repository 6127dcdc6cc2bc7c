//! One child process with its pipes: started in a group of its own, waited for in one `poll`,
//! killed with its whole group, always reaped.

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use tminus_contract::resources;

use super::lines::{Pipe, Tail};
use super::{Cancel, Watcher, orphans};

/// How often a system without pidfd is asked whether the child has exited.
const EXIT_CHECK: Duration = Duration::from_millis(50);

/// A child that was started.
pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Pipe<ChildStdout>,
    stderr: Pipe<ChildStderr>,
    tail: Tail,
    /// Readable once the child has exited; `None` where the system has no such thing.
    exit: Option<OwnedFd>,
    /// The child has exited. Until it is reaped its process group can be killed by its id.
    exited: bool,
    /// It said that it is done: only its exit is waited for, and its pipes are read after that. The
    /// parent sleeps through the closing of each pipe so, which is half of its work for a child.
    leaving: bool,
    /// The thread that watches it: ends once the child has exited, and must find it then.
    watching: Option<JoinHandle<()>>,
    /// Set when the child has been reaped: its id may belong to someone else.
    status: Option<ExitStatus>,
}

/// The state of a child at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing, for as long as it was to be waited.
    Nothing,
    /// It printed something, or closed a pipe, or has exited: look again.
    Something,
    /// It exited, and all that it printed was given out.
    Ended,
    /// The run was cancelled.
    Cancelled,
}

/// The remains of a child.
pub(super) struct Exit {
    /// `None` if the system did not tell.
    pub(super) status: Option<ExitStatus>,
    /// The end of stderr, safe to show.
    pub(super) stderr: String,
}

impl Process {
    /// Starts `command`, whose stdout and stderr are read.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        orphans::begin(child.id());
        let pipe = || io::Error::other("a pipe is missing");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let stderr = child.stderr.take();
        let process = Self {
            exit: exit_of(&child),
            stdin,
            stdout: Pipe::new(stdout.ok_or_else(pipe)?),
            stderr: Pipe::new(stderr.ok_or_else(pipe)?),
            child,
            tail: Tail::default(),
            exited: false,
            leaving: false,
            watching: None,
            status: None,
        };
        process.stdin.as_ref().map_or(Ok(()), |pipe| ioctl_fionbio(pipe, true))?;
        process.stdout.source().map_or(Ok(()), |pipe| ioctl_fionbio(pipe, true))?;
        process.stderr.source().map_or(Ok(()), |pipe| ioctl_fionbio(pipe, true))?;
        Ok(process)
    }

    /// Has the child watched from now on.
    ///
    /// # Errors
    /// The watcher's error.
    pub(super) fn watch(&mut self, watcher: Watcher) -> io::Result<()> {
        self.watching = Some(watcher(self.child.id())?);
        Ok(())
    }

    /// Writes a line to the child. One that reads nothing has room for 64 KiB in its pipe; beyond
    /// that it is not waited for.
    ///
    /// # Errors
    /// The pipe's error, but for one that is closed.
    pub(super) fn say(&mut self, line: &str) -> io::Result<()> {
        let Some(stdin) = &mut self.stdin else { return Ok(()) };
        match stdin.write_all(format!("{line}\n").as_bytes()) {
            // It has exited or closed its stdin: how it ended says more.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    pub(super) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Waits only for its exit from now on.
    pub(super) fn let_leave(&mut self) {
        self.leaving = self.exit.is_some();
    }

    /// Returns the longest wait after which to look whether it has exited.
    pub(super) fn longest_wait(&self) -> Duration {
        if self.exit.is_none() { EXIT_CHECK } else { Duration::MAX }
    }

    /// Returns how long it has been on a core or waiting for one.
    pub(super) fn busy(&self) -> Duration {
        resources::busy_of(self.child.id())
    }

    /// Sleeps until something happens, but not longer than `wake`; gives to `keep` what was
    /// printed.
    ///
    /// # Errors
    /// The child printed more than any cell does.
    pub(super) fn wait(
        &mut self,
        wake: Duration,
        cancel: Option<&Cancel>,
        keep: impl FnOnce(&[u8]),
    ) -> Result<Seen, String> {
        let Ready { exit, stdout, stderr, cancelled } = self.poll(wake, cancel);
        if cancelled {
            return Ok(Seen::Cancelled);
        }
        let exit = exit || (self.exit.is_none() && !self.exited && self.has_exited());
        if exit {
            // Grandchildren go too: one that holds the pipes would keep us here.
            self.kill();
            self.exited = true;
        }
        if stderr {
            self.stderr.fill(|bytes| self.tail.push(bytes))?;
        }
        if stdout {
            self.stdout.fill(keep)?;
        }
        // The exit was looked at first: what was written before it is in the pipes by now. One
        // that was only just seen may have pipes that were not looked at.
        Ok(match exit || stdout || stderr {
            true => Seen::Something,
            false if self.exited => Seen::Ended,
            false => Seen::Nothing,
        })
    }

    fn poll(&self, wake: Duration, cancel: Option<&Cancel>) -> Ready {
        let exit = self.exit.as_ref().filter(|_| !self.exited).map(AsFd::as_fd);
        let listen = self.exited || !self.leaving;
        let stdout = self.stdout.source().filter(|_| listen).map(AsFd::as_fd);
        let stderr = self.stderr.source().filter(|_| listen).map(AsFd::as_fd);
        let sources = [exit, stdout, stderr, cancel.map(Cancel::as_fd)];
        let mut fds: Vec<PollFd<'_>> = sources
            .iter()
            .flatten()
            .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
            .collect();
        let wake = if self.exited { Duration::ZERO } else { wake };
        let timeout = Timespec::try_from(wake).ok();
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) => {}
            // Nothing is known: look again.
            Err(Errno::INTR) => {
                return Ready { exit: false, stdout: true, stderr: true, cancelled: false };
            }
            Err(_) => std::thread::sleep(EXIT_CHECK),
        }
        let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
        let mut next = |present: bool| present && ready.next().unwrap_or(false);
        Ready {
            exit: next(exit.is_some()),
            stdout: next(stdout.is_some()),
            stderr: next(stderr.is_some()),
            cancelled: next(cancel.is_some()),
        }
    }

    /// Ends the child if it has not ended, and gives what is left.
    pub(super) fn end(mut self) -> Exit {
        self.kill();
        self.reap();
        // What it wrote last says most; the pipe does not block.
        let _ = self.stderr.fill(|bytes| self.tail.push(bytes));
        Exit { status: self.status, stderr: self.tail.text() }
    }

    /// Returns whether the child has exited, where there is no pidfd. The child is not reaped yet,
    /// so that its group can be killed.
    fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let seen = waitid(WaitId::Pid(Pid::from_child(&self.child)), options);
        seen.is_ok_and(|status| status.is_some())
    }

    fn kill(&self) {
        if self.status.is_none() {
            let id = Pid::from_child(&self.child);
            // It may have gone already: then there is nothing to kill. It need not lead a group.
            let _ = kill_process_group(id, Signal::KILL);
            let _ = kill_process(id, Signal::KILL);
        }
    }

    fn reap(&mut self) {
        if self.status.is_none() {
            if let Some(watching) = self.watching.take() {
                // What it saw it tells elsewhere.
                let _ = watching.join();
            }
            self.status = self.child.wait().ok();
            orphans::end(self.child.id());
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        self.reap();
    }
}

/// The result of a `poll`.
struct Ready {
    exit: bool,
    stdout: bool,
    stderr: bool,
    cancelled: bool,
}

#[cfg(target_os = "linux")]
fn exit_of(child: &Child) -> Option<OwnedFd> {
    use rustix::process::{PidfdFlags, pidfd_open};
    pidfd_open(Pid::from_child(child), PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn exit_of(_: &Child) -> Option<OwnedFd> {
    None
}
