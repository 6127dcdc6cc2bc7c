//! The counts of an ordinary child: allocations and context switches.

use tminus_record::Quality;

use super::{Counter, Figure, Subject};
use crate::inside::OWN_ALLOCATIONS;
use crate::spec::Mode;

pub(super) const COUNTER: Counter =
    Counter { names: &["allocations_per_op", "allocated_bytes_per_op"], count };

#[expect(clippy::cast_precision_loss, reason = "a sample has no count beyond 2^53")]
fn count(subject: &Subject<'_>) -> Result<Vec<Figure>, String> {
    let (sample, report) = subject.child(Mode::Count)?;
    let (Some(allocations), Some(bytes)) = (sample.allocations, sample.allocated_bytes) else {
        return Err("the program has no allocator that counts".into());
    };
    // What other threads allocate depends on when they run.
    let is_own = report.metrics.get(OWN_ALLOCATIONS).is_some_and(|own| *own == allocations as f64);
    let quality = if is_own { subject.quality } else { Quality::Indicative };
    let figure =
        |name: &str, count: u64, quality| (name.to_owned(), subject.per_op(count as f64), quality);
    Ok(vec![
        figure("allocations_per_op", allocations, quality),
        figure("allocated_bytes_per_op", bytes, quality),
        figure("voluntary_switches_per_op", sample.voluntary_switches, Quality::Indicative),
        figure("involuntary_switches_per_op", sample.involuntary_switches, Quality::Indicative),
    ])
}
