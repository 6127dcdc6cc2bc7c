//! `tminus gate`: may this change go in? Two programs in turns, a verdict, an exit code.

mod query;
mod directory;
mod allowance;
mod session;
mod counts;
mod features;
mod flags;
mod build_cache;
mod patched;
mod plan;
mod source;
mod tree;
mod work;
pub(super) mod versions;
pub(super) mod bisect;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use serde::{Deserialize, Serialize};
use tminus_judge::gate::{self, Gate};
use tminus_measure::files::replace;
use tminus_reports::terminal::gate as text;

use super::{Exit, print_json, stdout, style};
use crate::{Catalog, cli};
use session::Stage;
use work::Work;

/// Between the two sessions: what disturbed the first may be over.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) fn run(catalog: Catalog, mut arguments: Box<cli::Gate>) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    arguments.filters = arguments.filters.without_categories(&registry)?;
    arguments.features = features::chosen(&registry, &arguments.filters);
    let arguments = &*arguments;
    ensure!(
        arguments.names_something(),
        "what is to be judged? `--candidate REVISION` (or a program) against HEAD or `--baseline`, or \
         `--patch CRATE=WHAT` for HEAD with a crate replaced"
    );
    let handed_over = handed_over(arguments)?;
    if let Some(it) = &handed_over
        && !needs_second(&it.gate)
    {
        let what =
            if it.gate.biased.is_empty() { "nothing is flagged" } else { "the machine was unfit" };
        super::say(format_args!("{what}: there is nothing to confirm"));
        return finish(arguments, &it.gate);
    }
    let mut work = Work::prepare(arguments, handed_over.map(|it| it.gate))?;
    let gate = match work.confirms().cloned() {
        Some(first) => confirm(&mut work, first)?,
        None => match decide(&mut work, arguments)? {
            Some(gate) => work.with_counts(gate)?,
            None => None,
        },
    };
    let Some(gate) = gate else {
        let flag = work.confirm_file().map(|file| format!(" --confirm-file {}", file.display()));
        super::say(format_args!(
            "interrupted: what was measured is kept; go on with `{} gate --resume {}{}`",
            super::runs::program(),
            work.directory().display(),
            flag.unwrap_or_default()
        ));
        return Ok(Exit::Interrupted);
    };
    work.clean();
    let exit = finish(arguments, &gate)?;
    super::say(format_args!("run files in {}", work.directory().display()));
    Ok(exit)
}

/// Reads what another job flagged, if this one is to confirm it.
fn handed_over(arguments: &cli::Gate) -> anyhow::Result<Option<HandOver>> {
    let Some(path) = arguments.confirm.file() else { return Ok(None) };
    if let Some(flag) = arguments.judging.flag() {
        bail!("{flag} is for the job that flags: --confirm FILE judges as that one did");
    }
    HandOver::read(path).map(Some)
}

/// Returns whether something is flagged, by a session that can be believed.
fn needs_second(gate: &Gate) -> bool {
    gate.biased.is_empty() && !gate::flagged(gate).is_empty()
}

/// Runs the first session and, unless another job is to do it, the second. Returns `None` if
/// interrupted.
fn decide(work: &mut Work, arguments: &cli::Gate) -> anyhow::Result<Option<Gate>> {
    let Some(first) = work.session(&Stage::First)? else { return Ok(None) };
    let gate = work.with_apart(gate::gate(&first, work.options())?);
    if let Some(path) = arguments.confirm_file.as_deref().or(work.confirm_file()) {
        HandOver { schema: gate::SCHEMA, gate: gate.clone() }.write(path)?;
        return Ok(Some(gate));
    }
    if !needs_second(&gate) {
        return Ok(Some(gate));
    }
    let count = gate::flagged(&gate).len();
    super::say(format_args!("{count} flagged: once more, in reversed order"));
    thread::sleep(PAUSE);
    confirm(work, gate)
}

/// Runs the second session, of the cells that `gate` flags.
fn confirm(work: &mut Work, gate: Gate) -> anyhow::Result<Option<Gate>> {
    let flagged = gate::flagged(&gate);
    let Some(second) = work.session(&Stage::Second(&flagged))? else { return Ok(None) };
    Ok(Some(gate::confirm(gate, &second)?))
}

/// Says what came of it, in all the ways that were asked for.
fn finish(arguments: &cli::Gate, gate: &Gate) -> anyhow::Result<Exit> {
    let exit = match gate.end {
        gate::End::Pass => Exit::Ok,
        gate::End::Regressed => Exit::Failed,
        gate::End::Flagged | gate::End::Inconclusive => Exit::Inconclusive,
        gate::End::Unfit => Exit::Unfit,
    };
    if let Some(path) = &arguments.markdown {
        replace(path, text::markdown(gate).as_bytes())
            .with_context(|| path.display().to_string())?;
    }
    if arguments.json {
        print_json(gate)?;
    } else {
        write!(stdout(), "{}", text::text(gate, arguments.all, &style()))?;
    }
    Ok(exit)
}

/// The cells that one job leaves to the job that confirms.
#[derive(Serialize, Deserialize)]
struct HandOver {
    schema: u32,
    gate: Gate,
}

impl HandOver {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let at = || path.display().to_string();
        let text = fs::read(path).with_context(at)?;
        let it: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{}: was not written by --confirm-file", at()))?;
        ensure!(it.schema == gate::SCHEMA, "{}: of another version of tminus", at());
        it.gate
            .options
            .check()
            .map_err(|what| anyhow!("{}: was not written by --confirm-file: {what}", at()))?;
        Ok(it)
    }

    fn write(&self, path: &Path) -> anyhow::Result<()> {
        replace(path, &serde_json::to_vec_pretty(self)?).with_context(|| path.display().to_string())
    }
}
