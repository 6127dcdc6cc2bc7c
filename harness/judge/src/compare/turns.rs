//! Whether the rounds of two runs are pairs.

use std::collections::BTreeMap;

use tminus_record::Run;

/// Returns whether both runs were made in turns, as a gate makes them: every child of a round, of
/// either run, started before every child of the next one. Then a round of one and that of the
/// other shared what the machine did; rounds of two moments have nothing but their number in
/// common.
pub(super) fn ran_in_turns(baseline: &Run, candidate: &Run) -> bool {
    /// When the first and the last child of a round started, in either run.
    #[derive(Clone, Copy)]
    struct Round {
        first: u64,
        last: u64,
        sides: [bool; 2],
    }
    let mut rounds: BTreeMap<u32, Round> = BTreeMap::new();
    for (side, run) in [baseline, candidate].into_iter().enumerate() {
        for record in &run.records {
            let at = record.started_unix_ns;
            let none = Round { first: at, last: at, sides: [false; 2] };
            let round = rounds.entry(record.round).or_insert(none);
            (round.first, round.last) = (round.first.min(at), round.last.max(at));
            round.sides[side] = true;
        }
    }
    let all: Vec<Round> = rounds.into_values().collect();
    let common = all.iter().filter(|round| round.sides == [true; 2]).count();
    common > 1 && all.windows(2).all(|pair| pair[0].last < pair[1].first)
}

#[cfg(test)]
mod tests {
    use tminus_record::testing::{cell, run};

    use super::*;

    /// Returns a run of three rounds of two cells; the children of a round start after `at`.
    fn made(at: impl Fn(u64) -> u64) -> Run {
        let mut run = run(&[(cell("heap"), vec![1; 3]), (cell("deque"), vec![1; 3])]);
        for record in &mut run.records {
            record.started_unix_ns = at(record.round.into());
        }
        run
    }

    #[test]
    fn only_rounds_that_ran_in_turns_are_pairs() {
        let baseline = made(|round| 100 * round);
        assert!(ran_in_turns(&baseline, &made(|round| 100 * round + 7)));
        let later = made(|round| 1_000 + 100 * round);
        let beside = made(|round| 250 * round);
        let unknown = made(|_| 0);
        for other in [&later, &beside, &unknown] {
            assert!(!ran_in_turns(&baseline, other));
        }
        let mut single = baseline.clone();
        single.records.retain(|record| record.round == 0);
        assert!(!ran_in_turns(&single, &single));
    }
}
