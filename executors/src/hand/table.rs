//! The table of a loop's tasks: from the index in a [`Word`] to the task.

use std::cell::{Cell, RefCell};

use super::task::Task;
use super::word::{MAX_TASKS, Word};

/// Every task of a loop whose block has not been freed.
pub(crate) struct Table {
    home: u16,
    places: RefCell<Places>,
    /// Counts the spawns of this loop id; see [`Word`].
    sequence: Cell<u64>,
}

#[derive(Default)]
struct Places {
    /// Taken places hold a task.
    tasks: Vec<Option<Task>>,
    /// Free places below `tasks.len()`, the last one freed on top: it is still in the cache.
    free: Vec<u32>,
}

impl Table {
    /// The table of the loop `home`, whose spawns so far were `sequence`.
    pub(crate) fn new(home: u16, sequence: u64) -> Self {
        Self { home, places: RefCell::default(), sequence: Cell::new(sequence) }
    }

    /// Takes the task in and names it.
    ///
    /// # Panics
    /// Beyond 67,108,864 tasks.
    pub(crate) fn insert(&self, task: Task) {
        let sequence = self.sequence.get();
        self.sequence.set(sequence + 1);
        let mut places = self.places.borrow_mut();
        let index = match places.free.pop() {
            Some(index) => {
                places.tasks[index as usize] = Some(task);
                index
            }
            None => {
                assert!(places.tasks.len() < MAX_TASKS, "more than {MAX_TASKS} tasks in one loop");
                places.tasks.push(Some(task));
                places.tasks.len() as u32 - 1
            }
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
        self.places.borrow().tasks.get(index as usize).copied().flatten()
    }

    /// Forgets the task named `word`.
    #[inline]
    pub(crate) fn remove(&self, word: Word) {
        let mut places = self.places.borrow_mut();
        places.tasks[word.index() as usize] = None;
        places.free.push(word.index());
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
