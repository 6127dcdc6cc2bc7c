//! Which one for me? An executor for each kind of work, from the figures of the run.
//!
//! One figure decides a kind of work, so that an answer can be checked by looking it up; it is
//! never a mean over things that do not compare. Loops of this project stand aside, for scale.
//! Executors that are best or equivalent are named together, and those of which noise hides it
//! apart.

use tminus_contract::workload::Purpose;
use tminus_contract::{Family, Workers};
use tminus_judge::rank::{
    Group, Interval, Placed, Ranking, Ratio, Rounds, Row, RowOutcome, Standing,
};
use tminus_judge::verdict::Limits;
use tminus_record::{Cell, CellId, Run};

use crate::model::sizes;
use crate::words;

/// The answer to one purpose.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// What was asked.
    pub need: &'a Purpose,
    /// Where the figures are from.
    pub group: &'a Group,
    /// On one thread.
    pub one: Vec<Pick>,
    /// On several threads.
    pub many: Vec<Pick>,
    /// The best loop of this project, for scale.
    pub for_scale: Option<Pick>,
}

/// An executor with its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// The executor with its workers.
    pub name: String,
    /// The executor's id.
    pub executor: String,
    /// The metric that decides.
    pub value: f64,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Against the best of its side.
    pub ratio: Option<Ratio>,
    /// How it stands to the others of its side.
    pub standing: Standing,
    /// The metric beside it.
    pub beside: Option<f64>,
}

/// Returns all answers that `run`, which `ranking` ranks, can give, in the order of its workloads;
/// `rounds` are those of the run.
#[must_use]
pub fn answers<'a>(run: &'a Run, ranking: &'a Ranking, rounds: &Rounds<'_>) -> Vec<Answer<'a>> {
    let all = run.header.workloads.iter().flat_map(|facts| {
        let answer = |need: &'a Purpose| answer(run, ranking, rounds, (&facts.id, need));
        facts.purposes.iter().filter_map(answer)
    });
    all.collect()
}

fn answer<'a>(
    run: &Run,
    ranking: &'a Ranking,
    rounds: &Rounds<'_>,
    (workload, need): (&str, &'a Purpose),
) -> Option<Answer<'a>> {
    let shipped = |row: &Row| row.family != Family::Hand;
    let has_figure = |row: &Row| rounds.median(&row.cell.id(), &need.metric).is_some();
    let wanted = |row: &Row| shipped(row) && has_figure(row);
    let (_, group) = sizes::largest_with(ranking, workload, wanted)?;
    let limits = ranking.limits;
    let side = |wanted: &dyn Fn(&Row) -> bool| picks(group, rounds, need, (limits, wanted));
    let one = side(&|row| shipped(row) && is_one_thread(run, &row.cell));
    let many = side(&|row| shipped(row) && !is_one_thread(run, &row.cell));
    let for_scale = side(&|row| row.family == Family::Hand).into_iter().next();
    (!one.is_empty() || !many.is_empty()).then_some(Answer { need, group, one, many, for_scale })
}

/// Returns whether all tasks of the cell run on one thread.
pub(crate) fn is_one_thread(run: &Run, cell: &Cell) -> bool {
    let facts = run.header.executors.iter().find(|facts| facts.id == cell.executor);
    match cell.workers {
        Some(count) => count == 1,
        None => facts.is_none_or(|facts| facts.workers != Workers::PerTask),
    }
}

/// Returns the measured executors of one side, the best first.
fn picks(
    group: &Group,
    rounds: &Rounds<'_>,
    need: &Purpose,
    (limits, wanted): (Limits, &dyn Fn(&Row) -> bool),
) -> Vec<Pick> {
    let rows = group.rows.iter().filter(|row| {
        row.outcome == RowOutcome::Ok && !row.cell.is_floor() && !row.cell.twin && wanted(row)
    });
    let rows: Vec<&Row> = rows.collect();
    let cells: Vec<CellId> = rows.iter().map(|row| row.cell.id()).collect();
    let placed = rounds.field(&cells, &need.metric, limits);
    let found = rows.into_iter().zip(placed).filter_map(|(row, placed)| Some((row, placed?)));
    let mut picks: Vec<Pick> = found.map(|(row, placed)| pick(rounds, need, row, placed)).collect();
    picks.sort_by(|a, b| a.value.total_cmp(&b.value));
    picks
}

fn pick(rounds: &Rounds<'_>, need: &Purpose, row: &Row, placed: Placed) -> Pick {
    Pick {
        name: words::executor(&row.cell),
        executor: row.cell.executor.clone(),
        value: placed.median,
        interval: placed.interval,
        ratio: placed.ratio,
        standing: placed.standing,
        beside: rounds.median(&row.cell.id(), &need.beside).map(|(value, _)| value),
    }
}

#[cfg(test)]
mod tests {
    use tminus_record::Exclusion;

    use super::*;
    use crate::testing::fixture;

    #[test]
    fn loops_stand_aside_and_threads_are_kept_apart() {
        let run = fixture::measured();
        let ranking = fixture::rank(&run);
        let rounds = Rounds::of(&run);
        let answers = answers(&run, &ranking, &rounds);
        let ids: Vec<&str> = answers.iter().map(|answer| &*answer.need.id).collect();
        // The made-up run has neither `timers` nor `memory`.
        assert_eq!(ids, ["timers", "yields", "connections", "latency-sockets"]);
        for answer in &answers {
            let all = || answer.one.iter().chain(&answer.many);
            assert!(
                all().all(|pick| !pick.name.starts_with("heap") && !pick.name.starts_with("deque"))
            );
            assert!(answer.one.iter().all(|pick| !pick.name.ends_with("×2")), "{:?}", answer.one);
            assert!(
                answer.many.iter().any(|pick| pick.name == "threads")
                    || answer.group.size >= 10_000
            );
            assert!(
                answer.one[0].standing != Standing::Slower
                    && answer.one[0].value <= answer.one[1].value
            );
            assert!(answer.for_scale.as_ref().is_some_and(|pick| pick.value > 0.0));
        }
        assert_eq!(answers[0].group.size, 100_000);
    }

    #[test]
    fn a_size_that_nobody_could_be_measured_at_takes_no_answer_away() {
        let mut run = fixture::measured();
        let is_gone = |cell: &Cell| {
            cell.workload == "echo" && cell.label == "connections=1000" && !cell.is_floor()
        };
        let cells = std::mem::take(&mut run.header.cells);
        let (gone, kept): (Vec<Cell>, Vec<Cell>) = cells.into_iter().partition(is_gone);
        run.header.cells = kept;
        run.header.exclusions.extend(gone.iter().map(|cell| Exclusion {
            cell: cell.id(),
            reason: "needs 2100 file descriptors".into(),
        }));
        let gone: Vec<CellId> = gone.iter().map(Cell::id).collect();
        run.records.retain(|record| !gone.contains(&record.cell));
        let ranking = fixture::rank(&run);
        let rounds = Rounds::of(&run);
        let answers = answers(&run, &ranking, &rounds);
        let sockets = answers.iter().filter(|answer| answer.group.workload == "echo");
        let sizes: Vec<u64> = sockets.map(|answer| answer.group.size).collect();
        assert_eq!(sizes, [50, 50]);
    }

    #[test]
    fn only_who_is_surely_within_the_margin_is_best() {
        let run = fixture::measured();
        let ranking = fixture::rank(&run);
        let rounds = Rounds::of(&run);
        for answer in answers(&run, &ranking, &rounds) {
            for pick in &answer.one {
                let ends = pick.ratio.expect("paired").interval.expect("12 rounds");
                let limits = ranking.limits;
                assert!(pick.standing != Standing::Best || ends.high <= limits.margin, "{pick:?}");
                let is_slower = ends.low > limits.effective();
                assert_eq!(pick.standing == Standing::Slower, is_slower, "{pick:?}");
            }
        }
    }
}
