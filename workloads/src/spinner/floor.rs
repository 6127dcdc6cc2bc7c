//! The floor of `spinner`: a thread for the spinner, a thread for the work, and a flag.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::screen::{self, Eraser, Scene};
use super::{ANSWER, Spinner};
use crate::compute::compute;

/// No state: each spinner is a thread of its own.
pub(super) struct Threads;

impl Floor<Spinner> for Threads {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "two threads and a flag; the spinner parks between frames";

    fn stage(_workload: &Spinner) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Spinner,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let mut scenes = workload.scenes(iterations);
        let running = meter.start();
        for scene in &mut scenes {
            supervise(workload, scene)?;
        }
        meter.stop(running, screen::frames(&scenes));
        screen::verify(&scenes, workload.period, meter)
    }
}

fn supervise(workload: &Spinner, scene: &mut Scene) -> Result<(), Wrong> {
    let ended = Arc::new(AtomicBool::new(false));
    let (flag, period) = (ended.clone(), workload.period);
    let eraser = Eraser::new(scene.screen.clone(), Instant::now);
    let spinner = thread::Builder::new().spawn(move || spin(&eraser, &flag, period))?;
    scene.answer = slow(workload);
    scene.asked = Some(Instant::now());
    ended.store(true, Ordering::Release);
    spinner.thread().unpark();
    spinner.join().map_err(|_| Wrong::Panic("the spinner's thread panicked".into()))?;
    scene.cancelled();
    Ok(())
}

fn spin(eraser: &Eraser<impl Fn() -> Instant>, ended: &AtomicBool, period: Duration) {
    let screen = eraser.screen();
    loop {
        let drawn = Instant::now();
        screen.draw(drawn);
        loop {
            if ended.load(Ordering::Acquire) {
                return;
            }
            match (drawn + period).checked_duration_since(Instant::now()) {
                None | Some(Duration::ZERO) => break,
                Some(left) => thread::park_timeout(left),
            }
        }
    }
}

fn slow(workload: &Spinner) -> u64 {
    if workload.slice.is_zero() {
        thread::sleep(workload.work);
        return ANSWER;
    }
    for _ in 0..workload.slices() {
        compute(workload.slice);
        thread::yield_now();
    }
    ANSWER
}
