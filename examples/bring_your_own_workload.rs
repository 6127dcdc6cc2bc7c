//! A workload of your own: write the work once, and all executors run it under every verb. Only
//! what stands between `start` and `stop` is timed.
//!
//! `cargo run --release --example bring_your_own_workload -- run --profile quick -w requests`

use std::hash::{DefaultHasher, Hasher};
use std::process::ExitCode;

use tminus::prelude::*;

struct Requests(u64);

impl Workload for Requests {
    const INFO: Info = Info {
        id: "requests",
        title: "Requests",
        about: "a request is divided among three tasks that yield, hash and are joined",
        op: "request",
        version: 1,
        params: &[Param {
            name: "bytes",
            about: "bytes that each task hashes",
            default: 1_000,
            min: 1,
            max: 1_000_000,
        }],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes::same(&["bytes=100", "bytes=10000"]),
    };

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        Ok(Self(params.value("bytes")))
    }

    fn needs(&self) -> Needs {
        Needs { tasks: 4, ..Needs::default() }
    }

    async fn stage<E: Executor>(&self, _: E) -> Result<(), Wrong> {
        Ok(())
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        (): &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let (bytes, expected, mut wrong) = (self.0, hash(self.0), 0);
        let running = meter.start();
        for _ in 0..iterations {
            for part in [(); 3].map(|()| executor.spawn(part(executor, bytes))) {
                wrong += u64::from(part.join().await? != expected);
            }
        }
        meter.stop(running, iterations);
        Wrong::unless_equal("parts with another hash", 0, wrong)
    }
}

async fn part<E: Executor>(executor: E, bytes: u64) -> u64 {
    executor.yield_now().await;
    hash(bytes)
}

fn hash(bytes: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (0..bytes).for_each(|byte| hasher.write_u8(byte as u8));
    hasher.finish()
}

fn main() -> ExitCode {
    tminus::App::new().workload::<Requests>().main()
}
