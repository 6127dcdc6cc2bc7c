//! Workloads of an outside crate that do everything a workload must not do, each one thing.

use std::time::Duration;
use std::{future, thread};

use tminus::App;
use tminus::Workloads;
use tminus::prelude::*;

/// What is wrong in a sample of iterations.
type Sample = fn(u64, &mut Meter);

/// Id, what is wrong, and what the reason of its row says.
pub(crate) const ALL: [(&str, Sample, &str); 12] = [
    ("wild_panics", |_, _| panic!("out of luck"), "out of luck"),
    ("wild_hangs", |_, _| thread::sleep(Duration::from_secs(1_000)), "idle at the deadline"),
    (
        "wild_spins",
        |_, _| {
            loop {
                std::hint::spin_loop();
            }
        },
        "still busy at the deadline",
    ),
    ("wild_counts_none", |_, meter| region(meter, 0), "ops = 0"),
    ("wild_counts_all", |_, meter| region(meter, u64::MAX), "ops = 18446744073709551615"),
    ("wild_counts_more", |_, meter| region(meter, 1 << 50), "no machine does so many"),
    ("wild_takes_none", |_, _| (), "took 0 timed regions"),
    ("wild_takes_two", |_, meter| (0..2).for_each(|_| region(meter, 1)), "took 2 timed regions"),
    (
        "wild_is_no_number",
        |_, meter| {
            region(meter, 1);
            meter.metric("share_ratio", f64::NAN);
        },
        "the metric `share_ratio` is NaN",
    ),
    (
        "wild_is_infinite",
        |_, meter| {
            region(meter, 1);
            meter.metric("share_ratio", f64::INFINITY);
        },
        "the metric `share_ratio` is inf",
    ),
    (
        "wild_tells_more",
        |_, meter| {
            region(meter, 1);
            meter.record("surprise", 1);
        },
        "`surprise` is recorded",
    ),
    (
        "wild_tells_badly",
        |_, meter| {
            region(meter, 1);
            meter.metric("Share, in %", 1.0);
        },
        "the name `Share, in %`",
    ),
];

/// Takes a region of a microsecond with so many ops.
fn region(meter: &mut Meter, ops: u64) {
    let running = meter.start();
    thread::sleep(Duration::from_micros(1));
    meter.stop(running, ops);
}

/// The workload with the number `N`.
struct Wild<const N: usize>;

/// Returns the whole program with all of them.
pub(crate) fn app() -> App<impl Workloads> {
    App::new()
        .workload::<Wild<0>>()
        .workload::<Wild<1>>()
        .workload::<Wild<2>>()
        .workload::<Wild<3>>()
        .workload::<Wild<4>>()
        .workload::<Wild<5>>()
        .workload::<Wild<6>>()
        .workload::<Wild<7>>()
        .workload::<Wild<8>>()
        .workload::<Wild<9>>()
        .workload::<Wild<10>>()
        .workload::<Wild<11>>()
}

impl<const N: usize> Workload for Wild<N> {
    const INFO: Info = Info {
        id: ALL[N].0,
        title: "Wild",
        about: "does what no workload may",
        op: "op",
        version: 1,
        params: &[Param { name: "size", about: "nothing", default: 1, min: 1, max: 9 }],
        metrics: &["wall_ns_per_op"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes::same(&["size=1"]),
    };

    type Stage<E: Executor> = ();

    fn new(_: &Params) -> Result<Self, String> {
        Ok(Self)
    }

    fn needs(&self) -> Needs {
        Needs { tasks: 1, ..Needs::default() }
    }

    fn stage<E: Executor>(&self, _: E) -> impl Future<Output = Result<(), Wrong>> + Send {
        future::ready(Ok(()))
    }

    fn sample<E: Executor>(
        &self,
        _: E,
        (): &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> impl Future<Output = Result<(), Wrong>> + Send {
        ALL[N].1(iterations, meter);
        future::ready(Ok(()))
    }
}
