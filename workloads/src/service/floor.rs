//! The floor of `service`: a server in straight-line code, one thread around an epoll.
//!
//! A request that waits is a deadline in a sorted set, and one timer in the epoll is set for the
//! first of them; a time limit is such a deadline that is taken out again. Nothing is spawned, and
//! the actor is a call.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use tminus_contract::Buf;
use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::Server;
use super::generator::Generator;
use super::message::{self, Requests, Status};
use super::recipe::Recipe;
use crate::compute::compute;

/// What is no connection among the events.
pub(super) const BELL: u64 = u64::MAX;
const TIMER: u64 = BELL - 1;

/// Events that one wait takes at most, as in most reactors.
const EVENTS: usize = 256;

/// Bytes that one read takes at most, as in `echo`.
const READ_BYTES: usize = 4_096;

/// The server, and the generator at the other ends of its connections.
pub(super) struct Epolled {
    generator: Option<Generator>,
    bell: TcpStream,
    server: Loop,
    served: u64,
}

/// The server's loop.
pub(super) struct Loop {
    recipe: Recipe,
    epoll: Epoll,
    timer: TimerFd,
    /// What the timer was set for last.
    set: Option<Instant>,
    connections: Vec<Connection>,
    /// When a wait is over, and of which connection.
    waits: BTreeSet<(Instant, usize)>,
    /// When the time of a request is over.
    limits: BTreeSet<(Instant, usize)>,
    input: Box<[u8]>,
    output: Buf,
    served: u64,
}

struct Connection {
    stream: TcpStream,
    requests: Requests,
    /// The request that waits, and when it began.
    at_work: Option<(u64, Instant)>,
}

impl Floor<Server> for Epolled {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "one thread around epoll, with deadlines in a sorted set";

    fn stage(workload: &Server) -> Result<Self, Wrong> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let mut generator = Generator::ring_at(address, workload.recipe.lengths)?;
        let bell = listener.accept()?.0;
        let mut server = Loop::new(workload.recipe)?;
        server.watch(&bell, BELL)?;
        for _ in 0..workload.connections {
            generator.connect(address)?;
            server.add(listener.accept()?.0)?;
        }
        Ok(Self { generator: Some(generator), bell, server, served: 0 })
    }

    fn sample(
        &mut self,
        workload: &Server,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let schedule = Arc::new(workload.schedule(iterations, meter.seed()));
        let generator = self.generator.take();
        let generator = generator.ok_or_else(|| Wrong::Answer("it has failed before".into()))?;
        let thread = generator.start(schedule.clone(), std::mem::take(meter))?;
        let served = self.server.serve();
        self.bell.read_exact(&mut [0])?;
        let ended = thread.join().map_err(|_| Wrong::Panic("the generator panicked".into()))?;
        served?;
        let load = ended.load?;
        (*meter, self.generator) = (ended.meter, Some(ended.generator));
        self.served += schedule.requests as u64;
        Wrong::unless_equal("requests served", self.served, self.server.served)?;
        load.record(&schedule, workload.rate, meter);
        Ok(())
    }
}

impl Loop {
    pub(super) fn new(recipe: Recipe) -> Result<Self, Wrong> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(io::Error::from)?;
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags).map_err(io::Error::from)?;
        // By edges, so that it need not be read.
        let edges = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        epoll.add(&timer, EpollEvent::new(edges, TIMER)).map_err(io::Error::from)?;
        Ok(Self {
            recipe,
            epoll,
            timer,
            set: None,
            connections: Vec::new(),
            waits: BTreeSet::new(),
            limits: BTreeSet::new(),
            input: vec![0; READ_BYTES].into_boxed_slice(),
            output: Buf::with_capacity(recipe.lengths.answer),
            served: 0,
        })
    }

    pub(super) fn add(&mut self, stream: TcpStream) -> Result<(), Wrong> {
        stream.set_nodelay(true)?;
        self.watch(&stream, self.connections.len() as u64)?;
        let requests = Requests::new(self.recipe.lengths.request);
        self.connections.push(Connection { stream, requests, at_work: None });
        Ok(())
    }

    pub(super) fn watch(&self, stream: &TcpStream, number: u64) -> Result<(), Wrong> {
        let event = EpollEvent::new(EpollFlags::EPOLLIN, number);
        Ok(self.epoll.add(stream, event).map_err(io::Error::from)?)
    }

    /// Serves until the bell rings.
    pub(super) fn serve(&mut self) -> Result<(), Wrong> {
        let mut events = [EpollEvent::empty(); EVENTS];
        loop {
            let count = match self.epoll.wait(&mut events, EpollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                result => result.map_err(io::Error::from)?,
            };
            let mut rang = false;
            for event in &events[..count] {
                match event.data() {
                    BELL => rang = true,
                    TIMER => {}
                    number => self.read(usize::try_from(number).expect("was an index"))?,
                }
            }
            if rang {
                return Ok(());
            }
            self.fire()?;
        }
    }

    /// Reads once and serves what is whole.
    fn read(&mut self, index: usize) -> Result<(), Wrong> {
        let connection = &mut self.connections[index];
        let read = connection.stream.read(&mut self.input)?;
        if read == 0 {
            return Err(Wrong::Answer("the generator closed a connection early".into()));
        }
        connection.requests.add(&self.input[..read]);
        self.advance(index)
    }

    /// Serves the requests of a connection, until one waits or none is left.
    fn advance(&mut self, index: usize) -> Result<(), Wrong> {
        while self.connections[index].at_work.is_none() {
            let Some(number) = self.connections[index].requests.next()? else { break };
            let began = Instant::now();
            if !self.recipe.timeout.is_zero() {
                self.limits.insert((began + self.recipe.timeout, index));
            }
            for hop in 0..self.recipe.hops {
                black_box(!(number + hop));
            }
            compute(self.recipe.cpu);
            if self.recipe.wait.is_zero() {
                self.answer(index, number, began)?;
                continue;
            }
            self.waits.insert((Instant::now() + self.recipe.wait, index));
            self.connections[index].at_work = Some((number, began));
        }
        Ok(())
    }

    fn answer(&mut self, index: usize, number: u64, began: Instant) -> Result<(), Wrong> {
        let limit = began + self.recipe.timeout;
        let mut status = Status::Served;
        if !self.recipe.timeout.is_zero() {
            self.limits.remove(&(limit, index));
            if Instant::now() > limit {
                status = Status::TimedOut;
            }
        }
        message::answer(&mut self.output, number, status);
        self.connections[index].stream.write_all(&self.output)?;
        self.served += 1;
        Ok(())
    }

    /// Ends the waits that are over, and sets the timer for the next one.
    fn fire(&mut self) -> Result<(), Wrong> {
        while let Some((due, index)) = self.waits.first().copied() {
            let gap = due.saturating_duration_since(Instant::now());
            if !gap.is_zero() {
                return self.set(due, gap);
            }
            self.waits.pop_first();
            if let Some((number, began)) = self.connections[index].at_work.take() {
                self.answer(index, number, began)?;
            }
            self.advance(index)?;
        }
        Ok(())
    }

    fn set(&mut self, due: Instant, gap: Duration) -> Result<(), Wrong> {
        if self.set.replace(due) == Some(due) {
            return Ok(());
        }
        let once = Expiration::OneShot(TimeSpec::from_duration(gap));
        Ok(self.timer.set(once, TimerSetTimeFlags::empty()).map_err(io::Error::from)?)
    }
}
