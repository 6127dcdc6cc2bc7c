//! The limits at which the machine refuses every program, with the way out. Touches the OS.
//!
//! An error of a socket or a thread may be the executor's fault or the machine's.
//! [`Demand::refused`] decides: it asks for the same with the standard library alone. An error that
//! no second try can settle, since what was used up is free again by then, counts as the machine's
//! by [`exhausted`]; the gate sees to it that a candidate cannot hide a leak behind that.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use socket2::SockRef;

use crate::listen;

/// A step of the loopback that takes longer will never end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Little: what is asked is whether there may be a thread, not whether there is memory.
const STACK_BYTES: usize = 32 << 10;

/// Ports that connections may take: the first and the last.
const PORTS: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// The demands of a piece of work on the machine, at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Threads beside the one that asks.
    pub threads: usize,
    /// Connections over loopback TCP.
    pub connections: usize,
}

impl Demand {
    /// Takes all of it without any executor and gives it back. Returns the reason in one line, with
    /// the way out, if the machine refuses it; `None` if the machine is not to blame.
    #[must_use]
    pub fn refused(self) -> Option<String> {
        self.refused_threads().or_else(|| self.refused_connections())
    }

    fn refused_threads(self) -> Option<String> {
        // Each waits until the senders are dropped, so all are alive at once.
        let (mut senders, mut threads) = (Vec::new(), Vec::new());
        let refused = (0..self.threads).find_map(|count| {
            let (sender, receiver) = mpsc::channel::<()>();
            senders.push(sender);
            let wait = move || receiver.recv().is_ok();
            match thread::Builder::new().stack_size(STACK_BYTES).spawn(wait) {
                Ok(thread) => threads.push(thread),
                Err(error) => return Some((count, error)),
            }
            None
        });
        drop(senders);
        threads.into_iter().for_each(|thread| drop(thread.join()));
        let (count, error) = refused?;
        Some(format!(
            "the machine gives {count} of {} threads ({error}): raise `ulimit -u`, or `pids.max` of \
             the cgroup",
            self.threads
        ))
    }

    fn refused_connections(self) -> Option<String> {
        if self.connections == 0 {
            return None;
        }
        let mut made = Vec::new();
        let error = self.connect(&mut made).err()?;
        // The limit of this process, which is none of the machine's.
        if exhausted(&error).is_some_and(|(what, _)| what == Exhausted::Descriptors)
            && !made.is_empty()
        {
            return None;
        }
        let (count, way_out) = (made.len(), way_out(&error));
        Some(match count {
            0 => format!("the machine refuses loopback TCP ({error}): {way_out}"),
            _ => format!(
                "the machine gives {count} of {} connections over loopback TCP ({error}): {way_out}",
                self.connections
            ),
        })
    }

    fn connect(self, made: &mut Vec<[TcpStream; 2]>) -> io::Result<()> {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        listener.set_nonblocking(false)?;
        // A wait for a connection that never comes ends, too.
        SockRef::from(&listener).set_read_timeout(Some(PATIENCE))?;
        for _ in 0..self.connections {
            made.push(connection(&listener)?);
        }
        Ok(())
    }
}

/// Opens one more connection and sends a byte over it.
fn connection(listener: &TcpListener) -> io::Result<[TcpStream; 2]> {
    let mut client = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    let (mut server, _) = listener.accept()?;
    server.set_read_timeout(Some(PATIENCE))?;
    client.write_all(&[7])?;
    server.read_exact(&mut [0])?;
    Ok([client, server])
}

/// A resource of which nothing was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// File descriptors, of the process or of the system.
    Descriptors,
    /// Memory, of sockets or at all.
    Memory,
    /// Watches of epoll.
    Watches,
}

/// Returns the resource that was used up, with the way out, if `error` says so.
#[must_use]
pub fn exhausted(error: &io::Error) -> Option<(Exhausted, &'static str)> {
    Some(match Errno::from_io_error(error)? {
        Errno::MFILE => (Exhausted::Descriptors, "raise `ulimit -n`"),
        Errno::NFILE => (Exhausted::Descriptors, "raise `ulimit -n` and `sysctl fs.file-max`"),
        Errno::NOMEM => (Exhausted::Memory, "free memory, or raise the cgroup's limit"),
        Errno::NOBUFS => (Exhausted::Memory, "raise `sysctl net.ipv4.tcp_mem`, or free memory"),
        Errno::NOSPC => (Exhausted::Watches, "raise `sysctl fs.epoll.max_user_watches`"),
        _ => return None,
    })
}

/// Returns what helps against an error of loopback TCP that every program gets.
fn way_out(error: &io::Error) -> &'static str {
    if let Some((_, way_out)) = exhausted(error) {
        return way_out;
    }
    let no_family = [Errno::AFNOSUPPORT, Errno::PROTONOSUPPORT, Errno::OPNOTSUPP, Errno::NOSYS];
    if Errno::from_io_error(error).is_some_and(|errno| no_family.contains(&errno)) {
        return "run where the kernel and its sandbox give TCP over IPv4";
    }
    match error.kind() {
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown | ErrorKind::HostUnreachable => {
            "`ip link set lo up`"
        }
        ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse => {
            "widen `sysctl net.ipv4.ip_local_port_range`, wait a minute for closed connections to \
             be forgotten, or give `lo` the address 127.0.0.1"
        }
        ErrorKind::PermissionDenied => {
            "a sandbox, a security module or a firewall forbids it: run outside of it"
        }
        ErrorKind::TimedOut
        | ErrorKind::WouldBlock
        | ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted => "look for a firewall on `lo`",
        _ => "sockets cannot be measured here",
    }
}

/// Returns how many ports there are for connections: their number, and the first and the last.
/// `None` where the system does not tell.
#[must_use]
pub fn ports() -> Option<(u64, [u16; 2])> {
    ports_in(&std::fs::read_to_string(PORTS).ok()?)
}

fn ports_in(range: &str) -> Option<(u64, [u16; 2])> {
    let mut ends = range.split_whitespace().map(str::parse::<u16>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some((u64::from(last.checked_sub(first)?) + 1, [first, last]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(errno: Errno) -> io::Error {
        io::Error::from(errno)
    }

    #[test]
    fn what_the_machine_gives_is_not_refused() {
        let refused = Demand { threads: 3, connections: 3 }.refused();
        // A sandbox without loopback is told, with the way out.
        assert!(refused.as_ref().is_none_or(|reason| reason.contains("): ")), "{refused:?}");
        assert_eq!(Demand::default().refused(), None);
    }

    #[test]
    fn every_refusal_has_a_way_out_of_its_own() {
        let cases = [
            (Errno::MFILE, "ulimit -n"),
            (Errno::NFILE, "fs.file-max"),
            (Errno::NOMEM, "free memory"),
            (Errno::NOBUFS, "tcp_mem"),
            (Errno::NOSPC, "max_user_watches"),
            (Errno::NETUNREACH, "ip link set lo up"),
            (Errno::NETDOWN, "ip link set lo up"),
            (Errno::HOSTUNREACH, "ip link set lo up"),
            (Errno::ADDRNOTAVAIL, "ip_local_port_range"),
            (Errno::ADDRINUSE, "ip_local_port_range"),
            (Errno::PERM, "sandbox"),
            (Errno::ACCESS, "sandbox"),
            (Errno::AFNOSUPPORT, "TCP over IPv4"),
            (Errno::NOSYS, "TCP over IPv4"),
            (Errno::CONNREFUSED, "firewall"),
            (Errno::TIMEDOUT, "firewall"),
        ];
        for (errno, expected) in cases {
            let said = way_out(&of(errno));
            assert!(said.contains(expected), "{errno}: {said}");
        }
    }

    #[test]
    fn only_what_is_used_up_needs_no_second_try() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS, Errno::NOSPC] {
            assert!(exhausted(&of(errno)).is_some(), "{errno}");
        }
        for errno in [Errno::AGAIN, Errno::PERM, Errno::NETUNREACH, Errno::BADF, Errno::INVAL] {
            assert!(exhausted(&of(errno)).is_none(), "{errno}");
        }
        assert!(exhausted(&io::Error::other("no errno")).is_none());
    }

    #[test]
    fn ports_are_counted_with_both_ends() {
        assert_eq!(ports_in("40000\t40099\n"), Some((100, [40_000, 40_099])));
        for none in ["", "1", "9 1", "a b", "1 70000"] {
            assert_eq!(ports_in(none), None, "{none:?}");
        }
    }
}
