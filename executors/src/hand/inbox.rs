//! The way in from other threads: a locked inbox a loop, and the registry of loops that run.
//!
//! Inboxes are static and there are as many as loop ids, so a waker can reach the inbox of its loop
//! at any time, also after that loop has ended: then it is closed, and the wake is dropped.
//!
//! The loop goes first. While it waits for the lock, threads that post hold back; otherwise threads
//! that wake without pause could keep it out for ever (a mutex is not fair; seen with three threads
//! on two cores).

use std::sync::PoisonError;
use std::task::Waker;

use super::engine::Kind;
use super::reactor;
use super::sync::{
    AtomicBool, COURTESY, Mutex, MutexGuard, Ordering, Thread, constant, shared, yield_now,
};
use super::task::Task;
use super::word::{LOOPS, Run, Word};

/// A model has one loop.
const INBOX_COUNT: usize = if cfg!(all(test, tminus_loom)) { 1 } else { LOOPS };

shared! { static INBOXES: [Inbox; INBOX_COUNT] = each Inbox::new(); }
// The loops that run. Locked before an inbox, never after.
shared! { static RUNNING: Mutex<Vec<(Kind, u16)>> = Mutex::new(Vec::new()); }

/// A request to a loop from elsewhere. One about a task comes from its handle, so the block is
/// still there. When a loop closes it marks, under the lock, every task that is left as an orphan:
/// with the lock held, that mark tells whether the task's loop still reads this inbox.
pub(crate) enum Letter {
    /// A new task.
    Spawn(Task),
    /// Its handle waits for it.
    Join(Task, Waker),
    /// Its handle cancels it.
    Cancel(Task),
    /// Its handle is gone.
    Forget(Task),
    /// The `Sleep` of this timer is gone.
    Timer(u32),
    /// This socket is gone.
    Socket(u32),
}

// SAFETY: the tasks in letters are only pointed at here; what is done with them is done by the
// thread of their loop. Their futures are `Send`: `spawn` asks for it.
unsafe impl Send for Letter {}

/// The means to wake a loop that sleeps.
pub(crate) enum Bell {
    /// It is parked.
    Thread(Thread),
    /// It waits for events.
    Reactor(reactor::Bell),
}

/// The inbox of a loop.
///
/// No wake-up is lost: everything but `pending` is behind the lock. Before a loop sleeps it asks
/// under the lock whether there is mail, and only if not it sets `sleeping`. A thread that posts
/// sees `sleeping` under the same lock and rings the bell. A loop that is busy looks at `pending`
/// once a turn: a plain load.
struct Inbox {
    /// There is mail. Set and cleared under the lock, looked at without.
    pending: AtomicBool,
    /// The loop waits for the lock.
    wanted: AtomicBool,
    state: Mutex<State>,
}

struct State {
    /// The run that reads this inbox.
    run: Option<Run>,
    /// Runs so far.
    runs: u64,
    /// Spawns of all runs so far.
    sequence: u64,
    sleeping: bool,
    bell: Option<Bell>,
    mail: Mail,
    /// For each place in the loop's table the word in the mail, or 0; as long as it has to be.
    kept: Vec<u64>,
}

/// The contents of an inbox. A word is kept once, however often it is woken, so mail is bounded by
/// the number of tasks. (Only wakers of an ended task and of the one in its place, woken in turn,
/// are kept each time.)
pub(crate) struct Mail {
    pub(crate) letters: Vec<Letter>,
    pub(crate) wakes: Vec<Word>,
}

impl Mail {
    const fn new() -> Self {
        Self { letters: Vec::new(), wakes: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.letters.is_empty() && self.wakes.is_empty()
    }
}

impl State {
    /// Keeps `word` for the loop, once.
    fn keep(&mut self, word: Word) {
        let index = word.index() as usize;
        if index >= self.kept.len() {
            self.kept.resize(index + 1, 0);
        }
        // Another word of the same place is that of a task that has ended: overwritten, not lost.
        if std::mem::replace(&mut self.kept[index], word.bits()) != word.bits() {
            self.mail.wakes.push(word);
        }
    }
}

impl Inbox {
    constant! {
        fn new() -> Self {
            Self {
                pending: AtomicBool::new(false),
                wanted: AtomicBool::new(false),
                state: Mutex::new(State {
                    run: None,
                    runs: 0,
                    sequence: 0,
                    sleeping: false,
                    bell: None,
                    mail: Mail::new(),
                    kept: Vec::new(),
                }),
            }
        }
    }

    /// Takes the lock to post: after the loop, if that waits too.
    fn lock(&self) -> MutexGuard<'_, State> {
        for _ in 0..COURTESY {
            if !self.wanted.load(Ordering::Relaxed) {
                break;
            }
            yield_now();
        }
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock for the loop.
    fn lock_first(&self) -> MutexGuard<'_, State> {
        if let Ok(state) = self.state.try_lock() {
            return state;
        }
        self.wanted.store(true, Ordering::Relaxed);
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.wanted.store(false, Ordering::Relaxed);
        state
    }

    /// Puts mail in and rings, if the loop sleeps. The bell is rung under the lock: outside it, the
    /// loop might have ended and its descriptor be someone else's.
    fn put(&self, state: &mut State, add: impl FnOnce(&mut State)) {
        add(state);
        self.pending.store(true, Ordering::Relaxed);
        if std::mem::take(&mut state.sleeping) {
            match &state.bell {
                Some(Bell::Thread(thread)) => thread.unpark(),
                Some(Bell::Reactor(bell)) => bell.ring(),
                None => {}
            }
        }
    }
}

/// Wakes a task of any loop, from anywhere.
pub(crate) fn wake(word: Word) {
    let Some(inbox) = INBOXES.get(usize::from(word.home())) else { return };
    let mut state = inbox.lock();
    if state.run.is_some() {
        inbox.put(&mut state, |state| state.keep(word));
    }
}

/// Sends a letter about `task`, whose handle the caller is. False if its loop has ended: then the
/// task is an orphan, and the caller its only owner.
pub(crate) fn post(task: Task, letter: Letter) -> bool {
    let inbox = &INBOXES[usize::from(task.header().home)];
    let mut state = inbox.lock();
    if task.is_orphan() {
        return false;
    }
    inbox.put(&mut state, |state| state.mail.letters.push(letter));
    true
}

/// Sends a letter about a place of a run; dropped if that run is over.
pub(crate) fn post_to_run(run: Run, letter: Letter) {
    let inbox = &INBOXES[usize::from(run.home())];
    let mut state = inbox.lock();
    if state.run == Some(run) {
        inbox.put(&mut state, |state| state.mail.letters.push(letter));
    }
}

/// Hands a new task, made for the loop id that it is given, to the only loop of this kind.
///
/// # Panics
/// If there is none, or more than one: a foreign thread cannot say which it means.
pub(crate) fn spawn(kind: Kind, make: impl FnOnce(u16) -> Task) -> Task {
    let running = registry();
    let mut of_kind = running.iter().filter(|(other, _)| *other == kind);
    let (first, second) = (of_kind.next(), of_kind.next());
    let (Some(&(_, home)), None) = (first, second) else {
        let count = running.iter().filter(|(other, _)| *other == kind).count();
        // Not while holding the lock, which a panic would poison for no reason.
        drop(running);
        panic!(
            "`{}` was asked to spawn on a thread where it does not run, and {count} of its loops \
             run elsewhere: exactly one must, so that it is clear which is meant",
            kind.id()
        );
    };
    let task = make(home);
    let inbox = &INBOXES[usize::from(home)];
    inbox.put(&mut inbox.lock(), |state| state.mail.letters.push(Letter::Spawn(task)));
    task
}

/// A loop's end of its inbox.
pub(crate) struct Mailbox {
    pub(crate) id: u16,
    pub(crate) run: Run,
    kind: Kind,
}

impl Mailbox {
    /// Opens an inbox; returns the spawns so far with it.
    ///
    /// # Panics
    /// If 1,023 loops run already.
    pub(crate) fn open(kind: Kind, bell: Bell) -> (Self, u64) {
        let mut running = registry();
        let free = (0..INBOX_COUNT as u16).find(|id| running.iter().all(|(_, taken)| taken != id));
        let Some(id) = free else {
            drop(running);
            panic!("{INBOX_COUNT} hand-written loops run in this process already");
        };
        let mut state = INBOXES[usize::from(id)].lock();
        let run = Run::new(id, state.runs);
        state.runs += 1;
        state.run = Some(run);
        state.bell = Some(bell);
        running.push((kind, id));
        (Self { id, run, kind }, state.sequence)
    }

    fn inbox(&self) -> &'static Inbox {
        &INBOXES[usize::from(self.id)]
    }

    /// Returns whether there may be mail.
    #[inline]
    pub(crate) fn pending(&self) -> bool {
        self.inbox().pending.load(Ordering::Relaxed)
    }

    /// Takes the mail out.
    pub(crate) fn take(&self) -> Mail {
        let state = &mut *self.inbox().lock_first();
        self.inbox().pending.store(false, Ordering::Relaxed);
        for word in &state.mail.wakes {
            state.kept[word.index() as usize] = 0;
        }
        std::mem::replace(&mut state.mail, Mail::new())
    }

    /// Says that the loop is about to sleep. False if there is mail: then it must not.
    pub(crate) fn sleep(&self) -> bool {
        let mut state = self.inbox().lock_first();
        state.sleeping = state.mail.is_empty();
        state.sleeping
    }

    /// Says that the loop is awake again.
    pub(crate) fn awake(&self) {
        self.inbox().lock_first().sleeping = false;
    }

    /// Closes the inbox, unless there are letters to read first. `last` runs under the lock, when
    /// it is certain that no letter will come any more.
    pub(crate) fn close(&self, sequence: u64, last: impl FnOnce()) -> bool {
        let mut running = registry();
        let mut state = self.inbox().lock_first();
        if !state.mail.letters.is_empty() {
            return false;
        }
        last();
        running.retain(|(kind, id)| (*kind, *id) != (self.kind, self.id));
        state.run = None;
        state.sequence = sequence;
        state.bell = None;
        state.sleeping = false;
        state.mail = Mail::new();
        state.kept = Vec::new();
        self.inbox().pending.store(false, Ordering::Relaxed);
        true
    }
}

fn registry() -> MutexGuard<'static, Vec<(Kind, u16)>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_kept_once_and_a_later_task_of_its_place_too() {
        let inbox = Inbox::new();
        let state = &mut *inbox.lock();
        let (old, new) = (Word::new(0, 1, 70), Word::new(0, 2, 70));
        for word in [old, old, new, new, Word::new(0, 3, 2), new] {
            state.keep(word);
        }
        assert_eq!(state.mail.wakes, [old, new, Word::new(0, 3, 2)]);
    }
}
