//! The floor of `echo`: both ends of all connections in one loop around `epoll`.
//!
//! Sockets are level-triggered and only read when there is something to read; a message is never
//! larger than what the system buffers, so writing does not block for long.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{Echo, READ_BYTES, message, report};

/// All connections and the one epoll that watches both their ends.
pub(super) struct Epolled {
    epoll: Epoll,
    /// The idle ones come last; nothing is ever sent on them.
    clients: Vec<Client>,
    servers: Vec<TcpStream>,
    buf: Box<[u8]>,
    /// Round trips that each connection has made so far.
    trips: u64,
}

struct Client {
    stream: TcpStream,
    message: Vec<u8>,
    /// Bytes of the message that are back.
    back: usize,
    times: Vec<Instant>,
}

/// Events that one wait takes at most, as in most reactors.
const EVENTS: usize = 1_024;

impl Floor<Echo> for Epolled {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "both ends in one loop around epoll, a read and a write an event";

    fn stage(workload: &Echo) -> Result<Self, Wrong> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(io::Error::from)?;
        let (mut clients, mut servers) = (Vec::new(), Vec::new());
        for connection in 0..workload.connections + workload.idle {
            let stream = TcpStream::connect(listener.local_addr()?)?;
            let (server, _) = listener.accept()?;
            for (end, socket) in [(0, &stream), (1, &server)] {
                socket.set_nodelay(true)?;
                let event = EpollEvent::new(EpollFlags::EPOLLIN, 2 * connection + end);
                epoll.add(socket, event).map_err(io::Error::from)?;
            }
            let mut message = vec![0; workload.bytes];
            message::fill(&mut message, connection);
            clients.push(Client { stream, message, back: 0, times: Vec::new() });
            servers.push(server);
        }
        let buf = vec![0; READ_BYTES].into_boxed_slice();
        Ok(Self { epoll, clients, servers, buf, trips: 0 })
    }

    fn sample(&mut self, workload: &Echo, iterations: u64, meter: &mut Meter) -> Result<(), Wrong> {
        let trips = iterations * workload.messages;
        let room = usize::try_from(trips + 1).expect("bounded by the parameters");
        let talking = usize::try_from(workload.connections).expect("bounded by the parameter");
        for client in &mut self.clients[..talking] {
            client.times = Vec::with_capacity(room);
        }
        let running = meter.start();
        self.talk(talking, trips)?;
        meter.stop(running, trips * workload.connections);
        self.trips += trips;
        let times = |client: &mut Client| std::mem::take(&mut client.times);
        let talks: Vec<_> = self.clients[..talking].iter_mut().map(times).collect();
        report::record(&talks, trips, meter)
    }
}

impl Epolled {
    fn talk(&mut self, talking: usize, trips: u64) -> Result<(), Wrong> {
        let end = self.trips + trips;
        for (client, connection) in self.clients[..talking].iter_mut().zip(0..) {
            client.times.push(Instant::now());
            client.send(connection, self.trips)?;
        }
        let mut events = [EpollEvent::empty(); EVENTS];
        let mut left = talking;
        while left > 0 {
            let count = match self.epoll.wait(&mut events, EpollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                result => result.map_err(io::Error::from)?,
            };
            for event in &events[..count] {
                let connection = event.data() / 2;
                let index = usize::try_from(connection).expect("was an index");
                if event.data() % 2 == 1 {
                    echo(&mut self.servers[index], &mut self.buf)?;
                    continue;
                }
                let client = &mut self.clients[index];
                if !client.receive(connection, &mut self.buf)? {
                    continue;
                }
                let next = self.trips + client.times.len() as u64 - 1;
                if next < end {
                    client.send(connection, next)?;
                } else {
                    left -= 1;
                }
            }
        }
        Ok(())
    }
}

impl Client {
    fn send(&mut self, connection: u64, trip: u64) -> Result<(), Wrong> {
        message::number(&mut self.message, connection, trip);
        self.back = 0;
        Ok(self.stream.write_all(&self.message)?)
    }

    /// Reads once and says whether the whole message is back.
    fn receive(&mut self, connection: u64, buf: &mut [u8]) -> Result<bool, Wrong> {
        let read = self.stream.read(buf)?;
        self.back = message::verify(&self.message, self.back, &buf[..read], connection)?;
        let whole = self.back == self.message.len();
        if whole {
            self.times.push(Instant::now());
        }
        Ok(whole)
    }
}

/// Reads once and writes back what was read.
fn echo(stream: &mut TcpStream, buf: &mut [u8]) -> Result<(), Wrong> {
    let read = stream.read(buf)?;
    if read == 0 {
        return Err(Wrong::Answer("a client's stream ended".into()));
    }
    Ok(stream.write_all(&buf[..read])?)
}
