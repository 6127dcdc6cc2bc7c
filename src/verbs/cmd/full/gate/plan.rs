//! The plan of a gate, as it lies in the directory: how to judge, and what the three programs run.
//! The file that is read may hold anything.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};
use serde::{Deserialize, Serialize};
use tminus_judge::compare;
use tminus_judge::gate::{self, Apart, Gate, Options};
use tminus_measure::{seed, store};
use tminus_record::Header;

use super::allowance::Allowance;
use super::directory::GATE;
use super::query::Query;
use super::{directory, flags, source};
use crate::cli;

/// The state that a gate needs to resume, beside the headers in its run files.
#[derive(Serialize, Deserialize)]
pub(super) struct Plan {
    schema: u32,
    pub(super) options: Options,
    #[serde(flatten)]
    pub(super) allowance: Allowance,
    pub(super) headers: [Header; 3],
    /// What exact counts do; plans from before they were taken do without.
    #[serde(default)]
    pub(super) counts: cli::CountsName,
    /// The cells and features that the programs do not have in common.
    #[serde(default)]
    pub(super) apart: Apart,
    /// The cells that another job flagged, where this gate is to confirm them: it has a second
    /// session only.
    #[serde(default)]
    pub(super) confirms: Option<Gate>,
    /// The file for flagged cells, where another job is to confirm them.
    #[serde(default)]
    pub(super) confirm_file: Option<PathBuf>,
}

impl Plan {
    /// Returns the plan of the gate in `directory`.
    ///
    /// # Errors
    /// A file that is no plan.
    pub(super) fn read(directory: &Path) -> anyhow::Result<Self> {
        directory::check(GATE, directory)?;
        let path = directory.join(GATE.plan);
        let at = || path.display().to_string();
        let text = fs::read(&path).with_context(at)?;
        let plan: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{}: is no plan of a gate", at()))?;
        ensure!(plan.schema == tminus_record::SCHEMA, "{}: of another version of tminus", at());
        plan.check().map_err(|what| anyhow!("{}: is no plan of a gate: {what}", at()))?;
        Ok(plan)
    }

    /// Refuses what would not end well.
    fn check(&self) -> Result<(), String> {
        self.options.check()?;
        if let Some(gate) = &self.confirms {
            gate.options.check()?;
        }
        self.allowance.check()?;
        check_headers(&self.headers, &self.options)
    }

    /// Begins a gate in a directory of its own: finds or builds the programs, and asks them.
    ///
    /// # Errors
    /// Programs that are no tminus or that cannot be compared.
    pub(super) fn begin(
        arguments: &cli::Gate,
        confirms: Option<Gate>,
    ) -> anyhow::Result<(Self, PathBuf)> {
        let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
        // A confirmation is judged as what it confirms, and has as many rounds.
        let options = match &confirms {
            Some(first) => first.options.clone(),
            None => options(arguments)?,
        };
        let programs = source::programs(arguments)?;
        let (mut headers, apart) = headers(arguments, &programs, seed, &options)?;
        align(&mut headers);
        let plan = Self {
            schema: tminus_record::SCHEMA,
            options,
            allowance: Allowance::new(arguments.judging.budget, &arguments.bounds),
            headers,
            counts: arguments.counts,
            apart,
            confirms,
            confirm_file: arguments.confirm_file.as_ref().map(std::path::absolute).transpose()?,
        };
        let directory = directory::create(GATE, &arguments.out, seed)?;
        let [baseline, candidate] = &programs.paths;
        directory::fill(GATE, &directory, &plan, &[baseline, baseline, candidate])?;
        Ok((plan, directory))
    }
}

/// Makes headers of programs, which may be of other versions than this one, those of sides whose
/// children it starts.
pub(super) fn align(headers: &mut [Header]) {
    headers.iter_mut().for_each(|header| header.seeds = seed::VERSION);
    // Children of older programs run one after the other.
    let turns = headers.iter().all(|header| header.turns);
    headers.iter_mut().for_each(|header| header.turns = turns);
}

/// Refuses headers that cannot be those of sides that are measured together.
///
/// # Errors
/// The mistake, in one line.
pub(super) fn check_headers(headers: &[Header], options: &Options) -> Result<(), String> {
    for header in headers {
        store::check_header(header)?;
        if header.seeds != seed::VERSION {
            return Err("another version of tminus derives other seeds for its rounds".into());
        }
        if header.rounds != options.most_rounds() || header.cells != headers[0].cells {
            return Err("other cells or rounds on one of its sides".into());
        }
    }
    Ok(())
}

/// Returns the options as the user gives them.
fn options(arguments: &cli::Gate) -> anyhow::Result<Options> {
    let options = arguments.judging.options();
    options.check().map_err(|what| anyhow!("--rounds, --looks: {what}"))?;
    Ok(options)
}

/// Returns the headers of baseline, copy and candidate, with the cells that both programs have.
fn headers(
    arguments: &cli::Gate,
    programs: &source::Programs,
    seed: u64,
    options: &Options,
) -> anyhow::Result<([Header; 3], Apart)> {
    let asked = Query { seed, rounds: options.most_rounds(), profile: arguments.profile };
    let [baseline, candidate] = &programs.paths;
    let [mut theirs, mut ours] = asked.both([baseline, candidate], &arguments.filters)?;
    let mut differences = compare::differences(&theirs, &ours);
    let gains = compare::gains(&theirs, &ours);
    let refused: Vec<String> =
        differences.iter().filter(|it| !gains.contains(it)).cloned().collect();
    if !refused.is_empty() {
        let all = refused.join("; ");
        ensure!(arguments.force, "these programs cannot be compared: {all}; `--force` does");
        crate::cmd::say(format_args!("not comparable, forced: {all}"));
    }
    differences.extend(flags::notes([&theirs, &ours], programs.built));
    if let Some(metric) = &options.metric {
        gate::keep_cells_with(metric, &mut theirs)?;
        gate::keep_cells_with(metric, &mut ours)?;
    }
    let apart = Apart::keep_common(&mut theirs, &mut ours);
    ensure!(!theirs.cells.is_empty(), "the two programs have no such cell in common");
    let apart = Apart { differences, is_forced: arguments.force, ..apart };
    Ok(([theirs.clone(), theirs, ours], apart))
}
