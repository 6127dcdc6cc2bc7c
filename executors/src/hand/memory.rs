//! Memory for the blocks of tasks: carved out of chunks, and used again at once.
//!
//! Spawning is bound by memory: a block that has just been freed is in the cache, a fresh page is a
//! page fault. So freed blocks wait in a list for each size, the last one on top, and chunks go
//! back to the system when the loop ends. Blocks have no header of their own and lie side by side.
//!
//! A task whose handle outlives the loop (an orphan) keeps all chunks alive: they move into a
//! [`Grave`], which the last orphan takes down. (So does a handle that is leaked, for ever.)
//!
//! `--cfg tminus_plain_memory` gives each block an allocation of its own, so that AddressSanitizer
//! and valgrind see every block; `scripts/sanitize` does.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::ptr::{self, NonNull};

use super::sync::{AtomicUsize, Ordering};

/// Block sizes are multiples of this, which is the alignment that blocks get.
const GRAIN: usize = 16;
/// Larger blocks, and more strictly aligned ones, have an allocation of their own.
const LARGEST: usize = 1024;
/// A little less than a number of pages: with what an allocator adds, a chunk takes no page more.
const CHUNK: Layout = match Layout::from_size_align((1 << 18) - 64, GRAIN) {
    Ok(layout) => layout,
    Err(_) => panic!("a power of two"),
};

/// Returns the list that a block belongs to, if it is carved.
pub(crate) const fn class(layout: Layout) -> Option<u8> {
    if cfg!(tminus_plain_memory) || layout.size() > LARGEST || layout.align() > GRAIN {
        return None;
    }
    Some((layout.size().div_ceil(GRAIN) - 1) as u8)
}

/// The blocks of a loop. Belongs to its thread.
pub(crate) struct Memory {
    /// Freed blocks of each class: each holds the address of the next.
    free: [Cell<*mut u8>; LARGEST / GRAIN],
    /// The part of the last chunk that has not been carved.
    rest: Cell<(*mut u8, usize)>,
    chunks: RefCell<Chunks>,
}

#[derive(Default)]
struct Chunks(Vec<NonNull<u8>>);

// SAFETY: it owns its chunks, which are only freed.
unsafe impl Send for Chunks {}

/// The chunks of a loop that has ended before some handles of its tasks.
pub(crate) struct Grave {
    /// Orphans left.
    left: AtomicUsize,
    _chunks: Chunks,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            free: [const { Cell::new(ptr::null_mut()) }; LARGEST / GRAIN],
            rest: Cell::new((ptr::null_mut(), 0)),
            chunks: RefCell::default(),
        }
    }

    /// Returns a block of `class`, uninitialised.
    #[inline]
    pub(crate) fn take(&self, class: u8) -> NonNull<u8> {
        let free = &self.free[usize::from(class)];
        let Some(block) = NonNull::new(free.get()) else {
            return self.carve((usize::from(class) + 1) * GRAIN);
        };
        // SAFETY: `give` left the address of the next one in it.
        free.set(unsafe { block.cast::<*mut u8>().read() });
        block
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// It came from `take` of this memory with this `class`, and nothing uses it any more.
    #[inline]
    pub(crate) unsafe fn give(&self, block: NonNull<u8>, class: u8) {
        let free = &self.free[usize::from(class)];
        // SAFETY: a block has room for an address, and is aligned for one.
        unsafe { block.cast::<*mut u8>().write(free.get()) };
        free.set(block.as_ptr());
    }

    #[inline]
    fn carve(&self, size: usize) -> NonNull<u8> {
        let (start, left) = self.rest.get();
        if left < size {
            self.add_chunk();
            return self.carve(size);
        }
        self.rest.set((start.wrapping_add(size), left - size));
        NonNull::new(start).expect("what is left of a chunk is not null")
    }

    #[cold]
    fn add_chunk(&self) {
        // SAFETY: the size is not zero.
        let Some(chunk) = NonNull::new(unsafe { alloc(CHUNK) }) else { handle_alloc_error(CHUNK) };
        self.chunks.borrow_mut().0.push(chunk);
        self.rest.set((chunk.as_ptr(), CHUNK.size()));
    }

    /// Leaves all chunks to the `orphans` of its blocks that outlive the loop. Each of them is owed
    /// one [`Grave::leave`]. Nothing may be taken any more.
    pub(crate) fn bury(&self, orphans: usize) -> Option<NonNull<Grave>> {
        if orphans == 0 {
            return None;
        }
        let chunks = std::mem::take(&mut *self.chunks.borrow_mut());
        self.rest.set((ptr::null_mut(), 0));
        let grave = Grave { left: AtomicUsize::new(orphans), _chunks: chunks };
        Some(NonNull::from(Box::leak(Box::new(grave))))
    }
}

impl Grave {
    /// Counts one orphan less; the last one frees the chunks.
    ///
    /// # Safety
    /// For each orphan once, when nothing uses its block any more.
    pub(crate) unsafe fn leave(grave: NonNull<Self>) {
        // SAFETY: this orphan has not left yet, so the grave is there.
        let before = unsafe { grave.as_ref() }.left.fetch_sub(1, Ordering::AcqRel);
        if before == 1 {
            // SAFETY: leaked by `bury`, and this was the last to refer to it.
            drop(unsafe { Box::from_raw(grave.as_ptr()) });
        }
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        for chunk in &self.0 {
            // SAFETY: allocated with this layout by `add_chunk`; freed only here.
            unsafe { dealloc(chunk.as_ptr(), CHUNK) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_given_back_is_the_next_one_taken() {
        let memory = Memory::new();
        let (first, second) = (memory.take(4), memory.take(4));
        assert_eq!(second.addr().get() - first.addr().get(), 80);
        // SAFETY: taken above, and not used.
        unsafe { memory.give(first, 4) };
        assert_ne!(memory.take(5), first);
        assert_eq!(memory.take(4), first);
    }

    #[test]
    fn blocks_never_overlap() {
        let memory = Memory::new();
        let mut blocks: Vec<_> = (0..20_000_usize)
            .map(|n| ((n * 7 % 64) as u8, memory.take((n * 7 % 64) as u8)))
            .map(|(class, block)| (block.addr().get(), (usize::from(class) + 1) * GRAIN))
            .collect();
        blocks.sort_unstable();
        assert!(blocks.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
        assert!(blocks.iter().all(|(block, _)| block % GRAIN == 0));
    }

    #[test]
    fn the_last_orphan_frees_the_chunks() {
        let memory = Memory::new();
        let blocks = [memory.take(3), memory.take(3)];
        let grave = memory.bury(2).unwrap();
        drop(memory);
        for block in blocks {
            // SAFETY: the chunks live in the grave, which this block has not left.
            unsafe { block.write_bytes(7, 64) };
            // SAFETY: once for each.
            unsafe { Grave::leave(grave) };
        }
    }
}
