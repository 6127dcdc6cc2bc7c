//! Every verb and every flag, once. It parses and explains; it decides nothing and prints nothing.

mod command;
mod demo;
mod error;
mod examples;
mod judging;
mod explain;
mod gate;
mod versions;
mod bisect;
pub(crate) mod history;
mod place;
mod foreign;
mod profile;
mod report;
mod workers;
mod shared;
mod shell;
mod value;

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

pub(crate) use bisect::Bisect;
pub(crate) use command::{color, command, with_places};
pub(crate) use demo::{Demo, TICK};
pub(crate) use error::one_line;
pub(crate) use explain::Explain;
pub(crate) use foreign::{Export, Format, Import};
pub(crate) use gate::{BUILD, CountsName, Gate};
pub(crate) use place::upward;
pub(crate) use profile::Profile;
pub(crate) use report::{ReadmePart, Report};
pub(crate) use shared::{Bounds, ClockName, Filters, OUT, Size};
pub(crate) use shell::{Completions, Man, Shell};
pub(crate) use versions::Versions;
pub(crate) use workers::WorkerCounts;

/// A benchmark harness for async executors: which is faster, by how much, how sure, and why.
#[derive(Debug, Parser)]
#[command(name = "tminus", version)]
pub(crate) struct Cli {
    /// Whether to print with colours
    ///
    /// `auto`: where stdout is a terminal, unless the environment says otherwise: NO_COLOR forbids
    /// colours, CLICOLOR_FORCE asks for them.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        display_order = 900,
        hide_short_help = true
    )]
    pub(crate) color: ColorChoice,
    /// The same as `--color never`
    #[arg(long, global = true, hide = true)]
    pub(crate) no_color: bool,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Measure: every cell once a round, each in a child process of its own
    Run(Run),
    /// Show what there is: executors, workloads, cells, or rules of the contract
    List(List),
    /// Check each cell's result, and each executor against the rules of the contract
    Verify(Verify),
    /// Play the classic instance of a workload live
    Demo(Demo),
    /// Count what each cell does an op: polls, wakes, allocations; nothing is timed
    Profile(Profile),
    /// Rank the executors of a run
    Rank(Rank),
    /// Compare two stored runs
    Compare(Compare),
    /// Say why one cell costs more than another: counts times prices, and the rest
    Explain(Explain),
    /// May this change go in? Runs two programs in turns and gives a verdict
    Gate(Box<Gate>),
    /// At which release of a crate did cells change? Runs the programs of many in turns
    Versions(Box<Versions>),
    /// Which commit of a crate made a cell cost more, or fail? `git bisect`, judged by gates
    Bisect(Bisect),
    /// Keep many runs, and see when and between which commits a cell changed
    #[command(subcommand)]
    History(history::History),
    /// Write the report of a run: page, pictures, tables
    Report(Report),
    /// Make a run file of what criterion measured
    Import(Import),
    /// Write a static site from a history: overview, trends, runs, a page an executor and a cell
    Site(history::Site),
    /// Print a stored run for a service that keeps a history of benchmarks
    Export(Export),
    /// Is this machine fit to measure, and what would make it fit
    Doctor(Doctor),
    /// Print the line that tells a child what to do: `tminus spec CELL | perf record tminus cell`
    Spec(Spec),
    /// Print the script by which a shell completes commands of tminus
    Completions(Completions),
    /// Print the manual page of tminus or of a verb: `tminus man run | man -l -`
    Man(Man),
    /// Print the header that a run with these flags would have; a gate asks both programs
    #[command(hide = true)]
    Header(Run),
    /// Run one cell in this process: reads a spec line from stdin, prints samples as JSON lines
    #[command(hide = true)]
    Cell,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    /// How much: quick takes under a minute, standard under five, thorough under thirty
    #[arg(long, value_name = "NAME", default_value = "standard")]
    pub(crate) profile: Size,
    /// Rounds; fewer than 6 give no interval and no rank [default: 6, 12 or 20, by profile]
    #[arg(long, value_name = "N", value_parser = value::whole::<u32>(1..=10_000))]
    pub(crate) rounds: Option<u32>,
    /// Fixes the order of the cells [default: the time]
    #[arg(long, value_name = "N", hide_short_help = true, value_parser = value::whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: Option<u64>,
    /// Where run files and reports go
    #[arg(long, value_name = "DIR", default_value = OUT)]
    pub(crate) out: PathBuf,
    /// Complete a run that was cut off: a run file, or the latest
    #[arg(long, value_name = "RUN", num_args = 0..=1, default_missing_value = "latest",
          conflicts_with_all = ["profile", "rounds", "seed", "workload", "executor", "param", "sweep", "cells"])]
    pub(crate) resume: Option<PathBuf>,
    /// Clock of the timers; virtual: time jumps to the next deadline
    #[arg(long, value_name = "NAME", default_value = "real", conflicts_with = "resume")]
    pub(crate) clock: ClockName,
    /// Workers of executors that take a number: `1,2,4`, or `scale`: 1, 2, 4 ... up to the cores,
    /// and twice the cores [default: 1 and the cores]
    #[arg(long, value_name = "COUNTS", conflicts_with = "resume")]
    pub(crate) workers: Option<WorkerCounts>,
    /// Do not try the seven rules that come before the first round; reports say so
    #[arg(long, hide_short_help = true)]
    pub(crate) no_verify: bool,
    /// Do not count, after the last round, what each cell does an op: polls, wakes, allocations
    #[arg(long, hide_short_help = true)]
    pub(crate) no_profile: bool,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
    /// Print the ranking as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) filters: Filters,
}

#[derive(Args, Debug)]
pub(crate) struct List {
    /// The kind to list
    #[arg(default_value = "cells")]
    pub(crate) what: What,
    /// The profile whose sizes are listed
    #[arg(long, value_name = "NAME", default_value = "standard")]
    pub(crate) profile: Size,
    /// Workers of executors that take a number, as `run` takes them [default: 1 and the cores]
    #[arg(long, value_name = "COUNTS")]
    pub(crate) workers: Option<WorkerCounts>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) filters: Filters,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// Only one part [default: both, unless other flags choose among the cells or the rules]
    #[arg(long, value_name = "PART")]
    pub(crate) only: Option<Part>,
    /// Rules of the contract, see `tminus list rules`
    #[arg(long, value_name = "GLOB", value_delimiter = ',',
          conflicts_with_all = ["cells", "workload", "param", "sweep"])]
    pub(crate) rule: Vec<String>,
    /// Try the rules that depend on chance twenty times as often: ten seconds more an executor
    #[arg(long)]
    pub(crate) thorough: bool,
    /// Fixes what the rules choose at random
    #[arg(long, value_name = "N", default_value = "0", hide_short_help = true,
          value_parser = value::whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: u64,
    /// A line for each rule, not only for those that failed
    #[arg(long, short)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) filters: Filters,
}

#[derive(Args, Debug)]
pub(crate) struct Rank {
    /// A run file, a directory that holds some, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: PathBuf,
    /// Rank by another metric of the workloads, for example cpu_ns_per_op
    #[arg(long, short, value_name = "NAME")]
    pub(crate) metric: Option<String>,
    /// Write intervals in figures instead of drawing them
    #[arg(long)]
    pub(crate) figures: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) filters: Filters,
}

#[derive(Args, Debug)]
pub(crate) struct Compare {
    /// The run to compare with: a file, a directory that holds some, or `latest`
    #[arg(value_name = "RUN_A")]
    pub(crate) baseline: PathBuf,
    /// The run that may be better or worse
    #[arg(value_name = "RUN_B")]
    pub(crate) candidate: PathBuf,
    /// The change that matters: `1%`, `0.5%`
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = value::percent)]
    pub(crate) margin: f64,
    /// Compare by another metric than the first of each workload
    #[arg(long, short, value_name = "NAME")]
    pub(crate) metric: Option<String>,
    /// Compare runs that cannot be compared, and say so
    #[arg(long)]
    pub(crate) force: bool,
    /// Write what changed as a comment for a pull request
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Show the cells that are equivalent too
    #[arg(long)]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Only these cells: ids, globs over them, or a part of them
    #[arg(long = "cell", value_name = "CELL")]
    pub(crate) cells: Vec<String>,
    /// Only these workloads
    #[arg(long, short, value_name = "GLOB", value_delimiter = ',')]
    pub(crate) workload: Vec<String>,
    /// Only these executors
    #[arg(long, short, value_name = "GLOB", value_delimiter = ',')]
    pub(crate) executor: Vec<String>,
    /// Only these parameters
    #[arg(long, short, value_name = "NAME=VALUE", value_delimiter = ',')]
    pub(crate) param: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Spec {
    /// A cell id, for example squares/tasks=1000/tokio-multi-thread/w2
    #[arg(value_name = "CELL")]
    pub(crate) cell: String,
    /// Iterations a sample, where the child shall not calibrate
    #[arg(long, value_name = "N", value_parser = value::whole::<u64>(1..=u64::MAX))]
    pub(crate) iterations: Option<u64>,
    /// Clock of the timers; virtual: time jumps to the next deadline
    #[arg(long, value_name = "NAME", default_value = "real")]
    pub(crate) clock: ClockName,
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Exit with 4 if the machine is unfit
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    Executors,
    Workloads,
    Cells,
    Rules,
}

/// A part of what `verify` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    Cells,
    Rules,
}
