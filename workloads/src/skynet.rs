//! `skynet`: a tree of tasks, ten children each, sums the ordinals of its leaves.
//!
//! Each task spawns its children, joins them and returns the sum of what they give; a leaf returns
//! its ordinal. Spawning, waking and joining come in the mixture of a program that divides its work
//! until nothing is left to divide, and a task waits at every level. It is the bench of this name
//! (github.com/atemerev/skynet), which has a million leaves.

use std::hint::black_box;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, Floor, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join, JoinError, Order};

use crate::inline;
use crate::live::{Seen, line};

/// See the [module documentation](self).
pub(crate) struct Skynet {
    leaves: u64,
}

/// Children of a task.
const CHILDREN: u64 = 10;

impl Workload for Skynet {
    const INFO: Info = Info {
        id: "skynet",
        title: "Skynet",
        about: "a tree of tasks, ten children each, sums the ordinals of its leaves",
        op: "task",
        version: 1,
        params: &[Param {
            name: "leaves",
            about: "tasks without children: a power of ten",
            default: 1_000,
            min: 1,
            max: 10_000_000,
        }],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op", "rss_peak_bytes"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["leaves=1000"],
            standard: &["leaves=1000", "leaves=10000"],
            thorough: &["leaves=1000", "leaves=10000", "leaves=1000000"],
            verify: &["leaves=100"],
        },
    };

    const CATEGORY: &'static str = "field";

    const PURPOSES: &'static [Purpose] = &[Purpose::new(
        "fork-join",
        "Tasks that divide their work",
        "wall_ns_per_op",
        "cpu_ns_per_op",
    )];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let leaves = params.value("leaves");
        if CHILDREN.pow(leaves.ilog10()) != leaves {
            return Err(format!(
                "leaves={leaves} is no power of ten, and each task has ten children"
            ));
        }
        Ok(Self { leaves })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: self.tasks() + 1, ..Needs::default() }
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
        let (sum, mut wrong) = (self.sum(), 0);
        let running = meter.start();
        for _ in 0..iterations {
            let tree = executor.spawn(node(executor, 0, self.leaves));
            wrong += u64::from(tree.join().await?? != sum);
        }
        meter.stop(running, self.tasks() * iterations);
        Wrong::unless_equal("trees that gave another sum than theirs", 0, wrong)
    }

    /// Says nothing about order. Refuses an executor that runs a task inside the call that spawns
    /// it: the tree would be a recursion.
    async fn order<E: Executor>(&self, executor: E) -> Result<Option<Order>, Wrong> {
        inline::refuse_spawn(executor).await?;
        Ok(None)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        let (show, seen) = Seen::watch(show);
        line(&show, "the root spawns ten tasks, each of them ten more");
        let branches: Vec<_> =
            (0..CHILDREN).map(|branch| spawn_shown(executor, &show, branch)).collect();
        let mut sum = 0;
        for branch in branches {
            sum += branch.join().await??;
        }
        line(&show, format_args!("the leaves from 0 to 99 sum to {sum}"));
        seen.closing(executor, &show, &CLASSIC, "lines");
        Ok(())
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<Recursion>()]
    }
}

impl Skynet {
    /// Returns how many tasks the tree has on all its levels.
    fn tasks(&self) -> u64 {
        (CHILDREN * self.leaves - 1) / (CHILDREN - 1)
    }

    /// Returns the sum of the ordinals of all leaves.
    fn sum(&self) -> u64 {
        self.leaves * (self.leaves - 1) / 2
    }
}

/// Returns the ordinals from which the parts begin of `leaves` leaves from `first` on.
fn parts(first: u64, leaves: u64) -> impl Iterator<Item = u64> {
    (0..CHILDREN).map(move |child| first + child * (leaves / CHILDREN))
}

/// Sums the ordinals of `leaves` leaves from `first` on: spawns a task for each tenth of them.
///
/// The future is that of every task of the tree, the leaves included, as in a program that calls
/// itself.
#[expect(clippy::manual_async_fn, reason = "an async fn would hold its arguments twice")]
fn node<E: Executor>(
    executor: E,
    first: u64,
    leaves: u64,
) -> impl Future<Output = Result<u64, JoinError>> + Send + 'static {
    async move {
        if leaves == 1 {
            return Ok(black_box(first));
        }
        let children: Vec<_> =
            parts(first, leaves).map(|first| spawn(executor, first, leaves / CHILDREN)).collect();
        let mut sum = 0;
        for child in children {
            sum += child.join().await??;
        }
        Ok(sum)
    }
}

/// Spawns a task of the tree. Its type is that of the handle alone, so that [`node`] may contain
/// it.
fn spawn<E: Executor>(executor: E, first: u64, leaves: u64) -> E::Join<Result<u64, JoinError>> {
    executor.spawn(node(executor, first, leaves))
}

/// The lines of the demo: branches end in the order in which they were spawned.
const CLASSIC: [&str; 12] = [
    "the root spawns ten tasks, each of them ten more",
    "the leaves from 0 to 9 sum to 45",
    "the leaves from 10 to 19 sum to 145",
    "the leaves from 20 to 29 sum to 245",
    "the leaves from 30 to 39 sum to 345",
    "the leaves from 40 to 49 sum to 445",
    "the leaves from 50 to 59 sum to 545",
    "the leaves from 60 to 69 sum to 645",
    "the leaves from 70 to 79 sum to 745",
    "the leaves from 80 to 89 sum to 845",
    "the leaves from 90 to 99 sum to 945",
    "the leaves from 0 to 99 sum to 4950",
];

/// Spawns a branch of ten leaves that shows its sum.
fn spawn_shown<E: Executor>(
    executor: E,
    show: &Show,
    branch: u64,
) -> E::Join<Result<u64, JoinError>> {
    let shown = show.clone();
    let (first, last) = (branch * CHILDREN, branch * CHILDREN + CHILDREN - 1);
    executor.spawn(show.task(&format!("branch {branch}"), async move {
        let sum = node(executor, first, CHILDREN).await?;
        line(&shown, format_args!("the leaves from {first} to {last} sum to {sum}"));
        Ok(sum)
    }))
}

/// The same tree without a task.
struct Recursion;

impl Floor<Skynet> for Recursion {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "the same tree summed by a function that calls itself";

    fn stage(_: &Skynet) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Skynet,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let (sum, mut wrong) = (workload.sum(), 0);
        let running = meter.start();
        for _ in 0..iterations {
            wrong += u64::from(recursion(0, workload.leaves) != sum);
        }
        meter.stop(running, workload.tasks() * iterations);
        Wrong::unless_equal("trees that gave another sum than theirs", 0, wrong)
    }
}

/// Does as [`node`], by calls.
fn recursion(first: u64, leaves: u64) -> u64 {
    // The compiler must not replace the tree by the formula of its sum.
    match black_box(leaves) {
        1 => black_box(first),
        leaves => parts(first, leaves).map(|first| recursion(first, leaves / CHILDREN)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LAST_IN_FIRST_OUT, LOSES_TASKS, RUNS_INLINE, Test, demo, run, run_floor};
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn all_tasks_of_the_tree_are_counted() {
        for (leaves, tasks) in [(1, 1), (10, 11), (1_000, 1_111)] {
            let params = format!("leaves={leaves}");
            let said = run::<Skynet, Test>(&params, Clock::Real);
            assert_eq!(said.samples()[0].ops, tasks);
            let said = run::<Skynet, Test<LAST_IN_FIRST_OUT>>(&params, Clock::Real);
            assert_eq!(said.samples()[0].ops, tasks);
            let said = run_floor::<Skynet>(&params, "floor");
            assert_eq!(said.samples()[0].ops, tasks);
        }
    }

    #[test]
    fn the_sum_of_a_million_leaves_is_the_known_one() {
        let skynet = Skynet { leaves: 1_000_000 };
        assert_eq!((skynet.tasks(), skynet.sum()), (1_111_111, 499_999_500_000));
        assert_eq!(recursion(0, 1_000_000), 499_999_500_000);
    }

    #[test]
    fn leaves_that_no_tree_has_are_refused() {
        let new = |text| Skynet::new(&Params::parse(&Skynet::INFO, text).expect("bounds"));
        let refused = new("leaves=2000").err();
        assert_eq!(
            refused.as_deref(),
            Some("leaves=2000 is no power of ten, and each task has ten children")
        );
        assert!(new("leaves=10000000").is_ok_and(|skynet| skynet.needs().tasks == 11_111_112));
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<Skynet, Test<LOSES_TASKS>>("leaves=100", Clock::Real);
        assert_eq!(said.failure().0, Failed::WrongAnswer);
    }

    #[test]
    fn tasks_that_run_inside_spawn_fail() {
        let said = run::<Skynet, Test<RUNS_INLINE>>("leaves=100", Clock::Real);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("inside the call of spawn"), "{reason}");
    }

    #[test]
    fn the_demo_shows_the_sums_of_the_branches() {
        let shown = demo::<Skynet, Test>(Clock::Real);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[..12], CLASSIC);
        assert!(lines[12].starts_with("(the classic order, 12 of 12 lines; "), "{shown}");
    }
}
