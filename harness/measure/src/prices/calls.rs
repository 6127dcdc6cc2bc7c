//! Prices of system calls that executors make, each with something there to find: a wait that
//! blocks costs a switch and its time besides.

use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicU32;

use rustix::event::{EventfdFlags, PollFd, PollFlags, epoll, eventfd, poll};
use rustix::thread::{futex, sched_yield};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use super::{Act, Price, price};

/// A call that has no price of its own costs at least as much as the first.
pub(super) const PRICES: &[Price] = &[
    price("syscalls", "the cheapest call", cheapest),
    price("syscalls_write", "to an eventfd", write),
    price("syscalls_read", "of an eventfd", read),
    price("syscalls_recvfrom", "a byte that is there, on loopback", recvfrom),
    price("syscalls_sendto", "a byte, on loopback", sendto),
    price("syscalls_epoll_wait", "with an event there", epoll_wait),
    price("syscalls_epoll_ctl", "for a descriptor that is known", epoll_ctl),
    price("syscalls_ppoll", "with an event there", ppoll),
    price("syscalls_futex", "a wake without a waiter", futex_wake),
    price("syscalls_timerfd_settime", "a minute ahead", timerfd),
    price("syscalls_sched_yield", "with no other thread ready", yields),
];

const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// Makes the loop of a call.
#[expect(clippy::unnecessary_wraps, reason = "as all prices")]
fn again<T>(mut call: impl FnMut() -> io::Result<T> + 'static) -> io::Result<Act> {
    Ok(Box::new(move |iterations| (0..iterations).try_for_each(|_| call().map(drop))))
}

fn cheapest(_: usize) -> io::Result<Act> {
    again(|| Ok(rustix::process::getppid()))
}

fn write(_: usize) -> io::Result<Act> {
    let event = eventfd(0, EventfdFlags::CLOEXEC)?;
    again(move || Ok(rustix::io::write(&event, &1_u64.to_ne_bytes())?))
}

/// Reads one of the many that are there.
fn read(_: usize) -> io::Result<Act> {
    let event = eventfd(u32::MAX, EventfdFlags::CLOEXEC | EventfdFlags::SEMAPHORE)?;
    again(move || Ok(rustix::io::read(&event, &mut [0_u8; 8])?))
}

fn loopback() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    let (far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    Ok((near, far))
}

/// Looks at a byte that stays, so that each call finds it.
fn recvfrom(_: usize) -> io::Result<Act> {
    let (mut near, far) = loopback()?;
    near.write_all(b"x")?;
    again(move || {
        let _open = &near;
        far.peek(&mut [0; 1])
    })
}

/// Sends a byte and reads it again, which is taken off by its own price.
fn sendto(_: usize) -> io::Result<Act> {
    let (mut near, mut far) = loopback()?;
    again(move || {
        near.write_all(b"x")?;
        io::Read::read_exact(&mut far, &mut [0; 1])
    })
}

/// Makes an instance that has one event, always.
fn watched() -> io::Result<(OwnedFd, OwnedFd)> {
    let event = eventfd(1, EventfdFlags::CLOEXEC)?;
    let set = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&set, &event, epoll::EventData::new_u64(0), epoll::EventFlags::IN)?;
    Ok((set, event))
}

fn epoll_wait(_: usize) -> io::Result<Act> {
    let (set, event) = watched()?;
    let mut events = Vec::with_capacity(16);
    again(move || {
        let _open = &event;
        events.clear();
        Ok(epoll::wait(&set, rustix::buffer::spare_capacity(&mut events), Some(&NOW))?)
    })
}

fn epoll_ctl(_: usize) -> io::Result<Act> {
    let (set, event) = watched()?;
    let data = epoll::EventData::new_u64(0);
    again(move || Ok(epoll::modify(&set, &event, data, epoll::EventFlags::IN)?))
}

fn ppoll(_: usize) -> io::Result<Act> {
    let event = eventfd(1, EventfdFlags::CLOEXEC)?;
    again(move || Ok(poll(&mut [PollFd::new(&event, PollFlags::IN)], Some(&NOW))?))
}

fn futex_wake(_: usize) -> io::Result<Act> {
    let word = Box::new(AtomicU32::new(0));
    again(move || Ok(futex::wake(&word, futex::Flags::PRIVATE, 1)?))
}

fn timerfd(_: usize) -> io::Result<Act> {
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC)?;
    let minute = Itimerspec { it_interval: NOW, it_value: Timespec { tv_sec: 60, tv_nsec: 0 } };
    again(move || Ok(timerfd_settime(&timer, TimerfdTimerFlags::empty(), &minute)?))
}

fn yields(_: usize) -> io::Result<Act> {
    again(|| {
        sched_yield();
        Ok(())
    })
}
