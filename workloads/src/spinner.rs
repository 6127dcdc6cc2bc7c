//! `spinner`: how smoothly a small task runs beside slow work, and how soon it can be stopped.
//!
//! A supervisor spawns a spinner, awaits slow work for its answer, 42, and cancels the spinner; so
//! many supervisors follow each other in a child. The slow work is asleep, or computes in slices
//! and yields between. A frame is due one period after the last was **drawn**, as in the original,
//! so a late frame moves the following ones and no burst makes up for it: frame jitter is the
//! interval between two frames less the period. Cancel latency lasts from asking to the drop of the
//! spinner's future, as its drop guard saw it; a plain drop runs the guard too.

mod demo;
mod floor;
mod screen;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{Budget, FloorEntry, Info, Needs, Param, Sizes, Workload, Wrong};
use tminus_contract::{CancelJoin, Executor};

use crate::compute::compute;
use crate::timekeeper::{Timekeeper, figure};
use screen::{Eraser, Scene, Screen};

/// See the [module documentation](self).
pub(crate) struct Spinner {
    period: Duration,
    work: Duration,
    /// Zero where the slow work is asleep.
    slice: Duration,
    supervisors: u64,
}

/// The answer of the slow work.
const ANSWER: u64 = 42;

impl Workload for Spinner {
    const INFO: Info = Info {
        id: "spinner",
        title: "Spinner",
        about: "a spinner draws a frame every period beside slow work, then is cancelled",
        op: "frame",
        version: 1,
        params: &[
            Param {
                name: "period_us",
                about: "microseconds from a frame to the next",
                default: 1_000,
                min: 10,
                max: 1_000_000,
            },
            Param {
                name: "work_us",
                about: "microseconds of slow work for each supervisor",
                default: 5_000,
                min: 100,
                max: 10_000_000,
            },
            Param {
                name: "slice_us",
                about: "the work computes in slices of so many microseconds; 0: it is asleep",
                default: 0,
                min: 0,
                max: 5_000_000,
            },
            Param {
                name: "supervisors",
                about: "supervisors that follow each other",
                default: 10,
                min: 1,
                max: 1_000,
            },
        ],
        metrics: &[
            "cancel_latency_p50_ns",
            "frame_jitter_p50_ns",
            "frame_jitter_p99_ns",
            "cpu_ns_per_op",
        ],
        distributions: &[
            ("frame_jitter", "the interval between two frames less the period"),
            ("cancel_latency", "from asking for the cancel to the drop of the future"),
        ],
        budget: Budget::Once,
        sizes: Sizes {
            quick: &["period_us=1000"],
            standard: &["period_us=1000", "period_us=1000,slice_us=1000"],
            thorough: &[
                "period_us=1000",
                "period_us=10000,work_us=50000,supervisors=2",
                "period_us=1000,slice_us=10",
                "period_us=1000,slice_us=100",
                "period_us=1000,slice_us=1000",
            ],
            verify: &["period_us=1000,supervisors=3"],
        },
    };

    const CATEGORY: &'static str = "classic";

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let micros = |name| Duration::from_micros(params.value(name));
        let supervisors = params.value("supervisors");
        let (work, slice) = (micros("work_us"), micros("slice_us"));
        if slice * 2 > work {
            return Err("slice_us must fit twice into work_us: with one slice nothing can run \
                        beside it"
                .into());
        }
        if work.as_secs_f64() * figure(supervisors) > 60.0 {
            return Err("work_us x supervisors is beyond a minute".into());
        }
        Ok(Self { period: micros("period_us"), work, slice, supervisors })
    }

    fn needs(&self) -> Needs {
        Needs { timers: true, cancel: true, tasks: 2, ..Needs::default() }
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
        let time = Timekeeper::new(executor, meter.clock());
        let mut scenes = self.scenes(iterations);
        let running = meter.start();
        for scene in &mut scenes {
            self.supervise(executor, time, scene).await?;
        }
        meter.stop(running, screen::frames(&scenes));
        // A spinner that outlives its cancel draws its next frame in this time.
        executor.sleep_until(time.now() + 2 * self.period).await;
        screen::verify(&scenes, self.period, meter)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Threads>()]
    }
}

impl Spinner {
    /// Returns an empty scene for each supervisor.
    fn scenes(&self, iterations: u64) -> Vec<Scene> {
        let frames = usize::try_from(self.work.as_nanos() / self.period.as_nanos()).unwrap_or(0);
        (0..iterations * self.supervisors).map(|_| Scene::new(frames + 2)).collect()
    }

    async fn supervise<E: Executor>(
        &self,
        executor: E,
        time: Timekeeper<E>,
        scene: &mut Scene,
    ) -> Result<(), Wrong> {
        let eraser = Eraser::new(scene.screen.clone(), move || time.now());
        let spinner = executor.spawn_cancellable(spin(executor, time, eraser, self.period));
        scene.answer = self.slow(executor, time).await;
        scene.asked = Some(time.now());
        if spinner.cancel().await.is_some() {
            return Err(Wrong::Answer("the spinner ended by itself".into()));
        }
        scene.cancelled();
        Ok(())
    }

    /// Does the slow work: asleep, or computing in slices.
    async fn slow<E: Executor>(&self, executor: E, time: Timekeeper<E>) -> u64 {
        if self.slice.is_zero() {
            executor.sleep_until(time.now() + self.work).await;
            return ANSWER;
        }
        compute(self.slice);
        for _ in 1..self.slices() {
            executor.yield_now().await;
            compute(self.slice);
        }
        ANSWER
    }

    fn slices(&self) -> u128 {
        self.work.as_nanos() / self.slice.as_nanos()
    }
}

/// Draws frames until it is dropped; `eraser` sees when that is.
async fn spin<E: Executor>(
    executor: E,
    time: Timekeeper<E>,
    eraser: Eraser<impl Fn() -> Instant>,
    period: Duration,
) {
    let screen: Arc<Screen> = eraser.screen();
    loop {
        let drawn = time.now();
        screen.draw(drawn);
        executor.sleep_until(drawn + period).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        CANCELS_LATER, FIRES_EARLY, LOSES_TASKS, Test, demo, interrupted_demo, run, run_floor,
    };
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn frames_are_counted_and_every_cancel_is_timed() {
        let said = run::<Spinner, Test>("supervisors=3", Clock::Virtual);
        // Work of 5 ms leaves time for frames at 0, 1, 2, 3 and 4 ms.
        assert_eq!(said.samples()[0].ops, 15);
        assert_eq!((said.recorded("frame_jitter"), said.recorded("cancel_latency")), (12, 3));
    }

    #[test]
    fn slices_and_the_real_clock_draw_frames_too() {
        for params in ["supervisors=2", "supervisors=2,work_us=2000,slice_us=100"] {
            let said = run::<Spinner, Test>(params, Clock::Real);
            assert!(said.samples()[0].ops >= 2);
            assert_eq!(said.recorded("cancel_latency"), 2);
        }
    }

    #[test]
    fn the_floor_cancels_as_often() {
        for params in ["supervisors=2", "supervisors=2,work_us=2000,slice_us=100"] {
            assert_eq!(run_floor::<Spinner>(params, "floor").recorded("cancel_latency"), 2);
        }
    }

    #[test]
    fn a_spinner_that_outlives_its_cancel_fails() {
        let said = run::<Spinner, Test<CANCELS_LATER>>("supervisors=2", Clock::Virtual);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("not been dropped"), "{reason}");
    }

    #[test]
    fn an_early_frame_fails() {
        let said = run::<Spinner, Test<FIRES_EARLY>>("supervisors=2", Clock::Virtual);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("300000 ns early"), "{reason}");
    }

    #[test]
    fn a_lost_spinner_fails() {
        let said = run::<Spinner, Test<LOSES_TASKS>>("supervisors=3", Clock::Virtual);
        assert_eq!(said.failure().0, Failed::WrongAnswer);
    }

    #[test]
    fn slices_that_leave_no_room_are_refused() {
        let params = Params::parse(&Spinner::INFO, "work_us=5000,slice_us=3000").expect("bounds");
        assert!(Spinner::new(&params).is_err());
    }

    #[test]
    fn the_classic_spinner_is_erased_before_the_answer() {
        let shown = demo::<Spinner, Test>(Clock::Virtual);
        let backspaces = "\u{8}".repeat(14);
        let rest = shown.strip_prefix("spinner object:  <").expect("the task comes first");
        let (_, frames) = rest.split_once('\n').expect("the task has a line");
        let expected: String = (0..50)
            .map(|frame| format!("{} thinking ...{backspaces}", ['|', '/', '-', '\\'][frame % 4]))
            .collect();
        let blanks = " ".repeat(14);
        assert_eq!(frames, format!("{expected}{blanks}{backspaces}answer:  42\n"));
    }

    #[test]
    fn an_interrupted_spinner_erases_itself_and_no_answer_comes() {
        let shown = interrupted_demo::<Spinner, Test>(Clock::Virtual);
        let backspaces = "\u{8}".repeat(14);
        let erased = format!("{}{backspaces}", " ".repeat(14));
        assert!(shown.ends_with(&erased), "{shown:?}");
        assert!(!shown.contains("answer"), "{shown:?}");
    }
}
