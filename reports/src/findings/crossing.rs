//! Which executors change places, in sentences: below which size one is better, above it another.

use tminus_judge::rank::{Contender, Crossing, Crossings};

use crate::words;

/// Returns the workload of the crossings with the parameters that are fixed.
#[must_use]
pub fn crossings_subject(all: &Crossings) -> String {
    words::subject(&all.title, &all.fixed)
}

/// Returns the sentence of one: `below 31 k/s (27 – 36 k/s) smol ×1 has the lower latency p99,
/// above it tokio`.
#[must_use]
pub fn crossing(all: &Crossings, it: &Crossing) -> String {
    let Crossing { below, above, at, interval, .. } = it;
    format!(
        "below {} {} has the {} {}, above it {}",
        words::param_between(&all.param, *at, *interval),
        name(below),
        words::better(&all.metric),
        words::metric(&all.metric, &all.op),
        name(above)
    )
}

fn name(it: &Contender) -> String {
    words::executor_with(&it.executor, it.workers)
}

/// Returns the sentences of the first `most`, how many more there are, and of how many pairs of the
/// best it cannot be told.
#[must_use]
pub fn crossings_told(all: &Crossings, most: usize) -> Vec<String> {
    let mut out: Vec<String> = all.told.iter().take(most).map(|it| crossing(all, it)).collect();
    let more = all.told.len().saturating_sub(most) as u64;
    match (more, most) {
        (0, _) => {}
        (more, 0) => out.push(format!("{} for sure of others", words::count(more, "crossing"))),
        (more, _) => out.push(format!("{} for sure", words::count(more, "more crossing"))),
    }
    if all.open_pairs > 0 {
        let pairs = words::count(all.open_pairs.into(), "pair");
        out.push(format!("of {pairs} of the best it cannot be told whether they change places"));
    }
    out
}

/// Says what must be so for a crossing to be named.
pub const CROSSINGS_NOTE: &str = "named only where one is better for sure below, and the other above; \
    in brackets the 95 % interval of the size";

#[cfg(test)]
mod tests {
    use tminus_judge::rank::Interval;

    use super::*;

    fn contender(executor: &str, workers: Option<usize>) -> Contender {
        Contender { executor: executor.into(), workers }
    }

    fn made(param: &str, metric: &str, told: usize, open_pairs: u32) -> Crossings {
        let one = Crossing {
            below: contender("heap", None),
            above: contender("smol", Some(2)),
            at: 31_234.0,
            interval: Interval { low: 27_345.0, high: 36_012.0 },
            factors: [1.5, 2.0],
            is_of_best: true,
        };
        Crossings {
            workload: "work".into(),
            title: "Work".into(),
            param: param.into(),
            fixed: "connections=64".into(),
            op: "request".into(),
            metric: metric.into(),
            told: vec![one; told],
            open_pairs,
        }
    }

    #[test]
    fn a_crossing_says_the_size_with_its_interval() {
        let said = |param, metric| {
            let all = made(param, metric, 1, 0);
            crossing(&all, &all.told[0])
        };
        assert_eq!(
            said("rate", "latency_p99_ns"),
            "below 31 k/s (27 – 37 k/s) heap has the lower latency p99, above it smol ×2"
        );
        assert_eq!(
            said("tasks", "cpu_ns_per_op"),
            "below 31 k tasks (27 – 37 k) heap has the lower CPU time per request, above it smol ×2"
        );
        assert_eq!(
            said("slice_us", "jain_index_ratio"),
            "below slice 31 ms (27 – 37 ms) heap has the higher jain index, above it smol ×2"
        );
        assert_eq!(crossings_subject(&made("rate", "", 1, 0)), "Work, connections 64");
    }

    #[test]
    fn the_first_are_said_and_the_others_counted() {
        let told = |told, open| crossings_told(&made("rate", "latency_p99_ns", told, open), 2);
        let open = "of the best it cannot be told whether they change places";
        assert_eq!(told(5, 0)[2..], ["3 more crossings for sure"]);
        let none_said = crossings_told(&made("rate", "latency_p99_ns", 2, 0), 0);
        assert_eq!(none_said, ["2 crossings for sure of others"]);
        assert_eq!(told(2, 1)[2..], [format!("of 1 pair {open}")]);
        assert_eq!(told(0, 4), [format!("of 4 pairs {open}")]);
    }
}
