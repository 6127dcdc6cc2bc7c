//! The state of a running loop, and everything that happens to its tasks.
//!
//! One engine serves all four loops; what differs between them is when they look up from their
//! tasks, and that is in [`turn`](super::turn). An engine lives on the stack of `run` and belongs
//! to its thread. Foreign code (futures, drops, wakers of others) may call back into it at any
//! time: no borrow is held while foreign code runs.

use std::cell::{Cell, UnsafeCell};
use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::task::{Context, Waker};

use tminus_contract as contract;

use super::calls;
use super::clock::Clock;
use super::here::{enter, here};
use super::inbox::{self, Bell, Letter, Mailbox};
use super::memory::Memory;
use super::pace::Pace;
use super::queue::Queue;
use super::reactor::{Reactor, Timeout};
use super::sync;
use super::table::Table;
use super::task::{Ending, HANDLE, Payload, QUEUED, Stage, Task};
use super::timers::Timers;
use super::waker::{Compact, waker, word_of};
use super::word::{Run, Word};

/// The four loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every resumption goes through the heap.
    Heap,
    /// A heap for timers, a queue for what is ready.
    HeapReady,
    /// Round robin; asks the system for events once a turn.
    Deque,
    /// Round robin; sockets are tried every turn.
    DequeNbio,
}

impl Kind {
    /// Returns the executor's id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Heap => "heap",
            Self::HeapReady => "heap-ready",
            Self::Deque => "deque",
            Self::DequeNbio => "deque-nbio",
        }
    }
}

/// A running loop; see the [module documentation](self).
pub(crate) struct Engine {
    pub(crate) kind: Kind,
    pub(crate) id: u16,
    pub(crate) run: Run,
    pub(crate) ready: Queue,
    pub(crate) table: Table,
    memory: Memory,
    pub(crate) timers: Timers,
    pub(crate) clock: Clock,
    /// `None` in the loop that tries its sockets.
    pub(crate) reactor: Option<Reactor>,
    pub(crate) mailbox: Mailbox,
    pub(crate) pace: Pace,
    root: Cell<Option<Task>>,
    /// The waker that every poll is given, with the name of the task being polled, or of none
    /// whenever other foreign code runs. (Between two polls it may be the one before: nothing looks
    /// there.) One place for all, so that its address tells a future that it talks to the loop
    /// itself; see [`again`](super::waker::again).
    waker: UnsafeCell<ManuallyDrop<Waker>>,
    /// Polls since the system was last asked for events.
    pub(crate) unasked: Cell<usize>,
    /// The root has ended.
    pub(crate) finished: Cell<bool>,
    /// Whether tasks that are spawned from now on are cancelled at once.
    closing: Cell<bool>,
}

/// The loop's own handle of the root.
struct Root<'a> {
    engine: &'a Engine,
    task: Task,
}

impl Drop for Root<'_> {
    fn drop(&mut self) {
        self.engine.forget(self.task);
    }
}

/// Runs a loop: spawns the future that `root` makes, turns until it has ended, and ends all else.
///
/// # Panics
/// With the panic of the root, and if the system refuses the few descriptors that a loop needs.
pub fn run<F>(kind: Kind, clock: contract::Clock, root: impl FnOnce() -> F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let engine = Engine::open(kind, clock);
    let _calls = calls::enter();
    let ending = enter(&engine, engine.waker.get().cast(), || {
        let ending = catch_unwind(AssertUnwindSafe(|| engine.drive(root())));
        engine.close();
        ending
    });
    match ending {
        Ok(Ending::Value(value)) => value,
        Ok(Ending::Panic(payload)) | Err(payload) => resume_unwind(payload),
        Ok(Ending::Cancelled) => unreachable!("nothing else has a handle of the root"),
    }
}

/// Spawns on the loop of this kind: the one that runs on this thread, or else the only one.
#[inline]
pub(crate) fn spawn<F>(kind: Kind, future: F) -> Task
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    here(|here| match here.engine() {
        Some(engine) if engine.kind == kind => engine.spawn(future),
        _ => inbox::spawn(kind, |home| Task::new(home, None, future)),
    })
}

impl Engine {
    fn open(kind: Kind, clock: contract::Clock) -> Self {
        let (reactor, bell) = if kind == Kind::DequeNbio {
            (None, Bell::Thread(sync::current()))
        } else {
            let (reactor, bell) = Reactor::open().expect("a loop needs to know its sockets");
            (Some(reactor), Bell::Reactor(bell))
        };
        let (mailbox, sequence) = Mailbox::open(kind, bell);
        Self {
            kind,
            id: mailbox.id,
            run: mailbox.run,
            ready: Queue::default(),
            table: Table::new(mailbox.id, sequence),
            memory: Memory::new(),
            timers: Timers::default(),
            clock: Clock::new(clock),
            reactor,
            mailbox,
            pace: Pace::default(),
            root: Cell::new(None),
            waker: UnsafeCell::new(waker(Word::NOBODY)),
            unasked: Cell::new(0),
            finished: Cell::new(false),
            closing: Cell::new(false),
        }
    }

    fn drive<F>(&self, root: F) -> Ending<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let root = Root { engine: self, task: self.spawn(root) };
        self.root.set(Some(root.task));
        // One catch around the turns, not one around each poll: what panicked is `polled`.
        while let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.turns())) {
            let polled = self.polled().and_then(|word| self.table.get(word));
            self.rest();
            match polled {
                Some(task) => self.fail(task, payload),
                // Not a task's: the loop itself gave up.
                None => resume_unwind(payload),
            }
            if self.finished.get() {
                break;
            }
        }
        // SAFETY: the output is of the future spawned above, which has ended, and we are its
        // handle.
        unsafe { root.task.take() }
    }

    /// Ends a task whose poll has just panicked.
    fn fail(&self, task: Task, payload: Payload) {
        here(|here| {
            here.running.set(None);
            here.waker.set(self.waker.get().cast());
        });
        self.timers.drop_first(task.word().index());
        // SAFETY: the thread of its loop; its poll is over, or the drop of its future if it was
        // ready.
        unsafe { task.fail(payload) };
        task.clear(QUEUED);
        self.ended(task);
    }

    #[inline]
    fn spawn<F>(&self, future: F) -> Task
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = Task::new(self.id, Some(&self.memory), future);
        self.adopt(task);
        task
    }

    /// Takes a new task in.
    #[inline]
    fn adopt(&self, task: Task) {
        self.table.insert(task);
        if self.closing.get() {
            return self.cancel(task);
        }
        task.set(QUEUED);
        self.ready.push(task);
    }

    /// Wakes one of the tasks of this loop, if it still lives and is not queued already. The
    /// running task counts as queued: it asks through `here`.
    #[inline]
    pub(crate) fn wake(&self, word: Word) {
        if let Some(task) = self.table.get(word)
            && task.stage() == Stage::Live
            && !task.has(QUEUED)
        {
            task.set(QUEUED);
            self.ready.push(task);
        }
    }

    /// Polls a task that was queued, once. True if it asked to be polled again: then it is to be
    /// queued, and counts as queued already.
    #[inline(always)]
    pub(crate) fn step(&self, task: Task) -> bool {
        if task.stage() != Stage::Live {
            self.unqueue_ended(task);
            return false;
        }
        let word = task.word();
        self.name(word);
        here(|here| here.running.set(Some(word)));
        // SAFETY: nothing writes during the poll: turns do not nest.
        let waker = unsafe { &*self.waker.get() };
        // SAFETY: the thread of its loop; `Live`; no task is being polled, since turns do not nest.
        let pending = unsafe { task.poll(&mut Context::from_waker(waker)) };
        if pending && here(|here| here.running.get().is_none()) {
            return true;
        }
        self.stepped(task, pending);
        false
    }

    /// Follows up a poll: the task waits, or has ended, or has been cancelled by itself.
    #[inline]
    fn stepped(&self, task: Task, pending: bool) {
        let running = here(|here| here.running.take());
        let cancelled = running == Some(Word::NOBODY);
        if cancelled {
            here(|here| here.waker.set(self.waker.get().cast()));
        }
        self.rest();
        task.clear(QUEUED);
        if !pending {
            self.ended(task);
        } else if cancelled {
            self.cancel(task);
        }
    }

    /// Records that no task is being polled, for foreign code that runs on behalf of the loop.
    pub(crate) fn rest(&self) {
        self.name(Word::NOBODY);
    }

    /// Names the task being polled.
    #[inline]
    fn name(&self, word: Word) {
        // SAFETY: not during a poll, so nothing refers to the waker: the reference of the poll
        // before has ended with it.
        unsafe { self.waker.get().write(waker(word)) };
    }

    /// Returns the name of the task being polled; [`Word::NOBODY`], which is in no table, if none
    /// is.
    fn polled(&self) -> Option<Word> {
        // SAFETY: nothing writes while this runs.
        word_of(unsafe { &*self.waker.get() })
    }

    /// Cancels a task: at once, or if it is being polled, as soon as that returns.
    pub(crate) fn cancel(&self, task: Task) {
        if task.stage() != Stage::Live {
            return;
        }
        if self.polled() == Some(task.word()) {
            return here(|here| {
                here.running.set(Some(Word::NOBODY));
                // From here on a yield must not pass for the wish to be polled again.
                here.waker.set(ptr::null());
            });
        }
        // SAFETY: the thread of its loop; `Live`; not being polled.
        unsafe { task.cancel() };
        self.ended(task);
    }

    /// Records that the handle of a task is gone.
    pub(crate) fn forget(&self, task: Task) {
        task.clear(HANDLE);
        if task.ended() {
            task.drop_body();
            self.free_if_last(task);
        }
    }

    /// Wakes the joiner of a task that has ended, and frees the task if it has no handle.
    fn ended(&self, task: Task) {
        let joiner = task.take_joiner();
        if self.root.get() == Some(task) {
            self.finished.set(true);
        }
        if !task.has(HANDLE) {
            task.drop_body();
            self.free_if_last(task);
        }
        // The last thing: foreign code behind a waker may take the handle's part at once, and then
        // the task is gone.
        if let Some(joiner) = joiner {
            joiner.wake();
        }
    }

    /// Takes a task that ended while it was queued out of the queue.
    #[cold]
    pub(crate) fn unqueue_ended(&self, task: Task) {
        task.clear(QUEUED);
        if task.ended() {
            self.free_if_last(task);
        }
    }

    #[inline]
    fn free_if_last(&self, task: Task) {
        if !task.has(HANDLE | QUEUED) {
            self.table.remove(task.word());
            // SAFETY: no handle, no queue, not in the table, and `drop_body` or `take` came before.
            unsafe { task.free(&self.memory) };
        }
    }

    /// Reads the inbox.
    pub(crate) fn read_mail(&self) {
        let mail = self.mailbox.take();
        for letter in mail.letters {
            match letter {
                Letter::Spawn(task) => self.adopt(task),
                Letter::Join(task, waker) => self.join_from_elsewhere(task, waker),
                Letter::Cancel(task) => self.cancel(task),
                Letter::Forget(task) => self.forget(task),
                Letter::Timer(index) => drop(self.timers.release(index)),
                Letter::Socket(index) => {
                    if let Some(reactor) = &self.reactor {
                        reactor.remove(index);
                    }
                }
            }
        }
        for word in mail.wakes {
            self.wake(word);
        }
    }

    fn join_from_elsewhere(&self, task: Task, waker: Waker) {
        let joiner = Compact::from(waker);
        if task.ended() { joiner.wake() } else { drop(task.set_joiner(joiner)) }
    }

    /// Sleeps until the inbox's bell, a socket or the timeout.
    pub(crate) fn wait(&self, timeout: Option<Timeout>) {
        match (&self.reactor, timeout) {
            (Some(reactor), timeout) => reactor.wait(timeout),
            (None, Some(timeout)) => sync::park_timeout(timeout.gap),
            (None, None) => sync::park(),
        }
    }

    /// Ends every task that is left and closes the inbox. Tasks whose handles live on become
    /// orphans.
    fn close(&self) {
        self.closing.set(true);
        self.rest();
        here(|here| here.running.set(None));
        let mut index = 0;
        while index < self.table.places() {
            if let Some(task) = self.table.at(index) {
                self.cancel(task);
            }
            index += 1;
        }
        loop {
            self.read_mail();
            // The queue and the heap are not looked at again.
            self.ready.drain(|_| {});
            for index in 0..self.table.places() {
                if let Some(task) = self.table.at(index) {
                    self.unqueue_ended(task);
                }
            }
            let orphans = || {
                let left = || (0..self.table.places()).filter_map(|index| self.table.at(index));
                let grave = self.memory.bury(left().filter(|task| task.is_carved()).count());
                left().for_each(|task| task.orphan(grave));
            };
            if self.mailbox.close(self.table.sequence(), orphans) {
                break;
            }
        }
    }
}
