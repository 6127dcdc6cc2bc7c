//! The floor of `blocked_worker`: a thread for each that blocks, ticks or answers.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::outside::{self, BYTES};
use super::{BlockedWorker, Blocks, Over, TICK};
use crate::ticks::Ticks;

/// None of the threads waits for another.
pub(super) struct Threads;

impl Floor<BlockedWorker> for Threads {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "a thread of the system each for what blocks, ticks and answers";

    fn stage(_: &BlockedWorker) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &BlockedWorker,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let (over, mut ticks) = (Arc::new(Over::default()), workload.ticks(iterations));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let ends = || {
            let client = outside::connect(listener.local_addr()?)?;
            let (stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            Ok::<_, Wrong>((client, stream))
        };
        let (asks_echoes, answers) = ends()?;
        let (asks_blocks, blocked) = ends()?;
        let echoes = outside::ask_for_echoes(asks_echoes, over.clone())?;
        let server = thread::Builder::new().spawn(move || serve(answers))?;
        let mut blocks = workload.blocks(iterations);
        let asked = workload.asked(iterations);
        let running = meter.start();
        let asks = outside::ask_for_blocks(asks_blocks, asked, meter.seed())?;
        let blocker = {
            let over = over.clone();
            thread::Builder::new().spawn(move || {
                let served = block(blocked, &mut blocks);
                over.set();
                served.map(|()| blocks)
            })?
        };
        tick_until(&over, &mut ticks);
        let blocks = ended(blocker)?;
        meter.stop(running, ticks.count());
        asks.end()?;
        let (echoed, trips) = (ended(server)?, echoes.end()?);
        workload.verify(&ticks, &blocks, &trips, echoed)?;
        workload.record(&ticks, &blocks, &trips, meter);
        Ok(())
    }
}

fn ended<T>(thread: JoinHandle<Result<T, Wrong>>) -> Result<T, Wrong> {
    thread.join().map_err(|_| Wrong::Panic("a thread of the floor panicked".into()))?
}

fn block(mut stream: TcpStream, blocks: &mut Blocks) -> Result<(), Wrong> {
    let mut buf = [0];
    while stream.read(&mut buf)? > 0 {
        blocks.block();
        stream.write_all(&buf)?;
    }
    Ok(())
}

fn tick_until(over: &Over, ticks: &mut Ticks) {
    ticks.begin(Instant::now());
    while !over.is_over() {
        thread::sleep((ticks.last() + TICK).saturating_duration_since(Instant::now()));
        ticks.add(Instant::now());
    }
}

fn serve(mut stream: TcpStream) -> Result<u64, Wrong> {
    let (mut buf, mut echoed) = ([0; BYTES], 0);
    loop {
        match stream.read(&mut buf)? {
            0 => return Ok(echoed),
            read => {
                stream.write_all(&buf[..read])?;
                echoed += read as u64;
            }
        }
    }
}
