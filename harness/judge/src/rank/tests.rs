//! Rankings of runs that are made up, with figures that can be worked out by hand.

use std::collections::BTreeMap;

use tminus_contract::Order;
use tminus_contract::resources::histogram;
use tminus_contract::sample::Sample;
use tminus_record::testing::{cell, record, run};
use tminus_record::{Distribution, Exclusion, FailureKind, Outcome, Record};

use super::*;

fn ranked(run: &Run) -> Ranking {
    rank(run, &Filter::default(), None).unwrap()
}

fn names(group: &Group) -> Vec<&str> {
    group.rows.iter().map(|row| row.cell.executor.as_str()).collect()
}

fn is(value: f64, expected: f64) -> bool {
    (value - expected).abs() < 1e-9
}

#[test]
fn rows_are_ranked_by_the_median_and_compared_in_their_round() {
    let run = run(&[
        (cell("slow"), vec![200, 220, 240, 260, 280, 300]),
        (cell("floor"), vec![10, 11, 12, 13, 14, 15]),
        (cell("heap"), vec![100, 110, 120, 130, 140, 150]),
        // In each round within a percent of heap, now above and now below.
        (cell("deque"), vec![101, 109, 121, 131, 139, 151]),
    ]);
    let ranking = ranked(&run);
    let [group] = ranking.groups.as_slice() else { panic!() };
    assert_eq!(names(group), ["floor", "heap", "deque", "slow"]);
    assert_eq!((group.size, group.metric.as_str()), (10, "wall_ns_per_op"));
    let [floor, heap, deque, slow] = group.rows.as_slice() else { panic!() };
    assert!(is(heap.median.unwrap(), 125.0));
    assert_eq!(heap.interval, Some(Interval { low: 100.0, high: 150.0 }));
    assert_eq!((heap.rounds, heap.disturbed_rounds), (6, 1));
    assert!(is(heap.ratio.unwrap().median, 1.0) && is(slow.ratio.unwrap().median, 2.0));
    // Exactly twice in each round, though the rounds themselves vary by half.
    let interval = slow.ratio.unwrap().interval.unwrap();
    assert!(is(interval.low, 2.0) && is(interval.high, 2.0));
    assert!(is(floor.ratio.unwrap().median, 0.1));
    use Standing::{Best, Slower};
    assert_eq!(
        [floor, heap, deque, slow].map(|row| row.standing),
        [None, Some(Best), Some(Best), Some(Slower)]
    );
    assert_eq!([floor, heap, deque, slow].map(|row| row.yardstick), [true, false, false, false]);
    assert_eq!(
        [floor, heap, deque, slow].map(|row| row.rank),
        [None, Some((1, 2)), Some((1, 2)), Some((3, 3))]
    );
    assert_eq!(heap.others, [("cpu_ns_per_op".into(), 5.0)]);
    assert_eq!([floor.family, heap.family], [Family::Floor, Family::Hand]);
}

#[test]
fn any_two_cells_compare_as_the_table_compares_with_the_best() {
    let run = run(&[
        (cell("slow"), vec![200, 220, 240, 260, 280, 300]),
        (cell("heap"), vec![100, 110, 120, 130, 140, 150]),
    ]);
    let (heap, slow) = (cell("heap").id(), cell("slow").id());
    let rounds = Rounds::of(&run);
    let metric = "wall_ns_per_op";
    let of_table = ranked(&run).groups[0].rows[1].ratio;
    assert_eq!(rounds.ratio(&slow, &heap, metric), of_table);
    assert!(is(rounds.ratio(&heap, &slow, metric).unwrap().median, 0.5));
    assert_eq!(rounds.values(&heap, metric)[..2], [(0, 100.0), (1, 110.0)]);
    let ends = Interval { low: 100.0, high: 150.0 };
    assert_eq!(rounds.median(&heap, metric), Some((125.0, Some(ends))));
    assert_eq!(rounds.median(&heap, "unheard_of"), None);
    assert_eq!(rounds.ratio(&heap, &cell("absent").id(), metric), None);
}

#[test]
fn under_six_rounds_there_is_neither_interval_nor_rank() {
    let run = run(&[(cell("heap"), vec![100; 5]), (cell("deque"), vec![100; 5])]);
    let ranking = ranked(&run);
    for row in &ranking.groups[0].rows {
        assert_eq!((row.interval, row.rank), (None, None));
        assert!(is(row.median.unwrap(), 100.0));
        assert_eq!(row.ratio.unwrap().interval, None);
    }
    // Not even the first: with so few rounds nothing is known of it.
    let standings = ranking.groups[0].rows.iter().map(|row| row.standing);
    assert_eq!(standings.collect::<Vec<_>>(), [Some(Standing::CannotTell); 2]);
    assert_eq!((ranking.rounds, run.header.rounds), (5, 6), "there are, were asked for");
}

#[test]
fn who_measures_0_as_the_best_does_ties_with_it() {
    let run = run(&[
        (cell("heap"), vec![0; 6]),
        (cell("deque"), vec![0; 6]),
        (cell("slow"), vec![5; 6]),
        (cell("floor"), vec![0; 6]),
    ]);
    let rows = ranked(&run).groups.remove(0).rows;
    let told = |row: &Row| (row.cell.executor.clone(), row.standing, row.ratio);
    use Standing::{Best, Slower};
    let expected =
        [("floor", None), ("heap", Some(Best)), ("deque", Some(Best)), ("slow", Some(Slower))];
    let mut found: Vec<_> = rows.iter().map(told).collect();
    found.sort_by_key(|(name, ..)| expected.iter().position(|known| known.0 == name));
    assert_eq!(found, expected.map(|(name, standing)| (name.into(), standing, None)));
}

#[test]
fn failures_and_exclusions_are_rows_with_reasons() {
    let mut run = run(&[
        (cell("fails"), vec![1; 6]),
        (cell("refuses"), vec![]),
        (cell("waits"), vec![]),
        (cell("heap"), vec![100; 6]),
    ]);
    run.records[3].outcome =
        Outcome::Failed { kind: FailureKind::Hang, reason: "idle".into(), stderr: String::new() };
    run.records.push(Record {
        outcome: Outcome::Excluded { reason: "no ring".into() },
        samples: Vec::new(),
        ..record(&cell("refuses"), 0, 0)
    });
    run.header.exclusions = vec![
        Exclusion { cell: cell("threads").id(), reason: "too many".into() },
        Exclusion {
            cell: "squares/tasks=99/threads".parse().unwrap(),
            reason: "far too many".into(),
        },
    ];
    let ranking = ranked(&run);
    let [group, lonely] = ranking.groups.as_slice() else { panic!() };
    assert_eq!(names(group), ["heap", "waits", "fails", "refuses", "threads"]);
    let [heap, waits, fails, refuses, threads] = group.rows.as_slice() else { panic!() };
    assert_eq!(heap.outcome, RowOutcome::Ok);
    assert_eq!(waits.notes, ["no finished round"]);
    assert_eq!(fails.outcome, RowOutcome::Failed("idle".into()));
    // Its good rounds are shown, but it neither leads nor is it compared.
    assert_eq!((fails.rounds, fails.rank, fails.ratio), (5, None, None));
    assert!(is(fails.median.unwrap(), 1.0) && heap.is_best() && fails.standing.is_none());
    assert_eq!(refuses.outcome, RowOutcome::Excluded("no ring".into()));
    assert_eq!(threads.outcome, RowOutcome::Excluded("too many".into()));
    // The id does not show the depth; the cells of the group do.
    assert_eq!(threads.cell.params.get("depth"), Some(1));
    assert_eq!((names(lonely), lonely.size), (vec!["threads"], 99));
}

/// A round whose values would be those of the measurement is no failure: the others count.
#[test]
fn what_is_withheld_is_said_with_its_rounds_and_its_reason() {
    let mut run = run(&[(cell("heap"), vec![1; 6]), (cell("deque"), vec![1; 6])]);
    for record in run.records.iter_mut().filter(|it| it.cell == cell("heap").id() || it.round == 2)
    {
        record.withheld = Some("rate not reached".into());
        record.samples.clear();
    }
    let rows = ranked(&run).groups.remove(0).rows;
    let [deque, heap] = rows.as_slice() else { panic!() };
    assert_eq!((deque.rounds, &deque.outcome), (5, &RowOutcome::Ok));
    assert_eq!(deque.notes.last().map(String::as_str), Some("1 of 6 rounds: rate not reached"));
    assert_eq!(heap.outcome, RowOutcome::Excluded("rate not reached".into()));
}

#[test]
fn a_weak_promise_that_is_always_exceeded_is_said() {
    let run = run(&[(cell("heap"), vec![1; 6]), (cell("deque"), vec![1; 6])]);
    let notes = |run: &Run| -> BTreeMap<String, Vec<String>> {
        let rows = ranked(run).groups.remove(0).rows;
        rows.into_iter().map(|row| (row.cell.executor, row.notes)).collect()
    };
    let always = "order: declares order within a task, always kept first in, first out";
    assert_eq!(notes(&run)["heap"], Vec::<String>::new());
    assert_eq!(notes(&run)["deque"], ["a note", always]);
    // Once weaker is not always.
    let mut sometimes = run;
    sometimes.records[8].order = Some(Order::Task);
    assert_eq!(notes(&sometimes)["deque"], ["a note"]);
}

#[test]
fn the_twin_is_compared_with_itself_and_stands_in_no_group() {
    let twin = Cell { twin: true, ..cell("heap") };
    let run = run(&[(cell("heap"), vec![100; 6]), (twin, vec![101, 99, 101, 99, 101, 99])]);
    let ranking = ranked(&run);
    assert_eq!(names(&ranking.groups[0]), ["heap"]);
    let Twin { cell: of, ratio } = ranking.twin.unwrap();
    assert_eq!(of, cell("heap"));
    let interval = ratio.interval.unwrap();
    assert!(is(interval.low, 0.99) && is(interval.high, 1.01) && ratio.rounds == 6);
}

#[test]
fn any_metric_ranks_and_an_unknown_one_is_refused() {
    let mut run = run(&[(cell("heap"), vec![1; 6]), (cell("deque"), vec![1; 6])]);
    let mut values = histogram();
    values.saturating_record(1_000);
    for (record, jain) in run.records.iter_mut().zip(0_u32..) {
        record.distributions = vec![Distribution::of("lateness", &values)];
        record.metrics = BTreeMap::from([("jain_index_ratio".into(), f64::from(jain))]);
    }
    let by = |metric| rank(&run, &Filter::default(), Some(metric));
    let late = by("lateness_p99_ns").unwrap().groups.remove(0);
    assert!((late.rows[0].median.unwrap() - 1_000.0).abs() <= 1.0);
    assert_eq!(late.rows[0].others.len(), 2);
    // An index is better when it is higher: the deque's rounds come later and have more.
    let fair = by("jain_index_ratio").unwrap().groups.remove(0);
    assert_eq!(names(&fair), ["deque", "heap"]);
    assert_eq!(fair.rows[0].rank, Some((1, 1)));
    assert_eq!(fair.rows[1].rank, Some((2, 2)));
    let error = by("lateness_p9_ns").unwrap_err().to_string();
    assert!(
        error.starts_with("unknown metric `lateness_p9_ns`: did you mean `lateness_p"),
        "{error}"
    );
    assert!(metrics(&run).contains("lateness_max_ns"));
    for (metric, of_all) in derive(&run.records[0]) {
        assert_eq!(value(&run.records[0], &metric), Some(of_all), "{metric}");
    }
    assert_eq!(value(&run.records[0], "lateness_p9_ns"), None);
}

#[test]
fn a_filter_chooses_groups_and_rows() {
    let run = run(&[(cell("heap"), vec![1; 6]), (cell("deque"), vec![1; 6])]);
    let filter = Filter::parse(&[], &["deq*".into()], &[], &[]).unwrap();
    assert_eq!(names(&rank(&run, &filter, None).unwrap().groups[0]), ["deque"]);
    let none = Filter::parse(&["echo".into()], &[], &[], &[]).unwrap();
    assert!(rank(&run, &none, None).unwrap().groups.is_empty());
}

#[test]
fn a_run_without_a_record_has_rows_without_figures() {
    let ranking = ranked(&run(&[(cell("heap"), vec![])]));
    assert_eq!(ranking.groups[0].rows[0].median, None);
    assert_eq!(ranking.twin, None);
}

/// Rounds of a best executor and of one that is so much slower, disturbed by so much.
fn beside(slower_percent: u64, noise: [u64; 12]) -> Vec<Option<Standing>> {
    let even = vec![10_000; 12];
    let ours = noise.map(|noise| 10_000 + 100 * slower_percent + noise - 2_000);
    let ranking = ranked(&run(&[(cell("heap"), even), (cell("deque"), ours.to_vec())]));
    let standing = |name: &str| {
        let rows = &ranking.groups[0].rows;
        rows.iter().find(|row| row.cell.executor == name).unwrap().standing
    };
    vec![standing("heap"), standing("deque")]
}

#[test]
fn noise_takes_the_name_of_best_away_and_gives_it_to_nobody() {
    use Standing::{Best, CannotTell, Slower};
    let quiet = [2_000; 12];
    let loud = [0, 4_000, 500, 3_500, 1_000, 3_000, 1_500, 2_500, 0, 4_000, 1_900, 2_100];
    assert_eq!(beside(2, quiet), [Some(Best), Some(Best)]);
    assert_eq!(beside(10, quiet), [Some(Best), Some(Slower)]);
    // The ratio's interval includes 1, which once was called about best.
    assert_eq!(beside(2, loud), [Some(CannotTell); 2]);
    assert_eq!(beside(10, loud)[1], Some(CannotTell));
}

#[test]
fn the_pair_and_the_build_set_the_limits() {
    let pair = |other: [u64; 6]| {
        let twin = Cell { twin: true, ..cell("heap") };
        run(&[
            (cell("heap"), vec![1_000; 6]),
            (cell("deque"), vec![1_060; 6]),
            (twin, other.to_vec()),
        ])
    };
    let standings = |run: &Run| {
        let rows = ranked(run).groups.remove(0).rows;
        rows.iter().map(|row| row.standing.unwrap()).collect::<Vec<_>>()
    };
    let mut quiet = pair([1_001, 999, 1_001, 999, 1_001, 999]);
    let limits = ranked(&quiet).limits;
    assert!(is(limits.margin, MARGIN) && is(limits.effective(), MARGIN), "{limits:?}");
    assert_eq!(standings(&quiet), [Standing::Best, Standing::Slower]);
    quiet.header.provenance.build.aligned = Some(true);
    assert!(is(ranked(&quiet).limits.margin, MARGIN_ALIGNED));
    // The pair differs by up to 7 %: what is 6 % slower may be alike.
    let uneasy = pair([1_070, 940, 1_070, 940, 1_070, 940]);
    assert!(is(ranked(&uneasy).limits.effective(), 1.07));
    assert_eq!(standings(&uneasy), [Standing::Best, Standing::CannotTell]);
    let loud = pair([1_300, 940, 1_300, 940, 1_300, 940]);
    assert_eq!(standings(&loud), [Standing::CannotTell; 2]);
}

#[test]
fn a_thread_for_each_task_is_a_yardstick() {
    let mut run = run(&[(cell("heap"), vec![1; 6]), (cell("threads"), vec![9; 6])]);
    let threads = tminus_record::testing::executor("threads", Order::Fair, "");
    run.header.executors.push(tminus_record::ExecutorFacts {
        workers: tminus_contract::Workers::PerTask,
        ..threads
    });
    let yardsticks =
        ranked(&run).groups[0].rows.iter().map(|row| row.yardstick).collect::<Vec<_>>();
    assert_eq!(yardsticks, [false, true]);
}

/// As an executor does that leaves the work out; one that is as good as the floor is not suspect.
#[test]
fn a_figure_below_every_floor_is_suspect() {
    let figures = |first_metric: &str| {
        let mut run = run(&[
            (cell("floor"), vec![80; 6]),
            (cell("floor-boxed"), vec![200; 6]),
            (cell("heap"), vec![24; 6]),
            (cell("deque"), vec![76; 6]),
            (cell("boxed"), vec![150; 6]),
        ]);
        run.header.workloads[0].metrics.insert(0, first_metric.into());
        rank(&run, &Filter::default(), Some("wall_ns_per_op")).unwrap()
    };
    let suspects = |ranking: &Ranking| -> Vec<(String, Vec<Suspicion>)> {
        let rows = ranking.groups[0].rows.iter().filter(|row| !row.suspicions.is_empty());
        rows.map(|row| (row.cell.executor.clone(), row.suspicions.clone())).collect()
    };
    let found = suspects(&figures("wall_ns_per_op"));
    let [(heap, below)] = found.as_slice() else { panic!("{found:?}") };
    let [Suspicion::BelowFloor { floor, ratio }] = below.as_slice() else { panic!("{below:?}") };
    assert_eq!((heap.as_str(), floor.as_str(), is(*ratio, 0.3)), ("heap", "floor", true));
    // The floor of what waits bounds no cost: it may wake more often.
    assert_eq!(suspects(&figures("cpu_ns_per_op")), []);
    assert_eq!(suspects(&figures("frame_jitter_p50_ns")), []);
}

#[test]
fn a_broken_rule_makes_suspect_and_nothing_tried_is_not_good() {
    let mut run = run(&[(cell("heap"), vec![100; 6]), (cell("deque"), vec![100; 6])]);
    let mut verified = tminus_record::Verified::new("heap".into());
    verified.kept.push("a-rule".into());
    verified.broken.insert("another".into(), "it was seen".into());
    verified.not_promised.insert("a-third".into(), "by design".into());
    run.header.verified.push(verified);
    let ranking = ranked(&run);
    let row =
        |name: &str| ranking.groups[0].rows.iter().find(|row| row.cell.executor == name).unwrap();
    let broken = Suspicion::Broken { rule: "another".into(), reason: "it was seen".into() };
    assert_eq!((&row("heap").suspicions, row("heap").verified), (&vec![broken], Some(false)));
    assert!(row("heap").notes.contains(&"does not promise a-third: by design".into()));
    assert_eq!((row("deque").suspicions.len(), row("deque").verified), (0, None));
}

#[test]
fn a_place_that_depends_on_warm_caches_is_noted() {
    let times = |ns| (0..6).map(|_| ns).collect::<Vec<u64>>();
    let mut run =
        run(&[(cell("heap"), times(100)), (cell("deque"), times(110)), (cell("smol"), times(300))]);
    let set = |run: &mut Run, executor: &str, ratio: f64| {
        let of = |record: &&mut Record| record.cell == cell(executor).id();
        for record in run.records.iter_mut().filter(of) {
            record.metrics.insert("cold_cost_ratio".into(), ratio);
        }
    };
    let noted = |run: &Run| -> Vec<bool> {
        let is_cold = |row: &Row| row.notes.iter().any(|note| note.contains("warm caches"));
        ranked(run).groups[0].rows.iter().map(is_cold).collect()
    };
    for (id, ratio) in [("heap", 1.05), ("deque", 1.0), ("smol", 1.5)] {
        set(&mut run, id, ratio);
    }
    assert_eq!(noted(&run), [false, false, false]);
    set(&mut run, "heap", 1.2);
    assert_eq!(noted(&run), [true, true, false], "120 against 110");
}

/// Neighbours come and go between sweeps: what took turns with each other is compared all the same.
#[test]
fn children_that_took_turns_are_compared_sweep_by_sweep() {
    let mut run = run(&[(cell("heap"), vec![1; 6]), (cell("deque"), vec![1; 6])]);
    for record in &mut run.records {
        let slower = if record.cell == cell("deque").id() { 110 } else { 100 };
        // In each round another number of sweeps is disturbed; a child has its noise elsewhere.
        let batch = |sweep: u64| Sample {
            ops: 1,
            iterations: 1,
            wall_ns: slower * if sweep % 6 <= u64::from(record.round) { 3 } else { 1 },
            cpu_ns: 1,
            ..Sample::default()
        };
        record.samples = (0..10).map(batch).collect();
        record.set_unix_ns = Some(u64::from(record.round) + 7);
    }
    let ratio = |run: &Run| ranked(run).groups[0].rows[1].ratio.expect("a ratio");
    let interval = ratio(&run).interval.expect("six rounds");
    assert!((interval.low - 1.1).abs() < 1e-9 && (interval.high - 1.1).abs() < 1e-9);
    // The round of one is disturbed as a whole: it is no common disturbance of a sweep.
    let first = run.records.iter_mut().find(|it| it.cell == cell("heap").id() && it.round == 3);
    first.expect("a record").samples.iter_mut().for_each(|it| it.wall_ns *= 2);
    assert!(ratio(&run).interval.expect("six rounds").low < 0.6);
}
