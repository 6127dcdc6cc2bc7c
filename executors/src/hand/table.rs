//! The table of a loop's tasks: from the index in a [`Word`] to the task.

use std::cell::{Cell, RefCell};

use super::task::{Slot, Task};
use super::word::{MAX_TASKS, Word};

/// Every task of a loop whose block has not been freed.
pub(crate) struct Table {
    home: u16,
    places: RefCell<Places>,
    /// Counts the spawns of this loop id; see [`Word`].
    sequence: Cell<u64>,
}

struct Places {
    /// A taken place holds a task. A free one holds the number of the next free place, so that the
    /// free ones need no list.
    slots: Vec<Slot>,
    /// The place freed last, which is still in the cache; [`NONE`] if all are taken.
    free: u32,
}

const NONE: u32 = u32::MAX;

impl Table {
    /// Makes the table of the loop `home`, whose spawns so far were `sequence`.
    pub(crate) fn new(home: u16, sequence: u64) -> Self {
        Self {
            home,
            places: RefCell::new(Places { slots: Vec::new(), free: NONE }),
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
            assert!(places.slots.len() < MAX_TASKS, "more than {MAX_TASKS} tasks in one loop");
            places.slots.push(Slot::task(task));
            places.slots.len() as u32 - 1
        } else {
            places.free = places.slots[index as usize].as_number();
            places.slots[index as usize] = Slot::task(task);
            index
        };
        task.set_word(Word::new(self.home, sequence, index));
    }

    /// Returns the task named `word`, if its block is still there.
    #[inline]
    pub(crate) fn get(&self, word: Word) -> Option<Task> {
        self.at(word.index()).filter(|task| task.word() == word)
    }

    /// Returns the task at a place.
    #[inline]
    pub(crate) fn at(&self, index: u32) -> Option<Task> {
        self.places.borrow().slots.get(index as usize).and_then(|slot| slot.as_task())
    }

    /// Forgets the task named `word`.
    #[inline]
    pub(crate) fn remove(&self, word: Word) {
        let mut places = self.places.borrow_mut();
        let next = std::mem::replace(&mut places.free, word.index());
        places.slots[word.index() as usize] = Slot::number(next);
    }

    /// Returns how many places there have been at once.
    pub(crate) fn places(&self) -> u32 {
        self.places.borrow().slots.len() as u32
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
    fn a_slot_gives_back_the_task_or_the_number() {
        for number in [0, 1, 77, NONE] {
            let slot = Slot::number(number);
            assert_eq!((slot.as_task(), slot.as_number()), (None, number));
        }
        // SAFETY: only passed on.
        let task = unsafe { Task::fake(std::num::NonZeroUsize::new(8).unwrap()) };
        assert_eq!(Slot::task(task).as_task(), Some(task));
    }
}
