//! The word that names a task: a waker is this number and nothing else.
//!
//! A word is data, not a reference: cloning and dropping a waker cost nothing, and no waker can
//! dangle.

use std::num::NonZeroU64;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the hand-written loops keep a task's word of 64 bits in a waker's pointer");

/// Loops that can be alive at once in a process: 10 bits, and the last id stays free.
pub(crate) const LOOPS: usize = (1 << 10) - 1;
/// Tasks that can be alive at once in a loop: 26 bits.
pub(crate) const MAX_TASKS: usize = 1 << INDEX_BITS;

const INDEX_BITS: u32 = 26;
const SEQUENCE_BITS: u32 = 27;
const HAND: u64 = 1 << 63;

/// Names a task of a hand-written loop.
///
/// ```text
///  63   62..53   52..26     25..0
///  1    loop     sequence   index        HAND | which loop | which spawn | which place
/// ```
///
/// - *index*: the task's place in the [table](super::table) of its loop.
/// - *sequence*: counts the spawns of that loop id and goes on when the id is used again, so a word
///   that outlives its task, or its whole loop, names nothing. It repeats after 2^27 spawns; then a
///   waker as old as that, whose place is taken again, polls another task once for nothing, which
///   every future must bear.
/// - *loop*: which [inbox](super::inbox) a wake from elsewhere goes to.
/// - the top bit is always set, so a word is never zero and never a pointer of user space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word(NonZeroU64);

impl Word {
    /// Makes the name of the task at `index` of the loop `home`, its `sequence`-th spawn.
    pub(crate) const fn new(home: u16, sequence: u64, index: u32) -> Self {
        let sequence = sequence & ((1 << SEQUENCE_BITS) - 1);
        let bits = (home as u64) << (INDEX_BITS + SEQUENCE_BITS) | sequence << INDEX_BITS;
        Self(NonZeroU64::new(HAND | bits | index as u64).expect("HAND is set"))
    }

    /// Names no task that ever was: no loop has the last id.
    pub(crate) const NOBODY: Self = Self(NonZeroU64::MAX);

    /// Makes an address kept in a word's place.
    pub(crate) const fn stash(address: NonZeroU64) -> Self {
        Self(address)
    }

    /// Returns the word that these bits are, unless they are a pointer or nothing.
    pub(crate) const fn from_bits(bits: u64) -> Option<Self> {
        match NonZeroU64::new(bits) {
            Some(word) if bits & HAND != 0 => Some(Self(word)),
            _ => None,
        }
    }

    pub(crate) const fn bits(self) -> u64 {
        self.0.get()
    }

    pub(crate) const fn index(self) -> u32 {
        (self.0.get() & (MAX_TASKS as u64 - 1)) as u32
    }

    pub(crate) const fn home(self) -> u16 {
        (self.0.get() >> (INDEX_BITS + SEQUENCE_BITS)) as u16 & LOOPS as u16
    }
}

/// Names a timer or a socket: a place in one run of a loop. Never zero, and never the same for two
/// runs (it repeats after 2^28 runs of one loop id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(NonZeroU64);

impl Place {
    /// Makes the place `index` of the run `run`.
    pub(crate) const fn new(run: Run, index: u32) -> Self {
        Self(NonZeroU64::new((run.0 << INDEX_BITS) | index as u64).expect("a run is never zero"))
    }

    pub(crate) const fn run(self) -> Run {
        Run(self.0.get() >> INDEX_BITS)
    }

    pub(crate) const fn index(self) -> u32 {
        (self.0.get() & (MAX_TASKS as u64 - 1)) as u32
    }
}

/// One run of a loop: its id and how often that id had been used, which starts at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run(u64);

impl Run {
    pub(crate) const fn new(home: u16, count: u64) -> Self {
        // 28 bits of count, of which zero is left out.
        let count = count % ((1 << 28) - 1) + 1;
        Self(count << 10 | home as u64)
    }

    pub(crate) const fn home(self) -> u16 {
        (self.0 & LOOPS as u64) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_gives_back_what_it_was_made_of() {
        let word = Word::new(1022, 5, MAX_TASKS as u32 - 1);
        assert_eq!((word.home(), word.index()), (1022, MAX_TASKS as u32 - 1));
        assert_eq!(Word::from_bits(word.bits()), Some(word));
        assert_ne!(word, Word::new(1022, 6, MAX_TASKS as u32 - 1));
        assert_eq!(Word::new(0, 1 << SEQUENCE_BITS, 7), Word::new(0, 0, 7));
    }

    #[test]
    fn a_place_gives_back_what_it_was_made_of() {
        let run = Run::new(1022, 0);
        let place = Place::new(run, 9);
        assert_eq!((place.run(), place.run().home(), place.index()), (run, 1022, 9));
        assert_ne!(run, Run::new(1022, 1));
    }

    #[test]
    fn pointers_and_zero_are_no_words() {
        assert_eq!(Word::from_bits(0), None);
        assert_eq!(Word::from_bits(std::ptr::from_ref(&0_u8).addr() as u64), None);
    }
}
