//! Clients that are not the executor's, each in a thread of its own: one asks for echoes, and one
//! for blocks.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tminus_contract::workload::Wrong;

use super::Over;
use crate::timekeeper::nanos_between;

/// Bytes of a message.
pub(super) const BYTES: usize = 64;

/// From an echo to the next question: the executor comes to rest between two.
const REST: Duration = Duration::from_micros(500);

/// The shortest and the longest time from a block to the next, in microseconds.
const PAUSES_US: std::ops::RangeInclusive<u64> = 1_500..=4_000;

/// Connects to a server.
pub(super) fn connect(address: SocketAddr) -> Result<TcpStream, Wrong> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A thread that asks; it closes its connection when it ends.
pub(super) struct Client<T>(JoinHandle<Result<T, Wrong>>);

impl<T: Send + 'static> Client<T> {
    fn start(ask: impl FnOnce() -> Result<T, Wrong> + Send + 'static) -> Result<Self, Wrong> {
        Ok(Self(thread::Builder::new().name("client".into()).spawn(ask)?))
    }

    /// Waits until the thread has ended; returns what it saw.
    pub(super) fn end(self) -> Result<T, Wrong> {
        self.0.join().map_err(|_| Wrong::Panic("a client panicked".into()))?
    }
}

/// Asks for echoes until all is over, at least once; gives the nanoseconds of each round trip.
pub(super) fn ask_for_echoes(
    mut stream: TcpStream,
    over: Arc<Over>,
) -> Result<Client<Vec<u64>>, Wrong> {
    Client::start(move || {
        let mut trips = Vec::new();
        loop {
            let question = message(trips.len() as u64);
            let asked = Instant::now();
            let answer = round_trip(&mut stream, question)?;
            trips.push(nanos_between(asked, Instant::now()));
            Wrong::unless_equal("the answer is the question", true, question == answer)?;
            if over.is_over() {
                return Ok(trips);
            }
            thread::sleep(REST);
        }
    })
}

/// Asks for so many blocks; the pauses before them are random by `seed`, so that they are not in
/// step with ticks.
pub(super) fn ask_for_blocks(
    mut stream: TcpStream,
    blocks: usize,
    seed: u64,
) -> Result<Client<()>, Wrong> {
    Client::start(move || {
        let mut random = fastrand::Rng::with_seed(seed);
        (0..blocks).try_for_each(|_| {
            thread::sleep(Duration::from_micros(random.u64(PAUSES_US)));
            round_trip(&mut stream, [0]).map(drop)
        })
    })
}

/// Sends a question; returns the answer.
fn round_trip<const N: usize>(stream: &mut TcpStream, question: [u8; N]) -> Result<[u8; N], Wrong> {
    let mut answer = [0; N];
    stream.write_all(&question)?;
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

/// Returns the message of that number, which differs from that of another in every part.
fn message(number: u64) -> [u8; BYTES] {
    let number = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes();
    std::array::from_fn(|place| number[place % number.len()])
}
