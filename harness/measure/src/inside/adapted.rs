//! The life of a cell on an executor that counts polls and wakes.

use std::io;

use tminus_contract::counted::{self, Counted, Tally};
use tminus_contract::sample::Meter;
use tminus_contract::workload::{Needs, Workload};
use tminus_contract::{Config, ExecutorInfo};

use super::{End, Port, count, drive, live, meter, threads_of};
use crate::spec::Spec;

/// Runs the cell of `W` on `executor` behind the adapter, in this process, and says on `port` what
/// came of it. It is compiled once for all executors, also those from outside.
///
/// # Errors
/// Only those of the port; what goes wrong in the cell is a message.
pub fn run_counted<W: Workload>(
    executor: &ExecutorInfo,
    spec: &Spec,
    port: &Port,
) -> io::Result<()> {
    let start = executor.start;
    let work = |workload: W, config: &Config| {
        let (spec, inner) = (spec.clone(), port.clone());
        Counted::start(start, config, move |executor| async move {
            let mut meter = meter(&spec);
            drive::<W, Counted>(&workload, executor, &spec, &inner, &mut meter).await?;
            add(&mut meter, counted::tally());
            Ok(End { order: None, meter })
        })
    };
    let workers = executor.capabilities.workers;
    let threads = |needs: &Needs, config: &Config| threads_of(workers, needs, config);
    live(spec, port, executor.virtual_clock, &threads, Box::new(work))
}

/// Adds the counts of the region to the figures of the cell.
fn add(meter: &mut Meter, tally: Tally) {
    let figures = [
        ("polls_count", tally.polls),
        ("spurious_polls_count", tally.spurious_polls),
        ("wakes_count", tally.wakes),
        ("self_wakes_count", tally.self_wakes),
        ("cross_thread_wakes_count", tally.cross_thread_wakes),
        ("waker_clones_count", tally.waker_clones),
        ("waker_drops_count", tally.waker_drops),
        ("wake_delay_p50_ns", tally.wake_delay_p50_ns),
        ("wake_delay_p99_ns", tally.wake_delay_p99_ns),
    ];
    figures.into_iter().for_each(|(name, value)| meter.metric(name, count(value)));
}
