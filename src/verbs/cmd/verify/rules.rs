//! Every rule of the conformance suite on every executor.

use std::collections::BTreeSet;
use std::fmt;

use glob::Pattern;
use serde::Serialize;
use tminus_conformance as conformance;
use tminus_conformance::{Case, RULES, try_case};
use tminus_contract::error::{Error, Named};
use tminus_measure::registry::Registry;
use tminus_measure::spec::Spec;
use tminus_record::{CellId, Finding};

use super::{Children, indented, stdout};
use crate::cmd::columns::print_wrapped;

#[derive(Serialize)]
pub(super) struct Line {
    case: CellId,
    rule: &'static str,
    executor: String,
    #[serde(flatten)]
    finding: Finding,
    #[serde(skip)]
    about: &'static str,
}

/// Tries the rules that the flags choose; false if it was interrupted.
pub(super) fn verify(
    registry: &Registry,
    children: &Children<'_>,
    lines: &mut Vec<Line>,
) -> anyhow::Result<bool> {
    let arguments = children.arguments;
    let rules = patterns(&arguments.rule)?;
    let filter = arguments.filters.filter(registry)?;
    registry.check(&filter)?;
    let chosen = |case: &Case<'_>| {
        let rule = rules.is_empty() || rules.iter().any(|pattern| pattern.matches(case.rule.id));
        rule && filter.cell(&case.cell())
    };
    let cores = crate::cmd::limits().cores;
    let mut cases = conformance::cases(&registry.executors, cores);
    cases.retain(chosen);
    for column in cases.chunk_by(|one, next| one.cell().column() == next.cell().column()) {
        let from = lines.len();
        for case in column {
            let Some(line) = attempt(case, children) else { return Ok(false) };
            if !arguments.json {
                line.print(arguments.verbose)?;
            }
            lines.push(line);
        }
        if !arguments.json {
            let (executor, counts) = (column[0].cell().column(), Counts::of(&lines[from..]));
            print_wrapped(&mut stdout(), 0, &format!("rules     {executor}: {counts}"))?;
        }
    }
    Ok(true)
}

fn attempt(case: &Case<'_>, children: &Children<'_>) -> Option<Line> {
    let bounds = &children.arguments.bounds;
    let effort = if children.arguments.thorough { conformance::THOROUGH } else { 1 };
    let memory_limit_bytes = bounds.memory_limit_bytes();
    let spec = Spec { memory_limit_bytes, ..case.spec(effort, children.arguments.seed) };
    let deadline = bounds.deadline_or(conformance::deadline(effort));
    let finding = try_case(&children.program, case, &spec, deadline, &children.cancel)?;
    Some(Line {
        case: spec.id,
        rule: case.rule.id,
        executor: spec.cell.column(),
        finding,
        about: case.rule.about,
    })
}

/// Returns the patterns of the flag.
///
/// # Errors
/// [`Error::Usage`] for one that matches no rule, with the nearest.
fn patterns(texts: &[String]) -> Result<Vec<Pattern>, Error> {
    let ids = || RULES.iter().map(|rule| rule.id);
    let pattern = |text: &String| {
        let pattern = Pattern::new(text)
            .map_err(|error| Error::Usage(format!("`{}`: {error}", text.escape_debug())))?;
        let known = ids().any(|id| pattern.matches(id));
        known.then_some(pattern).ok_or_else(|| Error::unknown(Named::Rule, text, ids()))
    };
    texts.iter().map(pattern).collect()
}

impl Line {
    fn print(&self, verbose: bool) -> std::io::Result<()> {
        let mut out = stdout();
        match &self.finding {
            Finding::Failed { reason, stderr, .. } => {
                print_wrapped(&mut out, 0, &format!("failed    {}: {reason}", self.case))?;
                print_wrapped(&mut out, 12, self.about)?;
                indented(&mut out, stderr)
            }
            _ if !verbose => Ok(()),
            Finding::Ok => print_wrapped(&mut out, 0, &format!("ok        {}", self.case)),
            Finding::NotPromised { reason } => {
                print_wrapped(&mut out, 0, &format!("not promised  {}: {reason}", self.case))
            }
            Finding::Excluded { reason } => print_wrapped(
                &mut out,
                0,
                &format!("cannot be tried here  {}: {reason}", self.case),
            ),
        }
    }
}

/// Prints why rules cannot be tried here, each reason once.
pub(super) fn print_untried(lines: &[Line], out: &mut impl std::io::Write) -> std::io::Result<()> {
    let mut reasons: Vec<(&str, Vec<&Line>)> = Vec::new();
    for line in lines {
        let Finding::Excluded { reason } = &line.finding else { continue };
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, lines)) => lines.push(line),
            None => reasons.push((reason, vec![line])),
        }
    }
    for (reason, lines) in reasons {
        let rules: BTreeSet<&str> = lines.iter().map(|line| line.rule).collect();
        let which = match rules.len() {
            ..=10 => rules.into_iter().collect::<Vec<_>>().join(", "),
            count => format!("{count} rules"),
        };
        print_wrapped(out, 0, &format!("cannot be tried here: {which}: {reason}"))?;
    }
    Ok(())
}

/// How many rules came out how.
pub(super) struct Counts {
    ok: usize,
    pub(super) failed: usize,
    not_promised: usize,
    excluded: usize,
}

impl Counts {
    pub(super) fn of(lines: &[Line]) -> Self {
        let count =
            |test: fn(&Finding) -> bool| lines.iter().filter(|line| test(&line.finding)).count();
        Self {
            ok: count(|finding| matches!(finding, Finding::Ok)),
            failed: count(|finding| matches!(finding, Finding::Failed { .. })),
            not_promised: count(|finding| matches!(finding, Finding::NotPromised { .. })),
            excluded: count(|finding| matches!(finding, Finding::Excluded { .. })),
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ok, failed, not_promised, excluded } = self;
        write!(
            f,
            "{ok} ok, {failed} failed, {not_promised} not promised, {excluded} cannot be tried here"
        )
    }
}
