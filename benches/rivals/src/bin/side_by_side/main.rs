//! Runs the rivals and `tminus gate` on the same pairs of programs, in one shuffled schedule, and
//! counts what each says: see scripts/rivals, which builds the programs.
//!
//! Never judges by itself: a verdict is the tool's own, by the rule that its documentation gives.

mod ask;
mod record;
mod schedule;
mod table;
mod tools;
mod verdict;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, Parser};

use record::{Journal, Record};
use schedule::Trial;
use tools::Place;

#[derive(Parser)]
#[command(about)]
enum Verb {
    /// Print each cell, nominal slowdown in percent and the digits that make it
    Sizes,
    /// Print the settings of each tool
    Settings,
    /// Run trials until the time is over; goes on where an earlier call ended
    Run(Run),
    /// Print what is known so far
    Table {
        /// Where the trials are
        out: PathBuf,
    },
}

#[derive(Args)]
struct Run {
    /// Where the programs are
    #[arg(long)]
    programs: PathBuf,
    /// Where trials and all that the tools print go
    #[arg(long)]
    out: PathBuf,
    /// No trial begins later
    #[arg(long)]
    minutes: f64,
    /// Fixes the order; kept from the first call on
    #[arg(long)]
    seed: Option<u64>,
    /// Only settings whose name has this in it, as `settings` prints them; more than once: any of
    /// them
    #[arg(long)]
    only: Vec<String>,
    /// Each setting once per pair, not as often as it is cheap: to see that everything works
    #[arg(long)]
    once: bool,
}

fn main() -> ExitCode {
    match act(&Verb::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

fn act(verb: &Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Sizes => schedule::sizes().for_each(|(cell, size)| {
            println!("{} {} {}", cell.id(), size.percent, size.digits());
        }),
        Verb::Settings => tools::SETTINGS.iter().for_each(|setting| println!("{}", setting.id())),
        Verb::Run(arguments) => run(arguments)?,
        Verb::Table { out } => print!("{}", table::markdown(&record::read(out)?, out)?),
    }
    Ok(())
}

/// Trials in the order of the schedule, from the first that is not in the journal on.
fn run(arguments: &Run) -> anyhow::Result<()> {
    let out = &arguments.out;
    let mut journal = Journal::open(out, arguments.seed)?;
    let until = Instant::now() + Duration::from_secs_f64(arguments.minutes * 60.0);
    let programs = std::fs::canonicalize(&arguments.programs)
        .with_context(|| arguments.programs.display().to_string())?;
    for repetition in journal.repetition().. {
        let trials = schedule::repetition(journal.seed(), repetition, arguments.once);
        for trial in trials {
            if Instant::now() >= until {
                return Ok(());
            }
            let is_wanted = |part: &String| trial.setting.id().contains(part.as_str());
            let is_chosen = arguments.only.is_empty() || arguments.only.iter().any(is_wanted);
            if is_chosen && !journal.has(&trial.id()) {
                let record = attempt(&trial, &programs, out)?;
                // A person who watches may go away.
                let _ = writeln!(std::io::stdout(), "{}", record.line());
                journal.append(record)?;
            }
        }
    }
    Ok(())
}

/// One trial. A tool that fails is a record, too.
fn attempt(trial: &Trial, programs: &Path, out: &Path) -> anyhow::Result<Record> {
    let directory = out.join("raw").join(trial.id());
    // What an interrupted attempt left would be taken for this one's.
    if directory.exists() {
        std::fs::remove_dir_all(&directory).with_context(|| directory.display().to_string())?;
    }
    std::fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
    let place = Place::new(programs, &directory, trial)?;
    let started = Instant::now();
    let finding = (trial.setting.run)(trial.setting, &place);
    let seconds = started.elapsed().as_secs_f64();
    Ok(Record::new(trial, finding, seconds))
}
