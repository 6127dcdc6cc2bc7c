//! The counts of an ordinary child: allocations and context switches.
//!
//! Beside one worker other threads allocate when they happen to run, as that of a reactor does:
//! what the worker's thread allocates is exact, and the others' stands apart.

use tminus_record::Quality;

use super::{Counter, Figure, Subject};
use crate::inside::OWN;
use crate::spec::Mode;

pub(super) const COUNTER: Counter =
    Counter { names: &["allocations_per_op", "allocated_bytes_per_op"], count };

#[expect(clippy::cast_precision_loss, reason = "a sample has no count beyond 2^53")]
fn count(subject: &Subject<'_>) -> Result<Vec<Figure>, String> {
    let (sample, report) = subject.child(Mode::Count)?;
    let (Some(allocations), Some(bytes)) = (sample.allocations, sample.allocated_bytes) else {
        return Err("the program has no allocator that counts".into());
    };
    let all = [allocations as f64, bytes as f64];
    let own = OWN.map(|name| report.metrics.get(name).copied());
    let (counts, quality) = match own {
        [Some(own), Some(bytes)] if subject.quality == Quality::Exact => {
            ([own, bytes], Quality::Exact)
        }
        _ => (all, Quality::Indicative),
    };
    let figure = |name: &str, count: f64, quality| (name.into(), subject.per_op(count), quality);
    let others = (all[0] - counts[0]).max(0.0);
    Ok(vec![
        figure("allocations_per_op", counts[0], quality),
        figure("allocated_bytes_per_op", counts[1], quality),
        figure("other_threads_allocations_per_op", others, Quality::Indicative),
        figure("voluntary_switches_per_op", sample.voluntary_switches as f64, Quality::Indicative),
        figure(
            "involuntary_switches_per_op",
            sample.involuntary_switches as f64,
            Quality::Indicative,
        ),
    ])
}
