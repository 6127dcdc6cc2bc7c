//! Cells that one program or another does not get through.

use tminus_record::FailureKind;

use super::*;

#[test]
fn a_cell_that_fails_in_one_program_has_a_reason() {
    let mut session = session_of(SAME, SAME, 10);
    let mut failed = record(&cell("heap"), 40, 1);
    failed.outcome = Outcome::Failed {
        kind: FailureKind::Hang,
        reason: "it hangs".into(),
        stderr: String::new(),
    };
    session.candidate.records.push(failed);
    let gate = gate(&session, &wall()).unwrap();
    assert_eq!(gate.cells.len(), 1);
    assert_eq!(gate.without[0].reason, "failed in the candidate: it hangs");
    // It must fail twice too, and what fails in both is no fault of the change.
    assert_eq!((gate.end, flagged(&gate)), (End::Flagged, [cell("heap").id().to_string()].into()));
    assert_eq!(confirm(gate.clone(), &session).unwrap().end, End::Regressed);
    let once = confirm(gate, &session_of(SAME, SAME, 10)).unwrap();
    assert_eq!((once.end, once.broken[0].again), (End::Inconclusive, Some(false)));
    session.copy.records.push(session.candidate.records.last().unwrap().clone());
    let both = super::gate(&session, &wall()).unwrap();
    // Broken in both is no fault of the change; but of two cells one is too few to pass.
    assert_eq!((both.end, both.broken.len()), (End::Inconclusive, 0));
    for run in [&mut session.baseline, &mut session.copy, &mut session.candidate] {
        run.header.cells.retain(|cell| cell.executor == "heap");
    }
    assert_eq!(super::gate(&session, &wall()).unwrap().end, End::Inconclusive);
}

/// A candidate that leaks descriptors until the system refuses more calls itself excluded.
#[test]
fn a_cell_excluded_in_the_candidate_alone_is_broken() {
    // Of ten cells one may do without a comparison.
    let ten = |side: u64| {
        let cells = (0..10).map(|n| (cell(&format!("made-{n}")), rounds(100_000, 10, side)));
        run(&cells.collect::<Vec<_>>())
    };
    let session = || Session { baseline: ten(0), copy: ten(1), candidate: ten(2) };
    let excluded = |run: &mut Run| {
        let mut refused = record(&cell("made-3"), 40, 1);
        refused.outcome = Outcome::Excluded { reason: "EMFILE: raise `ulimit -n`".into() };
        run.records.push(refused);
    };
    let mut alone = session();
    excluded(&mut alone.candidate);
    let flagged = gate(&alone, &wall()).unwrap();
    assert_eq!((flagged.end, flagged.broken.len()), (End::Flagged, 1));
    assert_eq!(confirm(flagged.clone(), &alone).unwrap().end, End::Regressed);
    assert_eq!(confirm(flagged, &session()).unwrap().end, End::Inconclusive);
    let mut both = alone;
    excluded(&mut both.baseline);
    assert_eq!(gate(&both, &wall()).unwrap().end, End::Pass);
    let mut theirs = session();
    excluded(&mut theirs.copy);
    assert_eq!(gate(&theirs, &wall()).unwrap().end, End::Pass);
}

#[test]
fn what_was_slow_and_then_fails_has_regressed() {
    let slow = gate(&session_of(SAME, SLOWER, 10), &wall()).unwrap();
    let mut second = session_of(SAME, SLOWER, 10);
    for record in &mut second.candidate.records {
        if record.cell == cell("heap").id() {
            let (kind, reason) = (FailureKind::Hang, "it hangs".into());
            record.outcome = Outcome::Failed { kind, reason, stderr: String::new() };
        }
    }
    assert_eq!(confirm(slow, &second).unwrap().end, End::Regressed);
}
