//! The floor of `ping_pong`: the same mailboxes, and nothing to wake.

use std::task::{Context, Poll, Waker};

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{PingPong, Table};

/// One thread plays all parts. It does with the mailboxes exactly what the tasks do: each waits
/// before its ball comes, with a waker that does nothing.
pub(super) struct StraightLine;

impl Floor<PingPong> for StraightLine {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "the same mailboxes, their balls passed on by straight-line code";

    fn stage(_workload: &PingPong) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &PingPong,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let tables: Vec<Box<Table>> = (0..workload.pairs).map(|_| Box::default()).collect();
        let mut balls = vec![(0, 0); tables.len()];
        let rounds = workload.rounds * iterations;
        let running = meter.start();
        for _ in 0..rounds {
            for (table, ball) in tables.iter().zip(&mut balls) {
                *ball = rally(table, ball.0);
            }
        }
        meter.stop(running, workload.pairs * rounds);
        workload.verify(iterations, &balls)
    }
}

/// Makes a round trip; returns the balls that ping and pong saw, or 0 for one that did not come.
fn rally(Table { there, back }: &Table, ball: u64) -> (u64, u64) {
    let cx = Context::from_waker(Waker::noop());
    let came = |ball: Poll<u64>| match ball {
        Poll::Ready(ball) => ball,
        Poll::Pending => 0,
    };
    // Pong waits; ping serves and waits.
    let too_soon = came(there.poll_receive(&cx));
    there.send(ball + 1);
    let too_soon = too_soon + came(back.poll_receive(&cx));
    let pong = came(there.poll_receive(&cx));
    back.send(pong + 1);
    (came(back.poll_receive(&cx)) + too_soon, pong)
}
