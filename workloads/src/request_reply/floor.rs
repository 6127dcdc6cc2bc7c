//! The floor of `request_reply`: the same queue and the same channels, called as functions.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tminus_contract::channel::{Receiver, oneshot};
use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::desk::{Desk, Request, Talk, answer, compute, number};
use super::{RequestReply, record};

/// One thread plays all parts: a client asks, the server answers, the client reads. Nothing waits,
/// so nothing is woken.
pub(super) struct Calls;

impl Floor<RequestReply> for Calls {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "the same queue and channels, called one request at a time";

    fn stage(_: &RequestReply) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &RequestReply,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let desk = workload.desk();
        let requests = workload.requests * iterations;
        let room = usize::try_from(requests + 1).expect("bounded by the parameters");
        let talk = |_| Talk { times: Vec::with_capacity(room), wrong: 0 };
        let mut talks: Vec<Talk> = (0..workload.clients).map(talk).collect();
        let mut served = 0;
        let running = meter.start();
        for (client, talk) in talks.iter_mut().enumerate() {
            talk.times.push(Instant::now());
            for request in 0..requests {
                let number = number(client, request);
                let replied = ask(&desk, client, number, workload.work_ns);
                served += u64::from(replied.is_some());
                talk.wrong += u64::from(replied != Some(answer(number)));
                talk.times.push(Instant::now());
            }
        }
        meter.stop(running, workload.all_requests(iterations));
        workload.verify(iterations, served, &talks)?;
        record(&talks, meter);
        Ok(())
    }
}

/// Sends a request, serves it and returns the answer; nothing if something had to wait.
fn ask(desk: &Desk, client: usize, number: u64, work_ns: u64) -> Option<u64> {
    let cx = Context::from_waker(Waker::noop());
    let (reply, answered) = oneshot();
    if desk.poll_send(client, &mut Some(Request { number, reply }), &cx).is_pending() {
        return None;
    }
    let Poll::Ready(Some(request)) = desk.poll_receive(0, &cx) else { return None };
    compute(work_ns);
    request.reply.send(answer(request.number));
    ready(answered)
}

fn ready(answered: Receiver<u64>) -> Option<u64> {
    match pin!(answered).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => None,
    }
}
