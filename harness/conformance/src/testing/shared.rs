//! What all threads of a run of the reference executor share: the queue, the tasks, the driver.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use super::driver::Driver;
use super::mutants::Mutant;
use super::task::{Stage, Task};

/// What all threads of a run share.
pub(crate) struct Shared {
    state: Mutex<State>,
    ready: Condvar,
    pub(crate) driver: Driver,
    /// The run has the thread that called `run` and no other.
    pub(crate) is_alone: bool,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Arc<Task>>,
    /// Where mutants keep tasks back.
    aside: VecDeque<Arc<Task>>,
    /// Every task that has not ended.
    alive: BTreeMap<u64, Arc<Task>>,
    popped: u64,
    spawned: u64,
    /// Polls left in the turn of the mutant that has turns.
    left: usize,
    /// Workers that poll.
    polling: usize,
    stop: bool,
}

thread_local! {
    /// The run that this thread works for.
    pub(super) static HERE: RefCell<Option<Arc<Shared>>> = const { RefCell::new(None) };
    /// The task that this thread polls.
    pub(crate) static RUNNING: Cell<u64> = const { Cell::new(0) };
    /// What that task keeps for as long as its wakers live.
    static KEPT: RefCell<Vec<Box<dyn Any + Send>>> = const { RefCell::new(Vec::new()) };
    /// A task of this worker panicked.
    pub(crate) static PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// Returns the run that this thread works for.
pub(crate) fn here() -> Arc<Shared> {
    HERE.with_borrow(|here| here.clone().expect("only inside a run"))
}

/// Keeps what the task that runs should drop.
pub(crate) fn keep(what: Box<dyn Any + Send>) {
    KEPT.with_borrow_mut(|kept| kept.push(what));
}

/// Returns the time on the clock of the run, or outside of any the real time.
pub(crate) fn now() -> Instant {
    HERE.with_borrow(|here| here.as_ref().map_or_else(Instant::now, |here| here.driver.now()))
}

/// Spawns on the run that this thread works for.
pub(crate) fn spawn(runner: impl Future<Output = ()> + Send + 'static) -> Arc<Task> {
    let shared = here();
    let task = Task::new(&shared, runner);
    shared.adopt(task.clone());
    task
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self::with(Driver::new().expect("a pipe"), false)
    }

    /// Makes one for a run on this thread alone.
    pub(crate) fn alone(now: Option<Instant>) -> Self {
        Self::with(Driver::alone(now), true)
    }

    fn with(driver: Driver, is_alone: bool) -> Self {
        Self { state: Mutex::default(), ready: Condvar::new(), driver, is_alone }
    }

    /// Takes a turn of a run on this thread alone: wakes, and polls a task.
    pub(crate) fn step(&self) {
        self.driver.step(self);
        let task = lock(&self.state).pop();
        if let Some(task) = task {
            self.poll(&task);
        }
    }

    /// Starts the workers and the driver, which is the last.
    pub(crate) fn start(self: Arc<Self>, workers: usize) -> Vec<thread::JoinHandle<()>> {
        let workers = match () {
            () if Mutant::AWorkerTooMany.is_on() => workers + 1,
            () if Mutant::AWorkerTooFew.is_on() => (workers - 1).max(1),
            () => workers,
        };
        let start = |work: fn(&Self)| {
            let shared = self.clone();
            thread::spawn(move || {
                HERE.set(Some(shared.clone()));
                work(&shared);
            })
        };
        let mut threads: Vec<_> = (0..workers).map(|_| start(Self::work)).collect();
        threads.push(start(|shared| shared.driver.turn(shared)));
        threads
    }

    /// Returns whether a task is polled or waits for it.
    pub(crate) fn is_busy(&self) -> bool {
        let state = lock(&self.state);
        state.polling > 0 || !state.queue.is_empty() || !state.aside.is_empty()
    }

    /// Takes in a task that was spawned.
    pub(crate) fn adopt(&self, task: Arc<Task>) {
        if Mutant::LosesEveryThousandth.is_on() && task.id.is_multiple_of(1000) {
            return;
        }
        let mut state = lock(&self.state);
        state.spawned += 1;
        if Mutant::LosesEveryThird.is_on() && state.spawned.is_multiple_of(3) {
            drop(state);
            return drop(lock(&task.future).take());
        }
        state.alive.insert(task.id, task.clone());
        *lock(&task.stage) = Stage::Queued;
        let root = *state.alive.keys().next().expect("it was inserted");
        match () {
            () if Mutant::SpawnRunsInline.is_on() && state.alive.len() > 1 => {
                drop(state);
                let outer = RUNNING.get();
                self.poll(&task);
                return RUNNING.set(outer);
            }
            () if Mutant::SpawnFromTaskLost.is_on() && RUNNING.get() > root => {
                state.aside.push_back(task);
            }
            () if Mutant::AtMostAHundred.is_on() && state.alive.len() > 100 => {
                state.aside.push_back(task);
            }
            () if Mutant::SpawnsComeLate.is_on() => state.aside.push_back(task),
            () if Mutant::SpawnsGoFirst.is_on() => state.queue.push_front(task),
            () => state.queue.push_back(task),
        }
        self.ready.notify_one();
    }

    /// Polls tasks until the run ends.
    fn work(&self) {
        lock(&self.state).polling += 1;
        while let Some(task) = self.next() {
            self.poll(&task);
            if Mutant::PanicKillsWorker.is_on() && PANICKED.get() {
                return;
            }
        }
    }

    fn next(&self) -> Option<Arc<Task>> {
        if Mutant::SleepersLengthenTurns.is_on() {
            self.turn();
        }
        let mut state = lock(&self.state);
        state.polling -= 1;
        loop {
            if state.stop {
                return None;
            }
            if let Some(task) = state.pop() {
                state.polling += 1;
                return Some(task);
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// One poll less in the turn; a turn that is over fires timers and begins anew, a poll long for
    /// each task that is ready or asleep.
    fn turn(&self) {
        let left = lock(&self.state).left.checked_sub(1);
        if left.is_none() {
            self.driver.fire_due();
        }
        let asleep = self.driver.timers();
        let mut state = lock(&self.state);
        state.left = left.unwrap_or(state.queue.len() + asleep);
    }

    fn poll(&self, task: &Arc<Task>) {
        *lock(&task.stage) = Stage::Running;
        RUNNING.set(task.id);
        let waker = Waker::from(task.clone());
        let mut future = lock(&task.future);
        let polled = future.as_mut().map(|it| it.as_mut().poll(&mut Context::from_waker(&waker)));
        RUNNING.set(0);
        lock(&task.kept).append(&mut KEPT.take());
        if polled == Some(Poll::Pending) {
            drop(future);
            return self.suspend(task);
        }
        *future = None;
        drop(future);
        *lock(&task.stage) = Stage::Ended;
        let mut state = lock(&self.state);
        state.alive.remove(&task.id);
        if Mutant::AtMostAHundred.is_on() {
            let next = state.aside.pop_front();
            state.queue.extend(next);
        }
    }

    fn suspend(&self, task: &Arc<Task>) {
        if Mutant::WakeLostAfterPoll.is_on() && *lock(&task.stage) != Stage::Again {
            let until = Instant::now() + Duration::from_micros(50);
            while Instant::now() < until {}
            return *lock(&task.stage) = Stage::Idle;
        }
        let mut stage = lock(&task.stage);
        match *stage {
            Stage::Again => {
                *stage = Stage::Queued;
                drop(stage);
                self.push(task.clone(), Mutant::YieldGoesFirst.is_on());
            }
            _ if Mutant::PollsAllTheTime.is_on() => {
                *stage = Stage::Queued;
                drop(stage);
                self.push(task.clone(), false);
            }
            _ => *stage = Stage::Idle,
        }
    }

    /// Queues a task that was idle.
    pub(crate) fn woken(&self, task: Arc<Task>) {
        let outside = HERE.with_borrow(Option::is_none);
        let mut state = lock(&self.state);
        if state.stop {
            drop(state);
            assert!(!Mutant::WakeAfterRunPanics.is_on(), "the run is over");
            return;
        }
        match () {
            () if Mutant::WakeRunsInline.is_on() && !outside => {
                drop(state);
                let outer = RUNNING.get();
                self.poll(&task);
                return RUNNING.set(outer);
            }
            () if Mutant::InboxOnlyWhenIdle.is_on() && outside => state.aside.push_back(task),
            () if Mutant::WokenGoFirst.is_on() && !outside => state.queue.push_front(task),
            () => state.queue.push_back(task),
        }
        drop(state);
        if !(Mutant::ForeignWakeRingsNot.is_on() && outside) {
            self.ready.notify_one();
        }
    }

    pub(crate) fn push(&self, task: Arc<Task>, first: bool) {
        let mut state = lock(&self.state);
        if first {
            state.queue.push_front(task)
        } else {
            state.queue.push_back(task)
        }
        drop(state);
        self.ready.notify_one();
    }

    /// Drops the future of a task that is not being polled.
    pub(crate) fn kill(&self, id: u64) {
        let task = lock(&self.state).alive.remove(&id);
        let Some(task) = task else { return };
        let future = task.future.try_lock().ok().and_then(|mut future| future.take());
        drop(future);
    }

    /// Ends the threads, and then the tasks that are left.
    pub(crate) fn end(&self, mut threads: Vec<thread::JoinHandle<()>>) {
        lock(&self.state).stop = true;
        self.ready.notify_all();
        if Mutant::ThreadLeft.is_on() {
            threads.pop();
        } else {
            self.driver.stop();
        }
        for thread in threads {
            let _ = thread.join();
        }
        let mut state = std::mem::take(&mut *lock(&self.state));
        lock(&self.state).stop = true;
        if Mutant::LeaksLeftTasks.is_on() {
            std::mem::forget(std::mem::take(&mut state.alive));
        }
        for task in state.alive.values() {
            drop(lock(&task.future).take());
        }
        self.driver.clear();
    }
}

impl State {
    fn pop(&mut self) -> Option<Arc<Task>> {
        self.popped += 1;
        match () {
            () if Mutant::BatchesReversed.is_on() => {
                if self.aside.is_empty() {
                    std::mem::swap(&mut self.aside, &mut self.queue);
                }
                return self.aside.pop_back();
            }
            () if Mutant::SpawnsComeLate.is_on() => self.queue.append(&mut self.aside),
            () if Mutant::InboxOnlyWhenIdle.is_on() && self.queue.is_empty() => {
                self.queue.append(&mut self.aside);
            }
            () if Mutant::EverySixtyFirstIsTheNewest.is_on() && self.popped.is_multiple_of(61) => {
                return self.queue.pop_back();
            }
            () if Mutant::StarvesOne.is_on() => {
                let other = self.queue.iter().position(|task| task.id % 7 != 3);
                return self.queue.remove(other.unwrap_or(0));
            }
            () => {}
        }
        self.queue.pop_front()
    }
}
