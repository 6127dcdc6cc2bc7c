//! A thousand tasks asleep, then ten thousand, live.

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Clock, Executor};

use super::{Memory, Reading, slopes};
use crate::live::line;
use crate::timekeeper::Timekeeper;

/// Plays as many tasks as the executor can have, up to ten thousand.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    if show.recorder.is_some() {
        let reason = "it has ten thousand tasks that all sleep at once: no picture shows them";
        return Err(Wrong::Refused(format!("a timeline is not drawn of memory: {reason}")));
    }
    let most = executor.info().capabilities.max_tasks.map_or(u64::MAX, |(most, _)| most - 1);
    let memory = Memory { tasks: u32::try_from(most.min(10_000)).expect("it is at most 10,000") };
    // The executor's clock: a demo measures no lateness, and its clock may be a virtual one.
    let time = Timekeeper::new(executor, Clock::Virtual);
    let [first, last] = memory.sleep_all(executor, time).await?;
    let asleep = |Reading { tasks, resident_bytes, .. }| {
        format!("{tasks} tasks asleep: {:.1} MB resident", resident_bytes / 1e6)
    };
    line(&show, asleep(first));
    let (task_bytes, _) = slopes(&first, &last);
    line(&show, format_args!("{}, {task_bytes:.0} B a task, in a box", asleep(last)));
    line(&show, "all are awake again");
    Ok(())
}
