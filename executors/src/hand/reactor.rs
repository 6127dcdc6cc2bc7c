//! The reactor: which sockets are ready, asked of an edge-triggered epoll.
//!
//! An edge tells once that something changed. So a socket counts as ready until a call says
//! `WouldBlock` or reads less than it could; then the next edge makes it ready again. Events and
//! polls happen on one thread and never at once, so no edge can fall between a `WouldBlock` and the
//! waker that is left for the next.
//!
//! This file is the only one that knows epoll; a portable one takes its place on other systems.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::task::Waker;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::waker::Compact;

/// The bell's number among the sockets.
const BELL: u64 = u64::MAX;
/// Events taken at once.
const EVENTS: usize = 256;

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// For bytes, or for a connection to accept.
    Read = 0,
    /// For room, or for a connection to stand.
    Write = 1,
}

/// The reactor of a loop.
pub(crate) struct Reactor {
    epoll: Epoll,
    events: RefCell<Vec<EpollEvent>>,
    sockets: RefCell<Sockets>,
    count: Cell<usize>,
    /// The kernel has no `epoll_pwait2` (before 5.11): waits round up to milliseconds.
    coarse: Cell<bool>,
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
    /// The other end has hung up: no further edge may come.
    ended: bool,
    waiting: Option<Compact>,
}

impl Reactor {
    /// A reactor that `bell` wakes from other threads.
    pub(crate) fn new(bell: &impl AsFd) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(bell, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, BELL))?;
        Ok(Self {
            epoll,
            events: RefCell::new(vec![EpollEvent::empty(); EVENTS]),
            sockets: RefCell::default(),
            count: Cell::new(0),
            coarse: Cell::new(false),
        })
    }

    /// Whether any socket is registered.
    pub(crate) fn has_sockets(&self) -> bool {
        self.count.get() > 0
    }

    /// Takes a socket in, ready both ways until it says otherwise; gives its number. Closing the
    /// socket takes it out of the epoll.
    pub(crate) fn add(&self, socket: &impl AsFd) -> io::Result<u32> {
        let sockets = &mut *self.sockets.borrow_mut();
        let index = sockets.free.pop().unwrap_or_else(|| {
            sockets.ways.push(Default::default());
            sockets.ways.len() as u32 - 1
        });
        let both = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP;
        let event = EpollEvent::new(both | EpollFlags::EPOLLET, u64::from(index));
        if let Err(error) = self.epoll.add(socket, event) {
            sockets.free.push(index);
            return Err(error.into());
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
        self.count.set(self.count.get() - 1);
        // Wakers are dropped after the borrow.
        drop(sides);
    }

    /// Whether a call may succeed.
    #[inline]
    pub(crate) fn is_ready(&self, index: u32, way: Way) -> bool {
        self.sockets.borrow().ways[index as usize][way as usize].ready
    }

    /// A call said `WouldBlock`.
    #[inline]
    pub(crate) fn blocked(&self, index: u32, way: Way) {
        self.sockets.borrow_mut().ways[index as usize][way as usize].ready = false;
    }

    /// A read gave less than there was room for: there is no more, unless the end of the stream
    /// came in the same edge.
    #[inline]
    pub(crate) fn emptied(&self, index: u32) {
        let side = &mut self.sockets.borrow_mut().ways[index as usize][Way::Read as usize];
        side.ready = side.ended;
    }

    /// Wakes `waker` when a call may succeed again.
    #[inline]
    pub(crate) fn watch(&self, index: u32, way: Way, waker: &Waker) {
        let waker = Compact::new(waker);
        let side = |sockets: &mut Sockets| {
            sockets.ways[index as usize][way as usize].waiting.replace(waker)
        };
        let old = side(&mut self.sockets.borrow_mut());
        drop(old);
    }

    /// Waits for events, at most `timeout`, and wakes the tasks that they are for.
    pub(crate) fn wait(&self, timeout: Option<Duration>) {
        let mut events = self.events.borrow_mut();
        let count = match self.ask(&mut events, timeout) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(error) => panic!("epoll failed: {error}"),
        };
        for event in &events[..count] {
            if event.data() != BELL {
                self.dispatch(event.data() as usize, event.events());
            }
        }
    }

    fn dispatch(&self, index: usize, flags: EpollFlags) {
        // An error or a hang-up ends both ways: the calls will tell which.
        let end = EpollFlags::EPOLLERR | EpollFlags::EPOLLHUP;
        let read = EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | end;
        let write = EpollFlags::EPOLLOUT | end;
        for (way, mask) in [(Way::Read, read), (Way::Write, write)] {
            if flags.intersects(mask) {
                let waiting = {
                    let side = &mut self.sockets.borrow_mut().ways[index][way as usize];
                    side.ready = true;
                    side.ended |= flags.intersects(EpollFlags::EPOLLRDHUP | end);
                    side.waiting.take()
                };
                if let Some(waiting) = waiting {
                    waiting.wake();
                }
            }
        }
    }

    /// `epoll_pwait2`, which takes nanoseconds and which nix lacks.
    fn ask(&self, events: &mut [EpollEvent], timeout: Option<Duration>) -> Result<usize, Errno> {
        if self.coarse.get() {
            let timeout = timeout.map_or(EpollTimeout::NONE, |timeout| {
                let ms = timeout.as_nanos().div_ceil(1_000_000);
                EpollTimeout::from(u16::try_from(ms).unwrap_or(u16::MAX))
            });
            return self.epoll.wait(events, timeout);
        }
        let timeout = timeout.map(|timeout| libc::timespec {
            // A timeout of 292 billion years is one of none.
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(timeout.subsec_nanos()),
        });
        let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: `EpollEvent` is a transparent `epoll_event`; the kernel writes at most
        // `events.len()` of them; the timeout is null or lives through the call; no signal mask.
        let count = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.epoll.0.as_raw_fd(),
                events.as_mut_ptr(),
                events.len(),
                timeout,
                std::ptr::null::<libc::sigset_t>(),
                size_of::<libc::c_ulong>(),
            )
        };
        match Errno::result(count) {
            Err(Errno::ENOSYS) => {
                self.coarse.set(true);
                Err(Errno::EINTR)
            }
            result => result.map(|count| count as usize),
        }
    }
}
