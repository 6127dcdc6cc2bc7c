//! Linux: an edge-triggered epoll.
//!
//! An edge tells once that something changed, so nothing is asked for when a task waits. Closing a
//! socket takes it out of the epoll.
//!
//! The kernel lets a wait of epoll end late, by a thousandth of it, or a two-hundredth in a process
//! that is niced: a millisecond in a second, whatever the timer slack. So long waits end by a timer
//! in the epoll, which has no slack and costs a system call for each new deadline.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use socket2::Socket;

use super::{Event, Timeout};

/// The bell's number among the sockets.
const BELL: u64 = u64::MAX;
/// The timer's.
const TIMER: u64 = BELL - 1;
/// From here on a wait ends by the timer: below it, epoll is late by 1 us at most, or 5 if niced.
const LONG: Duration = Duration::from_millis(1);
/// Events taken at once.
const EVENTS: usize = 256;

/// The epoll of a loop.
pub(super) struct System {
    epoll: Epoll,
    events: RefCell<Vec<EpollEvent>>,
    /// Edge-triggered, so that it is set again and never read. `None` if the system refuses it.
    timer: Option<TimerFd>,
    /// When the wait is over that the timer was set for last.
    set_ns: Cell<u64>,
    /// The system refuses `epoll_pwait2`, which is new in Linux 5.11 and unknown to some filters of
    /// system calls: waits without the timer round up to milliseconds.
    coarse: Cell<bool>,
}

/// Wakes a loop that waits. Edge-triggered too, so it need not be read.
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
        let timer = timer(&epoll).ok();
        let (set_ns, coarse) = (Cell::new(0), Cell::new(false));
        Ok((Self { epoll, events, timer, set_ns, coarse }, Bell(bell)))
    }

    pub(super) fn add(&self, socket: &Socket, index: u32) -> io::Result<()> {
        let both = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP;
        let event = EpollEvent::new(both | EpollFlags::EPOLLET, u64::from(index));
        Ok(self.epoll.add(socket, event)?)
    }

    /// Does nothing: the socket is closed after this.
    #[expect(clippy::unused_self, reason = "a portable system has something to do")]
    pub(super) fn remove(&self, _index: u32) {}

    /// Does nothing: edges come without being asked for.
    #[inline]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as above")]
    pub(super) fn watch(&self, _index: u32, _wanted: [bool; 2]) -> io::Result<()> {
        Ok(())
    }

    /// Waits for events, at most `timeout`, and tells each.
    pub(super) fn wait(&self, timeout: Option<Timeout>, tell: impl Fn(Event)) -> io::Result<()> {
        let mut events = self.events.borrow_mut();
        let timeout = timeout.filter(|timeout| !self.ends_by_timer(timeout));
        let count = match self.ask(&mut events, timeout.map(|timeout| timeout.gap)) {
            Err(Errno::EINTR) => 0,
            count => count?,
        };
        for event in events[..count].iter().filter(|event| event.data() < TIMER) {
            tell(read(event.data() as u32, event.events()));
        }
        Ok(())
    }

    /// Sets the timer for the end of a long wait, unless it is set for that already. False if it is
    /// not used.
    fn ends_by_timer(&self, timeout: &Timeout) -> bool {
        let from = if self.coarse.get() { Duration::from_nanos(1) } else { LONG };
        let Some(timer) = self.timer.as_ref().filter(|_| timeout.gap >= from) else { return false };
        if self.set_ns.get() == timeout.until_ns {
            return true;
        }
        let once = Expiration::OneShot(TimeSpec::from_duration(timeout.gap));
        let set = timer.set(once, TimerSetTimeFlags::empty()).is_ok();
        self.set_ns.set(if set { timeout.until_ns } else { 0 });
        set
    }

    /// Calls `epoll_pwait2`, which takes nanoseconds and which nix lacks.
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
            // However it is refused: what is wrong with more than this call, `epoll_wait` tells.
            Err(errno) if errno != Errno::EINTR => {
                self.coarse.set(true);
                Err(Errno::EINTR)
            }
            result => result.map(|count| count as usize),
        }
    }
}

/// Returns a timer in the epoll.
fn timer(epoll: &Epoll) -> Result<TimerFd, Errno> {
    let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
    epoll.add(&timer, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, TIMER))?;
    Ok(timer)
}

fn read(index: u32, flags: EpollFlags) -> Event {
    // An error or a hang-up ends both ways: the calls will tell which.
    let end = EpollFlags::EPOLLERR | EpollFlags::EPOLLHUP;
    let read = EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | end;
    let ways = [flags.intersects(read), flags.intersects(EpollFlags::EPOLLOUT | end)];
    Event { index, ways, ended: flags.intersects(EpollFlags::EPOLLRDHUP | end) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::time::Instant;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Returns a wait that the bell ends at once.
    fn rung(gap: Duration, until_ns: u64) -> System {
        let (system, bell) = System::open().unwrap();
        bell.ring();
        system.wait(Some(Timeout { gap, until_ns }), |_| {}).unwrap();
        system
    }

    #[test]
    fn long_waits_and_no_others_end_by_the_timer() {
        for (gap, long) in [(LONG - Duration::from_nanos(1), false), (LONG, true), (MINUTE, true)] {
            let system = rung(gap, 7);
            if system.timer.is_none() {
                return writeln!(std::io::stderr(), "NOT RUN: epoll: no timer is permitted here")
                    .expect("stderr");
            }
            assert_eq!(system.set_ns.get() == 7, long, "{gap:?}");
        }
    }

    #[test]
    fn the_timer_is_set_for_the_whole_wait_and_once_for_each_end() {
        let system = rung(60 * MINUTE, 7);
        let Some(timer) = &system.timer else {
            return writeln!(std::io::stderr(), "NOT RUN: epoll: no timer is permitted here")
                .expect("stderr");
        };
        let left = || match timer.get().unwrap() {
            Some(Expiration::OneShot(left)) => Duration::from(left),
            other => panic!("{other:?}"),
        };
        assert!(left() > 30 * MINUTE);
        assert!(system.ends_by_timer(&Timeout { gap: MINUTE, until_ns: 7 }) && left() > MINUTE);
        assert!(system.ends_by_timer(&Timeout { gap: MINUTE, until_ns: 8 }) && left() <= MINUTE);
    }

    #[test]
    fn the_timer_ends_one_wait_after_the_other_and_none_early() {
        let (system, _bell) = System::open().unwrap();
        for until_ns in 1..4 {
            let (gap, start) = (2 * LONG, Instant::now());
            system.wait(Some(Timeout { gap, until_ns }), |_| {}).unwrap();
            assert!(start.elapsed() >= gap);
        }
    }

    #[test]
    fn without_fine_waits_the_timer_ends_short_ones_too() {
        let (system, _bell) = System::open().unwrap();
        system.coarse.set(true);
        let timeout = Timeout { gap: LONG / 100, until_ns: 7 };
        system.wait(Some(timeout), |_| {}).unwrap();
        assert!(system.timer.is_none() || system.set_ns.get() == 7);
        assert!(!system.ends_by_timer(&Timeout::NONE), "a look at the sockets");
    }
}
