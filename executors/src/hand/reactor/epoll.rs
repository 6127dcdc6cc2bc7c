//! Linux: an edge-triggered epoll.
//!
//! An edge tells once that something changed, so nothing is asked for when a task waits. Closing a
//! socket takes it out of the epoll.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use socket2::Socket;

use super::Event;

/// The bell's number among the sockets.
const BELL: u64 = u64::MAX;
/// Events taken at once.
const EVENTS: usize = 256;

/// The epoll of a loop.
pub(super) struct System {
    epoll: Epoll,
    events: RefCell<Vec<EpollEvent>>,
    /// The kernel has no `epoll_pwait2` (before 5.11): waits round up to milliseconds.
    coarse: Cell<bool>,
}

/// Wakes a loop that waits. Edge-triggered too, so nobody needs to read it.
pub(crate) struct Bell(EventFd);

impl Bell {
    /// Wakes the loop.
    pub(crate) fn ring(&self) {
        // It cannot fail but by overflow, after 2^64 rings.
        let _ = self.0.write(1);
    }
}

impl System {
    pub(super) fn open() -> io::Result<(Self, Bell)> {
        let bell = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&bell, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, BELL))?;
        let events = RefCell::new(vec![EpollEvent::empty(); EVENTS]);
        Ok((Self { epoll, events, coarse: Cell::new(false) }, Bell(bell)))
    }

    pub(super) fn add(&self, socket: &Socket, index: u32) -> io::Result<()> {
        let both = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP;
        let event = EpollEvent::new(both | EpollFlags::EPOLLET, u64::from(index));
        Ok(self.epoll.add(socket, event)?)
    }

    /// The socket is closed after this.
    #[expect(clippy::unused_self, reason = "a portable system has something to do")]
    pub(super) fn remove(&self, _index: u32) {}

    /// An edge comes unasked.
    #[inline]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as above")]
    pub(super) fn watch(&self, _index: u32, _wanted: [bool; 2]) -> io::Result<()> {
        Ok(())
    }

    /// Waits for events, at most `timeout`, and tells each.
    pub(super) fn wait(&self, timeout: Option<Duration>, tell: impl Fn(Event)) -> io::Result<()> {
        let mut events = self.events.borrow_mut();
        let count = match self.ask(&mut events, timeout) {
            Err(Errno::EINTR) => 0,
            count => count?,
        };
        for event in events[..count].iter().filter(|event| event.data() != BELL) {
            tell(read(event.data() as u32, event.events()));
        }
        Ok(())
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

fn read(index: u32, flags: EpollFlags) -> Event {
    // An error or a hang-up ends both ways: the calls will tell which.
    let end = EpollFlags::EPOLLERR | EpollFlags::EPOLLHUP;
    let read = EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | end;
    let ways = [flags.intersects(read), flags.intersects(EpollFlags::EPOLLOUT | end)];
    Event { index, ways, ended: flags.intersects(EpollFlags::EPOLLRDHUP | end) }
}
