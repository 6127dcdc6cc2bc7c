//! `wakeup`: a thread wakes an executor that has been parked for a time.
//!
//! The root waits and is the only task, so the executor has nothing to do. A thread that is not the
//! executor's sees that, waits for `delay_us` and wakes it: that is what an answer of another
//! thread costs, of a pool or of a device. The latency counts from before the wake until the task
//! runs. An executor that looks around before it parks is faster at short delays and pays CPU time
//! for it. At a delay of 0 it has still rested for as long as that thread takes to run.

mod bell;
mod demo;
mod floor;

use std::sync::Arc;
use std::time::Duration;

use tminus_contract::Executor;
use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};

use crate::timekeeper::figure;
use bell::{Bell, Heard, Ringer};

/// See the [module documentation](self).
pub(crate) struct Wakeup {
    delay: Duration,
    wakes: u64,
}

impl Workload for Wakeup {
    const INFO: Info = Info {
        id: "wakeup",
        title: "Wake-up",
        about: "a thread wakes an executor that has been parked for a time",
        op: "wake",
        version: 1,
        params: &[
            Param {
                name: "delay_us",
                about: "microseconds that the thread waits before it wakes, at least",
                default: 10,
                min: 0,
                max: 1_000_000,
            },
            Param {
                name: "wakes",
                about: "wakes of an iteration",
                default: 10,
                min: 1,
                max: 10_000,
            },
        ],
        metrics: &["latency_p50_ns", "latency_p99_ns", "cpu_ns_per_op", "wall_ns_per_op"],
        distributions: &[("latency", "from before the thread wakes the task until that runs")],
        budget: Budget::Batches { total_ns: 20_000_000, batches: 10 },
        sizes: Sizes {
            quick: &[],
            standard: &["delay_us=0", "delay_us=100"],
            thorough: &["delay_us=0", "delay_us=10", "delay_us=100", "delay_us=1000"],
            verify: &["delay_us=10"],
        },
    };

    const CATEGORY: &'static str = "price";

    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("wakeup", "Woken by another thread", "latency_p50_ns", "cpu_ns_per_op")];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let delay = Duration::from_micros(params.value("delay_us"));
        let wakes = params.value("wakes");
        if delay.as_secs_f64() * figure(wakes) > 60.0 {
            return Err("delay_us x wakes is beyond a minute".into());
        }
        Ok(Self { delay, wakes })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: 1, ..Needs::default() }
    }

    async fn stage<E: Executor>(&self, _executor: E) -> Result<(), Wrong> {
        Ok(())
    }

    async fn sample<E: Executor>(
        &self,
        _executor: E,
        (): &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let bell = Arc::new(Bell::default());
        let (mut all, ringer) = self.begin(&bell, iterations)?;
        bell.wait().await;
        let running = meter.start();
        for _ in 0..self.all(iterations) {
            all.push(bell.wait().await);
        }
        meter.stop(running, self.all(iterations));
        ringer.end()?;
        self.verify(iterations, &all)?;
        all.iter().for_each(|heard| meter.record("latency", heard.latency_ns));
        Ok(())
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Park>()]
    }
}

impl Wakeup {
    fn all(&self, iterations: u64) -> u64 {
        self.wakes * iterations
    }

    /// Makes room for all wakes and starts the thread, which rings once more: the first ring shows
    /// that it runs, and is not timed.
    fn begin(&self, bell: &Arc<Bell>, iterations: u64) -> Result<(Vec<Heard>, Ringer), Wrong> {
        let all = self.all(iterations);
        let room = usize::try_from(all).map_err(|error| Wrong::Refused(error.to_string()))?;
        Ok((Vec::with_capacity(room), bell.start(all + 1, self.delay)?))
    }

    /// Verifies that each wake was seen once and in order, and none inside the call of the thread.
    fn verify(&self, iterations: u64, all: &[Heard]) -> Result<(), Wrong> {
        Wrong::unless_equal("wakes", self.all(iterations), all.len() as u64)?;
        for (heard, ring) in all.iter().zip(1..) {
            Wrong::unless_equal("a wake in its order", ring, heard.ring)?;
            Wrong::unless_equal("the task ran inside the call that woke it", false, heard.inside)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Threaded, demo, run, run_floor};
    use tminus_contract::Clock;

    #[test]
    fn wakes_are_counted_and_each_latency_is_kept() {
        for delay_us in [0, 200] {
            let params = format!("delay_us={delay_us},wakes=7");
            let said = run::<Wakeup, Threaded>(&params, Clock::Real);
            let sample = said.samples()[0];
            assert_eq!((sample.ops, said.recorded("latency")), (7, 7));
            assert!(sample.wall_ns >= 7 * delay_us * 1_000, "{sample:?}");
        }
    }

    #[test]
    fn the_floor_is_woken_as_often() {
        let said = run_floor::<Wakeup>("delay_us=200,wakes=7", "floor");
        assert_eq!((said.samples()[0].ops, said.recorded("latency")), (7, 7));
        assert!(said.samples()[0].wall_ns >= 1_400_000);
    }

    /// The bell's own tests show that a task is seen which runs inside the wake.
    #[test]
    fn wakes_that_are_lost_come_twice_or_run_inside_the_call_fail() {
        let workload = Wakeup { delay: Duration::ZERO, wakes: 3 };
        let heard = |ring, inside| Heard { ring, latency_ns: 9, inside };
        let verified = |rings: &[u64], inside| {
            let all: Vec<Heard> = rings.iter().map(|ring| heard(*ring, inside)).collect();
            workload.verify(1, &all)
        };
        assert_eq!(verified(&[1, 2, 3], false), Ok(()));
        assert!(verified(&[1, 2, 3], true).is_err());
        for rings in [&[1, 2][..], &[1, 2, 2], &[1, 3, 2], &[1, 2, 3, 3], &[0, 1, 2]] {
            assert!(verified(rings, false).is_err(), "{rings:?}");
        }
    }

    #[test]
    fn more_than_a_minute_is_refused() {
        let params = |text| Params::parse(&Wakeup::INFO, text).expect("bounds");
        assert!(Wakeup::new(&params("delay_us=6000,wakes=10000")).is_ok());
        let refused = Wakeup::new(&params("delay_us=6001,wakes=10000"));
        assert_eq!(refused.err().as_deref(), Some("delay_us x wakes is beyond a minute"));
    }

    #[test]
    fn the_demo_wakes_after_each_rest() {
        let shown = demo::<Wakeup, Threaded>(Clock::Real);
        assert_eq!(shown.lines().count(), 5, "{shown}");
        assert!(shown.contains("after a rest of 10ms it runs "), "{shown}");
    }
}
