//! The parent's side of a child: start it, listen, and say how it ended.
//!
//! A child may do anything: lie, babble, hang, die, leave grandchildren that hold its pipes. What
//! it says is bounded and checked before it is believed, a deadline ends it, its whole process
//! group is killed, and it is always reaped. One thread waits in one `poll` for output, exit,
//! deadline and cancelling at once, so the parent sleeps while a cell is measured.
//!
//! Nothing here judges a figure.

mod ask;
mod cancel;
mod copy;
mod dialogue;
mod end;
mod greet;
mod lines;
mod listener;
mod member;
mod oom;
mod orphans;
mod patience;
mod process;
mod server;
mod set;

pub use ask::{ask, output};
pub use cancel::Cancel;
pub use greet::greet;
pub use orphans::adopt;
pub use server::{Elapsed, Server};
pub use set::{Seat, Turns, take_turns};

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use tminus_contract::Order;
use tminus_contract::error::{Error, Result};
use tminus_contract::sample::Sample;
use tminus_record::{CellId, Distribution, Outcome, Record};

use crate::spec::Spec;

use member::Member;
use oom::OomWatch;

/// How long a child may take to exit after it said `done`.
const EXIT_GRACE: Duration = Duration::from_secs(5);

/// The program that children run.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    /// Whether lines before `hello` are not garbage.
    prologue: bool,
    oom: OomWatch,
    /// A file without a name that `path` leads to, open for as long.
    _held: Option<File>,
}

impl Program {
    /// Makes the program at `path` with the argument `cell`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            arguments: vec!["cell".into()],
            environment: Vec::new(),
            prologue: false,
            oom: OomWatch::new(),
            _held: None,
        }
    }

    /// Returns the program that is running now; on Linux the very file, even if a new build has
    /// taken its place meanwhile: one run measures one program.
    ///
    /// # Errors
    /// [`Error::Child`] if the system does not tell where it is.
    pub fn current() -> Result<Self> {
        let link = Path::new("/proc/self/exe");
        if cfg!(target_os = "linux") && link.exists() {
            return Ok(Self::new(link));
        }
        std::env::current_exe().map(Self::new).map_err(Error::Child)
    }

    /// Replaces the arguments.
    #[must_use]
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a variable to the environment of every child.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Returns this program as the one that `tool`, a command with its arguments, runs.
    pub(crate) fn under(&self, tool: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let mut words = tool.into_iter().map(Into::into);
        let path = PathBuf::from(words.next().unwrap_or_default());
        let own = [self.path_anywhere().into_os_string()].into_iter();
        let arguments = words.chain(own).chain(self.arguments.iter().cloned()).collect();
        let environment = self.environment.clone();
        Self { arguments, environment, prologue: self.prologue, ..Self::new(path) }
    }

    /// Returns the path of the program, for another process to start it while this one lives.
    fn path_anywhere(&self) -> PathBuf {
        match self.path.strip_prefix("/proc/self") {
            Ok(rest) => Path::new("/proc").join(std::process::id().to_string()).join(rest),
            Err(_) => self.path.clone(),
        }
    }

    /// Returns the command that starts a child, in a process group of its own.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .process_group(0);
        command
    }

    /// Has the system forget the cached pages of the program and reads it into others.
    ///
    /// Where they lie in memory decides which of them meet in a physically indexed cache, and is
    /// else the same for as long as the file is cached: of 72 copies of one program a few were 2 to
    /// 4 % slower in one cell, again and again, until they had been read anew. A system that cannot
    /// forget goes on with the pages that it has; so does one whose files are not written to a
    /// disk, and a program that is running.
    pub fn read_anew(&self) {
        #[cfg(target_os = "linux")]
        if let Ok(mut file) = File::open(&self.path) {
            use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
            // Advice: whether it was taken is not told. What cannot be read now the next child
            // reads.
            let _ = posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
            let _ = std::io::copy(&mut file, &mut std::io::sink());
        }
    }

    /// Allows for lines before `hello` that are no messages: those of a test harness.
    #[must_use]
    pub fn with_prologue(mut self) -> Self {
        self.prologue = true;
        self
    }
}

/// The report of one child: a [`Record`] without its place in the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// When the child was started, in nanoseconds since the Unix epoch.
    pub started_unix_ns: u64,
    /// When its set was started, if it took turns with others.
    pub set_unix_ns: Option<u64>,
    /// The time that this process spent on the child, less that for which it was stopped.
    pub elapsed_ns: u64,
    /// For how long this process was stopped meanwhile, or came late.
    pub away: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// Every timed region.
    pub samples: Vec<Sample>,
    /// Every distribution, each checked to be readable.
    pub distributions: Vec<Distribution>,
    /// Further figures, all finite.
    pub metrics: BTreeMap<String, f64>,
    /// The strongest order that was observed.
    pub order: Option<Order>,
    /// Why a distribution was left out.
    pub withheld: Option<String>,
}

impl Report {
    /// Returns the record of `cell` at `position` in `round`.
    #[must_use]
    pub fn into_record(self, cell: CellId, round: u32, position: u32) -> Record {
        Record {
            cell,
            round,
            position,
            started_unix_ns: self.started_unix_ns,
            set_unix_ns: self.set_unix_ns,
            elapsed_ns: self.elapsed_ns,
            outcome: self.outcome,
            samples: self.samples,
            distributions: self.distributions,
            metrics: self.metrics,
            order: self.order,
            withheld: self.withheld,
        }
    }
}

/// Runs one child of `program` with `spec` and gives it `deadline`: time for which this process was
/// there to wait. Blocks until the child has ended, whatever it does. `None` if `cancel` was
/// called: the child is killed and says nothing.
#[must_use]
pub fn run(program: &Program, spec: &Spec, deadline: Duration, cancel: &Cancel) -> Option<Report> {
    run_watched(program, spec, deadline, cancel, None)
}

/// Starts the thread that watches a child from outside, given the child's id. The child gets its
/// spec after that, and is reaped once the thread has ended, which is when the child has.
pub(crate) type Watcher = Box<dyn FnOnce(u32) -> io::Result<JoinHandle<()>>>;

/// Runs one child as [`run`] does, under the eyes of `watcher`.
pub(crate) fn run_watched(
    program: &Program,
    spec: &Spec,
    deadline: Duration,
    cancel: &Cancel,
    watcher: Option<Watcher>,
) -> Option<Report> {
    let mut member = Member::start(program, spec, deadline, watcher);
    member.finish(deadline, cancel)?;
    Some(member.into_report(None))
}

/// Returns the time since the Unix epoch.
#[must_use]
pub fn unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "../tests/shell/mod.rs"]
pub(crate) mod shell;
#[cfg(test)]
mod tests;
