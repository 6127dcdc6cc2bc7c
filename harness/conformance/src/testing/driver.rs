//! The timers and sockets of the reference executor: one `poll`, on a thread of its own or between
//! the tasks of a run that has one thread alone.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::mutants::Mutant;
use super::shared::{Shared, here, lock};

/// What a task can wait for.
pub(crate) type Socket = Arc<dyn AsFd + Send + Sync>;

/// Numbers timers and waits in the order in which they were armed.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

pub(crate) struct Driver {
    state: Mutex<State>,
    /// A byte in here ends the `poll`; gone when the run has ended, and without a thread.
    bell: Mutex<Option<PipeWriter>>,
    heard: Mutex<Option<PipeReader>>,
}

#[derive(Default)]
struct State {
    timers: BTreeMap<(Instant, u64), Waker>,
    waits: BTreeMap<u64, Wait>,
    /// Sockets that were ready once, with what for.
    ready_once: HashSet<(i32, i16)>,
    stop: bool,
    /// The time of a virtual clock.
    now: Option<Instant>,
}

#[derive(Clone)]
struct Wait {
    socket: Socket,
    flags: PollFlags,
    waker: Waker,
}

impl Driver {
    pub(crate) fn new() -> io::Result<Self> {
        let (heard, bell) = io::pipe()?;
        let (bell, heard) = (Mutex::new(Some(bell)), Mutex::new(Some(heard)));
        Ok(Self { state: Mutex::default(), bell, heard })
    }

    /// Makes one for a run that has one thread alone: nothing rings.
    pub(crate) fn alone(now: Option<Instant>) -> Self {
        let state = Mutex::new(State { now, ..State::default() });
        Self { state, bell: Mutex::default(), heard: Mutex::default() }
    }

    /// Returns the time on the clock of the run.
    pub(crate) fn now(&self) -> Instant {
        lock(&self.state).now.unwrap_or_else(Instant::now)
    }

    fn ring(&self) {
        if let Some(bell) = &mut *lock(&self.bell) {
            let _ = bell.write_all(&[0]);
        }
    }

    pub(crate) fn stop(&self) {
        lock(&self.state).stop = true;
        self.ring();
    }

    /// Closes the pipe and drops what is left.
    pub(crate) fn clear(&self) {
        if !Mutant::ThreadLeft.is_on() {
            lock(&self.bell).take();
            lock(&self.heard).take();
        }
        let left = std::mem::take(&mut *lock(&self.state));
        drop(left);
    }

    /// Waits and wakes until the run ends.
    pub(crate) fn turn(&self, shared: &Shared) {
        let Some(mut heard) = lock(&self.heard).take() else { return };
        while !lock(&self.state).stop {
            if self.wait(shared, Some(heard.as_fd())) {
                let _ = heard.read(&mut [0; 1]);
            }
        }
    }

    /// Wakes between two tasks of a run that has one thread alone, and waits only where none is
    /// ready. There a virtual clock jumps instead.
    ///
    /// # Panics
    /// If nothing can ever wake a task.
    pub(crate) fn step(&self, shared: &Shared) {
        let busy = shared.is_busy();
        let mut state = lock(&self.state);
        let (waits, first) = (!state.waits.is_empty(), state.first_timer());
        assert!(busy || waits || first.is_some(), "a task waits for what never comes");
        if let (false, false, Some(now), Some((deadline, _))) = (busy, waits, state.now, first) {
            state.now = Some(now.max(deadline));
        }
        drop(state);
        match waits || !busy {
            true => _ = self.wait(shared, None),
            false => self.fire(shared),
        }
    }

    /// Fires timers, waits for the next one, a socket or the bell, and wakes whose sockets are
    /// ready. Returns whether the bell rang.
    fn wait(&self, shared: &Shared, bell: Option<BorrowedFd<'_>>) -> bool {
        self.fire(shared);
        let (timeout, waits) = self.next(shared);
        let sockets = waits.iter().map(|(_, it)| PollFd::new(it.socket.as_fd(), it.flags));
        let mut fds: Vec<PollFd<'_>> = bell
            .map(|bell| PollFd::new(bell, PollFlags::POLLIN))
            .into_iter()
            .chain(sockets)
            .collect();
        let _ = poll(&mut fds, timeout);
        let mut ready = fds.iter().map(|fd| fd.any().unwrap_or(false));
        let rang = bell.is_some() && ready.next() == Some(true);
        for ((number, _), _) in waits.iter().zip(ready).filter(|(_, ready)| *ready) {
            self.wake(*number);
        }
        rang
    }

    /// Wakes whose deadlines have come.
    fn fire(&self, shared: &Shared) {
        let idle = Mutant::TimersOnlyWhenIdle.is_on() || Mutant::SleepersLengthenTurns.is_on();
        if !(idle && shared.is_busy()) {
            self.fire_due();
        }
    }

    /// Timers that have not fired.
    pub(crate) fn timers(&self) -> usize {
        lock(&self.state).timers.len()
    }

    pub(crate) fn fire_due(&self) {
        let now = self.now();
        while let Some(waker) = {
            let mut state = lock(&self.state);
            let first = state.first_timer();
            first.filter(|key| key.0 <= now).and_then(|key| state.timers.remove(&key))
        } {
            waker.wake();
        }
    }

    /// Returns how long to wait, and for which sockets.
    fn next(&self, shared: &Shared) -> (PollTimeout, Vec<(u64, Wait)>) {
        let state = lock(&self.state);
        let mut wait = Duration::from_secs(10);
        if let Some((deadline, _)) = state.first_timer() {
            let now = state.now.unwrap_or_else(Instant::now);
            wait = wait.min(deadline.saturating_duration_since(now));
        }
        if shared.is_alone && shared.is_busy() {
            wait = Duration::ZERO;
        }
        let mut waits: Vec<(u64, Wait)> =
            state.waits.iter().map(|(number, wait)| (*number, wait.clone())).collect();
        if Mutant::SocketsOnlyWhenIdle.is_on() && shared.is_busy() {
            waits.clear();
            wait = wait.min(Duration::from_millis(1));
        }
        if Mutant::SocketsArmedOnce.is_on() {
            waits.retain(|(_, wait)| !state.ready_once.contains(&wait.key()));
        }
        // Down to a millisecond; the rest is spun away, so that a timer is not late by chance.
        let millis = u16::try_from(wait.as_millis()).unwrap_or(u16::MAX);
        (PollTimeout::from(millis), waits)
    }

    fn wake(&self, number: u64) {
        let mut state = lock(&self.state);
        let Some(wait) = state.waits.remove(&number) else { return };
        state.ready_once.insert(wait.key());
        drop(state);
        wait.waker.wake();
    }
}

impl State {
    fn first_timer(&self) -> Option<(Instant, u64)> {
        if Mutant::TimersSerial.is_on() {
            return self.timers.keys().min_by_key(|key| key.1).copied();
        }
        self.timers.keys().next().copied()
    }
}

impl Wait {
    fn key(&self) -> (i32, i16) {
        (self.socket.as_fd().as_raw_fd(), self.flags.bits())
    }
}

/// Waits for a deadline.
pub(crate) struct Sleep {
    deadline: Instant,
    armed: Option<(Arc<Shared>, u64)>,
}

impl Sleep {
    pub(crate) fn new(deadline: Instant) -> Self {
        let early = match () {
            () if Mutant::TimerEarly.is_on() => Duration::from_micros(300),
            () if Mutant::TimerCutToMillis.is_on() => {
                let ahead = deadline.saturating_duration_since(Instant::now());
                Duration::from_nanos(u64::from(ahead.subsec_nanos()) % 1_000_000)
            }
            () => Duration::ZERO,
        };
        Self { deadline: deadline.checked_sub(early).unwrap_or(deadline), armed: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (deadline, armed) = (self.deadline, self.armed.is_some());
        let (shared, number) =
            self.armed.get_or_insert_with(|| (here(), NUMBERS.fetch_add(1, Relaxed)));
        let driver = &shared.driver;
        // It suspends once, also when its deadline has passed.
        let may_be_over = armed || Mutant::SleepDoesNotSuspend.is_on();
        if may_be_over && driver.now() >= deadline {
            return Poll::Ready(());
        }
        if armed && Mutant::SleepKeepsItsFirstWaker.is_on() {
            return Poll::Pending;
        }
        lock(&driver.state).timers.insert((deadline, *number), cx.waker().clone());
        driver.ring();
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let Some((shared, number)) = self.armed.take() else { return };
        let mut state = lock(&shared.driver.state);
        let mut key = (self.deadline, number);
        if Mutant::DroppedSleepTakesAnother.is_on() {
            let same = state.timers.range((self.deadline, 0)..=(self.deadline, u64::MAX));
            key = same.map(|(key, _)| *key).next().unwrap_or(key);
        }
        let waker = state.timers.remove(&key);
        drop(state);
        drop(waker);
    }
}

/// Waits once until a socket is ready, perhaps.
pub(crate) struct Ready {
    socket: Socket,
    flags: PollFlags,
    armed: Option<(Arc<Shared>, u64)>,
}

impl Ready {
    pub(crate) fn new(socket: Socket, flags: PollFlags) -> Self {
        Self { socket, flags, armed: None }
    }
}

impl Future for Ready {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let wait =
            Wait { socket: self.socket.clone(), flags: self.flags, waker: cx.waker().clone() };
        let armed = self.armed.is_some();
        let (shared, number) =
            self.armed.get_or_insert_with(|| (here(), NUMBERS.fetch_add(1, Relaxed)));
        let mut state = lock(&shared.driver.state);
        if armed && !state.waits.contains_key(number) {
            return Poll::Ready(());
        }
        state.waits.insert(*number, wait);
        drop(state);
        shared.driver.ring();
        Poll::Pending
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        if Mutant::CancelledReadKeepsSocket.is_on() {
            return;
        }
        let Some((shared, number)) = self.armed.take() else { return };
        let wait = lock(&shared.driver.state).waits.remove(&number);
        // The driver holds the socket, too, as long as it waits.
        drop(wait);
        shared.driver.ring();
    }
}
