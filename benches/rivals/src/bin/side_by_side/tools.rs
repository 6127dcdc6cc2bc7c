//! The tools and how each is set, and what a trial works with.
//!
//! A setting is what the tool's documentation recommends to all, or what we found it to do best
//! with on this question. Each trial has an empty directory, and all that its processes print stays
//! in there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use rivals::Cell;

use crate::ask;
use crate::schedule::Trial;
use crate::verdict::Said;

/// How a tool is used.
pub struct Setting {
    tool: &'static str,
    name: &'static str,
    /// Flags beside those that name programs and cells.
    flags: &'static [&'static str],
    /// Trials of each pair in a repetition: more where they are cheap.
    pub times: u32,
    /// In one of so many repetitions: less often where they are dear.
    pub every: u32,
    /// One trial.
    pub run: fn(&Setting, &Place) -> anyhow::Result<Finding>,
}

impl Setting {
    /// As it stands in tables.
    pub fn id(&self) -> String {
        format!("{}-{}", self.tool, self.name)
    }

    /// Those that it adds.
    pub fn flags(&self) -> &'static [&'static str] {
        self.flags
    }
}

/// All of them. `default` is what the tool does when nothing is said (criterion: 3 s to warm up, 5
/// s to measure; tango: 0.1 s; zenbench: 30 rounds).
pub const SETTINGS: [Setting; 14] = [
    Setting {
        tool: "criterion",
        name: "default",
        flags: &[],
        times: 1,
        every: 1,
        run: ask::criterion,
    },
    Setting {
        tool: "criterion",
        name: "short",
        flags: &["--warm-up-time", "0.5", "--measurement-time", "1"],
        times: 2,
        every: 1,
        run: ask::criterion,
    },
    // Longer, and surer before it speaks.
    Setting {
        tool: "criterion",
        name: "careful",
        flags: &[
            "--measurement-time",
            "10",
            "--noise-threshold",
            "0.02",
            "--significance-level",
            "0.01",
            "--confidence-level",
            "0.99",
        ],
        times: 1,
        every: 2,
        run: ask::criterion,
    },
    Setting { tool: "tango", name: "default", flags: &[], times: 4, every: 1, run: ask::tango },
    // Its readme: "1 second, 1 percent, 1 error".
    Setting { tool: "tango", name: "1s", flags: &["-t", "1"], times: 4, every: 1, run: ask::tango },
    Setting {
        tool: "tango",
        name: "5s",
        flags: &["-t", "5", "-o"],
        times: 1,
        every: 1,
        run: ask::tango,
    },
    Setting {
        tool: "zenbench-group",
        name: "default",
        flags: &[],
        times: 4,
        every: 1,
        run: ask::two,
    },
    // Five processes; a margin of 1 % is its default.
    Setting {
        tool: "zenbench-group",
        name: "confirm",
        flags: &["--mode=confirm", "--workload-id=rivals"],
        times: 1,
        every: 1,
        run: ask::two_confirmed,
    },
    Setting {
        tool: "zenbench-group",
        name: "200-rounds",
        flags: &["--rounds=200"],
        times: 2,
        every: 1,
        run: ask::wide,
    },
    Setting {
        tool: "zenbench-baseline",
        name: "confirm",
        flags: &["--mode=confirm", "--workload-id=rivals"],
        times: 1,
        every: 1,
        run: ask::saved,
    },
    // Five blocks are the fewest that it confirms with.
    Setting { tool: "zenbench-pair", name: "5", flags: &["5"], times: 1, every: 2, run: ask::pair },
    Setting {
        tool: "tminus-gate",
        name: "default",
        flags: &[],
        times: 3,
        every: 1,
        run: ask::gate,
    },
    // Which flags a smaller change needs is in docs/gate-controls.md.
    Setting {
        tool: "tminus-gate",
        name: "2-percent",
        flags: &["--rounds", "80", "--looks", "1", "--margin", "0.5%"],
        times: 2,
        every: 1,
        run: ask::gate,
    },
    Setting {
        tool: "tminus-gate",
        name: "1-percent",
        flags: &["--rounds", "500", "--looks", "1", "--margin", "0.2%", "--detect", "1%"],
        times: 1,
        every: 1,
        run: ask::gate,
    },
];

/// What a trial works with.
pub struct Place {
    programs: PathBuf,
    directory: PathBuf,
    cell: Cell,
    digits: String,
}

impl Place {
    /// # Errors
    /// A directory that is none.
    pub fn new(programs: &Path, directory: &Path, trial: &Trial) -> anyhow::Result<Self> {
        let directory = fs::canonicalize(directory).context("the directory of the trial")?;
        let digits = trial.size.digits();
        Ok(Self { programs: programs.to_owned(), directory, cell: trial.cell, digits })
    }

    /// What is timed.
    pub fn cell(&self) -> Cell {
        self.cell
    }

    /// Where the trial may write.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns a program that is not one of a pair.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Names of one length: the name of a program is part of its stack.
    pub fn baseline(&self, kind: &str) -> PathBuf {
        self.programs.join(format!("{kind}-base"))
    }

    /// Returns the slower one, or a copy.
    pub fn candidate(&self, kind: &str) -> PathBuf {
        self.programs.join(format!("{kind}-{}", self.digits))
    }

    /// Returns a file of the trial.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Runs a program to its end, ten minutes at most; what it prints goes to `NAME.out` and
    /// `NAME.err`.
    ///
    /// # Errors
    /// A program that does not start; files that cannot be written.
    pub fn call(&self, name: &str, program: &Path, words: &[&str]) -> anyhow::Result<Ended> {
        let file = |end: &str| {
            let path = self.file(&format!("{name}.{end}"));
            File::create(&path).with_context(|| path.display().to_string())
        };
        let status = Command::new("timeout")
            .arg("600")
            .arg(program)
            .args(words)
            .current_dir(&self.directory)
            .env("CRITERION_HOME", self.file("criterion"))
            .stdin(Stdio::null())
            .stdout(file("out")?)
            .stderr(file("err")?)
            .status()
            .with_context(|| program.display().to_string())?;
        let read = |end: &str| -> anyhow::Result<String> {
            let bytes = fs::read(self.file(&format!("{name}.{end}")))?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        Ok(Ended { code: status.code(), out: read("out")?, err: read("err")? })
    }
}

/// What a process left.
pub struct Ended {
    /// How it exited, unless by a signal.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it said beside that.
    pub err: String,
}

/// What came of a trial.
pub struct Finding {
    /// The tool's verdict.
    pub said: Said,
    /// What its null control took.
    pub null_seconds: f64,
    /// What it took to flag the candidate or not, without the null control and before it confirms.
    pub first_seconds: Option<f64>,
}

impl Finding {
    /// Of a tool that has no null control.
    pub fn of(said: Said) -> Self {
        Self { said, null_seconds: 0.0, first_seconds: None }
    }
}
