//! The whole program: all verbs over what tminus has and what this crate adds.

mod hedged;
mod tokio_eager;

use std::process::ExitCode;

/// Counts allocations; without it, reports have no such figures.
#[global_allocator]
static ALLOCATOR: tminus::CountingAllocator = tminus::CountingAllocator;

fn main() -> ExitCode {
    tminus::App::new().workload::<hedged::Hedged>().executor::<tokio_eager::TokioEager>().main()
}
