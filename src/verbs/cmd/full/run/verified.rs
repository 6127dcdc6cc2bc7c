//! Before the first round: the rules without which figures are easily won, on each executor of the
//! run.

use std::collections::BTreeSet;

use tminus_conformance as conformance;
use tminus_conformance::{Case, OF_FIGURES, try_case};
use tminus_measure::child::{Cancel, Program};
use tminus_measure::registry::Registry;
use tminus_measure::spec::Spec;
use tminus_record::{FailureKind, Finding, Header, Verified};

use crate::cli::Bounds;
use crate::cmd::{limits, say};

/// Returns what came of the rules on each executor that has a cell; `None` if `cancel` was called.
pub(super) fn verify(
    registry: &Registry,
    header: &Header,
    (program, bounds, cancel): (&Program, &Bounds, &Cancel),
) -> Option<Vec<Verified>> {
    let deadline = bounds.deadline().min(conformance::deadline(1));
    let memory_limit_bytes = bounds.memory_limit_bytes();
    let columns: BTreeSet<String> = header.cells.iter().map(|cell| cell.column()).collect();
    let mut cases = conformance::cases(&registry.executors, limits().cores);
    cases.retain(|case| {
        OF_FIGURES.contains(&case.rule.id) && columns.contains(&case.cell().column())
    });
    let mut all = Vec::new();
    for column in cases.chunk_by(|one, next| one.cell().column() == next.cell().column()) {
        let mut verified = Verified::new(column[0].cell().column());
        let place = |case: &&Case<'_>| OF_FIGURES.iter().position(|id| *id == case.rule.id);
        let mut column: Vec<&Case<'_>> = column.iter().collect();
        column.sort_by_key(place);
        for case in column {
            let spec = Spec { memory_limit_bytes, ..case.spec(1, header.seed) };
            let finding = try_case(program, case, &spec, deadline, cancel)?;
            if let Finding::Failed { reason, .. } = &finding {
                say(format_args!(
                    "suspect: {} breaks {}: {reason}",
                    verified.executor, case.rule.id
                ));
            }
            // What hangs costs its deadline each time; one broken rule is enough to be suspect.
            let hangs = matches!(
                finding,
                Finding::Failed { kind: FailureKind::Hang | FailureKind::Deadline, .. }
            );
            verified.add(case.rule.id, finding);
            if hangs {
                break;
            }
        }
        all.push(verified);
    }
    Some(all)
}
