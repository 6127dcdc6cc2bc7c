//! `blocking`: costly calls handed to a pool of threads, beside a ticker.
//!
//! What cannot be awaited, a system call that blocks or a long computation, is handed to a thread
//! by `spawn_blocking`. The **hop** is the price: from asking to the value in the task again, less
//! the work itself, so it holds the wait for a free thread, two wakes across threads and what the
//! executor does between. The ticker shows what the calls leave of its turns. Tasks ask one call
//! after the other, so as many are under way as there are tasks.

mod call;
mod demo;
mod floor;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join};

use crate::at_work::AtWork;
use crate::start_line::StartLine;
use crate::ticks::Ticks;
use call::{Asked, Returned, make};

/// From a tick to the next.
const TICK: Duration = Duration::from_millis(1);

/// See the [module documentation](self).
pub(crate) struct Blocking {
    calls: u64,
    at_once: u64,
    work: Duration,
}

impl Workload for Blocking {
    const INFO: Info = Info {
        id: "blocking",
        title: "Blocking calls",
        about: "costly calls handed to a pool of threads, beside a ticker",
        op: "call",
        version: 1,
        params: &[
            Param { name: "calls", about: "calls", default: 100, min: 1, max: 1_000_000 },
            Param {
                name: "at_once",
                about: "tasks that ask one call after the other",
                default: 10,
                min: 1,
                max: 1_000,
            },
            Param {
                name: "work_us",
                about: "microseconds that a call keeps a core busy",
                default: 0,
                min: 0,
                max: 1_000_000,
            },
        ],
        metrics: &["hop_p50_ns", "hop_p99_ns", "cpu_ns_per_op", "gap_max_ns"],
        distributions: &[
            ("hop", "from asking for a call to its value, less the work"),
            ("gap", "from a tick to the next"),
        ],
        budget: Budget::Batches { total_ns: 20_000_000, batches: 4 },
        sizes: Sizes {
            quick: &["calls=100"],
            standard: &["calls=100"],
            thorough: &["calls=100", "calls=100,work_us=1000", "calls=100,at_once=1"],
            verify: &["calls=10,at_once=3,work_us=100"],
        },
    };

    const CATEGORY: &'static str = "classic";

    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("blocking", "Blocking calls", "hop_p50_ns", "gap_max_ns")];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let [calls, at_once, work_us] =
            ["calls", "at_once", "work_us"].map(|name| params.value(name));
        if at_once > calls {
            return Err("at_once must not be more than calls".into());
        }
        if calls.saturating_mul(work_us) > 60_000_000 {
            return Err("calls x work_us is beyond a minute".into());
        }
        Ok(Self { calls, at_once, work: Duration::from_micros(work_us) })
    }

    fn needs(&self) -> Needs {
        let tasks = self.at_once + 2;
        Needs { timers: true, blocking: self.at_once, tasks, ..Needs::default() }
    }

    async fn stage<E: Executor>(&self, _: E) -> Result<(), Wrong> {
        Ok(())
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        _: &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let calls = self.calls * iterations;
        let (start_line, at_work) = (StartLine::new(self.at_once + 1), self.at_work());
        let ticker = executor.spawn(tick(executor, start_line.clone(), at_work.clone()));
        let start = |first| {
            let numbers = (first..calls).step_by(self.at_once as usize);
            let (start_line, at_work, work) = (start_line.clone(), at_work.clone(), self.work);
            executor.spawn(async move {
                let room = Vec::with_capacity(numbers.size_hint().0);
                start_line.pass().await;
                let returned = ask(executor, numbers, work, room).await;
                at_work.leave();
                returned
            })
        };
        let asking: Vec<_> = (0..self.at_once).map(start).collect();
        let mut returned = Vec::with_capacity(asking.len());
        start_line.filled().await;
        let running = meter.start();
        at_work.open(Instant::now());
        start_line.open();
        for task in asking {
            returned.push(task.join().await?);
        }
        meter.stop(running, calls);
        let ticks = ticker.join().await?;
        let returned = returned.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
        self.verify(calls, &returned, &ticks)?;
        record(&returned, &ticks, meter);
        Ok(())
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Threads>()]
    }
}

impl Blocking {
    fn at_work(&self) -> Arc<AtWork> {
        Arc::new(AtWork::new(self.at_once))
    }

    /// Verifies that each call was made once, elsewhere, and gave its value, and that no tick came
    /// early.
    fn verify(&self, calls: u64, returned: &[Returned], ticks: &Ticks) -> Result<(), Wrong> {
        Wrong::unless_equal("calls that returned", calls, returned.len() as u64)?;
        returned.iter().try_for_each(|returned| returned.check(self.work))?;
        let numbers: u64 = returned.iter().map(|returned| returned.number).sum();
        Wrong::unless_equal(
            "the sum of the numbers of all calls",
            calls * (calls - 1) / 2,
            numbers,
        )?;
        ticks.never_early(TICK)
    }
}

/// Records what each call cost, and the gaps between ticks.
fn record(returned: &[Returned], ticks: &Ticks, meter: &mut Meter) {
    for returned in returned {
        meter.record("hop", returned.hop_ns);
    }
    ticks.record(meter);
}

/// Asks for one call after the other; room is made for them before the clock starts.
async fn ask<E: Executor>(
    executor: E,
    numbers: impl Iterator<Item = u64>,
    work: Duration,
    mut returned: Vec<Returned>,
) -> Result<Vec<Returned>, Wrong> {
    for number in numbers {
        let asked = Asked::now(number);
        let answer = executor.spawn_blocking(move || make(number, work)).await?;
        returned.push(asked.returned(answer));
    }
    Ok(returned)
}

/// Ticks until no task is left that asks for calls, and at least once, so that a ticker that has no
/// turn beside them shows.
async fn tick<E: Executor>(executor: E, start_line: StartLine, at_work: Arc<AtWork>) -> Ticks {
    let mut ticks = Ticks::new(1_000);
    start_line.pass().await;
    ticks.begin(at_work.opened());
    loop {
        let due = ticks.last() + TICK;
        executor.sleep_until(due).await;
        ticks.add(Instant::now());
        if !at_work.any_left() {
            return ticks;
        }
        if ticks.last() < due {
            // A sleep that never suspends must not keep the others away for ever.
            executor.yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        CALLS_INLINE, CALLS_LOSE_VALUES, FIRES_EARLY, LOSES_TASKS, Test, Threaded, demo, run,
        run_floor,
    };
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    const SMALL: &str = "calls=10,at_once=3,work_us=100";

    #[test]
    fn every_call_and_every_gap_is_recorded() {
        let said = run::<Blocking, Test>(SMALL, Clock::Real);
        assert_eq!((said.samples()[0].ops, said.recorded("hop")), (10, 10));
        assert!(said.recorded("gap") >= 1);
    }

    #[test]
    fn the_floor_makes_as_many_calls() {
        let said = run_floor::<Blocking>(SMALL, "floor");
        assert_eq!((said.samples()[0].ops, said.recorded("hop")), (10, 10));
        assert!(said.recorded("gap") >= 1);
    }

    #[test]
    fn a_call_on_the_spot_fails() {
        let said = run::<Blocking, Test<CALLS_INLINE>>(SMALL, Clock::Real);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.starts_with("a call ran on a thread of its own"), "{reason}");
    }

    #[test]
    fn a_lost_value_an_early_tick_and_a_lost_task_fail() {
        let said = run::<Blocking, Test<CALLS_LOSE_VALUES>>(SMALL, Clock::Real);
        assert!(said.failure().1.contains("cancelled"), "{:?}", said.failure());
        let said = run::<Blocking, Test<FIRES_EARLY>>(SMALL, Clock::Real);
        assert!(said.failure().1.contains("ns early"), "{:?}", said.failure());
        let said = run::<Blocking, Test<LOSES_TASKS>>(SMALL, Clock::Real);
        assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
    }

    #[test]
    fn calls_that_are_left_out_doubled_swapped_or_short_fail() {
        let blocking = Blocking { calls: 2, at_once: 1, work: Duration::from_micros(10) };
        let mut ticks = Ticks::new(1);
        let opened = Instant::now();
        ticks.begin(opened);
        ticks.add(opened + TICK);
        let returned = |number, answers| {
            let work = blocking.work;
            let asked = Asked::now(number);
            asked
                .returned(std::thread::spawn(move || make(answers, work)).join().expect("no panic"))
        };
        let verify = |returned: &[Returned]| blocking.verify(2, returned, &ticks);
        assert_eq!(verify(&[returned(0, 0), returned(1, 1)]), Ok(()));
        assert!(verify(&[returned(0, 0)]).is_err());
        assert!(verify(&[returned(0, 0), returned(0, 0)]).is_err());
        assert!(verify(&[returned(0, 1), returned(1, 0)]).is_err());
        let longer = Blocking { work: Duration::from_secs(1), ..blocking };
        assert!(longer.verify(2, &[returned(0, 0), returned(1, 1)], &ticks).is_err());
    }

    #[test]
    fn more_at_once_than_calls_is_refused() {
        let params = Params::parse(&Blocking::INFO, "calls=1,at_once=2").expect("bounds");
        assert!(Blocking::new(&params).is_err_and(|reason| !reason.contains('\n')));
    }

    #[test]
    fn the_demo_ticks_while_a_call_blocks() {
        let shown = demo::<Blocking, Threaded>(Clock::Real);
        for line in ["tick 1\n", "tick 9\n", "the call returned 42\n"] {
            assert!(shown.contains(line), "{shown}");
        }
    }
}
