//! The classic spinner, live: it spins for 5 s, is cancelled, erases itself, and the answer comes.
//! Ctrl-C is one more cancel: the spinner erases itself, and no answer comes.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{CancelJoin, Executor};

use super::ANSWER;
use crate::live::line;

const MESSAGE: &str = "thinking ...";

/// Frames in a tick.
const FRAMES: u32 = 10;

/// Ticks that the slow work sleeps.
const WORK_TICKS: u32 = 5;

/// Plays the supervisor.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let erasing = Erasing(show.clone());
    let spinner = executor.spawn_cancellable(show.task("spin", spin(executor, erasing)));
    let id = executor.info().id;
    line(&show, format_args!("spinner object:  <pending task spin({MESSAGE:?}) on {id}>"));
    let answer = unless(show.interrupted(), slow(executor, &show)).await;
    if spinner.cancel().await.is_some() {
        return Err(Wrong::Answer("the spinner ended by itself".into()));
    }
    if let Some(answer) = answer {
        line(&show, format_args!("answer:  {answer}"));
    }
    Ok(())
}

/// Returns what `work` gives, or `None` once `interrupted` is ready.
async fn unless<T>(
    interrupted: impl Future<Output = ()>,
    work: impl Future<Output = T>,
) -> Option<T> {
    let (mut interrupted, mut work) = (pin!(interrupted), pin!(work));
    poll_fn(|cx| match interrupted.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(None),
        Poll::Pending => work.as_mut().poll(cx).map(Some),
    })
    .await
}

async fn spin<E: Executor>(executor: E, erasing: Erasing) {
    let show = &erasing.0;
    for character in ['|', '/', '-', '\\'].into_iter().cycle() {
        (show.print)(&over(&format!("{character} {MESSAGE}")));
        executor.sleep_until(executor.now() + show.tick / FRAMES).await;
    }
}

async fn slow<E: Executor>(executor: E, show: &Show) -> u64 {
    executor.sleep_until(executor.now() + show.tick * WORK_TICKS).await;
    ANSWER
}

/// Blanks out the frame when the spinner is dropped, cancelled or not.
struct Erasing(Show);

impl Drop for Erasing {
    fn drop(&mut self) {
        (self.0.print)(&over(&" ".repeat(MESSAGE.len() + 2)));
    }
}

/// Returns `text` with the cursor back at its start.
fn over(text: &str) -> String {
    format!("{text}{}", "\u{8}".repeat(text.len()))
}
