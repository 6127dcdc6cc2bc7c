//! The table of a loop's tasks: from the index in a [`Word`] to the task.

use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;

use super::task::Task;
use super::word::{MAX_TASKS, Word};

/// Every task of a loop whose block has not been freed.
pub(crate) struct Table {
    home: u16,
    places: RefCell<Places>,
    /// Counts the spawns of this loop id; see [`Word`].
    sequence: Cell<u64>,
}

struct Places {
    /// A taken place holds a task. A free one holds a number, which is odd as no address of a task
    /// is: the next free place, so that the free ones need no list.
    tasks: Vec<Task>,
    /// The place freed last, which is still in the cache; [`NONE`] if all are taken.
    free: u32,
}

const NONE: u32 = u32::MAX;

fn link(next: u32) -> Task {
    Task::number(NonZeroUsize::MIN | (next as usize) << 1)
}

fn is_link(task: Task) -> bool {
    task.address() & 1 != 0
}

impl Table {
    /// The table of the loop `home`, whose spawns so far were `sequence`.
    pub(crate) fn new(home: u16, sequence: u64) -> Self {
        Self {
            home,
            places: RefCell::new(Places { tasks: Vec::new(), free: NONE }),
            sequence: Cell::new(sequence),
        }
    }

    /// Takes the task in and names it.
    ///
    /// # Panics
    /// Beyond 67,108,864 tasks.
    pub(crate) fn insert(&self, task: Task) {
        let sequence = self.sequence.get();
        self.sequence.set(sequence + 1);
        let mut places = self.places.borrow_mut();
        let index = places.free;
        let index = if index == NONE {
            assert!(places.tasks.len() < MAX_TASKS, "more than {MAX_TASKS} tasks in one loop");
            places.tasks.push(task);
            places.tasks.len() as u32 - 1
        } else {
            places.free = (places.tasks[index as usize].address() >> 1) as u32;
            places.tasks[index as usize] = task;
            index
        };
        task.set_word(Word::new(self.home, sequence, index));
    }

    /// The task named `word`, if its block is still there.
    #[inline]
    pub(crate) fn get(&self, word: Word) -> Option<Task> {
        self.at(word.index()).filter(|task| task.word() == word)
    }

    /// The task at a place.
    #[inline]
    pub(crate) fn at(&self, index: u32) -> Option<Task> {
        self.places.borrow().tasks.get(index as usize).copied().filter(|task| !is_link(*task))
    }

    /// Forgets the task named `word`.
    #[inline]
    pub(crate) fn remove(&self, word: Word) {
        let mut places = self.places.borrow_mut();
        let next = std::mem::replace(&mut places.free, word.index());
        places.tasks[word.index() as usize] = link(next);
    }

    /// How many places there have been at once.
    pub(crate) fn places(&self) -> u32 {
        self.places.borrow().tasks.len() as u32
    }

    /// Spawns so far.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_place_is_the_next_one_taken() {
        let task = |n: usize| Task::number(NonZeroUsize::new(n * 8).unwrap());
        assert!((0..100).all(|n| !is_link(task(n + 1)) && is_link(link(n as u32))));
        assert!(is_link(link(NONE)));
        assert_eq!((link(NONE).address() >> 1) as u32, NONE);
    }
}
