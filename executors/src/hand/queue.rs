//! The ready queue: first in, first out, in segments.
//!
//! A push is a store and a pop is a load, in step with memory, with no wrap to compute. A segment
//! that was popped is filled again next: its memory is still in the cache, and the queue shrinks.

use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;

use super::task::Task;

/// Tasks a segment: a page.
const SEGMENT: usize = 512;
/// A segment of fewer tasks is joined with the tail; else every task might have one of its own.
const SMALL: usize = SEGMENT / 8;

/// The ready queue of one thread. No method but [`turn`](Self::turn) calls foreign code, so no two
/// references to a part exist at once.
///
/// ```text
///        ┌───── front ─────┐
/// pop <- head..              middle (segments)  tail <- push
///        kept..head                                     ^
///           └─────────── the same place as ─────────────┘
/// ```
///
/// Tasks that yield one after the other are not even moved: they stay in the front as the *kept*
/// run, which counts as the end of the queue. A segment that was kept whole goes there whole.
#[derive(Default)]
pub(crate) struct Queue {
    front: UnsafeCell<Vec<Task>>,
    /// The tasks before it in `front` have been popped; the last of them may be in its step.
    head: Cell<usize>,
    /// Where the kept run begins, up to `head` but for the task in its step. Between turns it is
    /// empty: `kept` is `head`, or less by one after a step that panicked.
    kept: Cell<usize>,
    middle: UnsafeCell<Middle>,
    /// At most [`SEGMENT`] long.
    tail: UnsafeCell<Vec<Task>>,
}

#[derive(Default)]
struct Middle {
    /// None is empty.
    segments: VecDeque<Vec<Task>>,
    /// Tasks in them.
    len: usize,
    /// An empty segment to fill next.
    spare: Vec<Task>,
}

impl Middle {
    fn push(&mut self, segment: Vec<Task>) {
        self.len += segment.len();
        self.segments.push_back(segment);
    }
}

impl Queue {
    /// Appends a task.
    #[inline]
    pub(crate) fn push(&self, task: Task) {
        if self.kept.get() + 1 < self.head.get() {
            self.move_kept(self.head.get() - 1);
        }
        self.append(task);
    }

    /// Appends a task to the tail.
    #[inline]
    fn append(&self, task: Task) {
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
        if !tail.is_empty() {
            // SAFETY: see the type: this is the only reference to the middle.
            let middle = unsafe { &mut *self.middle.get() };
            let full = std::mem::replace(tail, std::mem::take(&mut middle.spare));
            middle.push(full);
        }
        tail.reserve_exact(SEGMENT);
    }

    /// Moves the kept run, which ends at `end`, to the tail.
    #[cold]
    fn move_kept(&self, end: usize) {
        let start = self.kept.replace(end);
        // SAFETY: only `advance` and `recycle` change the front, and nothing here calls them.
        let front = unsafe { &*self.front.get() };
        front[start..end].iter().for_each(|&task| self.append(task));
    }

    /// Pops as many tasks as wait now: gives each to `step`, pushes it if that says so, and stops
    /// early if `stop` does. Says how many there were.
    #[inline(always)]
    pub(crate) fn turn(&self, step: impl Fn(Task) -> bool, stop: impl Fn() -> bool) -> usize {
        let waiting = self.len();
        let mut left = waiting;
        while left > 0 {
            self.advance();
            // SAFETY: only `advance` and `recycle` change the front, and `step` and `stop` never
            // call them.
            let front = unsafe { &*self.front.get() };
            let start = self.head.get();
            for (head, &task) in front.iter().enumerate().skip(start).take(left) {
                // Before the step, which may panic: the task has been popped then.
                self.head.set(head + 1);
                if !step(task) {
                    if self.kept.get() < head {
                        self.move_kept(head);
                    }
                    self.kept.set(head + 1);
                    if stop() {
                        return waiting;
                    }
                }
            }
            left -= left.min(front.len() - start);
            self.recycle();
        }
        waiting
    }

    /// Moves the kept run to the end of the queue once the front has been popped, or as much of it
    /// as the turn may.
    fn recycle(&self) {
        // SAFETY: see the type: this is the only reference to the front.
        let front = unsafe { &mut *self.front.get() };
        // SAFETY: as above, for the tail.
        let tail = unsafe { &mut *self.tail.get() };
        // SAFETY: as above, for the middle.
        let middle = unsafe { &mut *self.middle.get() };
        let (head, kept) = (self.head.get(), self.kept.get());
        let alone = middle.len + tail.len() == 0;
        if head < front.len() || head - kept < SMALL && !alone {
            return self.move_kept(head);
        }
        front.drain(..kept);
        if !alone {
            if !tail.is_empty() {
                middle.push(std::mem::take(tail));
            }
            let spare = std::mem::take(&mut middle.spare);
            middle.push(std::mem::replace(front, spare));
        }
        self.head.set(0);
        self.kept.set(0);
    }

    /// Empties the queue. `take` must not touch it.
    pub(crate) fn drain(&self, mut take: impl FnMut(Task)) {
        for _ in 0..self.len() {
            self.advance();
            let head = self.head.get();
            // SAFETY: see the type: this is the only reference to the front.
            let task = unsafe { &*self.front.get() }[head];
            self.head.set(head + 1);
            self.kept.set(head + 1);
            take(task);
        }
    }

    /// Returns whether nothing waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of tasks that wait, between turns.
    #[inline]
    fn len(&self) -> usize {
        let head = self.head.get();
        if self.kept.get() < head {
            // The last step panicked.
            self.move_kept(head - 1);
            self.kept.set(head);
        }
        // SAFETY: see the type: this is the only reference to the front.
        let front = unsafe { &*self.front.get() }.len() - head;
        // SAFETY: as above, for the middle.
        let middle = unsafe { &*self.middle.get() }.len;
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
        self.kept.set(0);
        // SAFETY: as above, for the middle.
        let middle = unsafe { &mut *self.middle.get() };
        if let Some(next) = middle.segments.pop_front() {
            middle.len -= next.len();
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
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn task(n: usize) -> Task {
        // SAFETY: a queue only passes tasks on.
        unsafe { Task::fake(std::num::NonZeroUsize::new(8 + n * 8).unwrap()) }
    }

    /// Long enough to fill segments, short enough to drain them. Some turns yield in long runs,
    /// others push within a step, stop early or panic.
    #[test]
    fn it_is_a_queue() {
        let (queue, model) = (Queue::default(), RefCell::new(VecDeque::new()));
        let next = Cell::new(0);
        let push = || {
            queue.push(task(next.get()));
            model.borrow_mut().push_back(task(next.get()));
            next.set(next.get() + 1);
        };
        let mut random = 7_u32;
        for round in 0..600 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (0..random >> 22).for_each(|_| push());
            let (popped, waiting) = (Cell::new(0_u32), queue.len());
            // From every task to hardly any.
            let pattern = 1 << (random >> 8 & 0xf);
            let step = |task| {
                popped.set(popped.get() + 1);
                assert_eq!(model.borrow_mut().pop_front(), Some(task));
                if popped.get() % 64 < random >> 4 & 3 {
                    push();
                }
                assert!(round % 7 > 0 || popped.get() <= random >> 21, "a step that panics");
                let again = !popped.get().is_multiple_of(pattern) || pattern == 1 << 15;
                if again {
                    model.borrow_mut().push_back(task);
                }
                again
            };
            let turn = || queue.turn(step, || round % 3 > 0 && popped.get() > random >> 21);
            if let Ok(turned) = catch_unwind(AssertUnwindSafe(turn)) {
                assert_eq!(turned, waiting);
            }
            assert_eq!(queue.len(), model.borrow().len());
        }
        queue.drain(|task| assert_eq!(model.borrow_mut().pop_front(), Some(task)));
        assert!(queue.is_empty() && model.borrow().is_empty());
    }

    #[test]
    fn tasks_that_go_round_stay_where_they_are() {
        for tasks in [10, SEGMENT, 10 * SEGMENT, 10 * SEGMENT + SEGMENT / 2] {
            let queue = Queue::default();
            (0..tasks).for_each(|n| queue.push(task(n)));
            for _ in 0..50 {
                queue.turn(|_| true, || false);
            }
            assert_eq!(queue.len(), tasks);
            // SAFETY: the only reference.
            let segments = unsafe { &*queue.middle.get() }.segments.len();
            assert!(segments <= tasks.div_ceil(SEGMENT), "{segments} for {tasks} tasks");
        }
    }

    /// Also after some have ended, which leaves segments of all sizes.
    #[test]
    fn hardly_a_task_that_goes_round_is_moved() {
        let queue = Queue::default();
        (0..1_000).for_each(|n| queue.push(task(n)));
        for turn in 0..60 {
            let (count, some_end) = (Cell::new(0_u32), turn % 8 == 7);
            let step = |_| {
                count.set(count.get() + 1);
                !(some_end && count.get().is_multiple_of(7))
            };
            queue.turn(step, || false);
            // SAFETY: the only reference.
            let moved = unsafe { &*queue.tail.get() }.len();
            assert!(some_end || moved < SMALL, "{moved} moved in turn {turn}");
        }
        assert!(queue.len() > 300);
    }

    #[test]
    fn small_segments_are_joined() {
        let queue = Queue::default();
        (0..4 * SEGMENT).for_each(|n| queue.push(task(n)));
        let count = Cell::new(0);
        for _ in 0..100 {
            let step = |_| {
                count.set(count.get() + 1);
                if count.get() % SEGMENT == 1 {
                    queue.push(task(count.get()));
                }
                true
            };
            queue.turn(step, || false);
        }
        // SAFETY: the only reference.
        let segments = unsafe { &*queue.middle.get() }.segments.len();
        assert!(segments <= 2 * queue.len().div_ceil(SEGMENT), "{segments} for {}", queue.len());
    }
}
