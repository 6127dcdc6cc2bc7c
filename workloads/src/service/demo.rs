//! A server that stalls once, live: what an open loop tells of it, and what a closed one hides.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Executor, Join, Listener, Stream};

use super::generator::Generator;
use super::message::{self, Lengths, Requests, Status};
use super::schedule::Schedule;
use super::server::listen;
use crate::live::line;
use crate::timekeeper::figure;

/// Requests of each loop, and how many a second.
const REQUESTS: usize = 10;
const RATE: f64 = 100.0;

/// The server stalls before it answers the third request.
const STALLS_AT: u64 = 2;
const STALL: Duration = Duration::from_millis(50);

const LENGTHS: Lengths = Lengths { request: 8, answer: 8 };

/// Asks the same server twice.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    line(&show, format_args!("a server stalls for {STALL:?} before its third answer"));
    line(&show, "open loop: a request every 10 ms, its latency from when it was due");
    let open = asked(executor, &show, Schedule::even(REQUESTS, RATE)).await?;
    line(&show, "closed loop: a request after each answer, its latency from when it was sent");
    let closed = asked(executor, &show, Schedule::closed(REQUESTS)).await?;
    line(
        &show,
        format_args!("latencies beyond 5 ms: {open} in the open loop, {closed} in the other"),
    );
    Ok(())
}

/// Sends the requests over one connection; returns how many took more than 5 ms.
async fn asked<E: Executor>(executor: E, show: &Show, schedule: Schedule) -> Result<usize, Wrong> {
    let mut listener = listen(executor).await?;
    let address = listener.local_addr()?;
    let mut generator = Generator::ring_at(address, LENGTHS)?;
    let mut bell = listener.accept().await?;
    generator.connect(address)?;
    let stream = listener.accept().await?;
    let server = executor.spawn(show.task("server", stalling(stream, show.clone())));
    let thread = generator.start(Arc::new(schedule), Meter::default())?;
    bell.read(Buf::with_capacity(1)).await.0?;
    let ended = thread.join().map_err(|_| Wrong::Panic("the generator panicked".into()))?;
    let load = ended.load?;
    drop(ended.generator);
    server.join().await??;
    for (latency_ns, number) in load.latencies_ns.iter().zip(1..) {
        let ms = figure(*latency_ns) / 1e6;
        line(show, format_args!("  request {number:>2}: {ms:6.2} ms {}", bar(ms)));
    }
    Ok(load.latencies_ns.iter().filter(|ns| **ns > 5_000_000).count())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few blocks")]
fn bar(ms: f64) -> String {
    "#".repeat((ms / 2.0).min(60.0) as usize)
}

/// Answers until the end of the stream, and blocks its thread once.
async fn stalling<S: Stream>(mut stream: S, show: Show) -> Result<(), Wrong> {
    let (mut input, mut output) = (Buf::with_capacity(4_096), Buf::with_capacity(LENGTHS.answer));
    let mut requests = Requests::new(LENGTHS.request);
    loop {
        let (read, filled) = stream.read(input).await;
        if read? == 0 {
            return Ok(());
        }
        requests.add(&filled);
        input = filled;
        while let Some(number) = requests.next()? {
            if number == STALLS_AT {
                line(&show, "  the server stalls");
                thread::sleep(STALL);
            }
            message::answer(&mut output, number, Status::Served);
            let (written, emptied) = stream.write_all(output).await;
            written?;
            output = emptied;
        }
    }
}
