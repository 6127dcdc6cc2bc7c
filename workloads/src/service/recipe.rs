//! What the server does for a request: pass through an actor, compute, wait for a timer, all of it
//! within a time limit.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tminus_contract::Executor;
use tminus_contract::workload::Wrong;

use super::actor::Actor;
use super::message::{Lengths, Status};
use crate::compute::compute;
use crate::timekeeper::nanos_between;

/// The parts of a request's work; zero leaves one out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recipe {
    pub(super) lengths: Lengths,
    pub(super) cpu: Duration,
    /// Computed between two yields.
    pub(super) slice: Duration,
    pub(super) wait: Duration,
    pub(super) timeout: Duration,
    /// Whether a request has a task of its own.
    pub(super) spawn: bool,
    /// Round trips through the actor.
    pub(super) hops: u64,
}

impl Recipe {
    /// Does the work for the request `number`, until its time is over.
    ///
    /// # Errors
    /// That a timer was early or the actor's answer is another one's.
    pub(super) async fn serve<E: Executor>(
        self,
        executor: E,
        actor: &Actor,
        number: u64,
    ) -> Result<Status, Wrong> {
        let mut work = pin!(self.work(executor, actor, number));
        if self.timeout.is_zero() {
            return work.await.map(|()| Status::Served);
        }
        let began = Instant::now();
        let mut limit = pin!(executor.sleep_until(began + self.timeout));
        poll_fn(|cx| {
            // The limit first, so that it is armed for work that never waits, too.
            if limit.as_mut().poll(cx).is_ready() {
                let early = never_early("a timeout", began + self.timeout);
                return Poll::Ready(early.map(|()| Status::TimedOut));
            }
            work.as_mut().poll(cx).map_ok(|()| Status::Served)
        })
        .await
    }

    async fn work<E: Executor>(self, executor: E, actor: &Actor, number: u64) -> Result<(), Wrong> {
        for hop in 0..self.hops {
            actor.ask(number + hop).await?;
        }
        if !self.cpu.is_zero() {
            self.compute(executor).await;
        }
        if !self.wait.is_zero() {
            let due = Instant::now() + self.wait;
            executor.sleep_until(due).await;
            never_early("a wait", due)?;
        }
        Ok(())
    }

    /// Computes, in slices if it has some.
    async fn compute<E: Executor>(self, executor: E) {
        if self.slice.is_zero() {
            return compute(self.cpu);
        }
        let mut left = self.cpu;
        while left > self.slice {
            compute(self.slice);
            left -= self.slice;
            executor.yield_now().await;
        }
        compute(left);
    }
}

/// Refuses a timer that was over before it was due.
fn never_early(what: &str, due: Instant) -> Result<(), Wrong> {
    match nanos_between(Instant::now(), due) {
        0 => Ok(()),
        early_ns => Err(Wrong::Answer(format!("{what} was over {early_ns} ns early"))),
    }
}
