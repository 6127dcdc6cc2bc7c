//! A cell with nothing around it: `rival-bare CELL BATCHES ITERATIONS` prints the time of each
//! batch, for `zenbench pair`, and what was done, for its check. Under callgrind it tells the size
//! of a slowdown.

use std::env;
use std::time::Instant;

use anyhow::Context as _;
use rivals::{Cell, Work, steps};

const USAGE: &str = "usage: rival-bare CELL BATCHES ITERATIONS";

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [cell, batches, iterations] = words.as_slice() else { anyhow::bail!(USAGE) };
    let cell = Cell::named(cell).context(USAGE)?;
    let [batches, iterations]: [u64; 2] = [batches.parse()?, iterations.parse()?];
    let work = Work::new(cell, steps());
    // Warm-up: a batch that is not told.
    let mut sum = batch(&work, iterations);
    for _ in 0..batches {
        let started = Instant::now();
        sum += batch(&work, iterations);
        println!("elapsed_ns={}", started.elapsed().as_nanos());
    }
    println!("result={{\"sum\":{sum}}}");
    Ok(())
}

fn batch(work: &Work, iterations: u64) -> u64 {
    (0..iterations).map(|_| work.run()).sum()
}
