//! The floor of `wakeup`: a thread that parks, and is unparked.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{Bell, Wakeup};

/// The thread that parks is the one of the sample.
pub(super) struct Park;

/// Unparks a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Floor<Wakeup> for Park {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "one thread unparks another, with no executor on it";

    fn stage(_: &Wakeup) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Wakeup,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let wait = || {
            loop {
                match bell.poll_wait(&Context::from_waker(&waker)) {
                    Poll::Ready(heard) => return heard,
                    Poll::Pending => thread::park(),
                }
            }
        };
        let (mut all, ringer) = workload.begin(&bell, iterations)?;
        wait();
        let running = meter.start();
        for _ in 0..workload.all(iterations) {
            all.push(wait());
        }
        meter.stop(running, workload.all(iterations));
        ringer.end()?;
        workload.verify(iterations, &all)?;
        all.iter().for_each(|heard| meter.record("latency", heard.latency_ns));
        Ok(())
    }
}
