//! Which task ran when: every resumption of every task of a demo, as it happened.
//!
//! A [`Recorder`] wraps the futures that a demo spawns. It takes the clock twice and a lock once a
//! resumption, so it stands in no cell: never is anything timed with it that a report compares.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use serde::{Deserialize, Serialize};

/// The version of [`Trace`] as JSON.
pub const SCHEMA: u32 = 1;

/// The resumptions that are kept; a demo has far fewer.
const MAX_RESUMPTIONS: usize = 100_000;

/// Every resumption of one demo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The workload's id.
    pub workload: String,
    /// The executor's id.
    pub executor: String,
    /// The workers asked for.
    pub workers: u16,
    /// How long each resumption was made to compute, at least; 0 if it was left alone.
    pub busy_ns: u64,
    /// Whether tasks waited for nothing but their turn.
    #[serde(default)]
    pub always_ready: bool,
    /// The names of the tasks, in the order of spawning.
    pub tasks: Vec<String>,
    /// In the order of their starts.
    pub resumptions: Vec<Resumption>,
}

/// One poll of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// The place of the task among the names.
    pub task: usize,
    /// The thread: numbered from 0 by first appearance.
    pub thread: usize,
    /// From the making of the recorder.
    pub start_ns: u64,
    /// From the making of the recorder.
    pub end_ns: u64,
}

/// Takes down resumptions. Clones write to the same place.
#[derive(Clone, Debug)]
pub struct Recorder {
    began: Instant,
    busy: Duration,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    tasks: Vec<String>,
    threads: HashMap<ThreadId, usize>,
    resumptions: Vec<Resumption>,
}

impl Recorder {
    /// Takes down resumptions from now on. Each computes until `busy` has passed since it began:
    /// tasks that only yield are done before another thread wakes up to steal one.
    #[must_use]
    pub fn new(busy: Duration) -> Self {
        Self { began: Instant::now(), busy, seen: Arc::default() }
    }

    /// Wraps `future` as the task `name`, which is recorded whenever it is polled.
    pub fn task<F: Future>(&self, name: &str, future: F) -> Recorded<F> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.tasks.push(name.into());
        Recorded { future, recorder: Some((self.clone(), seen.tasks.len() - 1)) }
    }

    /// Returns the trace up to now.
    #[must_use]
    pub fn trace(&self, workload: &str, executor: &str, workers: u16) -> Trace {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut resumptions = seen.resumptions.clone();
        resumptions.sort_by_key(|resumption| resumption.start_ns);
        Trace {
            schema: SCHEMA,
            workload: workload.into(),
            executor: executor.into(),
            workers,
            busy_ns: u64::try_from(self.busy.as_nanos()).unwrap_or(u64::MAX),
            always_ready: false,
            tasks: seen.tasks.clone(),
            resumptions,
        }
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn add(&self, task: usize, start_ns: u64) {
        let end_ns = self.now_ns();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let next = seen.threads.len();
        let thread = *seen.threads.entry(thread::current().id()).or_insert(next);
        if seen.resumptions.len() < MAX_RESUMPTIONS {
            seen.resumptions.push(Resumption { task, thread, start_ns, end_ns });
        }
    }
}

pin_project! {
    /// A future whose resumptions are recorded, if a trace is asked for.
    #[derive(Debug)]
    pub struct Recorded<F> {
        #[pin]
        future: F,
        recorder: Option<(Recorder, usize)>,
    }
}

impl<F: Future> Recorded<F> {
    /// Wraps `future` without recording it.
    pub fn untold(future: F) -> Self {
        Self { future, recorder: None }
    }
}

impl<F: Future> Future for Recorded<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some((recorder, task)) = this.recorder else { return this.future.poll(context) };
        let start_ns = recorder.now_ns();
        let polled = this.future.poll(context);
        while Duration::from_nanos(recorder.now_ns() - start_ns) < recorder.busy {
            std::hint::spin_loop();
        }
        recorder.add(*task, start_ns);
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    /// A future that is pending so many times.
    async fn pending(times: u32) {
        let mut left = times;
        poll_fn(|_| match left.checked_sub(1) {
            Some(less) => {
                left = less;
                Poll::Pending
            }
            None => Poll::Ready(()),
        })
        .await;
    }

    fn poll(future: Pin<&mut impl Future<Output = ()>>) -> bool {
        future.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn every_poll_is_taken_down_in_its_order() {
        let recorder = Recorder::new(Duration::from_micros(1));
        let mut a = pin!(recorder.task("a", pending(1)));
        let mut b = pin!(recorder.task("b", pending(0)));
        assert!(!poll(a.as_mut()));
        assert!(thread::scope(|scope| scope.spawn(|| poll(b.as_mut())).join().expect("no panic")));
        assert!(poll(a.as_mut()));
        let trace = recorder.trace("work", "heap", 2);
        assert_eq!(trace.tasks, ["a", "b"]);
        let seen: Vec<(usize, usize)> =
            trace.resumptions.iter().map(|one| (one.task, one.thread)).collect();
        assert_eq!(seen, [(0, 0), (1, 1), (0, 0)]);
        assert!(trace.resumptions.iter().all(|one| one.start_ns + 1_000 <= one.end_ns));
    }

    #[test]
    fn without_a_recorder_a_future_is_what_it_was() {
        let mut future = pin!(Recorded::untold(pending(1)));
        assert!(!poll(future.as_mut()));
        assert!(poll(future.as_mut()));
    }
}
