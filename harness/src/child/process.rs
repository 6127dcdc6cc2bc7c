//! One child process with its pipes: started in a group of its own, waited for in one `poll`, killed
//! with its whole group, always reaped.

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::lines::{Lines, Pipe, Tail};
use super::{Cancel, Program};
use crate::resources;
use crate::spec::Spec;

/// How often a system without pidfd is asked whether the child has exited.
const EXIT_CHECK: Duration = Duration::from_millis(50);

/// A child that was started.
pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Pipe<ChildStdout>,
    stderr: Pipe<ChildStderr>,
    lines: Lines,
    tail: Tail,
    /// Readable once the child has exited; `None` where the system has no such thing.
    exit: Option<OwnedFd>,
    /// The child has exited. Until it is reaped its process group can be killed by its id.
    exited: bool,
    /// It said that it is done: only its exit is waited for, and its pipes are read after that. The
    /// parent sleeps through the closing of each pipe so, which is half of its work for a child.
    leaving: bool,
    /// Set when the child has been reaped: its id may belong to someone else.
    status: Option<ExitStatus>,
    /// When the last tenth of the time to answer began, and how busy it had been until then.
    last_tenth: Option<(Instant, Duration)>,
    asked: Instant,
}

/// What a child did next.
pub(super) enum Event {
    /// It printed a line.
    Line(Vec<u8>),
    /// It printed what no child prints.
    Garbage(String),
    /// It exited, and all that it printed was given out.
    Ended,
    /// Its time is over, and it was busy or not.
    Late { busy: bool },
    /// The run was cancelled.
    Cancelled,
}

/// What is left of a child.
pub(super) struct Left {
    /// `None` if the system did not tell.
    pub(super) status: Option<ExitStatus>,
    /// The end of stderr, safe to show.
    pub(super) stderr: String,
    /// A line that never ended.
    pub(super) torn: bool,
}

impl Process {
    pub(super) fn start(program: &Program, spec: &Spec) -> io::Result<Self> {
        let mut child = Command::new(&program.path)
            .args(&program.arguments)
            .envs(program.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let pipe = || io::Error::other("a pipe is missing");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let stderr = child.stderr.take();
        let mut process = Self {
            exit: exit_of(&child),
            stdin,
            stdout: Pipe::new(stdout.ok_or_else(pipe)?),
            stderr: Pipe::new(stderr.ok_or_else(pipe)?),
            child,
            lines: Lines::default(),
            tail: Tail::default(),
            exited: false,
            leaving: false,
            status: None,
            last_tenth: None,
            asked: Instant::now(),
        };
        process.stdout.source().map_or(Ok(()), |pipe| ioctl_fionbio(pipe, true))?;
        process.stderr.source().map_or(Ok(()), |pipe| ioctl_fionbio(pipe, true))?;
        process.say(&serde_json::to_string(spec)?)?;
        Ok(process)
    }

    /// Writes a line to the child, whose time to answer begins. A child that reads nothing has room
    /// for 64 KiB in its pipe.
    pub(super) fn say(&mut self, line: &str) -> io::Result<()> {
        self.asked = Instant::now();
        self.last_tenth = None;
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

    /// From now on only its exit is waited for.
    pub(super) fn let_leave(&mut self) {
        self.leaving = self.exit.is_some();
    }

    /// Sleeps until something happens, but not beyond `until`.
    pub(super) fn next(&mut self, until: Instant, cancel: &Cancel) -> Event {
        loop {
            match self.lines.next() {
                Ok(Some(line)) => return Event::Line(line),
                Ok(None) => {}
                Err(reason) => return Event::Garbage(reason),
            }
            let now = Instant::now();
            if now >= until {
                return Event::Late { busy: self.was_busy(now) };
            }
            let wake = self.next_wake(now, until);
            match self.wait(wake, cancel) {
                Ok(Some(event)) => return event,
                Ok(None) => {}
                Err(reason) => return Event::Garbage(reason),
            }
        }
    }

    /// One `poll`, and reading what is there. `Err` is garbage.
    fn wait(&mut self, wake: Duration, cancel: &Cancel) -> Result<Option<Event>, String> {
        let Ready { exit, stdout, stderr, cancelled } = self.poll(wake, cancel);
        if cancelled {
            return Ok(Some(Event::Cancelled));
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
            self.stdout.fill(|bytes| self.lines.push(bytes))?;
        }
        // The exit was looked at first: what was written before it is in the pipes by now. One
        // that was only just seen may have pipes that were not looked at.
        Ok((self.exited && !exit && !stdout && !stderr).then_some(Event::Ended))
    }

    fn poll(&self, wake: Duration, cancel: &Cancel) -> Ready {
        let exit = self.exit.as_ref().filter(|_| !self.exited).map(AsFd::as_fd);
        let listen = self.exited || !self.leaving;
        let stdout = self.stdout.source().filter(|_| listen).map(AsFd::as_fd);
        let stderr = self.stderr.source().filter(|_| listen).map(AsFd::as_fd);
        let sources = [exit, stdout, stderr, Some(cancel.as_fd())];
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
            cancelled: next(true),
        }
    }

    /// How long to sleep: to the deadline, but look at the child's account when the last tenth of
    /// its time begins.
    fn next_wake(&mut self, now: Instant, until: Instant) -> Duration {
        let mut wake = until - now;
        if self.last_tenth.is_none() {
            let tenth = until.saturating_duration_since(self.asked) / 10;
            if wake > tenth {
                wake -= tenth;
            } else {
                self.last_tenth = Some((now, resources::busy_of(self.child.id())));
            }
        }
        if self.exit.is_none() { wake.min(EXIT_CHECK) } else { wake }
    }

    /// Whether the child ran, or would have, for at least half of the last tenth of its time: a
    /// lost wake-up after much work is a hang nonetheless.
    fn was_busy(&self, now: Instant) -> bool {
        let (since, before) = self.last_tenth.unwrap_or((self.asked, Duration::ZERO));
        let used = resources::busy_of(self.child.id()).saturating_sub(before);
        used * 2 >= now.saturating_duration_since(since)
    }

    /// Ends the child if it has not ended, and gives what is left.
    pub(super) fn end(mut self) -> Left {
        self.kill();
        self.reap();
        // What it wrote last says most; the pipe does not block.
        let _ = self.stderr.fill(|bytes| self.tail.push(bytes));
        Left { status: self.status, stderr: self.tail.text(), torn: self.lines.has_rest() }
    }

    /// Where there is no pidfd. The child stays to be reaped, so that its group can be killed.
    fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let seen = waitid(WaitId::Pid(Pid::from_child(&self.child)), options);
        seen.is_ok_and(|status| status.is_some())
    }

    fn kill(&self) {
        if self.status.is_none() {
            // It may have gone already: then there is nothing to kill.
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
    }

    fn reap(&mut self) {
        if self.status.is_none() {
            self.status = self.child.wait().ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        self.reap();
    }
}

/// What a `poll` saw.
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
