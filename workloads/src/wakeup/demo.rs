//! A thread that wakes a task, each time after a longer rest, live.

use std::sync::Arc;
use std::time::Duration;

use tminus_contract::Executor;
use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;

use super::Bell;
use crate::live::line;

/// The rests, the shortest first.
const RESTS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_micros(100),
    Duration::from_millis(10),
    Duration::from_millis(1_000),
];

/// Plays a wake after each of the rests.
pub(super) async fn play<E: Executor>(_executor: E, show: Show) -> Result<(), Wrong> {
    line(&show, "a thread wakes this task, which has nothing beside it:");
    for rest in RESTS {
        let bell = Arc::new(Bell::default());
        let ringer = bell.start(2, rest)?;
        // The first shows that the thread runs.
        bell.wait().await;
        let heard = bell.wait().await;
        let latency = Duration::from_nanos(heard.latency_ns);
        line(&show, format_args!("after a rest of {rest:?} it runs {latency:?} later"));
        ringer.end()?;
    }
    Ok(())
}
