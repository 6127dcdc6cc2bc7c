//! The floor of `idle`: deadlines in an array, open sockets, and a thread that sleeps.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{Idle, watch};

/// What waits, none of which is due.
pub(super) struct Park {
    deadlines: Vec<Instant>,
    streams: Vec<TcpStream>,
}

impl Floor<Idle> for Park {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "deadlines in an array, open sockets, and one sleep of the thread";

    fn stage(idle: &Idle) -> Result<Self, Wrong> {
        let far = Instant::now() + Duration::from_secs(3_600);
        let deadlines = (0..idle.sleepers).map(|number| far + Duration::from_micros(number));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let mut streams = Vec::new();
        for _ in 0..idle.connections {
            streams.push(TcpStream::connect(listener.local_addr()?)?);
            streams.push(listener.accept()?.0);
        }
        Ok(Self { deadlines: deadlines.collect(), streams })
    }

    fn sample(&mut self, idle: &Idle, iterations: u64, meter: &mut Meter) -> Result<(), Wrong> {
        watch::take(meter, idle.seconds * iterations);
        let now = Instant::now();
        let due = self.deadlines.iter().filter(|deadline| **deadline <= now).count();
        Wrong::unless_equal("deadlines that have come", 0, due)?;
        let streams = 2 * idle.connections;
        Wrong::unless_equal("open sockets", streams, self.streams.len() as u64)
    }
}
