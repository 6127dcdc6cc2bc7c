//! `idle`: sleepers and connections, and a second in which nothing is due.
//!
//! A program that waits should cost nothing. Here no deadline lies within the second, no byte
//! comes, and the root waits for a thread that is not the executor's: what the process does all the
//! same, CPU time and wake-ups, is the executor's own. A wake-up is a voluntary context switch: a
//! thread that ran and went back to wait. What costs it is a timer that ticks, a worker that looks
//! around before it parks, a driver that polls.

mod demo;
mod floor;
mod peers;
mod watch;

use tminus_contract::Executor;
use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};

use crate::sleepers::Sleepers;
use peers::Peers;

/// See the [module documentation](self).
pub(crate) struct Idle {
    sleepers: u64,
    connections: u64,
    seconds: u64,
}

impl Workload for Idle {
    const INFO: Info = Info {
        id: "idle",
        title: "Idle",
        about: "sleepers and connections, and a second in which nothing is due",
        op: "second",
        version: 1,
        params: &[
            Param {
                name: "sleepers",
                about: "tasks that are asleep",
                default: 1_000,
                min: 0,
                max: 1_000_000,
            },
            Param {
                name: "connections",
                about: "connections over loopback TCP, each with a task that reads",
                default: 0,
                min: 0,
                max: 10_000,
            },
            Param {
                name: "seconds",
                about: "seconds in which nothing is due",
                default: 1,
                min: 1,
                max: 600,
            },
        ],
        metrics: &["cpu_ns_per_op", "wakeups_per_op"],
        distributions: &[],
        budget: Budget::Once,
        sizes: Sizes {
            // A second a child is more than a quick run has.
            quick: &[],
            // A second a child: four minutes of a run that is to take five.
            standard: &[],
            thorough: &[
                "sleepers=0",
                "sleepers=1000",
                "sleepers=100000",
                "sleepers=0,connections=1000",
            ],
            verify: &["sleepers=3,connections=2"],
        },
    };

    const CATEGORY: &'static str = "price";

    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("idle", "Mostly waiting", "cpu_ns_per_op", "wakeups_per_op")];

    type Stage<E: Executor> = (Sleepers<E>, Option<Peers<E>>);

    fn new(params: &Params) -> Result<Self, String> {
        let [sleepers, connections, seconds] =
            ["sleepers", "connections", "seconds"].map(|name| params.value(name));
        Ok(Self { sleepers, connections, seconds })
    }

    fn needs(&self) -> Needs {
        let io = self.connections > 0;
        Needs {
            timers: self.sleepers > 0,
            cancel: self.sleepers > 0,
            io,
            tasks: 1 + self.sleepers + self.connections,
            descriptors: u64::from(io) + 2 * self.connections,
            connections: self.connections,
            ..Needs::default()
        }
    }

    async fn stage<E: Executor>(&self, executor: E) -> Result<Self::Stage<E>, Wrong> {
        let sleepers = Sleepers::spawn(executor, self.sleepers).await;
        let peers = match self.connections {
            0 => None,
            connections => Some(Peers::connect(executor, connections).await?),
        };
        Ok((sleepers, peers))
    }

    async fn sample<E: Executor>(
        &self,
        _executor: E,
        _: &mut Self::Stage<E>,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let watch = watch::start(std::mem::take(meter), self.seconds * iterations)?;
        *meter = watch.end().await?;
        Ok(())
    }

    /// Verifies that all sleepers were asleep and no byte came, and ends them.
    async fn close<E: Executor>(&self, _: E, stage: Self::Stage<E>) -> Result<(), Wrong> {
        let (sleepers, peers) = stage;
        sleepers.end().await?;
        match peers {
            None => Ok(()),
            Some(peers) => peers.end().await,
        }
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Park>()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{CORRUPTS, SLEEPS_NOT, Test, Threaded, demo, run, run_floor};
    use std::thread;
    use std::time::Duration;
    use tminus_contract::{Clock, Config};

    #[test]
    fn seconds_are_counted_and_wake_ups_are_kept() {
        let said = run::<Idle, Threaded>("sleepers=3,connections=2", Clock::Real);
        assert_eq!(said.samples()[0].ops, 1);
        assert!(said.metric("wakeups_per_op").is_some());
    }

    #[test]
    fn the_floor_waits_as_long() {
        let said = run_floor::<Idle>("sleepers=3,connections=2", "floor");
        assert_eq!(said.samples()[0].ops, 1);
        assert!(said.metric("wakeups_per_op").is_some());
    }

    /// Threads of other tests wake too, so this is a lower bound.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_that_wakes_is_seen() {
        let awake =
            thread::spawn(|| (0..100).for_each(|_| thread::sleep(Duration::from_millis(8))));
        let said = run_floor::<Idle>("sleepers=0", "floor");
        awake.join().expect("it ends");
        assert!(said.metric("wakeups_per_op").is_some_and(|wakeups| wakeups >= 50.0));
    }

    fn staged<const MUTANT: usize>(sleepers: u64, connections: u64) -> Result<(), Wrong> {
        let idle = Idle { sleepers, connections, seconds: 1 };
        Test::<MUTANT>::run(&Config::workers(1), move |executor| async move {
            let mut stage = idle.stage(executor).await?;
            if MUTANT == CORRUPTS {
                stage.1.as_mut().expect("it has connections").send().await?;
            }
            idle.close(executor, stage).await
        })
    }

    #[test]
    fn sleepers_that_wake_and_bytes_that_come_fail() {
        assert_eq!(staged::<0>(3, 2), Ok(()));
        let reason = |wrong: Result<(), Wrong>| wrong.expect_err("it lies").to_string();
        assert!(reason(staged::<SLEEPS_NOT>(3, 0)).starts_with("sleepers that woke"));
        assert!(reason(staged::<CORRUPTS>(0, 2)).starts_with("bytes that came"));
    }

    #[test]
    fn only_sleepers_need_timers_and_only_connections_sockets() {
        let needs = |text| {
            let params = Params::parse(&Idle::INFO, text).expect("bounds");
            Idle::new(&params).expect("possible").needs()
        };
        let (asleep, connected) = (needs("sleepers=5"), needs("sleepers=0,connections=5"));
        assert_eq!((asleep.tasks, asleep.timers, asleep.io), (6, true, false));
        assert_eq!((connected.tasks, connected.timers, connected.io), (6, false, true));
        assert_eq!((asleep.descriptors, connected.descriptors), (0, 11));
    }

    #[test]
    fn the_demo_tells_what_a_second_cost() {
        let shown = demo::<Idle, Threaded>(Clock::Real);
        assert!(shown.starts_with("ten tasks wait for a word, and a second passes:\n"));
        assert!(shown.contains(" wake-ups, "), "{shown}");
    }
}
