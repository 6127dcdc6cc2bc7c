//! `ping_pong`: pairs of tasks that wake each other.
//!
//! A ball goes to and fro between the two tasks of a pair, through one [`Mailbox`] for each
//! direction, which are this workload's own: so executors are compared, and not their channels. A
//! round trip is two wakes of a task that waits, by another task. When the clock starts all tasks
//! stand ready (see [`StartLine`]).

mod demo;
mod floor;
mod mailbox;

use std::sync::Arc;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{Budget, FloorEntry, Info, Needs, Param, Sizes, Workload, Wrong};
use tminus_contract::{Executor, Join};

use crate::start_line::StartLine;
use mailbox::Mailbox;

/// See the [module documentation](self).
pub(crate) struct PingPong {
    pairs: u64,
    rounds: u64,
}

/// The state that the two tasks of a pair share. Pairs share no cache line, so that workers of the
/// executor do not disturb each other through memory of ours.
#[derive(Default)]
#[repr(align(128))]
struct Table {
    there: Mailbox,
    back: Mailbox,
}

impl Workload for PingPong {
    const INFO: Info = Info {
        id: "ping_pong",
        title: "Ping-pong",
        about: "pairs of tasks wake each other, a ball going to and fro",
        op: "round trip",
        version: 1,
        params: &[
            Param {
                name: "pairs",
                about: "pairs of tasks that play at once",
                default: 100,
                min: 1,
                max: 100_000,
            },
            Param {
                name: "rounds",
                about: "round trips of each pair in an iteration",
                default: 10,
                min: 1,
                max: 1_000_000,
            },
        ],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["pairs=100"],
            standard: &["pairs=1", "pairs=100"],
            thorough: &["pairs=1", "pairs=10", "pairs=100", "pairs=1000"],
            verify: &["pairs=10"],
        },
    };

    const CATEGORY: &'static str = "price";

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        Ok(Self { pairs: params.value("pairs"), rounds: params.value("rounds") })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: 2 * self.pairs + 1, ..Needs::default() }
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
        let rounds = self.rounds * iterations;
        let start_line = StartLine::new(2 * self.pairs);
        let spawn = |_| {
            let table = Arc::new(Table::default());
            let (for_ping, for_pong) = (table.clone(), table);
            let (first, second) = (start_line.clone(), start_line.clone());
            let ping = executor.spawn(async move {
                first.pass().await;
                ping(&for_ping, rounds).await
            });
            let pong = executor.spawn(async move {
                second.pass().await;
                pong(&for_pong, rounds).await
            });
            (ping, pong)
        };
        let pairs: Vec<_> = (0..self.pairs).map(spawn).collect();
        let mut balls = Vec::with_capacity(pairs.len());
        start_line.filled().await;
        let running = meter.start();
        start_line.open();
        for (ping, pong) in pairs {
            balls.push((ping.join().await?, pong.join().await?));
        }
        meter.stop(running, self.pairs * rounds);
        self.verify(iterations, &balls)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::StraightLine>()]
    }
}

impl PingPong {
    /// Verifies `balls`, the last ball that each ping and each pong saw. The ball counts its hits,
    /// so one that was lost, seen twice or sent to another pair shows.
    fn verify(&self, iterations: u64, balls: &[(u64, u64)]) -> Result<(), Wrong> {
        Wrong::unless_equal("pairs", self.pairs, balls.len() as u64)?;
        let hits = 2 * self.rounds * iterations;
        balls.iter().try_for_each(|&(ping, pong)| {
            Wrong::unless_equal("hits that ping saw", hits, ping)?;
            Wrong::unless_equal("hits that pong saw", hits - 1, pong)
        })
    }
}

/// Serves, and returns what comes back; returns the last ball.
async fn ping(table: &Table, rounds: u64) -> u64 {
    let mut ball = 0;
    for _ in 0..rounds {
        table.there.send(ball + 1);
        ball = table.back.receive().await;
    }
    ball
}

/// Returns what comes; returns the last ball.
async fn pong(table: &Table, rounds: u64) -> u64 {
    let mut ball = 0;
    for _ in 0..rounds {
        ball = table.there.receive().await;
        table.back.send(ball + 1);
    }
    ball
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LAST_IN_FIRST_OUT, LOSES_TASKS, Test, demo, run, run_floor};
    use tminus_contract::Clock;

    #[test]
    fn round_trips_are_counted_in_any_order_of_tasks() {
        let said = run::<PingPong, Test>("pairs=3,rounds=5", Clock::Real);
        assert_eq!(said.samples()[0].ops, 15);
        let said = run::<PingPong, Test<LAST_IN_FIRST_OUT>>("pairs=3,rounds=5", Clock::Real);
        assert_eq!(said.samples()[0].ops, 15);
    }

    #[test]
    fn the_floor_does_the_same() {
        let said = run_floor::<PingPong>("pairs=3,rounds=5", "floor");
        assert_eq!(said.samples()[0].ops, 15);
    }

    #[test]
    fn a_ball_that_was_lost_or_doubled_fails() {
        let play = PingPong { pairs: 2, rounds: 3 };
        assert_eq!(play.verify(2, &[(12, 11), (12, 11)]), Ok(()));
        assert!(play.verify(2, &[(12, 11), (12, 12)]).is_err());
        assert!(play.verify(2, &[(10, 11), (12, 11)]).is_err());
        assert!(play.verify(2, &[(12, 11)]).is_err());
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<PingPong, Test<LOSES_TASKS>>("pairs=3", Clock::Real);
        // The start line is never full: a child would hang until its deadline.
        assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
    }

    #[test]
    fn the_demo_plays_a_rally() {
        let shown = demo::<PingPong, Test>(Clock::Virtual);
        let lines: Vec<&str> = shown.lines().collect();
        let rally = ["ping 1", "        pong 2", "ping 3", "        pong 4"];
        assert_eq!(lines[..4], rally);
        assert_eq!(lines[8], "8 hits in 0:00:02.000000");
        assert!(lines[9].starts_with("(the classic order, 9 of 9 lines; "), "{shown}");
    }
}
