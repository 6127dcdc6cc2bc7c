//! `hedged`: a request is asked twice, the first answer counts, and the other is cancelled.

use std::time::{Duration, Instant};

use tminus::prelude::*;

/// The parameters, as the work needs them.
pub struct Hedged {
    yields: u64,
}

impl Workload for Hedged {
    const INFO: Info = Info {
        id: "hedged",
        title: "Hedged requests",
        about: "a request is asked twice, the first answer counts, and the other is cancelled",
        op: "request",
        version: 1,
        params: &[Param {
            name: "yields",
            about: "times that the faster one yields before it answers",
            default: 10,
            min: 0,
            max: 100_000,
        }],
        metrics: &["cpu_ns_per_op", "wall_ns_per_op", "answer_p99_ns"],
        distributions: &[("answer", "from before a request is asked until its answer is there")],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["yields=10"],
            standard: &["yields=0", "yields=10"],
            thorough: &["yields=0", "yields=10", "yields=1000"],
            verify: &["yields=2"],
        },
    };

    /// What stands from before the first sample to after the last, such as connections.
    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        Ok(Self { yields: params.value("yields") })
    }

    /// Executors that lack one of these become exclusions, with the reason that they give.
    fn needs(&self) -> Needs {
        Needs { timers: true, timeouts: true, cancel: true, tasks: 3, ..Needs::default() }
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
        let (mut sum, mut slower_ones) = (0, 0);
        let mut took = Vec::with_capacity(usize::try_from(iterations).unwrap_or(0));
        let running = meter.start();
        for request in 0..iterations {
            let asked = Instant::now();
            let slower = executor.spawn_cancellable(slower(executor, request));
            let faster = executor.spawn(faster(executor, request, self.yields));
            sum += faster.join().await?;
            took.push(asked.elapsed());
            slower_ones += u64::from(slower.cancel().await.is_some());
        }
        meter.stop(running, iterations);
        took.iter().for_each(|time| meter.record("answer", time.as_nanos() as u64));
        verify(iterations, sum)?;
        Wrong::unless_equal("answers of the slower", 0, slower_ones)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        let say = |text: &str| (show.print)(&format!("{text}\n"));
        say("7 is asked twice");
        let slower = executor.spawn_cancellable(show.task("slower", slower(executor, 7)));
        let faster = executor.spawn(show.task("faster", faster(executor, 7, 3)));
        say(&format!("the faster says {}", faster.join().await?));
        match slower.cancel().await {
            None => say("the slower is cancelled"),
            Some(answer) => say(&format!("the slower says {answer}")),
        }
        Ok(())
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<Call>()]
    }
}

fn answer(request: u64) -> u64 {
    request * request % 1_000
}

async fn faster<E: Executor>(executor: E, request: u64, yields: u64) -> u64 {
    for _ in 0..yields {
        executor.yield_now().await;
    }
    answer(request)
}

async fn slower<E: Executor>(executor: E, request: u64) -> u64 {
    executor.sleep_until(executor.now() + Duration::from_secs(3_600)).await;
    answer(request)
}

/// Verifies outside of the timed region: an executor that loses an answer is found out.
fn verify(requests: u64, sum: u64) -> Result<(), Wrong> {
    Wrong::unless_equal("sum of the answers", (0..requests).map(answer).sum(), sum)
}

/// The floor: the same answers in straight-line code. Leave it out where there is no such code.
struct Call;

impl Floor<Hedged> for Call {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "a call, which is not asked twice";

    fn stage(_: &Hedged) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(&mut self, _: &Hedged, iterations: u64, meter: &mut Meter) -> Result<(), Wrong> {
        let running = meter.start();
        let sum = (0..iterations).map(|request| answer(std::hint::black_box(request))).sum();
        meter.stop(running, iterations);
        verify(iterations, sum)
    }
}
