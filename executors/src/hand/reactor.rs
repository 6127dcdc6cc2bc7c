//! The reactor: which sockets are ready.
//!
//! A socket counts as ready until a call says `WouldBlock` or reads less than it could; then a task
//! that wants it leaves its waker, and the system says when it is ready again. Events and polls
//! happen on one thread and never at once, so no event is lost between a `WouldBlock` and the
//! waker. One of two files asks the system:
//!
//! | file | where | how |
//! |---|---|---|
//! | `epoll` | Linux | edge-triggered: told once, asked for nothing; one system call a wait, two a long one |
//! | `portable` | elsewhere, and with `--cfg tminus_portable_reactor` | oneshot, by the crate `polling`: asked again for each wait |

#[cfg(all(target_os = "linux", not(tminus_portable_reactor)))]
mod epoll;
#[cfg(not(all(target_os = "linux", not(tminus_portable_reactor))))]
mod portable;

#[cfg(all(target_os = "linux", not(tminus_portable_reactor)))]
use epoll as system;
#[cfg(not(all(target_os = "linux", not(tminus_portable_reactor))))]
use portable as system;

pub(crate) use system::Bell;

use std::cell::{Cell, RefCell};
use std::io;
use std::task::Waker;
use std::time::Duration;

use socket2::Socket;

use super::waker::Compact;

/// An event that a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// For bytes, or for a connection to accept.
    Read = 0,
    /// For room, or for a connection to stand.
    Write = 1,
}

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeout {
    /// From now on.
    pub(crate) gap: Duration,
    /// When that is over, on the loop's clock: the same number, the same moment.
    pub(crate) until_ns: u64,
}

impl Timeout {
    /// Not at all.
    pub(crate) const NONE: Self = Self { gap: Duration::ZERO, until_ns: 0 };
}

/// The reactor of a loop.
pub(crate) struct Reactor {
    system: system::System,
    sockets: RefCell<Sockets>,
    count: Cell<usize>,
}

#[derive(Default)]
struct Sockets {
    /// Two ways a socket.
    ways: Vec<[Side; 2]>,
    free: Vec<u32>,
}

/// One way of one socket.
#[derive(Default)]
struct Side {
    /// A call may succeed; when false, one would only say `WouldBlock`.
    ready: bool,
    /// The other end has hung up: nothing further may be told.
    ended: bool,
    waiting: Option<Compact>,
}

/// A report of the system about a socket.
struct Event {
    index: u32,
    /// Which ways a call may succeed.
    ways: [bool; 2],
    /// The other end has hung up, or there is an error.
    ended: bool,
}

impl Reactor {
    /// Opens a reactor; returns it with the bell that wakes it from other threads.
    pub(crate) fn open() -> io::Result<(Self, Bell)> {
        let (system, bell) = system::System::open()?;
        Ok((Self { system, sockets: RefCell::default(), count: Cell::new(0) }, bell))
    }

    /// Returns whether any socket is registered.
    pub(crate) fn has_sockets(&self) -> bool {
        self.count.get() > 0
    }

    /// Takes a socket in, ready both ways until it says otherwise; returns its number.
    pub(crate) fn add(&self, socket: &Socket) -> io::Result<u32> {
        let sockets = &mut *self.sockets.borrow_mut();
        let index = sockets.free.pop().unwrap_or_else(|| {
            sockets.ways.push(Default::default());
            sockets.ways.len() as u32 - 1
        });
        if let Err(error) = self.system.add(socket, index) {
            sockets.free.push(index);
            return Err(error);
        }
        for side in &mut sockets.ways[index as usize] {
            side.ready = true;
        }
        self.count.set(self.count.get() + 1);
        Ok(index)
    }

    /// Forgets a socket.
    pub(crate) fn remove(&self, index: u32) {
        let sides = {
            let sockets = &mut *self.sockets.borrow_mut();
            sockets.free.push(index);
            std::mem::take(&mut sockets.ways[index as usize])
        };
        self.system.remove(index);
        self.count.set(self.count.get() - 1);
        // Wakers are dropped after the borrow.
        drop(sides);
    }

    /// Returns whether a call may succeed.
    #[inline]
    pub(crate) fn is_ready(&self, index: u32, way: Way) -> bool {
        self.sockets.borrow().ways[index as usize][way as usize].ready
    }

    /// Records that a call said `WouldBlock`.
    #[inline]
    pub(crate) fn blocked(&self, index: u32, way: Way) {
        self.sockets.borrow_mut().ways[index as usize][way as usize].ready = false;
    }

    /// Records that a read gave less than there was room for: there is no more, unless the end of
    /// the stream was reported together with it.
    #[inline]
    pub(crate) fn emptied(&self, index: u32) {
        let side = &mut self.sockets.borrow_mut().ways[index as usize][Way::Read as usize];
        side.ready = side.ended;
    }

    /// Wakes `waker` when a call may succeed again.
    #[inline]
    pub(crate) fn watch(&self, index: u32, way: Way, waker: &Waker) -> io::Result<()> {
        let waker = Compact::new(waker);
        let (old, wanted) = {
            let sides = &mut self.sockets.borrow_mut().ways[index as usize];
            (sides[way as usize].waiting.replace(waker), wanted(sides))
        };
        drop(old);
        self.system.watch(index, wanted)
    }

    /// Waits for events, at most `timeout`, and wakes the tasks that they are for.
    pub(crate) fn wait(&self, timeout: Option<Timeout>) {
        if let Err(error) = self.system.wait(timeout, |event| self.dispatch(&event)) {
            panic!("the system says no more which sockets are ready: {error}");
        }
    }

    fn dispatch(&self, event: &Event) {
        for way in [Way::Read, Way::Write] {
            if event.ways[way as usize] {
                self.wake(event.index, way, event.ended);
            }
        }
        let wanted = wanted(&self.sockets.borrow().ways[event.index as usize]);
        if self.system.watch(event.index, wanted).is_err() {
            // The calls will tell what is wrong.
            self.wake(event.index, Way::Read, true);
            self.wake(event.index, Way::Write, true);
        }
    }

    fn wake(&self, index: u32, way: Way, ended: bool) {
        let waiting = {
            let side = &mut self.sockets.borrow_mut().ways[index as usize][way as usize];
            side.ready = true;
            side.ended |= ended;
            side.waiting.take()
        };
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

/// Returns the ways that tasks wait for.
#[inline]
fn wanted(sides: &[Side; 2]) -> [bool; 2] {
    [sides[0].waiting.is_some(), sides[1].waiting.is_some()]
}
