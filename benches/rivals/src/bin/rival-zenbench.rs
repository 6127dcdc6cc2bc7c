//! The cells under zenbench, in three kinds of groups, chosen with `--group`:
//!
//! - `two-CELL`: two closures in this one program, the first never slowed down, the second as the
//!   text says;
//! - `wide-CELL`: the same, where a difference counts from 1 % on;
//! - `one-CELL`: one closure, for two programs that are compared through `--save-baseline` and
//!   `--baseline`.

use rivals::{Cell, Work, steps};
use zenbench::prelude::*;

fn two(group: &mut BenchGroup, cell: Cell) {
    for (name, steps) in [("baseline", 0), ("candidate", steps())] {
        let work = Work::new(cell, steps);
        group.bench(name, move |bencher| bencher.iter(|| work.run()));
    }
    group.baseline("baseline");
}

fn cells(suite: &mut Suite) {
    for cell in Cell::ALL {
        let id = cell.id();
        suite.group(format!("two-{id}"), |group| two(group, cell));
        suite.group(format!("wide-{id}"), |group| {
            two(group, cell);
            group.config().noise_threshold(0.01);
        });
        suite.group(format!("one-{id}"), |group| {
            let work = Work::new(cell, steps());
            group.bench("only", move |bencher| bencher.iter(|| work.run()));
        });
    }
}

zenbench::main!(cells);
