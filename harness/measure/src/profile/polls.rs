//! Polls and wakes, by the adapter: a child whose executor is wrapped.

use tminus_record::Quality;

use super::{Counter, Figure, Subject};
use crate::spec::Mode;

pub(super) const COUNTER: Counter = Counter {
    names: &[
        "polls_per_op",
        "spurious_polls_per_op",
        "wakes_per_op",
        "self_wakes_per_op",
        "cross_thread_wakes_per_op",
        "waker_clones_per_op",
        "waker_drops_per_op",
        DELAYS[0],
        DELAYS[1],
    ],
    count,
};

/// Times, which are no counts of an op.
const DELAYS: [&str; 2] = ["wake_delay_p50_ns", "wake_delay_p99_ns"];

fn count(subject: &Subject<'_>) -> Result<Vec<Figure>, String> {
    if subject.spec.cell.is_floor() {
        return Err("straight-line code: no executor polls anything".into());
    }
    let (_, report) = subject
        .child(Mode::CountPolls)
        .map_err(|reason| format!("it does not run with wakers that are wrapped: {reason}"))?;
    let figure = |name: &&str| {
        let told = name.strip_suffix("_per_op").map(|of| format!("{of}_count"));
        let value = report.metrics.get(told.as_deref().unwrap_or(name));
        let value = *value.ok_or_else(|| format!("the child tells no {name}"))?;
        Ok(match DELAYS.contains(name) {
            true => ((*name).into(), value, Quality::Indicative),
            false => ((*name).into(), subject.per_op(value), subject.quality),
        })
    };
    COUNTER.names.iter().map(figure).collect()
}
