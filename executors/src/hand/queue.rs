//! The ready queue: first in, first out, as two arrays that change places.
//!
//! What is pushed waits in `next` until the turn that is running is over; then both arrays change
//! places. That is exactly a queue, seen as turns, and costs less than a ring: a push is a store and
//! a pop is a load, both in step with memory, with no wrap to compute.

use std::cell::{Cell, UnsafeCell};

use super::task::Task;

/// The ready queue. It belongs to one thread, and no method but [`turn`](Self::turn) calls foreign
/// code, so no two references to an array exist at once.
#[derive(Default)]
pub(crate) struct Queue {
    /// The turn that is running; what lies before `head` has been popped.
    turn: UnsafeCell<Vec<Task>>,
    head: Cell<usize>,
    /// The next turn.
    next: UnsafeCell<Vec<Task>>,
}

impl Queue {
    /// Appends to the next turn.
    #[inline]
    pub(crate) fn push(&self, task: Task) {
        // SAFETY: see the type: this is the only reference to the array.
        unsafe { &mut *self.next.get() }.push(task);
    }

    /// Pops all of this turn: gives each task to `step`, pushes it if that says so, stops early if
    /// `stop` does.
    #[inline(always)]
    pub(crate) fn turn(&self, step: impl Fn(Task) -> bool, stop: impl Fn() -> bool) {
        // SAFETY: only `flip` changes the array, and `step` and `stop` never call it.
        let turn = unsafe { &*self.turn.get() };
        for head in self.head.get()..turn.len() {
            // Before the step, which may panic: the task has been popped then.
            self.head.set(head + 1);
            let task = turn[head];
            if step(task) {
                self.push(task);
            } else if stop() {
                return;
            }
        }
    }

    /// The next task of this turn.
    #[inline]
    fn pop(&self) -> Option<Task> {
        // SAFETY: see the type: this is the only reference to the array.
        let turn = unsafe { &*self.turn.get() };
        let task = *turn.get(self.head.get())?;
        self.head.set(self.head.get() + 1);
        Some(task)
    }

    /// Starts the next turn. Only when this one is over.
    pub(crate) fn flip(&self) {
        // SAFETY: see the type: this is the only reference to the array.
        let turn = unsafe { &mut *self.turn.get() };
        // SAFETY: as above.
        let next = unsafe { &mut *self.next.get() };
        debug_assert_eq!(self.head.get(), turn.len(), "a turn was cut short");
        turn.clear();
        std::mem::swap(turn, next);
        self.head.set(0);
    }

    /// Empties the queue, the rest of this turn first. `take` must not touch the queue.
    pub(crate) fn drain(&self, mut take: impl FnMut(Task)) {
        while let Some(task) = self.pop() {
            take(task);
        }
        self.flip();
        while let Some(task) = self.pop() {
            take(task);
        }
    }

    /// Tasks that wait for the next turn.
    pub(crate) fn waiting(&self) -> usize {
        // SAFETY: see the type: this is the only reference to the array.
        unsafe { &*self.next.get() }.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::NonNull;

    fn task(n: usize) -> Task {
        Task::dangling(NonNull::<u64>::dangling().cast::<u8>().addr().saturating_add(n * 8))
    }

    #[test]
    fn it_is_a_queue() {
        let (queue, mut model) = (Queue::default(), std::collections::VecDeque::new());
        let mut random = 7_u32;
        for n in 0..2_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if random >> 30 > 0 {
                queue.push(task(n));
                model.push_back(task(n));
            } else {
                let mut popped = queue.pop();
                if popped.is_none() {
                    queue.flip();
                    popped = queue.pop();
                }
                assert_eq!(popped, model.pop_front());
            }
        }
    }
}
