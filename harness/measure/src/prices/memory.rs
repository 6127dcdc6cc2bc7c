//! Prices of what the processor and the allocator do: instructions, atomics, allocations, misses.

use std::collections::VecDeque;
use std::hint::black_box;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Act, Price, price};

pub(super) const PRICES: &[Price] = &[
    price("instructions", "a step of plain code: loads, branches, a call", instructions),
    price("atomics", "an uncontended atomic addition", atomics),
    price("allocations", "an allocation and its free", allocations),
    price("cache_misses", "a load that no cache holds", cache_misses),
];

/// The memory of a pointer chase, far above what a core has for itself.
const CHASED_BYTES: usize = 32 << 20;

const LINE_BYTES: usize = 64;

/// So many closures are in the queue of plain code.
const STEPS: u64 = 64;

/// Loads, stores, branches and calls that no processor sees through: what executors are made of.
/// An instruction of pure arithmetic takes three quarters of the time.
#[expect(clippy::unnecessary_wraps, reason = "as all prices")]
fn instructions(_: usize) -> io::Result<Act> {
    type Step = Box<dyn FnMut(u64) -> u64>;
    let step = |at: u64| -> Step {
        let mut state = at;
        Box::new(move |by| {
            state = state.rotate_left(7) ^ by;
            state
        })
    };
    let mut queue: VecDeque<Step> = (0..STEPS).map(step).collect();
    Ok(Box::new(move |iterations| {
        for at in 0..iterations {
            let Some(mut step) = queue.pop_front() else { break };
            // Either way it stands in the queue again.
            match step(at) % 16 {
                0 => queue.push_back(black_box(step)),
                _ => queue.push_back(step),
            }
        }
        Ok(())
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "as all prices")]
fn atomics(_: usize) -> io::Result<Act> {
    let count = Box::new(AtomicU64::new(0));
    Ok(Box::new(move |iterations| {
        let count = black_box(&*count);
        for _ in 0..iterations {
            count.fetch_add(1, Ordering::AcqRel);
        }
        Ok(())
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "as all prices")]
fn allocations(bytes: usize) -> io::Result<Act> {
    Ok(Box::new(move |iterations| {
        for _ in 0..iterations {
            black_box(Vec::<u8>::with_capacity(black_box(bytes)));
        }
        Ok(())
    }))
}

/// Goes round all lines once in an order that no processor guesses: Sattolo's cycle.
#[expect(clippy::unnecessary_wraps, reason = "as all prices")]
fn cache_misses(_: usize) -> io::Result<Act> {
    #[derive(Clone, Copy)]
    #[repr(align(64))]
    struct Line(usize);
    let mut rng = fastrand::Rng::with_seed(1);
    let mut lines: Vec<Line> = (0..CHASED_BYTES / LINE_BYTES).map(Line).collect();
    for last in (1..lines.len()).rev() {
        lines.swap(last, rng.usize(..last));
    }
    let mut at = 0;
    Ok(Box::new(move |iterations| {
        for _ in 0..iterations {
            at = lines[at].0;
        }
        black_box(at);
        Ok(())
    }))
}
