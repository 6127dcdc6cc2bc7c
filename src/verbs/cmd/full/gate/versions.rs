//! `tminus versions`: at which release of a crate did a cell change? The gate with many programs.

mod plan;
mod releases;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::Context as _;
use tminus_judge::versions::{self, Session, Versions};
use tminus_measure::files::replace;
use tminus_measure::gate::{Bounds, Failure};
use tminus_record::Run;
use tminus_reports::page::versions::page as page_of;
use tminus_reports::terminal::versions as text;

use super::allowance::Allowance;
use super::directory::{VERSIONS, programs_of};
use super::session::{Sessions, Stage};
use super::{PAUSE, features};
use crate::cmd::full::{Exit, print_json, runs, say, stdout, style};
use crate::{Catalog, cli};
use plan::Plan;

/// The name of the copy of the first release; no version begins with a letter.
const COPY: &str = "copy";

pub(in crate::cmd::full) fn run(
    catalog: Catalog,
    mut arguments: Box<cli::Versions>,
) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    arguments.filters = arguments.filters.without_categories(&registry)?;
    arguments.features = features::chosen(&registry, &arguments.filters);
    let (plan, directory) = match &arguments.resume {
        Some(directory) => (resume(&arguments, directory)?, directory.clone()),
        None => Plan::begin(&arguments)?,
    };
    let work = Work { bounds: plan.allowance.bounds()?, plan, directory };
    let Some(found) = work.found()? else {
        say(format_args!(
            "interrupted: what was measured is kept; go on with `{} versions --resume {}`",
            runs::program(),
            work.directory.display()
        ));
        return Ok(Exit::Interrupted);
    };
    // What stays only takes room.
    let _ = fs::remove_dir_all(programs_of(&work.directory));
    let page = work.directory.join("index.html");
    replace(&page, page_of(&found, &work.plan.headers[0]).as_bytes())
        .with_context(|| page.display().to_string())?;
    if arguments.json {
        print_json(&found)?;
    } else {
        write!(stdout(), "{}", text::text(&found, arguments.all, &style()))?;
    }
    say(format_args!("page: {}; run files beside it", page.display()));
    Ok(if found.biased.is_empty() { Exit::Ok } else { Exit::Unfit })
}

/// Reads the plan in `directory`, with what the user asks for anew.
fn resume(arguments: &cli::Versions, directory: &Path) -> anyhow::Result<Plan> {
    let mut plan = Plan::read(directory)?;
    let new = Allowance::new(arguments.judging.budget, &arguments.bounds);
    plan.allowance.renew(&new, directory, VERSIONS.verb)?;
    Ok(plan)
}

/// The directory at work: copies of the programs, the plan, the run files.
struct Work {
    plan: Plan,
    directory: PathBuf,
    bounds: Bounds,
}

impl Work {
    /// Measures, judges, and confirms what changed; returns `None` if it was interrupted.
    fn found(&self) -> anyhow::Result<Option<Versions>> {
        let measured = self.plan.measured();
        let sessions = self.sessions(&measured);
        let judged = |runs: Vec<Run>| -> anyhow::Result<Versions> {
            let Plan { name, releases, options, .. } = &self.plan;
            Ok(versions::versions(name, releases, &of_sides(&measured, runs)?, options)?)
        };
        let decided = |runs| Ok(versions::decided(&judged(runs)?));
        let Some(runs) = sessions.run(&Stage::First, &decided)? else { return Ok(None) };
        let mut found = judged(runs)?;
        let flagged = versions::flagged(&found);
        if !flagged.is_empty() {
            say(format_args!("{} changed: once more, in reversed order", flagged.len()));
            thread::sleep(PAUSE);
            let Some(runs) = sessions.run(&Stage::Second(&flagged), &decided)? else {
                return Ok(None);
            };
            found = versions::confirm(found, &of_sides(&measured, runs)?)?;
        }
        found.without.extend(self.plan.without.iter().cloned());
        Ok(Some(found))
    }

    fn sessions<'a>(&'a self, measured: &'a [String]) -> Sessions<'a> {
        let (first, rest) = measured.split_at(1);
        let names = first.iter().map(String::as_str).chain([COPY]);
        Sessions {
            directory: &self.directory,
            names: names.chain(rest.iter().map(String::as_str)).collect(),
            headers: &self.plan.headers,
            options: &self.plan.options,
            budget_s: self.plan.allowance.budget_s,
            bounds: &self.bounds,
            failure: Failure::EndsSide,
        }
    }
}

/// Makes a session of the runs of its sides: the first release, its copy, the others.
fn of_sides(versions: &[String], mut runs: Vec<Run>) -> anyhow::Result<Session<'_>> {
    let copy = (runs.len() > 1).then(|| runs.remove(1)).context("there is no copy")?;
    Ok(Session { versions, runs, copy })
}
