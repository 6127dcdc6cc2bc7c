//! A thread that is not the executor's and takes the account of the process before and after a
//! time.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use tminus_contract::channel::{Receiver, oneshot};
use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use crate::timekeeper::figure;

/// Time before the region begins, so that what was just set up has come to rest.
const REST: Duration = Duration::from_millis(50);

/// Context switches of the watching thread in the region: it goes to sleep once.
const OWN_SWITCHES: u64 = 1;

/// The thread, and the meter that it gives back.
pub(super) struct Watch {
    thread: JoinHandle<()>,
    watched: Receiver<Meter>,
}

/// Starts the thread, which watches for so many seconds.
pub(super) fn start(mut meter: Meter, seconds: u64) -> Result<Watch, Wrong> {
    let (sender, watched) = oneshot();
    let thread = thread::Builder::new().name("watch".into()).spawn(move || {
        take(&mut meter, seconds);
        sender.send(meter);
    })?;
    Ok(Watch { thread, watched })
}

impl Watch {
    /// Waits in a task for the end; returns the meter.
    pub(super) async fn end(self) -> Result<Meter, Wrong> {
        let meter = self.watched.await;
        let ended = self.thread.join();
        meter.filter(|_| ended.is_ok()).ok_or_else(|| Wrong::Panic("the watch panicked".into()))
    }
}

/// Takes a region of so many seconds, in which this thread sleeps.
pub(super) fn take(meter: &mut Meter, seconds: u64) {
    thread::sleep(REST);
    let running = meter.start();
    thread::sleep(Duration::from_secs(seconds));
    meter.stop(running, seconds);
    let switches = meter.samples.last().map_or(0, |sample| sample.voluntary_switches);
    let wakeups = figure(switches.saturating_sub(OWN_SWITCHES)) / figure(seconds);
    meter.metric("wakeups_per_op", wakeups);
}
