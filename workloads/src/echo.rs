//! `echo`: C connections over loopback TCP, the server's and the clients' ends on one executor.
//!
//! All connections stand and all clients wait at the start line before the clock starts. Then every
//! client sends a message, waits until all of it has come back, verifies every byte, and sends the
//! next: a **closed loop**, in which a stalled connection sends nothing, so the latencies
//! understate what an open stream of requests would see. That is why fairness between connections
//! is reported too. Both ends share the loop, since across processes one connection would measure
//! the waking of an idle core. Idle connections only stand there: they show which executors poll
//! and which are told.

mod client;
mod demo;
#[cfg(target_os = "linux")]
mod floor;
mod message;
mod report;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Buf, Executor, Join, Listener, Stream};

use crate::start_line::StartLine;
use client::Client;

/// See the [module documentation](self).
pub(crate) struct Echo {
    connections: u64,
    messages: u64,
    bytes: usize,
    idle: u64,
}

/// Bytes that one read takes at most. More than a message: a read that fills its buffer costs
/// readiness executors a further one that finds nothing.
const READ_BYTES: usize = 4_096;

/// The connections that are made before the clock starts.
pub(crate) struct Stage<E: Executor> {
    listener: E::Listener,
    /// The clients' ends that talk.
    clients: Vec<E::Stream>,
    /// The clients' ends that only stand there.
    idle: Vec<E::Stream>,
    /// A server task for each connection, the talking ones first; they give the bytes echoed.
    servers: Vec<E::Join<Result<u64, Wrong>>>,
    /// Round trips that each connection has made so far.
    trips: u64,
}

impl Workload for Echo {
    const INFO: Info = Info {
        id: "echo",
        title: "Echo",
        about: "connections over loopback TCP, both ends on the executor, in a closed loop",
        op: "round trip",
        version: 1,
        params: &[
            Param {
                name: "connections",
                about: "connections that talk",
                default: 100,
                min: 1,
                max: 10_000,
            },
            Param {
                name: "messages",
                about: "messages of each connection in an iteration; 0 is 10, and fewer beyond 300 \
                        connections, so that an iteration has no more than 3,000 round trips",
                default: 0,
                min: 0,
                max: 10_000,
            },
            Param { name: "bytes", about: "bytes of a message", default: 64, min: 1, max: 65_536 },
            Param {
                name: "idle",
                about: "further connections on which nothing happens",
                default: 0,
                min: 0,
                max: 10_000,
            },
        ],
        metrics: &[
            "cpu_ns_per_op",
            "wall_ns_per_op",
            "round_trip_p50_ns",
            "round_trip_p99_ns",
            "jain_index_ratio",
        ],
        distributions: &[("round_trip", "from before a message is sent until all of it is back")],
        budget: Budget::Batches { total_ns: 10_000_000, batches: 5 },
        sizes: Sizes {
            quick: &["connections=10"],
            standard: &["connections=1", "connections=100", "connections=1000"],
            thorough: &[
                "connections=1",
                "connections=10",
                "connections=100",
                "connections=1000",
                "connections=100,bytes=16384",
                "connections=1,idle=1000",
            ],
            verify: &["connections=10,idle=2"],
        },
    };

    const CATEGORY: &'static str = "classic";

    const PURPOSES: &'static [Purpose] = &[
        Purpose::new("connections", "Many connections", "cpu_ns_per_op", "round_trip_p99_ns"),
        Purpose::new(
            "latency-sockets",
            "Latency first, over sockets",
            "round_trip_p99_ns",
            "cpu_ns_per_op",
        ),
    ];

    type Stage<E: Executor> = Stage<E>;

    fn new(params: &Params) -> Result<Self, String> {
        let bytes = usize::try_from(params.value("bytes")).map_err(|error| error.to_string())?;
        let connections = params.value("connections");
        let messages = match params.value("messages") {
            0 => (3_000 / connections).clamp(1, 10),
            messages => messages,
        };
        if connections * messages > 10_000_000 {
            return Err(
                "connections x messages is beyond 10,000,000: their times need more memory \
                        than a child has"
                    .into(),
            );
        }
        Ok(Self { connections, messages, bytes, idle: params.value("idle") })
    }

    fn needs(&self) -> Needs {
        let all = self.connections + self.idle;
        Needs {
            io: true,
            tasks: 1 + self.connections + all,
            descriptors: 1 + 2 * all,
            connections: all,
            ..Needs::default()
        }
    }

    async fn stage<E: Executor>(&self, executor: E) -> Result<Stage<E>, Wrong> {
        let mut listener = executor.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let address = listener.local_addr()?;
        let (mut clients, mut accepted) = (Vec::new(), Vec::new());
        for _ in 0..self.connections + self.idle {
            // The system completes the connection before it is accepted, so the two need no tasks.
            clients.push(executor.connect(address).await?);
            accepted.push(listener.accept().await?);
        }
        let talking = usize::try_from(self.connections).expect("bounded by the parameter");
        let idle = clients.split_off(talking);
        let servers = accepted.into_iter().map(|stream| executor.spawn(serve(stream))).collect();
        Ok(Stage { listener, clients, idle, servers, trips: 0 })
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        stage: &mut Stage<E>,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let start_line = StartLine::new(self.connections);
        let trips = iterations * self.messages;
        let mut handles = Vec::with_capacity(stage.clients.len());
        for (stream, connection) in std::mem::take(&mut stage.clients).into_iter().zip(0..) {
            let client = Client::new(stream, connection, self.bytes, trips);
            let (start_line, first) = (start_line.clone(), stage.trips);
            handles.push(executor.spawn(async move {
                start_line.pass().await;
                client.talk(first, trips).await
            }));
        }
        let mut talks: Vec<Vec<Instant>> = Vec::with_capacity(handles.len());
        start_line.filled().await;
        let running = meter.start();
        start_line.open();
        for handle in handles {
            let client = handle.join().await??;
            stage.clients.push(client.stream);
            talks.push(client.times);
        }
        meter.stop(running, trips * self.connections);
        stage.trips += trips;
        report::record(&talks, trips, meter)
    }

    async fn close<E: Executor>(&self, _executor: E, stage: Stage<E>) -> Result<(), Wrong> {
        let Stage { listener, clients, idle, servers, trips } = stage;
        // The servers see the end of their streams and end.
        drop((listener, clients, idle));
        let talked = trips * self.bytes as u64;
        for (server, connection) in servers.into_iter().zip(0..) {
            let expected = if connection < self.connections { talked } else { 0 };
            Wrong::unless_equal("bytes echoed on a connection", expected, server.join().await??)?;
        }
        Ok(())
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        #[cfg(target_os = "linux")]
        return vec![FloorEntry::of::<floor::Epolled>()];
        #[cfg(not(target_os = "linux"))]
        return Vec::new();
    }
}

/// Echoes until the end of the stream; returns the bytes echoed.
pub(crate) async fn serve<S: Stream>(mut stream: S) -> Result<u64, Wrong> {
    let mut buf = Buf::with_capacity(READ_BYTES);
    let mut echoed = 0;
    loop {
        let (read, filled) = stream.read(buf).await;
        match read? {
            0 => return Ok(echoed),
            read => echoed += read as u64,
        }
        let (written, emptied) = stream.write_all(filled).await;
        written?;
        buf = emptied;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{CORRUPTS, LOSES_TASKS, Test, demo, run, run_floor};
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn every_round_trip_is_counted_and_timed() {
        // Messages below, at and above what one read takes.
        for bytes in [1, 64, 4_096, 20_000] {
            let params = format!("connections=5,messages=4,idle=3,bytes={bytes}");
            let said = run::<Echo, Test>(&params, Clock::Real);
            assert_eq!((said.samples()[0].ops, said.recorded("round_trip")), (20, 20));
            let jain = said.metric("jain_index_ratio").expect("recorded");
            assert!((0.2..=1.0).contains(&jain), "{jain}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_floor_makes_as_many() {
        for bytes in [1, 64, 4_096, 65_536] {
            let params = format!("connections=5,messages=4,idle=3,bytes={bytes}");
            let said = run_floor::<Echo>(&params, "floor");
            assert_eq!((said.samples()[0].ops, said.recorded("round_trip")), (20, 20));
        }
    }

    #[test]
    fn a_changed_byte_fails_where_it_is() {
        let said = run::<Echo, Test<CORRUPTS>>("connections=1,bytes=10", Clock::Real);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.starts_with("connection 0, byte 9: sent "), "{reason}");
    }

    #[test]
    fn a_lost_server_fails() {
        // The third task: after the root and the first server. A lost client hangs, which is for
        // the parent's deadline to find.
        let said = run::<Echo, Test<LOSES_TASKS>>("connections=2", Clock::Real);
        assert_eq!(said.failure().0, Failed::WrongAnswer);
    }

    #[test]
    fn needs_count_both_ends() {
        let params = Params::parse(&Echo::INFO, "connections=1000,idle=10").expect("bounds");
        let needs = Echo::new(&params).expect("possible").needs();
        assert_eq!((needs.tasks, needs.descriptors), (2_011, 2_021));
    }

    #[test]
    fn the_demo_shows_every_line_come_back() {
        let shown = demo::<Echo, Test>(Clock::Real);
        for label in ["A", "B", "C"] {
            let back = shown.lines().filter(|line| line.starts_with(&format!("{label} got back")));
            let back: Vec<_> = back.map(|line| line.rsplit(' ').next()).collect();
            assert_eq!(back, [Some("ready"), Some("set"), Some("lift-off!")]);
        }
        assert!(shown.ends_with("51 bytes echoed on 3 connections\n"), "{shown}");
    }
}
