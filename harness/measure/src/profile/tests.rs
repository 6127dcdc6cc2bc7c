//! The pass over made-up children: which counts are given, which are missing, and why.

use std::time::Duration;

use tminus_contract::Workers;
use tminus_record::testing;

use super::*;
use crate::child::shell::{CELL, DONE, HELLO};

/// A sample of four ops that counts allocations.
const SAMPLE: &str = r#"echo '{"message":"sample","ops":4,"iterations":1,"wall_ns":9,"cpu_ns":9,"voluntary_switches":0,"involuntary_switches":0,"allocations":12,"allocated_bytes":96}';"#;

/// The figures of polls, of four ops.
const POLLS: &str = r#"for it in polls:8 spurious_polls:0 wakes:4 self_wakes:4 \
    cross_thread_wakes:0 waker_clones:2 waker_drops:2; do
    echo '{"message":"metric","name":"'${it%:*}'_count","value":'${it#*:}'}'; done;
    for it in 50 99; do
    echo '{"message":"metric","name":"wake_delay_p'$it'_ns","value":7}'; done;"#;
const WAITS_NOT: &str = r#"echo '{"message":"metric","name":"own_allocations_count","value":12}';
    echo '{"message":"metric","name":"own_allocated_bytes","value":96}';
    echo '{"message":"metric","name":"waits_count","value":0}';"#;

/// Counts a cell whose children do as these scripts say: the ordinary one, and that of polls.
fn counted(ordinary: &str, polls: &str) -> Result<Counts, String> {
    let script = format!(
        r#"read spec; {HELLO}
        case "$spec" in *'"mode":"count-polls"'*) {polls}
        ;; *) {ordinary}
        ;; esac"#
    );
    let program = Program::new("/bin/sh").arguments(["-c", &script]);
    let cell = Cell::from_id(&CELL.parse().expect("an id")).expect("a cell");
    let mut run = testing::run(&[(cell.clone(), Vec::new())]);
    run.header.executors[0].workers = Workers::One;
    let children = Children {
        program,
        deadline: Duration::from_secs(600),
        memory_limit_bytes: None,
        cancel: Cancel::new().expect("a pipe"),
    };
    count(&run.header, &cell, &children, Extent::Short).expect("it is not cancelled")
}

#[test]
fn counts_are_those_of_an_op() {
    let good = format!("{SAMPLE} {WAITS_NOT} {DONE}");
    let counts = counted(&good, &format!("{SAMPLE} {POLLS} {DONE}")).expect("it is counted");
    let of = |name: &str| (counts.values[name], counts.quality[name]);
    assert_eq!(of("polls_per_op"), (2.0, Quality::Exact));
    assert_eq!(of("wakes_per_op"), (1.0, Quality::Exact));
    assert_eq!(of("wake_delay_p99_ns"), (7.0, Quality::Indicative));
    assert_eq!(of("voluntary_switches_per_op"), (0.0, Quality::Indicative));
    assert_eq!(of("allocations_per_op"), (3.0, Quality::Exact));
    assert_eq!(counts.clone().check(), Ok(()));
}

#[test]
fn where_a_cell_waits_counts_are_indicative() {
    let polls = format!("{SAMPLE} {POLLS} {DONE}");
    let waits = WAITS_NOT.replace("\"value\":0", "\"value\":1");
    for ordinary in [format!("{SAMPLE} {waits} {DONE}"), format!("{SAMPLE} {DONE}")] {
        let counts = counted(&ordinary, &polls).expect("it is counted");
        assert_eq!(counts.quality["polls_per_op"], Quality::Indicative);
    }
}

#[test]
fn what_cannot_be_counted_is_missing_and_all_else_is_there() {
    let good = format!("{SAMPLE} {WAITS_NOT} {DONE}");
    let fails = r#"echo '{"message":"failed","kind":"panic","reason":"no waker of mine"}'"#;
    let other = SAMPLE.replace("\"ops\":4", "\"ops\":5");
    let cases = [
        (fails.to_owned(), "no waker of mine"),
        (format!("{other} {POLLS} {DONE}"), "4 ops became 5"),
        (format!("{SAMPLE} {DONE}"), "the child tells no polls_per_op"),
    ];
    for (polls, reason) in cases {
        let counts = counted(&good, &polls).expect("the cell is good");
        assert!(counts.missing["polls_per_op"].ends_with(reason), "{counts:?}");
        assert!(counts.values.contains_key("voluntary_switches_per_op"));
    }
    let uncounted = SAMPLE.replace("\"allocations\":12,", "");
    let ordinary = format!("{uncounted} {WAITS_NOT} {DONE}");
    let counts = counted(&ordinary, &format!("{SAMPLE} {POLLS} {DONE}")).expect("it is counted");
    assert_eq!(counts.missing["allocations_per_op"], "the program has no allocator that counts");
    assert_eq!(counts.values["polls_per_op"], 2.0);
}

#[test]
fn what_other_threads_allocate_stands_apart() {
    let good = format!("{SAMPLE} {WAITS_NOT} {DONE}");
    let polls = format!("{SAMPLE} {POLLS} {DONE}");
    let other = good.replace("\"value\":12", "\"value\":8");
    let counts = counted(&other, &polls).expect("it is counted");
    assert_eq!(counts.values["allocations_per_op"], 2.0);
    assert_eq!(counts.values["other_threads_allocations_per_op"], 1.0);
    assert_eq!(counts.quality["allocations_per_op"], Quality::Exact);
    let counts = counted(&good.replace("own_alloc", "alloc"), &polls).expect("it is counted");
    assert_eq!(counts.values["allocations_per_op"], 3.0);
    assert_eq!(counts.quality["allocations_per_op"], Quality::Indicative);
}

/// Each child of a shell has another number.
#[test]
fn what_a_second_child_counts_otherwise_is_not_exact() {
    let good = format!("{SAMPLE} {WAITS_NOT} {DONE}");
    let others = POLLS.replace("polls:8 ", "polls:$$ ");
    let counts = counted(&good, &format!("{SAMPLE} {others} {DONE}")).expect("it is counted");
    assert_eq!(counts.quality["wakes_per_op"], Quality::Indicative);
    assert_eq!(counts.quality["allocations_per_op"], Quality::Exact);
}

#[test]
fn a_cell_that_fails_is_no_count_and_one_that_cannot_run_says_why() {
    let fails = r#"echo '{"message":"failed","kind":"panic","reason":"out of luck"}'"#;
    assert_eq!(counted(fails, "exit 1"), Err("out of luck".into()));
    let refuses = r#"echo '{"message":"unsupported","reason":"no io_uring"}'"#;
    let counts = counted(refuses, "exit 1").expect("no failure");
    assert!(counts.values.is_empty());
    assert_eq!(counts.missing["polls_per_op"], "no io_uring");
    assert_eq!(counts.missing["allocations_per_op"], "no io_uring");
}
