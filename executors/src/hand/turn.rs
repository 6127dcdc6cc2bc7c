//! The turns of the four loops: which task is next, and when the loop looks up from its tasks.
//!
//! The three loops with a ready queue ([`Engine::rotate`]) are the textbook's deque: pop left, poll
//! once, push right unless done. A task that waits for something (a timer, a socket, a join, any
//! waker that it handed out) is set aside until that wakes it, so it costs nothing meanwhile; in
//! `deque-nbio` a task that waits for a socket stays in the rotation and tries every turn.
//!
//! The pure heap ([`Engine::climb`]) has one queue only, the heap: what resumes is what has the
//! earliest moment, and a yield resumes "now, after all that came before".

use super::engine::{Engine, Kind};
use super::here::here;
use super::reactor::Timeout;
use super::task::{QUEUED, Stage, Task};
use super::timers::Due;
use super::waker::Compact;
use std::time::Duration;

/// With more tasks than this in a turn their blocks are not in the cache, and fetching them early
/// pays.
const MANY: usize = 4096;

/// Polls after which `heap-ready` asks for events though it has tasks; tokio's is 61 too.
const PATIENCE: usize = 61;

impl Engine {
    /// Turns until the root has ended.
    pub(crate) fn turns(&self) {
        match self.kind {
            Kind::Heap => self.climb(),
            Kind::HeapReady | Kind::Deque | Kind::DequeNbio => self.rotate(),
        }
    }

    fn rotate(&self) {
        loop {
            let polls = self.ready.turn(|task| self.step(task), || self.finished.get());
            self.unasked.set(self.unasked.get() + polls);
            if self.finished.get() {
                return;
            }
            self.look();
        }
    }

    fn climb(&self) {
        loop {
            self.look();
            // A turn: one resumption of each task that is due now, and none of what comes
            // meanwhile.
            self.timers.turn(self.clock.turn_ns());
            let many = self.timers.len() > MANY;
            loop {
                if many {
                    self.prefetch_candidates();
                }
                match self.timers.first() {
                    Due::Task(index) => {
                        let task = self.table.at(index).expect("a queued task keeps its place");
                        self.resume(task, index);
                    }
                    Due::Timer(waker) => self.resume_sleeper(waker),
                    Due::Nothing => break,
                }
                if self.finished.get() {
                    return;
                }
            }
        }
    }

    /// Prefetches the blocks that may be next, while the first is polled (pure heap).
    #[inline]
    fn prefetch_candidates(&self) {
        for index in self.timers.candidates() {
            if let Some(task) = self.table.at(index) {
                task.prefetch();
            }
        }
    }

    /// Polls the task whose key is first (pure heap). The key stays there meanwhile, as the
    /// smallest: a task that yields gets a new one in its place, which is one way through the heap
    /// instead of two.
    #[inline(always)]
    fn resume(&self, task: Task, index: u32) {
        let again = self.step(task);
        // What it woke comes before it.
        self.collect();
        self.timers.replace_first(again.then_some((self.clock.turn_ns(), index)));
    }

    /// Runs a task whose timer has come at once (pure heap), unless it has been woken already: then
    /// it resumes where the wake put it, which may be behind the other timers of this moment.
    fn resume_sleeper(&self, waker: Compact) {
        let Some(task) = waker.as_word().and_then(|word| self.table.get(word)) else {
            self.rest();
            waker.wake();
            return self.collect();
        };
        if task.stage() == Stage::Live && !task.has(QUEUED) {
            task.set(QUEUED);
            let again = self.step(task);
            self.collect();
            if again {
                self.timers.resume(self.clock.turn_ns(), task.word().index());
            }
        }
    }

    /// Moves woken tasks into the heap, in order of arrival (pure heap).
    fn collect(&self) {
        if self.ready.is_empty() {
            return;
        }
        let now_ns = self.clock.turn_ns();
        self.ready.drain(|task| {
            self.timers.resume(now_ns, task.word().index());
        });
    }

    /// Looks up from the tasks: mail, timers, sockets; sleeps if there is nothing to do.
    fn look(&self) {
        debug_assert_eq!(here(|here| here.running.get()), None);
        self.rest();
        if self.mailbox.pending() {
            self.read_mail();
        }
        if self.timers.len() > 0 {
            self.clock.tick();
            self.fire();
        }
        if let Some(reactor) = &self.reactor
            && reactor.has_sockets()
            && self.must_ask()
        {
            self.unasked.set(0);
            reactor.wait(Some(Timeout::NONE));
        }
        while !self.busy() {
            self.idle();
        }
        if self.kind == Kind::Heap {
            self.collect();
        }
    }

    /// Returns whether it is time for `epoll_wait(0)`: once a turn, but `heap-ready` serves its
    /// queue first.
    fn must_ask(&self) -> bool {
        self.kind != Kind::HeapReady || self.unasked.get() >= PATIENCE || !self.busy()
    }

    /// Wakes whose timers have come; in the pure heap that is the turn's own work.
    ///
    /// Sleepers wake in random order, so each is two cache misses, its place in the table and its
    /// block: a handful at a time, they are fetched at once.
    fn fire(&self) {
        if self.kind == Kind::Heap {
            return;
        }
        self.timers.turn(self.clock.turn_ns());
        let mut due: [Option<Compact>; 16] = Default::default();
        loop {
            let mut count = 0;
            while count < due.len()
                && let Due::Timer(waker) = self.timers.first()
            {
                due[count] = Some(waker);
                count += 1;
            }
            for word in due.iter().flatten().filter_map(Compact::as_word) {
                if let Some(task) = self.table.at(word.index()) {
                    task.prefetch();
                }
            }
            due[..count].iter_mut().filter_map(Option::take).for_each(Compact::wake);
            if count < due.len() {
                return;
            }
        }
    }

    /// Returns whether there is a task to poll.
    fn busy(&self) -> bool {
        !self.ready.is_empty()
            || self.kind == Kind::Heap
                && self.timers.next_ns().is_some_and(|next| next <= self.clock.turn_ns())
    }

    /// Sleeps until something may be ready, or moves a virtual clock.
    fn idle(&self) {
        let deadline = self.timers.next_ns();
        if !self.mailbox.sleep() {
            return self.read_mail();
        }
        if let Some(deadline_ns) = deadline
            && self.clock.is_virtual()
        {
            self.clock.jump(deadline_ns);
        } else {
            let now_ns = self.clock.exact_ns();
            self.wait(deadline.map(|deadline_ns| {
                let gap_ns = deadline_ns.saturating_sub(now_ns);
                let gap_ns = self.pace.stretch(now_ns, gap_ns, self.timers.fired());
                let until_ns = now_ns.saturating_add(gap_ns);
                Timeout { gap: Duration::from_nanos(gap_ns), until_ns }
            }));
        }
        self.mailbox.awake();
        if self.mailbox.pending() {
            self.read_mail();
        }
        self.clock.tick();
        self.fire();
    }
}
