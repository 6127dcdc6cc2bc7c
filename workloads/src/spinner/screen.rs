//! The traces of a spinner, and whether it kept the contract.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use super::ANSWER;
use crate::timekeeper::nanos_between;

/// The screen that a spinner draws on: it keeps the time of every frame and of the erasing.
pub(super) struct Screen {
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    frames: Vec<Instant>,
    erased: Option<Instant>,
}

impl Screen {
    /// Draws a frame.
    pub(super) fn draw(&self, drawn: Instant) {
        self.seen().frames.push(drawn);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clean-up of a spinner: whatever drops it, the screen is erased, and `now` tells when.
pub(super) struct Eraser<N: Fn() -> Instant> {
    screen: Arc<Screen>,
    now: N,
}

impl<N: Fn() -> Instant> Eraser<N> {
    /// Goes into the spinner's future.
    pub(super) fn new(screen: Arc<Screen>, now: N) -> Self {
        Self { screen, now }
    }

    /// Returns the screen that will be erased.
    pub(super) fn screen(&self) -> Arc<Screen> {
        self.screen.clone()
    }
}

impl<N: Fn() -> Instant> Drop for Eraser<N> {
    fn drop(&mut self) {
        self.screen.seen().erased = Some((self.now)());
    }
}

/// One supervisor's time.
pub(super) struct Scene {
    /// The screen that its spinner draws on.
    pub(super) screen: Arc<Screen>,
    /// The result of the slow work.
    pub(super) answer: u64,
    /// When it asked for the cancel.
    pub(super) asked: Option<Instant>,
    /// Frames drawn and the time of the erasing, as they were when the cancel returned.
    at_return: (usize, Option<Instant>),
}

impl Scene {
    /// Makes a screen with room for `frames`, so that nothing is allocated while the clock runs.
    pub(super) fn new(frames: usize) -> Self {
        let seen = Seen { frames: Vec::with_capacity(frames), erased: None };
        let screen = Arc::new(Screen { seen: Mutex::new(seen) });
        Self { screen, answer: 0, asked: None, at_return: (0, None) }
    }

    /// Records that the cancel has returned.
    pub(super) fn cancelled(&mut self) {
        let seen = self.screen.seen();
        self.at_return = (seen.frames.len(), seen.erased);
    }
}

/// Returns the frames drawn before the cancels returned.
pub(super) fn frames(scenes: &[Scene]) -> u64 {
    scenes.iter().map(|scene| scene.at_return.0 as u64).sum()
}

/// Verifies every scene and records jitter and latency.
pub(super) fn verify(scenes: &[Scene], period: Duration, meter: &mut Meter) -> Result<(), Wrong> {
    if frames(scenes) == 0 {
        return Err(Wrong::Answer("no spinner has drawn a frame".into()));
    }
    scenes.iter().try_for_each(|scene| one(scene, period, meter))
}

fn one(scene: &Scene, period: Duration, meter: &mut Meter) -> Result<(), Wrong> {
    Wrong::unless_equal("the answer", ANSWER, scene.answer)?;
    let (drawn, erased) = scene.at_return;
    let (Some(erased), Some(asked)) = (erased, scene.asked) else {
        return Err(Wrong::Answer(
            "cancel returned, but the spinner's future has not been dropped".into(),
        ));
    };
    if erased < asked {
        return Err(Wrong::Answer("the spinner was dropped before it was cancelled".into()));
    }
    meter.record("cancel_latency", nanos_between(asked, erased));
    let seen = scene.screen.seen();
    Wrong::unless_equal("frames at the end, after the cancel returned", drawn, seen.frames.len())?;
    for pair in seen.frames.windows(2) {
        let due = pair[0] + period;
        if pair[1] < due {
            let early_ns = nanos_between(pair[1], due);
            return Err(Wrong::Answer(format!("a frame came {early_ns} ns early")));
        }
        meter.record("frame_jitter", nanos_between(due, pair[1]));
    }
    Ok(())
}
