//! The generator of requests: an epoll on a thread of its own, outside the executor.
//!
//! It sends each request when it is due and waits for no answer first: over a connection that is
//! free, else behind those that another one waits for. It never sleeps but looks again and again,
//! so that neither a request nor an answer waits until a halted core has woken up; what that takes
//! of the process's CPU time is taken off. It keeps how late it was itself.

mod connection;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::unistd::Pid;
use tminus_contract::resources::Usage;
use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use super::load::Load;
use super::message::Lengths;
use super::schedule::Schedule;
use connection::Connection;

/// For so long an answer may stay away while nothing else comes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Events that one wait takes at most, and requests that are sent in one go.
const EVENTS: usize = 256;

/// See the [module documentation](self).
pub(super) struct Generator {
    bell: TcpStream,
    epoll: Epoll,
    connections: Vec<Connection>,
    /// Those that wait for no answer, the one that has rested longest first.
    free: VecDeque<usize>,
    /// The connection that is next where none is free.
    turn: usize,
    /// Connections with bytes that the system did not take.
    stuck: Vec<usize>,
    lengths: Lengths,
    pub(super) patience: Duration,
    /// The number of the next request.
    next: u64,
    input: Box<[u8]>,
}

/// A generator that has ended, with what it found.
pub(super) struct Ended {
    pub(super) generator: Generator,
    pub(super) meter: Meter,
    pub(super) load: Result<Load, Wrong>,
}

impl Generator {
    /// Makes one without connections that connects to `address` to say there when it has ended.
    pub(super) fn ring_at(address: SocketAddr, lengths: Lengths) -> Result<Self, Wrong> {
        let bell = TcpStream::connect(address)?;
        bell.set_nodelay(true)?;
        Ok(Self {
            bell,
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(io::Error::from)?,
            connections: Vec::new(),
            free: VecDeque::new(),
            turn: 0,
            stuck: Vec::new(),
            lengths,
            patience: PATIENCE,
            next: 0,
            input: vec![0; 1 << 16].into_boxed_slice(),
        })
    }

    /// Opens a further connection.
    pub(super) fn connect(&mut self, address: SocketAddr) -> Result<(), Wrong> {
        let index = self.connections.len();
        let connection = Connection::open(address, self.lengths)?;
        let event = EpollEvent::new(EpollFlags::EPOLLIN, index as u64);
        self.epoll.add(&connection.stream, event).map_err(io::Error::from)?;
        self.connections.push(connection);
        self.free.push_back(index);
        Ok(())
    }

    /// Starts a thread that sends the requests of `schedule` and takes the region with `meter`, and
    /// rings at its end.
    pub(super) fn start(
        mut self,
        schedule: Arc<Schedule>,
        mut meter: Meter,
    ) -> io::Result<JoinHandle<Ended>> {
        thread::Builder::new().name("generator".into()).spawn(move || {
            let load = self.measure(&schedule, &mut meter);
            // Where it cannot be told, the executor sees the connection's end.
            let _ = self.bell.write_all(&[0]);
            Ended { generator: self, meter, load }
        })
    }

    /// Sends the requests of `schedule` from this thread in one timed region, of which this
    /// thread's part is taken off.
    fn measure(&mut self, schedule: &Schedule, meter: &mut Meter) -> Result<Load, Wrong> {
        let shares = step_aside(&meter.cpus);
        let mut load = Load::new(schedule.requests);
        let before = Usage::of_thread();
        let running = meter.start();
        let sent = self.send_all(schedule, &mut load, shares);
        meter.stop(running, load.answers() as u64);
        meter.take_off(&Usage::of_thread().since(&before));
        sent?;
        load.verify(schedule)?;
        Ok(load)
    }

    fn send_all(
        &mut self,
        schedule: &Schedule,
        load: &mut Load,
        shares: bool,
    ) -> Result<(), Wrong> {
        let mut events = [EpollEvent::empty(); EVENTS];
        let start = Instant::now();
        // When something was last sent or came.
        let mut last_ns = 0;
        while load.answers() < schedule.requests {
            let before = load.requests();
            let now_ns = self.send_due(schedule, start, load)?;
            self.push()?;
            let count = match self.epoll.wait(&mut events, EpollTimeout::ZERO) {
                Err(Errno::EINTR) => 0,
                result => result.map_err(io::Error::from)?,
            };
            for event in &events[..count] {
                let index = usize::try_from(event.data()).expect("was an index");
                self.receive(index, start, load)?;
            }
            if count > 0 || load.requests() > before {
                last_ns = now_ns;
            } else if load.requests() > load.answers() {
                self.be_patient(now_ns - last_ns, load)?;
            }
            if count == 0 && shares {
                thread::yield_now();
            }
        }
        Ok(())
    }

    /// Sends what is due; returns the time.
    fn send_due(
        &mut self,
        schedule: &Schedule,
        start: Instant,
        load: &mut Load,
    ) -> Result<u64, Wrong> {
        for _ in 0..EVENTS {
            let (now_ns, index) = (nanos(start), load.requests());
            let due_ns = match schedule.is_closed() {
                true if index < schedule.requests && !self.free.is_empty() => now_ns,
                true => return Ok(now_ns),
                false => match schedule.due_ns(index).filter(|due| *due <= now_ns) {
                    None => return Ok(now_ns),
                    Some(due_ns) => due_ns,
                },
            };
            load.sent(due_ns, now_ns);
            self.send((due_ns, now_ns))?;
        }
        Ok(nanos(start))
    }

    /// Sends the next request, by the times at which it was due and is sent.
    fn send(&mut self, times_ns: (u64, u64)) -> Result<(), Wrong> {
        let index = self.free.pop_front().unwrap_or_else(|| {
            self.turn = (self.turn + 1) % self.connections.len();
            self.turn
        });
        let connection = &mut self.connections[index];
        let was_stuck = connection.is_stuck();
        connection.send(self.next, times_ns)?;
        self.next += 1;
        if connection.is_stuck() && !was_stuck {
            self.stuck.push(index);
        }
        Ok(())
    }

    /// Sends what the system did not take before.
    fn push(&mut self) -> Result<(), Wrong> {
        for index in std::mem::take(&mut self.stuck) {
            self.connections[index].push()?;
            if self.connections[index].is_stuck() {
                self.stuck.push(index);
            }
        }
        Ok(())
    }

    /// Reads once from a connection and adds the answers that are whole.
    fn receive(&mut self, index: usize, start: Instant, load: &mut Load) -> Result<(), Wrong> {
        let connection = &mut self.connections[index];
        let was_waiting = connection.is_waiting();
        let read = connection.read(&mut self.input)?;
        let now_ns = nanos(start);
        connection.take(&self.input[..read], |times_ns, status| {
            load.answered(times_ns, now_ns, status);
        })?;
        if was_waiting && !connection.is_waiting() {
            self.free.push_back(index);
        }
        Ok(())
    }

    /// Gives up where nothing has come for too long.
    fn be_patient(&self, silence_ns: u64, load: &Load) -> Result<(), Wrong> {
        if u128::from(silence_ns) < self.patience.as_nanos() {
            return Ok(());
        }
        let left = load.requests() - load.answers();
        Err(Wrong::Answer(format!("{left} requests were not answered in {:?}", self.patience)))
    }
}

/// Moves this thread off the CPU that its process is kept on, to one of the other `cpus`; returns
/// whether it has only one CPU to run on, which the server may need.
fn step_aside(cpus: &[usize]) -> bool {
    let this = Pid::from_raw(0);
    let Ok(own) = sched_getaffinity(this) else { return true };
    let is_own = |cpu: usize| own.is_set(cpu) == Ok(true);
    let mut others = CpuSet::new();
    let found = cpus.iter().filter(|cpu| !is_own(**cpu) && others.set(**cpu).is_ok()).count();
    // Where the system refuses, the generator is late, and says so.
    let moved = found > 0 && sched_setaffinity(this, &others).is_ok();
    !moved && (0..CpuSet::count()).filter(|cpu| is_own(*cpu)).count() <= 1
}

fn nanos(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
