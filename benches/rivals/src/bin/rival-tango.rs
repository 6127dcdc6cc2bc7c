//! The cells under tango; `rival-tango compare OTHER` runs the two programs side by side.

use rivals::{Cell, Work, steps};
use tango_bench::{Benchmark, IntoBenchmarks, benchmark_fn, tango_benchmarks};

fn cells() -> impl IntoBenchmarks {
    let bench = |cell: Cell| -> Benchmark {
        benchmark_fn(cell.id(), move |bencher| {
            let work = Work::new(cell, steps());
            bencher.iter(move || work.run())
        })
    };
    Cell::ALL.map(bench)
}

tango_benchmarks!(cells());
