//! Prices of what the processor and the allocator do: instructions, atomics, allocations, misses.

use std::hint::black_box;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Act, Price, price};

pub(super) const PRICES: &[Price] = &[
    price("instructions", "a step of a plain integer loop", instructions),
    price("atomics", "an uncontended atomic addition", atomics),
    price("allocations", "an allocation and its free", allocations),
    price("cache_misses", "a load that no cache holds", cache_misses),
];

/// The memory of a pointer chase, far above what a core has for itself.
const CHASED_BYTES: usize = 32 << 20;

const LINE_BYTES: usize = 64;

#[expect(clippy::unnecessary_wraps, reason = "as all prices")]
fn instructions(_: usize) -> io::Result<Act> {
    let mut table = [1_u64; 16];
    Ok(Box::new(move |iterations| {
        for step in 0..iterations {
            // Neighbours do not wait for each other, as in most code.
            let slot = &mut table[(step % 16) as usize];
            *slot = (*slot ^ step).rotate_left(7).wrapping_add(step);
        }
        black_box(&mut table);
        Ok(())
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "as all prices")]
fn atomics(_: usize) -> io::Result<Act> {
    let count = Box::new(AtomicU64::new(0));
    Ok(Box::new(move |iterations| {
        for _ in 0..iterations {
            black_box(&count).fetch_add(1, Ordering::AcqRel);
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
