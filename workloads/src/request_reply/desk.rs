//! Both sides of the queue: clients that ask, and the server that answers.

use std::time::{Duration, Instant};

use tminus_contract::channel::{Sender, oneshot};

use crate::queue::Queue;

/// The queue of requests.
pub(super) type Desk = Queue<Request>;

/// A question, and the channel for its answer.
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) reply: Sender<u64>,
}

/// Returns the answer to the request `number`, which no other request has.
#[inline]
pub(super) fn answer(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 1
}

/// A task that asks.
pub(super) struct Client {
    place: usize,
    requests: u64,
    times: Vec<Instant>,
}

/// The result of a client.
pub(super) struct Talk {
    /// When the first request was sent, then when each answer was there.
    pub(super) times: Vec<Instant>,
    /// Answers that belong to other requests, or never came.
    pub(super) wrong: u64,
}

impl Client {
    /// Makes the client at that place of the queue, with room for the times of its requests.
    pub(super) fn new(place: usize, requests: u64) -> Self {
        let room = usize::try_from(requests + 1).expect("bounded by the parameters");
        Self { place, requests, times: Vec::with_capacity(room) }
    }

    /// Sends its requests, one after the other, and leaves.
    pub(super) async fn talk(self, desk: &Desk) -> Talk {
        let Self { place, requests, mut times } = self;
        let (first, mut wrong) = (number(place, 0), 0);
        times.push(Instant::now());
        for number in first..first + requests {
            let (reply, answered) = oneshot();
            desk.send(place, Request { number, reply }).await;
            wrong += u64::from(answered.await != Some(answer(number)));
            times.push(Instant::now());
        }
        desk.leave();
        Talk { times, wrong }
    }
}

/// Returns the number of a request: those of two clients differ.
pub(super) fn number(client: usize, request: u64) -> u64 {
    ((client as u64) << 40) + request
}

/// Answers all requests until the clients have left; returns how many there were.
pub(super) async fn serve(desk: &Desk, work_ns: u64) -> u64 {
    let mut served = 0;
    while let Some(Request { number, reply }) = desk.receive(0).await {
        compute(work_ns);
        reply.send(answer(number));
        served += 1;
    }
    served
}

/// Keeps the core busy for so long.
#[inline]
pub(super) fn compute(work_ns: u64) {
    if work_ns > 0 {
        let (began, work) = (Instant::now(), Duration::from_nanos(work_ns));
        while began.elapsed() < work {
            std::hint::spin_loop();
        }
    }
}
