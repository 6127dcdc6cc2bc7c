//! `blocked_worker`: a task blocks its thread; do the timers and sockets of the others go on?
//!
//! No task should block, and in every program one does. With one worker all stands still; with
//! several it depends on whether the worker that blocks is the one that waits for timers and
//! sockets, and on whether another takes that over. Here the task answers requests over a socket
//! and blocks for each, so it is most often that worker which runs it. Beside it a ticker ticks,
//! and a client asks an echo server: both are to go on. The clients are not the executor's, and the
//! pauses between blocks are random.

mod block;
mod demo;
mod floor;
mod outside;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join, Listener};

use crate::echo::serve;
use crate::start_line::StartLine;
use crate::ticks::Ticks;
use crate::timekeeper::figure;
use block::{Blocks, Over};

/// From a tick to the next.
const TICK: Duration = Duration::from_millis(1);

/// See the [module documentation](self).
pub(crate) struct BlockedWorker {
    block: Duration,
    workers: usize,
    blocks: u64,
}

impl Workload for BlockedWorker {
    const INFO: Info = Info {
        id: "blocked_worker",
        title: "Blocked worker",
        about: "a task blocks its thread beside a ticker and an echo server",
        op: "tick",
        version: 1,
        params: &[
            Param {
                name: "block_ms",
                about: "milliseconds for which the task blocks its thread",
                default: 10,
                min: 1,
                max: 10_000,
            },
            Param {
                name: "workers",
                about: "workers that the executor has at least",
                default: 2,
                min: 2,
                max: 64,
            },
            Param {
                name: "blocks",
                about: "blocks of an iteration",
                default: 10,
                min: 1,
                max: 1_000,
            },
        ],
        metrics: &["gap_max_ns", "round_trip_max_ns", "stalled_blocks_ratio", "gap_p99_ns"],
        distributions: &[
            ("gap", "from a tick to the next"),
            ("round_trip", "from before the client asks until the answer is there"),
        ],
        budget: Budget::Once,
        sizes: Sizes {
            quick: &[],
            standard: &["block_ms=10"],
            thorough: &["block_ms=10", "block_ms=100", "block_ms=10,workers=4"],
            verify: &["block_ms=5,blocks=2"],
        },
    };

    const CATEGORY: &'static str = "fairness";

    const PURPOSES: &'static [Purpose] = &[Purpose::new(
        "blocked-worker",
        "Responsive while a task blocks",
        "gap_max_ns",
        "round_trip_max_ns",
    )];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let (block_ms, blocks) = (params.value("block_ms"), params.value("blocks"));
        if block_ms * blocks > 60_000 {
            return Err("block_ms x blocks is beyond a minute".into());
        }
        let workers =
            usize::try_from(params.value("workers")).map_err(|error| error.to_string())?;
        Ok(Self { block: Duration::from_millis(block_ms), workers, blocks })
    }

    fn needs(&self) -> Needs {
        Needs {
            timers: true,
            io: true,
            workers: self.workers,
            tasks: 4,
            descriptors: 5,
            connections: 2,
            ..Needs::default()
        }
    }

    async fn stage<E: Executor>(&self, _executor: E) -> Result<(), Wrong> {
        Ok(())
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        (): &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let (start_line, over) = (StartLine::new(1), Arc::new(Over::default()));
        let mut listener = executor.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        // The system completes each connection before it is accepted.
        let asks_echoes = outside::connect(listener.local_addr()?)?;
        let server = executor.spawn(serve(listener.accept().await?));
        let asks_blocks = outside::connect(listener.local_addr()?)?;
        let (blocks, stream) = (self.blocks(iterations), listener.accept().await?);
        let last = over.clone();
        let blocker = executor.spawn(async move {
            let blocks = blocks.serve(stream).await;
            last.set();
            blocks
        });
        let (at_line, at_work, ticks) = (start_line.clone(), over.clone(), self.ticks(iterations));
        let ticker = executor.spawn(async move {
            at_line.pass().await;
            tick_until(&at_work, executor, ticks).await
        });
        let (seed, asked) = (meter.seed(), self.asked(iterations));
        let echoes = outside::ask_for_echoes(asks_echoes, over)?;
        start_line.filled().await;
        let running = meter.start();
        start_line.open();
        let asks = outside::ask_for_blocks(asks_blocks, asked, seed)?;
        let blocks = blocker.join().await??;
        let ticks = ticker.join().await?;
        meter.stop(running, ticks.count());
        asks.end()?;
        // The server ends when its client has closed the connection.
        let echoed = server.join().await??;
        let trips = echoes.end()?;
        self.verify(&ticks, &blocks, &trips, echoed)?;
        self.record(&ticks, &blocks, &trips, meter);
        Ok(())
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Threads>()]
    }
}

impl BlockedWorker {
    /// Returns how many blocks are asked for.
    fn asked(&self, iterations: u64) -> usize {
        usize::try_from(self.blocks * iterations).expect("bounded by the parameter")
    }

    fn blocks(&self, iterations: u64) -> Blocks {
        Blocks::new(self.block, self.asked(iterations))
    }

    /// Makes room for the ticks that there is time for.
    fn ticks(&self, iterations: u64) -> Ticks {
        let time = (self.block + Duration::from_millis(5)).as_nanos();
        let ticks = time * u128::from(self.blocks * iterations) / TICK.as_nanos();
        Ticks::new(usize::try_from(ticks).unwrap_or(0))
    }

    /// Verifies that no tick was early, that every block blocked, that ticks came until the end and
    /// that every question had its answer.
    fn verify(
        &self,
        ticks: &Ticks,
        blocks: &Blocks,
        trips: &[u64],
        echoed: u64,
    ) -> Result<(), Wrong> {
        ticks.never_early(TICK)?;
        blocks.verify()?;
        let last = blocks.taken.last().map(|(_, ended)| *ended);
        Wrong::unless_equal("a tick after the last block", true, Some(ticks.last()) >= last)?;
        Wrong::unless_equal("bytes echoed", (trips.len() * outside::BYTES) as u64, echoed)
    }

    /// Records the gaps between ticks, the round trips, and in how many blocks no tick came.
    fn record(&self, ticks: &Ticks, blocks: &Blocks, trips: &[u64], meter: &mut Meter) {
        ticks.record(meter);
        meter.metric("late_ticks_ratio", ticks.late(TICK));
        trips.iter().for_each(|trip| meter.record("round_trip", *trip));
        let (stalled, all) = (blocks.without(ticks) as u64, blocks.taken.len() as u64);
        meter.metric("stalled_blocks_ratio", figure(stalled) / figure(all));
    }
}

/// Ticks until the last block is over.
async fn tick_until<E: Executor>(over: &Over, executor: E, mut ticks: Ticks) -> Ticks {
    ticks.begin(Instant::now());
    while !over.is_over() {
        let due = ticks.last() + TICK;
        executor.sleep_until(due).await;
        ticks.add(Instant::now());
        if ticks.last() < due {
            // A sleep that never suspends must not keep the others away for ever.
            break;
        }
    }
    ticks
}

#[cfg(test)]
mod tests;
