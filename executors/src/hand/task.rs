//! A task: one allocation, a header of 32 bytes and then the future, which its result replaces.
//!
//! It has two owners: the **loop**, and the one **handle** ([`HANDLE`]). The loop's thread alone
//! reads and writes everything but [`Stage`]; a handle on another thread asks it by letter (see
//! [`inbox`](super::inbox)). The last owner frees the block: the future is gone, no handle is left
//! and no queue holds the pointer. When the loop ends before its handles it marks what is left as
//! an [orphan](Task::orphan); such a block belongs to its handle alone.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::num::{NonZeroU64, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll};

use super::memory::{self, Grave, Memory};
use super::sync::{AtomicBool, AtomicU8, Cell, Ordering};
use super::waker::Compact;
use super::word::Word;

/// The payload of a caught panic.
pub(crate) type Payload = Box<dyn Any + Send>;

/// A queue holds the pointer, or the task is being polled: neither free nor queue it.
pub(crate) const QUEUED: u8 = 1;
/// The handle is alive.
pub(crate) const HANDLE: u8 = 2;
/// The block is carved out of a chunk of its loop's [`Memory`]; else it is an allocation.
const CARVED: u8 = 4;

/// The contents of a task's body.
///
/// ```text
/// Live ──poll: ready────────> Value ──taken by the handle──> Taken
///  │ └──poll or drop panics─> Panic ──taken by the handle──> Taken
///  └────cancel, end of loop─> Cancelled
/// (Empty stands in between while foreign code, the drop of the future, runs.)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// The future.
    Live = 0,
    /// Nothing: the future is being dropped.
    Empty = 1,
    /// The output. From here on the body belongs to the handle, if there is one.
    Value = 2,
    /// The payload of a panic.
    Panic = 3,
    /// Nothing: cancelled before it completed.
    Cancelled = 4,
    /// Nothing: the handle took what there was.
    Taken = 5,
}

/// The head of every task's block.
#[repr(C)]
pub(crate) struct Header {
    vtable: &'static Vtable,
    /// Its name; [`Word::NOBODY`] while a letter carries a new task to the loop. Of a carved
    /// orphan, the address of its [`Grave`].
    word: Cell<Word>,
    /// The waker of the task that joins it.
    joiner: Cell<Option<Compact>>,
    /// A [`Stage`]. Other threads read it: stored with `Release` so that they see the body, which
    /// on x86-64 is a plain store.
    stage: AtomicU8,
    /// The loop has ended, the task too, and the handle is the only owner. Read by other threads.
    orphan: AtomicBool,
    /// [`QUEUED`], [`HANDLE`] and [`CARVED`].
    pub(crate) flags: Cell<u8>,
    /// The loop that it runs on; never changes.
    pub(crate) home: u16,
}

struct Vtable {
    /// Polls; if the future is ready, drops it and puts the output in its place. True if it is
    /// pending, which is how `Poll` says it.
    poll: unsafe fn(Task, &mut Context<'_>) -> bool,
    drop_future: unsafe fn(Task),
    drop_value: unsafe fn(Task),
    layout: Layout,
    /// Its class, if it can be carved.
    class: Option<u8>,
    /// From the header to the body.
    body: usize,
}

#[repr(C)]
struct Block<F: Future> {
    header: Header,
    body: Body<F>,
}

#[repr(C)]
union Body<F: Future> {
    future: ManuallyDrop<F>,
    value: ManuallyDrop<F::Output>,
    payload: ManuallyDrop<Payload>,
}

/// A pointer to a task's block. Copying it is free and owns nothing. Only [`new`](Self::new) makes
/// one, and it is `unsafe` to free the block while any copy may still be used; so a copy that is at
/// hand points to a block, by the rules of the [module documentation](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Task(NonNull<Header>);

/// A task, or a number in a task's place, in one word. A number is odd, as no address of a task is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot(NonNull<Header>);

impl Slot {
    /// Holds a task.
    pub(crate) fn task(task: Task) -> Self {
        Self(task.0)
    }

    /// Holds a number.
    pub(crate) fn number(number: u32) -> Self {
        let odd = NonZeroUsize::MIN | (number as usize) << 1;
        Self(NonNull::without_provenance(odd))
    }

    /// Returns the task, if it is one.
    #[inline]
    pub(crate) fn as_task(self) -> Option<Task> {
        (self.0.addr().get() & 1 == 0).then_some(Task(self.0))
    }

    /// Returns the number; of a task it is none that means anything.
    #[inline]
    pub(crate) fn as_number(self) -> u32 {
        debug_assert!(self.as_task().is_none());
        (self.0.addr().get() >> 1) as u32
    }
}

impl Task {
    /// Puts `future` into a block of its own, with a handle to come, for the loop `home`; out of
    /// `memory` on the thread of that loop.
    #[inline]
    pub(crate) fn new<F: Future>(home: u16, memory: Option<&Memory>, future: F) -> Self {
        let (block, carved) = match (memory, Of::<F>::VTABLE.class) {
            (Some(memory), Some(class)) => (memory.take(class), CARVED),
            _ => (allocate(Of::<F>::VTABLE.layout), 0),
        };
        let header = Header {
            vtable: &Of::<F>::VTABLE,
            word: Cell::new(Word::NOBODY),
            joiner: Cell::new(None),
            stage: AtomicU8::new(Stage::Live as u8),
            orphan: AtomicBool::new(false),
            flags: Cell::new(HANDLE | carved),
            home,
        };
        let body = Body { future: ManuallyDrop::new(future) };
        let block = block.cast::<Block<F>>();
        // SAFETY: the block is new, of this size and alignment at least, and ours.
        unsafe { block.write(Block { header, body }) };
        Self(block.cast())
    }

    /// Puts a number in a task's place, for tests that only pass tasks on.
    ///
    /// # Safety
    /// No method of it is called: each looks at a block.
    #[cfg(test)]
    pub(crate) unsafe fn fake(number: NonZeroUsize) -> Self {
        Self(NonNull::without_provenance(number))
    }

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: `new` made the block, and `free` and `free_orphan` ask that no copy be used after
        // them; all of the header can be changed through a shared reference.
        unsafe { self.0.as_ref() }
    }

    /// Returns the name of the task, once its loop has taken it in.
    #[inline]
    pub(crate) fn word(self) -> Word {
        self.header().word.get()
    }

    pub(crate) fn set_word(self, word: Word) {
        self.header().word.set(word);
    }

    #[inline]
    pub(crate) fn has(self, flag: u8) -> bool {
        self.header().flags.get() & flag != 0
    }

    #[inline]
    pub(crate) fn set(self, flag: u8) {
        let flags = &self.header().flags;
        flags.set(flags.get() | flag);
    }

    #[inline]
    pub(crate) fn clear(self, flag: u8) {
        let flags = &self.header().flags;
        flags.set(flags.get() & !flag);
    }

    /// Asks the memory for the block, which is polled soon: with many tasks every one is a cache
    /// miss, and several at once take no longer than one.
    #[inline]
    pub(crate) fn prefetch(self) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            let block = self.0.as_ptr().cast::<i8>();
            // SAFETY: a prefetch does nothing that can be seen, whatever the address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(block) };
            // SAFETY: as above; the start of the future of most tasks ends in the second line.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(block.wrapping_add(64)) };
        }
    }

    /// Returns the stage. On another thread than the loop's, only what comes after `Empty` stays
    /// true.
    #[inline]
    pub(crate) fn stage(self) -> Stage {
        match self.header().stage.load(Ordering::Acquire) {
            0 => Stage::Live,
            1 => Stage::Empty,
            2 => Stage::Value,
            3 => Stage::Panic,
            4 => Stage::Cancelled,
            _ => Stage::Taken,
        }
    }

    /// Returns whether the body is at its end: a value, a payload or nothing.
    #[inline]
    pub(crate) fn ended(self) -> bool {
        self.stage() > Stage::Empty
    }

    #[inline]
    fn set_stage(self, stage: Stage) {
        self.header().stage.store(stage as u8, Ordering::Release);
    }

    /// Returns whether its loop has ended; then it has ended too.
    #[inline]
    pub(crate) fn is_orphan(self) -> bool {
        self.header().orphan.load(Ordering::Acquire)
    }

    /// Returns whether the block is carved out of the loop's memory.
    pub(crate) fn is_carved(self) -> bool {
        self.has(CARVED)
    }

    /// Leaves the block of a task that has ended to its handle, and if it is carved the duty to
    /// leave the grave: the last thing that the loop does with it.
    pub(crate) fn orphan(self, grave: Option<NonNull<Grave>>) {
        if self.is_carved()
            && let Some(grave) = grave
        {
            let address = grave.expose_provenance();
            self.set_word(Word::stash(NonZeroU64::try_from(address.get() as u64).expect("not 0")));
        }
        self.header().orphan.store(true, Ordering::Release);
    }

    /// Takes the waker of the joiner; there is at most one, since there is one handle.
    pub(crate) fn take_joiner(self) -> Option<Compact> {
        self.header().joiner.take()
    }

    /// Stores the waker of the joiner and returns the one before, to be dropped with no borrow
    /// held.
    pub(crate) fn set_joiner(self, joiner: Compact) -> Option<Compact> {
        self.header().joiner.replace(Some(joiner))
    }

    /// Polls. False if that was the last time.
    ///
    /// # Safety
    /// On the thread of its loop, in the stage `Live`, and not from within its own poll.
    #[inline]
    pub(crate) unsafe fn poll(self, cx: &mut Context<'_>) -> bool {
        // SAFETY: passed on to the caller; the vtable is that of this block's type.
        unsafe { (self.header().vtable.poll)(self, cx) }
    }

    /// Ends a `Live` task by dropping its future. If that panics, the payload is what the task ends
    /// with.
    ///
    /// # Safety
    /// On the thread of its loop, in the stage `Live`, and not from within its own poll or drop.
    pub(crate) unsafe fn cancel(self) {
        // SAFETY: passed on to the caller.
        match unsafe { self.drop_future() } {
            Ok(()) => self.set_stage(Stage::Cancelled),
            // SAFETY: the future is gone and `Empty` keeps others away.
            Err(payload) => unsafe { self.put_payload(payload) },
        }
    }

    /// Ends a task whose poll panicked.
    ///
    /// # Safety
    /// As for [`cancel`](Self::cancel), in the stage `Live` (the poll panicked) or `Empty` (it was
    /// ready, and the drop of the future panicked).
    pub(crate) unsafe fn fail(self, payload: Payload) {
        if self.stage() == Stage::Live {
            // SAFETY: passed on to the caller.
            if let Err(second) = unsafe { self.drop_future() } {
                swallow(second);
            }
        }
        // SAFETY: the future is gone and `Empty` keeps others away.
        unsafe { self.put_payload(payload) };
    }

    /// # Safety
    /// As for [`cancel`](Self::cancel).
    unsafe fn drop_future(self) -> Result<(), Payload> {
        self.set_stage(Stage::Empty);
        catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: it was `Live`, so the body holds the future; `Empty` keeps others away.
            unsafe { (self.header().vtable.drop_future)(self) };
        }))
    }

    /// # Safety
    /// The stage is `Empty`, on the thread of its loop.
    unsafe fn put_payload(self, payload: Payload) {
        // SAFETY: `Body` has room for a payload at its start, and holds nothing.
        unsafe { self.body::<Payload>().write(payload) };
        self.set_stage(Stage::Panic);
    }

    /// Takes what the task ended with out of the block; the handle's right.
    ///
    /// # Safety
    /// `T` is the output of the future, the task has ended, and the caller is its handle.
    #[inline]
    pub(crate) unsafe fn take<T>(self) -> Ending<T> {
        let stage = self.stage();
        match stage {
            Stage::Value => {
                self.set_stage(Stage::Taken);
                // SAFETY: `Value` says that there is a `T`; `Taken` that it has been moved out.
                Ending::Value(unsafe { self.body::<T>().read() })
            }
            Stage::Panic => {
                self.set_stage(Stage::Taken);
                // SAFETY: as above, for a payload.
                Ending::Panic(unsafe { self.body::<Payload>().read() })
            }
            _ => Ending::Cancelled,
        }
    }

    /// Drops what the task ended with, if it was not taken. Panics in there are swallowed.
    pub(crate) fn drop_body(self) {
        let stage = self.stage();
        self.set_stage(Stage::Taken);
        let dropped = catch_unwind(AssertUnwindSafe(|| match stage {
            // SAFETY: the stage says what the body holds, and that nothing will look again.
            Stage::Value => unsafe { (self.header().vtable.drop_value)(self) },
            // SAFETY: as above.
            Stage::Panic => unsafe { ptr::drop_in_place(self.body::<Payload>().as_ptr()) },
            _ => {}
        }));
        if let Err(payload) = dropped {
            swallow(payload);
        }
    }

    /// Gives the block back to `memory`, which it was carved from if it was.
    ///
    /// # Safety
    /// On the thread of its loop. Nothing holds the pointer any more, and the body holds nothing
    /// that needs to be dropped.
    #[inline]
    pub(crate) unsafe fn free(self, memory: &Memory) {
        let Vtable { layout, class, .. } = *self.header().vtable;
        drop(self.take_joiner());
        match class {
            // SAFETY: carved from the memory of its loop, with this class, and never used again.
            Some(class) if self.is_carved() => unsafe { memory.give(self.0.cast(), class) },
            // SAFETY: allocated with this layout, and never used again.
            _ => unsafe { dealloc(self.0.as_ptr().cast(), layout) },
        }
    }

    /// Gives the block of an orphan back.
    ///
    /// # Safety
    /// It is an orphan, the caller was its handle, and the body holds nothing that needs to be
    /// dropped.
    pub(crate) unsafe fn free_orphan(self) {
        let layout = self.header().vtable.layout;
        drop(self.take_joiner());
        if self.is_carved() {
            let grave = ptr::with_exposed_provenance_mut(self.word().bits() as usize);
            // SAFETY: `orphan` put the address of a grave there.
            let grave = unsafe { NonNull::new_unchecked(grave) };
            // SAFETY: it leaves once, and the block is not used again.
            unsafe { Grave::leave(grave) };
        } else {
            // SAFETY: allocated with this layout, and never used again.
            unsafe { dealloc(self.0.as_ptr().cast(), layout) };
        }
    }

    #[inline]
    fn body<T>(self) -> NonNull<T> {
        let offset = self.header().vtable.body;
        // SAFETY: the body lies within the block, `offset` bytes from its start.
        unsafe { self.0.byte_add(offset) }.cast()
    }
}

fn allocate(layout: Layout) -> NonNull<u8> {
    // SAFETY: a block holds a header at least, so the size is not zero.
    NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
}

/// How a task ended.
pub(crate) enum Ending<T> {
    Value(T),
    Panic(Payload),
    Cancelled,
}

/// Drops the payload of a panic that will not be seen; its drop may panic in turn.
pub(crate) fn swallow(mut payload: Payload) {
    for _ in 0..8 {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(next) => payload = next,
        }
    }
    // Drops that panic with such a payload again and again: leaked rather than followed.
    std::mem::forget(payload);
}

/// The functions of a task's type.
struct Of<F>(PhantomData<F>);

impl<F: Future> Of<F> {
    const VTABLE: Vtable = Vtable {
        poll: Self::poll,
        drop_future: Self::drop_future,
        drop_value: Self::drop_value,
        layout: Layout::new::<Block<F>>(),
        class: memory::class(Layout::new::<Block<F>>()),
        body: std::mem::offset_of!(Block<F>, body),
    };

    /// # Safety
    /// As for [`Task::poll`].
    unsafe fn poll(task: Task, cx: &mut Context<'_>) -> bool {
        let future = Self::body(task).cast::<F>();
        // SAFETY: the task is `Live`, so this is the future, and nothing else refers to it.
        let pinned = unsafe { &mut *future.as_ptr() };
        // SAFETY: it is never moved: the block stays where it is, and the drop is in place.
        let pinned = unsafe { Pin::new_unchecked(pinned) };
        match pinned.poll(cx) {
            Poll::Pending => true,
            Poll::Ready(value) => {
                task.set_stage(Stage::Empty);
                // SAFETY: `Empty` says that it is not polled or dropped again, also if this panics.
                unsafe { ptr::drop_in_place(future.as_ptr()) };
                // SAFETY: the body has room for an output at its start, and holds nothing.
                unsafe { Self::body(task).cast::<F::Output>().write(value) };
                task.set_stage(Stage::Value);
                false
            }
        }
    }

    /// Does as [`Task::body`] where the type is known, without asking the vtable.
    #[inline]
    fn body(task: Task) -> NonNull<Body<F>> {
        // SAFETY: this is the vtable of a `Block<F>`, so the body lies there.
        unsafe { task.0.byte_add(std::mem::offset_of!(Block<F>, body)) }.cast()
    }

    /// # Safety
    /// The body holds the future, for the last time.
    unsafe fn drop_future(task: Task) {
        // SAFETY: passed on to the caller.
        unsafe { ptr::drop_in_place(Self::body(task).cast::<F>().as_ptr()) };
    }

    /// # Safety
    /// The body holds the output, for the last time.
    unsafe fn drop_value(task: Task) {
        // SAFETY: passed on to the caller.
        unsafe { ptr::drop_in_place(Self::body(task).cast::<F::Output>().as_ptr()) };
    }
}
