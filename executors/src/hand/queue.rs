//! The ready queue: first in, first out, in segments.
//!
//! ```text
//! pop <- front[head..]  middle (full segments)  tail <- push
//! ```
//!
//! A push is a store and a pop is a load, both in step with memory, with no wrap to compute. A
//! segment that has been popped is filled again next, so tasks that go round stay in memory that is
//! still in the cache, and a queue that was long once does not stay large while it is worked off.

use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;

use super::task::Task;

/// Tasks a segment: a page.
const SEGMENT: usize = 512;

/// The ready queue. It belongs to one thread, and no method but [`turn`](Self::turn) calls foreign
/// code, so no two references to a part exist at once.
#[derive(Default)]
pub(crate) struct Queue {
    front: UnsafeCell<Vec<Task>>,
    /// What lies before it in `front` has been popped.
    head: Cell<usize>,
    middle: UnsafeCell<Middle>,
    /// At most [`SEGMENT`] long.
    tail: UnsafeCell<Vec<Task>>,
}

#[derive(Default)]
struct Middle {
    full: VecDeque<Vec<Task>>,
    /// An empty segment to fill next.
    spare: Vec<Task>,
}

impl Queue {
    /// Appends a task.
    #[inline]
    pub(crate) fn push(&self, task: Task) {
        // SAFETY: see the type: this is the only reference to the tail.
        let tail = unsafe { &mut *self.tail.get() };
        if tail.len() == tail.capacity().min(SEGMENT) {
            self.extend(tail);
        }
        tail.push(task);
    }

    /// Makes room in the tail.
    #[cold]
    fn extend(&self, tail: &mut Vec<Task>) {
        if tail.is_empty() {
            return tail.reserve_exact(SEGMENT);
        }
        // SAFETY: see the type: this is the only reference to the middle.
        let middle = unsafe { &mut *self.middle.get() };
        let full = std::mem::replace(tail, std::mem::take(&mut middle.spare));
        middle.full.push_back(full);
        tail.reserve_exact(SEGMENT);
    }

    /// Pops as many tasks as wait now: gives each to `step`, pushes it if that says so, and stops
    /// early if `stop` does. Says how many there were.
    #[inline(always)]
    pub(crate) fn turn(&self, step: impl Fn(Task) -> bool, stop: impl Fn() -> bool) -> usize {
        let waiting = self.len();
        let mut left = waiting;
        while left > 0 {
            self.advance();
            // SAFETY: only `advance` changes the front, and `step` and `stop` never call it.
            let front = unsafe { &*self.front.get() };
            let start = self.head.get();
            for (head, &task) in front.iter().enumerate().skip(start).take(left) {
                // Before the step, which may panic: the task has been popped then.
                self.head.set(head + 1);
                if step(task) {
                    self.push(task);
                } else if stop() {
                    return waiting;
                }
            }
            left -= left.min(front.len() - start);
        }
        waiting
    }

    /// Empties the queue. `take` must not touch it.
    pub(crate) fn drain(&self, mut take: impl FnMut(Task)) {
        for _ in 0..self.len() {
            self.advance();
            let head = self.head.get();
            // SAFETY: see the type: this is the only reference to the front.
            let task = unsafe { &*self.front.get() }[head];
            self.head.set(head + 1);
            take(task);
        }
    }

    /// Whether nothing waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tasks that wait.
    fn len(&self) -> usize {
        // SAFETY: see the type: this is the only reference to the front.
        let front = unsafe { &*self.front.get() }.len() - self.head.get();
        // SAFETY: as above, for the middle.
        let middle = unsafe { &*self.middle.get() }.full.len() * SEGMENT;
        // SAFETY: as above, for the tail.
        front + middle + unsafe { &*self.tail.get() }.len()
    }

    /// Puts the next segment in front, if all of this one has been popped.
    fn advance(&self) {
        // SAFETY: see the type: this is the only reference to the front.
        let front = unsafe { &mut *self.front.get() };
        if self.head.get() < front.len() {
            return;
        }
        front.clear();
        self.head.set(0);
        // SAFETY: as above, for the middle.
        let middle = unsafe { &mut *self.middle.get() };
        if let Some(next) = middle.full.pop_front() {
            middle.spare = std::mem::replace(front, next);
        } else {
            // SAFETY: as above, for the tail.
            std::mem::swap(front, unsafe { &mut *self.tail.get() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn task(n: usize) -> Task {
        Task::number(std::num::NonZeroUsize::new(8 + n * 8).unwrap())
    }

    /// Long enough to fill segments, short enough to drain them.
    #[test]
    fn it_is_a_queue() {
        let (queue, model) = (Queue::default(), RefCell::new(VecDeque::new()));
        let mut random = 7_u32;
        let mut next = 0;
        for _ in 0..300 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            for _ in 0..random >> 22 {
                queue.push(task(next));
                model.borrow_mut().push_back(task(next));
                next += 1;
            }
            let popped = Cell::new(0_u32);
            let step = |task| {
                popped.set(popped.get() + 1);
                assert_eq!(model.borrow_mut().pop_front(), Some(task));
                let again = popped.get().is_multiple_of(3);
                if again {
                    model.borrow_mut().push_back(task);
                }
                again
            };
            queue.turn(step, || popped.get() > random >> 21);
            assert_eq!(queue.len(), model.borrow().len());
        }
        queue.drain(|task| assert_eq!(model.borrow_mut().pop_front(), Some(task)));
        assert!(queue.is_empty() && model.borrow().is_empty());
    }

    #[test]
    fn tasks_that_go_round_stay_where_they_are() {
        let queue = Queue::default();
        (0..10 * SEGMENT).for_each(|n| queue.push(task(n)));
        for _ in 0..50 {
            queue.turn(|_| true, || false);
        }
        assert_eq!(queue.len(), 10 * SEGMENT);
        // SAFETY: the only reference.
        assert!(unsafe { &*queue.middle.get() }.full.len() <= 10);
    }
}
