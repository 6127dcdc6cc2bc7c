//! The cells under criterion, as its book has it; two of these programs are compared through
//! `--save-baseline` and `--baseline`.

use criterion::{Criterion, criterion_group, criterion_main};
use rivals::{Cell, Work, steps};

fn cells(criterion: &mut Criterion) {
    for cell in Cell::ALL {
        let work = Work::new(cell, steps());
        criterion.bench_function(cell.id(), |bencher| bencher.iter(|| work.run()));
    }
}

criterion_group!(benches, cells);
criterion_main!(benches);
