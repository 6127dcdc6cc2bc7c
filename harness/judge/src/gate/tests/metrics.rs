//! Which metric decides, and how those are judged that are no time of a round.

use tminus_contract::sample::Sample;
use tminus_record::Distribution;

use super::*;

/// By default the CPU time of the fastest batch decides; wall time stands beside it.
#[test]
fn cpu_time_decides_by_default() {
    let gate = gate(&session_of(SAME, SLOWER, 10), &OPTIONS).unwrap();
    // The made-up runs all have the same CPU time.
    assert_eq!(gate.end, End::Pass);
    assert_eq!(gate.cells[1].metric, "least_cpu_ns_per_op");
    assert!((gate.cells[1].wall_ratio.unwrap() - 1.04).abs() < 0.005);
}

/// Returns a session of one cell whose rounds hold `values` values of a distribution; those of the
/// candidate are `factor` times as large.
fn latencies(values: u64, factor: f64) -> Session {
    let mut rng = fastrand::Rng::with_seed(values);
    let mut side = |factor: f64| {
        let mut run = run(&[(cell("heap"), vec![1_000; 20])]);
        for record in &mut run.records {
            let mut histogram = tminus_contract::resources::histogram();
            for _ in 0..values {
                histogram.saturating_record((factor * (1_000.0 - 5_000.0 * rng.f64().ln())) as u64);
            }
            record.distributions = vec![Distribution::of("lateness", &histogram)];
        }
        let facts = &mut run.header.workloads[0];
        facts.metrics.push("lateness_p99_ns".into());
        facts.distributions.push(("lateness".into(), String::new()));
        run
    };
    Session { baseline: side(1.0), copy: side(1.0), candidate: side(factor) }
}

/// A round of 1,000 values tells its own 99th percentile; of 100 all rounds are taken together.
#[test]
fn a_tail_is_judged_by_rounds_or_over_all_of_them() {
    let options = Options { metric: Some("lateness_p99_ns".into()), ..OPTIONS };
    for (values, is_pooled) in [(1_000, false), (100, true)] {
        let same = gate(&latencies(values, 1.0), &options).unwrap();
        assert_ne!(same.cells[0].verdict, Verdict::Regressed);
        assert!(same.biased.is_empty());
        let slower = gate(&latencies(values, 3.0), &options).unwrap();
        let heap = &slower.cells[0];
        assert_eq!((slower.end, heap.verdict), (End::Flagged, Verdict::Regressed), "{values}");
        assert_eq!((heap.resolution.is_some(), heap.judged.ratio.rounds), (is_pooled, 20));
        assert!((2.0..4.0).contains(&(heap.medians[1] / heap.medians[0])), "{:?}", heap.medians);
        if let Some([Some(ends), _]) = heap.resolution {
            assert!(ends.low < heap.medians[0] && heap.medians[0] < ends.high, "{ends:?}");
        }
    }
    // Beside what decides by default, and without a say in it.
    let beside = gate(&latencies(100, 3.0), &OPTIONS).unwrap();
    assert_eq!(beside.end, End::Pass);
    assert_eq!(beside.cells[0].tails[0].metric, "lateness_p99_ns");
    assert!(beside.cells[0].tails[0].ratio.interval.unwrap().low > 1.5);
}

/// A workload whose first metric is a latency.
#[test]
fn a_latency_decides_only_if_it_is_asked_for() {
    let mut session = latencies(1_000, 3.0);
    for run in [&mut session.baseline, &mut session.copy, &mut session.candidate] {
        run.header.workloads[0].metrics.insert(0, "lateness_p50_ns".into());
    }
    let unasked = gate(&session, &OPTIONS).unwrap();
    assert_eq!(unasked.end, End::Pass);
    assert_eq!(unasked.cells[0].metric, "least_cpu_ns_per_op");
    let options = Options { metric: Some("lateness_p50_ns".into()), ..OPTIONS };
    assert_eq!(gate(&session, &options).unwrap().end, End::Flagged);
}

#[test]
fn a_gate_by_a_metric_runs_the_cells_that_have_it() {
    let mut header = latencies(1, 1.0).baseline.header;
    let mut other = cell("heap");
    other.workload = "echo".into();
    header.cells.push(other);
    header.workloads.push(tminus_record::WorkloadFacts {
        id: "echo".into(),
        metrics: vec!["jain_index_ratio".into()],
        distributions: Vec::new(),
        ..header.workloads[0].clone()
    });
    let kept = |metric: &str| {
        let mut header = header.clone();
        keep_cells_with(metric, &mut header)
            .map(|()| header.cells.iter().map(|cell| cell.workload.clone()).collect::<Vec<_>>())
    };
    assert_eq!(kept("lateness_p50_ns").unwrap(), ["squares"]);
    assert_eq!(kept("jain_index_ratio").unwrap(), ["echo"]);
    assert_eq!(kept("rss_peak_bytes").unwrap(), ["squares", "echo"]);
    let refused = kept("lateness_p98_ns").unwrap_err().to_string();
    assert!(refused.starts_with("unknown metric `lateness_p98_ns`: did you mean"), "{refused}");
    assert!(refused.contains("lateness_p999_ns, lateness_p99_ns"), "{refused}");
}

/// Instructions, allocations, polls: every round gives the same, so the margin alone decides.
#[test]
fn metrics_without_noise_are_judged_by_the_margin() {
    let polls = |[baseline, candidate]: [f64; 2]| {
        let side = |polls: f64| {
            let mut run = run(&[(cell("heap"), vec![1_000; 12])]);
            for record in &mut run.records {
                record.metrics.insert("polls_per_op".into(), polls);
            }
            run
        };
        let sides =
            Session { baseline: side(baseline), copy: side(baseline), candidate: side(candidate) };
        let options = Options { metric: Some("polls_per_op".into()), ..OPTIONS };
        let gate = gate(&sides, &options).unwrap();
        assert!(gate.biased.is_empty() && gate.cells[0].judged.limits.floor.ln().abs() < 1e-12);
        (gate.end, gate.cells[0].verdict)
    };
    assert_eq!(polls([2.0, 2.0]), (End::Pass, Verdict::Equivalent));
    assert_eq!(polls([2.0, 2.01]), (End::Pass, Verdict::Equivalent));
    assert_eq!(polls([2.0, 2.1]), (End::Flagged, Verdict::Regressed));
    assert_eq!(polls([2.1, 2.0]), (End::Pass, Verdict::Improved));
    // Nothing is no reason to look away: none in both is no change, from none to some is one.
    assert_eq!(polls([0.0, 0.0]), (End::Pass, Verdict::Equivalent));
    assert_eq!(polls([0.0, 0.5]), (End::Flagged, Verdict::Regressed));
    assert_eq!(polls([0.5, 0.0]), (End::Pass, Verdict::Improved));
}

/// Returns a session of one cell whose children took turns; `batch` gives what a batch took, by
/// side, round and sweep.
fn in_turns(batch: impl Fn(u64, u64, u64) -> u64) -> Session {
    let side = |side: u64| {
        let mut run = run(&[(cell("heap"), vec![1; 40])]);
        run.header.turns = true;
        for record in &mut run.records {
            let round = u64::from(record.round);
            let sample = |sweep: u64| Sample {
                ops: 1,
                iterations: 1,
                wall_ns: 1,
                cpu_ns: batch(side, round, sweep),
                ..Sample::default()
            };
            record.samples = (0..10).map(sample).collect();
            record.set_unix_ns = Some(7 + round);
        }
        run
    };
    Session { baseline: side(0), copy: side(1), candidate: side(2) }
}

/// Returns up to `most`, by chance that depends on the numbers alone.
fn chance(most: u64, numbers: [u64; 3]) -> u64 {
    let [side, round, sweep] = numbers;
    fastrand::Rng::with_seed((side * 1_000 + round) * 1_000 + sweep).u64(0..=most)
}

/// Where a neighbour slows whole sweeps, also the fastest, batches beside each other decide; where
/// each child has its own bursts and some batch without, the fastest. The candidate has no say.
#[test]
fn the_steadier_time_of_the_null_control_decides() {
    for (by, is_flagged) in [(1_000, false), (1_040, true)] {
        let slower = |side| if side == 2 { by } else { 1_000 };
        let loud = in_turns(|side, round, sweep| {
            slower(side) * (1_000 + chance(900, [9, round, sweep])) / 10
                + chance(200, [side, round, sweep])
        });
        let bursts = in_turns(|side, round, sweep| {
            let burst =
                chance(9, [side, round, sweep]) * u64::from((sweep + side + round) % 10 != 0);
            slower(side) * (100 + 10 * burst) + chance(200, [side, round, sweep])
        });
        let of = |session| {
            let gate = gate(session, &OPTIONS).unwrap();
            (gate.cells[0].metric.clone(), gate.end == End::Flagged)
        };
        assert_eq!(of(&loud), ("cpu_ns_per_op".into(), is_flagged));
        assert_eq!(of(&bursts), ("least_cpu_ns_per_op".into(), is_flagged));
    }
    // Older programs took no turns: the fastest batch decides.
    let mut alone = in_turns(|side, round, sweep| 100_000 + chance(900, [side, round, sweep]));
    for run in [&mut alone.baseline, &mut alone.copy, &mut alone.candidate] {
        run.header.turns = false;
    }
    assert_eq!(gate(&alone, &OPTIONS).unwrap().cells[0].metric, "least_cpu_ns_per_op");
}
