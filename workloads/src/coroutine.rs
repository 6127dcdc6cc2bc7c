//! `coroutine`: a driver sends values into coroutines and takes what they yield.
//!
//! Each coroutine is a task in which every level delegates to the next, as `yield from` does; the
//! innermost echoes what it is sent in upper case and tallies it. The levels lie on the flat stack
//! of [`delegate`], so that a resumption costs the same at any depth; or each level is a task that
//! relays (`relayed=1`), and a value passes through all of them. Some sends may be errors, which
//! the innermost level catches. The driver is the root. All coroutines wait for their first value
//! when the clock starts.

mod demo;
mod floor;
mod level;
mod port;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{Budget, FloorEntry, Info, Needs, Param, Sizes, Workload, Wrong};
use tminus_contract::{Executor, Join, delegate};

use level::{Link, Tally, answer, message, pipe, relay};

/// See the [module documentation](self).
pub(crate) struct Coroutine {
    coroutines: usize,
    depth: u64,
    relayed: bool,
    /// Of a hundred sends.
    throws: u64,
    /// Values sent into each coroutine in an iteration.
    sends: u64,
}

impl Workload for Coroutine {
    const INFO: Info = Info {
        id: "coroutine",
        title: "Coroutines",
        about: "a driver sends values into coroutines and takes what they yield",
        op: "resumption",
        version: 1,
        params: &[
            Param {
                name: "coroutines",
                about: "coroutines that the driver resumes in turn",
                default: 100,
                min: 1,
                max: 100_000,
            },
            Param {
                name: "depth",
                about: "levels of a coroutine, each of which delegates to the next",
                default: 10,
                min: 1,
                max: 10_000,
            },
            Param {
                name: "relayed",
                about: "1: each level is a task that relays; 0: all levels are one task",
                default: 0,
                min: 0,
                max: 1,
            },
            Param {
                name: "throws",
                about: "sends of a hundred that are errors, which the innermost level catches",
                default: 0,
                min: 0,
                max: 100,
            },
            Param {
                name: "sends",
                about: "sends into each coroutine in an iteration",
                default: 10,
                min: 1,
                max: 1_000_000,
            },
        ],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["coroutines=100"],
            standard: &["coroutines=100", "coroutines=100,relayed=1"],
            thorough: &[
                "coroutines=100,depth=1",
                "coroutines=100",
                "coroutines=100,depth=100",
                "coroutines=100,relayed=1",
                "coroutines=100,throws=10",
            ],
            verify: &["coroutines=10", "coroutines=10,relayed=1,throws=50"],
        },
    };

    const CATEGORY: &'static str = "classic";

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let (count, depth) = (params.value("coroutines"), params.value("depth"));
        let relayed = params.value("relayed") == 1;
        if relayed && depth == 1 {
            return Err("relayed=1 and depth=1 exclude each other: one level relays nothing".into());
        }
        if count * depth > 10_000_000 {
            return Err(
                "coroutines x depth is beyond 10,000,000: the levels need more memory than \
                        a child has"
                    .into(),
            );
        }
        let coroutines = usize::try_from(count).map_err(|error| error.to_string())?;
        let (throws, sends) = (params.value("throws"), params.value("sends"));
        Ok(Self { coroutines, depth, relayed, throws, sends })
    }

    fn needs(&self) -> Needs {
        let tasks_each = if self.relayed { self.depth } else { 1 };
        Needs { tasks: self.coroutines as u64 * tasks_each + 1, ..Needs::default() }
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
        let sends = self.sends * iterations;
        let links: Vec<Link> = (0..self.coroutines).map(|_| Link::default()).collect();
        let spawn = |link: &Link| self.spawn(executor, link.clone(), sends);
        let coroutines: Vec<_> = links.iter().map(spawn).collect();
        let mut tallies = Vec::with_capacity(coroutines.len());
        let mut wrong = 0;
        for link in &links {
            wrong += u64::from(link.take().await.is_some());
        }
        let running = meter.start();
        for index in 0..sends {
            for (coroutine, link) in (0..).zip(&links) {
                link.send(message(coroutine, index, self.throws));
            }
            for (coroutine, link) in (0..).zip(&links) {
                let expected = answer(message(coroutine, index, self.throws));
                wrong += u64::from(link.take().await != Some(expected));
            }
        }
        meter.stop(running, self.coroutines as u64 * sends);
        links.iter().for_each(|link| link.send(Ok(None)));
        for coroutine in coroutines {
            tallies.push(coroutine.join().await?);
        }
        self.verify(iterations, wrong, &tallies)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Machines>()]
    }
}

impl Coroutine {
    /// Spawns a coroutine that yields on `outermost`: one task, or one for each level.
    fn spawn<E: Executor>(&self, executor: E, outermost: Link, sends: u64) -> E::Join<Tally> {
        if !self.relayed {
            return executor.spawn(delegate::stack(pipe(outermost, self.depth, sends)));
        }
        let mut link = outermost;
        for _ in 1..self.depth {
            let inner = Link::default();
            executor.spawn(relay(link, inner.clone(), sends)).detach();
            link = inner;
        }
        executor.spawn(delegate::stack(pipe(link, 1, sends)))
    }

    /// Verifies how many echoes were wrong, and the tally of each coroutine.
    fn verify(&self, iterations: u64, wrong: u64, tallies: &[Tally]) -> Result<(), Wrong> {
        let sends = self.sends * iterations;
        Wrong::unless_equal("coroutines", self.coroutines, tallies.len())?;
        Wrong::unless_equal("values that came back as others", 0, wrong)?;
        (0..).zip(tallies).try_for_each(|(coroutine, tally)| {
            let mut expected = Tally::default();
            (0..sends).for_each(|index| expected.add(message(coroutine, index, self.throws)));
            Wrong::unless_equal("sum of a tally", expected.sum, tally.sum)?;
            Wrong::unless_equal("errors of a tally", expected.caught, tally.caught)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LAST_IN_FIRST_OUT, LOSES_TASKS, Test, demo, run, run_floor};
    use tminus_contract::{Clock, Config};

    #[test]
    fn every_resumption_is_counted() {
        for more in ["", "depth=1,", "depth=100,", "relayed=1,", "depth=2,relayed=1,throws=30,"] {
            let params = format!("coroutines=3,{more}sends=7");
            let said = run::<Coroutine, Test>(&params, Clock::Real);
            assert_eq!(said.samples()[0].ops, 21, "{params}");
            let said = run::<Coroutine, Test<LAST_IN_FIRST_OUT>>(&params, Clock::Real);
            assert_eq!(said.samples()[0].ops, 21, "{params}");
        }
    }

    #[test]
    fn the_floor_resumes_as_often() {
        for params in ["coroutines=3,sends=7", "coroutines=3,sends=7,depth=100,throws=30"] {
            let said = run_floor::<Coroutine>(params, "floor");
            assert_eq!(said.samples()[0].ops, 21, "{params}");
        }
    }

    /// Loops over the coroutine inside and yields each item again: what is sent is lost.
    async fn not_pipe(outer: Link, inner: Link, sends: u64) {
        for _ in 0..=sends {
            let item = inner.take().await;
            let _lost = outer.exchange(item).await;
            inner.send(Ok(None));
        }
    }

    #[test]
    fn a_pipe_that_loses_what_is_sent_fails() {
        let workload = Coroutine { coroutines: 1, depth: 2, relayed: true, throws: 0, sends: 3 };
        let (echoes, tally) = Test::run(&Config::workers(1), |executor: Test| async move {
            let (outer, inner) = (Link::default(), Link::default());
            executor.spawn(not_pipe(outer.clone(), inner.clone(), 3)).detach();
            let innermost = executor.spawn(delegate::stack(pipe(inner, 1, 3)));
            let mut echoes = vec![outer.take().await];
            for index in 0..3 {
                outer.send(message(0, index, 0));
                echoes.push(outer.take().await);
            }
            outer.send(Ok(None));
            (echoes, innermost.join().await.expect("it ends"))
        });
        assert_eq!(echoes, [None, Some(level::NONE), Some(level::NONE), Some(level::NONE)]);
        let wrong = workload.verify(1, 3, &[tally]).expect_err("all values are lost");
        assert_eq!(wrong.to_string(), "values that came back as others: expected 0, got 3");
        // Even if the driver looked at none of them.
        let wrong = workload.verify(1, 0, &[tally]).expect_err("nothing was tallied");
        assert!(wrong.to_string().starts_with("sum of a tally: expected "), "{wrong}");
    }

    #[test]
    fn an_error_that_is_not_caught_inside_fails() {
        let workload = Coroutine { coroutines: 1, depth: 1, relayed: false, throws: 50, sends: 4 };
        let mut tally = Tally::default();
        (0..4).for_each(|index| tally.add(message(0, index, 50)));
        assert_eq!(tally.caught, 2);
        assert_eq!(workload.verify(1, 0, &[tally]), Ok(()));
        assert!(workload.verify(1, 0, &[Tally { caught: 1, ..tally }]).is_err());
        assert!(workload.verify(1, 0, &[]).is_err());
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<Coroutine, Test<LOSES_TASKS>>("coroutines=3", Clock::Real);
        // Its first yield never comes: a child would hang until its deadline.
        assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
    }

    #[test]
    fn what_excludes_each_other_is_refused() {
        let new = |text| Coroutine::new(&Params::parse(&Coroutine::INFO, text).expect("bounds"));
        for text in ["coroutines=1,depth=1,relayed=1", "coroutines=100000,depth=10000"] {
            assert!(new(text).is_err_and(|reason| !reason.contains('\n')), "{text}");
        }
        let tasks = |text| new(text).map(|workload| workload.needs().tasks);
        assert_eq!(tasks("coroutines=7,depth=5"), Ok(8));
        assert_eq!(tasks("coroutines=7,depth=5,relayed=1"), Ok(36));
    }

    #[test]
    fn the_demo_plays_the_classic_coroutines() {
        let shown = demo::<Coroutine, Test>(Clock::Real);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines, demo::CLASSIC);
    }
}
