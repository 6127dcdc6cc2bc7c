//! The harness measuring itself: its clock, an empty child, and what the contract adds.
//!
//! `benches/overhead.rs` compares the pairs in paired processes; here criterion shows them.

mod pairs;

use std::process::ExitCode;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use tminus_contract::params::Params;
use tminus_contract::resources::Usage;
use tminus_contract::sample::Meter;
use tminus_measure::child::{self, Cancel, Program};
use tminus_measure::spec::{Mode, Spec};
use tminus_record::{Cell, Outcome};

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|word| word == "cell") {
        return tminus::App::new().main();
    }
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .configure_from_args();
    clock(&mut criterion);
    empty_child(&mut criterion);
    contract(&mut criterion);
    criterion.final_summary();
    ExitCode::SUCCESS
}

/// What one timed region costs in itself.
fn clock(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("clock");
    group.bench_function("instant", |bencher| bencher.iter(std::time::Instant::now));
    group.bench_function("usage", |bencher| bencher.iter(Usage::now));
    group.bench_function("empty_region", |bencher| {
        let mut meter = Meter::new(0);
        bencher.iter(|| {
            let running = meter.start();
            meter.stop(running, 1);
        });
    });
    group.finish();
}

/// From the start of a child to its end, with nothing to measure in it.
fn empty_child(criterion: &mut Criterion) {
    let registry = tminus::App::new().registry();
    let info = &registry.find_workload("squares").expect("a registered workload").info;
    let params = Params::parse(info, "tasks=1").expect("a valid size");
    let mut spec = Spec::new(Cell::new(info, &params, "floor", None));
    spec.mode = Mode::Verify;
    let program = Program::current().expect("the path of this program");
    criterion.bench_function("empty_child", |bencher| {
        let cancel = Cancel::new().expect("a descriptor for cancelling");
        bencher.iter(|| {
            let report = child::run(&program, &spec, Duration::from_secs(10), &cancel);
            assert_eq!(report.expect("nobody cancels").outcome, Outcome::Ok);
        });
    });
}

/// The native loops beside the same loops against the contract, in this process.
fn contract(criterion: &mut Criterion) {
    for pair in pairs::all() {
        let mut group = criterion.benchmark_group(format!("contract/{}", pair.name));
        for (side, run) in [("native", pair.native), ("contract", pair.contract)] {
            group.bench_function(BenchmarkId::from_parameter(side), |bencher| {
                bencher.iter_custom(|rounds| {
                    Duration::from_nanos(run(pair.shape(rounds)).iter().sum())
                });
            });
        }
        group.finish();
    }
}
