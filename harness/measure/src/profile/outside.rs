//! The counts of what looks at a child from outside: system calls, and instructions by callgrind.

use tminus_record::Quality;

use super::{Counter, Figure, Subject, callgrind, calls};

/// System calls, all of them and by name.
pub(super) const CALLS: Counter = Counter { names: &["syscalls_per_op"], count: of_calls };

/// What a processor executes.
pub(super) const INSTRUCTIONS: Counter = Counter { names: &NAMES, count: of_instructions };

const NAMES: [&str; 3] = ["instructions_per_op", "branches_per_op", "atomics_per_op"];

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn of_calls(subject: &Subject<'_>) -> Result<Vec<Figure>, String> {
    let calls = calls::count(subject.program, &subject.spec, subject.limit, subject.cancel)?;
    let quality = if subject.one_thread { subject.quality } else { Quality::Indicative };
    let figure = |name: String, count: u64| (name, subject.per_op(count as f64), quality);
    let by_name = calls.by_name.iter();
    let by_name = by_name.map(|(name, count)| figure(format!("syscalls_{name}_per_op"), *count));
    let total = figure(CALLS.names[0].into(), calls.by_name.values().sum());
    Ok(by_name.chain([total]).collect())
}

/// Counts what depends a little on where memory lies, so that none is exact.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn of_instructions(subject: &Subject<'_>) -> Result<Vec<Figure>, String> {
    let counts = callgrind::count(subject.program, &subject.spec, subject.limit, subject.cancel)?;
    let quality = subject.quality.max(Quality::Repeatable);
    let all = NAMES.iter().zip([counts.instructions, counts.branches, counts.atomics]);
    Ok(all.map(|(name, count)| ((*name).into(), subject.per_op(count as f64), quality)).collect())
}
