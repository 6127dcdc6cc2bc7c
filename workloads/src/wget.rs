//! `wget`: clients fetch pages by HTTP/1.1 over loopback TCP, and every connection is made anew.
//!
//! `echo` leaves out connecting, accepting and closing: here they stand inside the timed region, as
//! in a server of short visits. With `keep_alive=1` a client keeps its connection for all requests
//! of an iteration. Server and clients share the executor, and a client asks again when the last
//! page is there (a closed loop). Every byte is checked, and no descriptor may be left open.

mod client;
mod demo;
mod floor;
mod http;
mod server;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join, Listener, resources};

use crate::descriptors;
use crate::start_line::StartLine;
use crate::timekeeper::nanos_between;
use client::{Client, Visits};
use server::Server;

/// See the [module documentation](self).
#[derive(Clone, Copy)]
pub(crate) struct Wget {
    clients: u64,
    bytes: usize,
    keep_alive: bool,
    /// Of each client in an iteration.
    requests: u64,
}

/// The server, which lives as long as the cell.
pub(crate) struct Stage<E: Executor> {
    server: Arc<Server>,
    accepting: E::Join<()>,
    address: SocketAddr,
    /// Open when no connection was.
    descriptors: usize,
}

impl Workload for Wget {
    const INFO: Info = Info {
        id: "wget",
        title: "Web pages",
        about: "clients fetch pages by HTTP over loopback TCP, connecting and closing each time",
        op: "request",
        version: 1,
        params: &[
            Param {
                name: "clients",
                about: "clients that fetch at once",
                default: 50,
                min: 1,
                max: 10_000,
            },
            Param { name: "bytes", about: "bytes of a page", default: 1_024, min: 1, max: 65_536 },
            Param {
                name: "keep_alive",
                about: "1: a client keeps its connection for an iteration; 0: for a request",
                default: 0,
                min: 0,
                max: 1,
            },
            Param {
                name: "requests",
                about: "requests of each client in an iteration; 0 is 1, and 10 with keep_alive=1",
                default: 0,
                min: 0,
                max: 10_000,
            },
        ],
        metrics: &["cpu_ns_per_op", "wall_ns_per_op", "latency_p50_ns", "latency_p99_ns"],
        distributions: &[(
            "latency",
            "from before a request is sent, or its connection opened, until its page is there",
        )],
        budget: Budget::Batches { total_ns: 10_000_000, batches: 5 },
        sizes: Sizes {
            quick: &["clients=50"],
            standard: &["clients=50", "clients=50,keep_alive=1"],
            thorough: &[
                "clients=1",
                "clients=50",
                "clients=50,bytes=16384",
                "clients=50,keep_alive=1",
                "clients=500",
            ],
            verify: &["clients=10", "clients=10,keep_alive=1"],
        },
    };

    const CATEGORY: &'static str = "classic";

    const PURPOSES: &'static [Purpose] = &[Purpose::new(
        "short-connections",
        "Many short connections",
        "cpu_ns_per_op",
        "latency_p99_ns",
    )];

    type Stage<E: Executor> = Stage<E>;

    fn new(params: &Params) -> Result<Self, String> {
        let bytes = usize::try_from(params.value("bytes")).map_err(|error| error.to_string())?;
        let (clients, keep_alive) = (params.value("clients"), params.value("keep_alive") == 1);
        let requests = match params.value("requests") {
            0 if keep_alive => 10,
            0 => 1,
            requests => requests,
        };
        if keep_alive && requests == 1 {
            return Err("keep_alive=1 and requests=1 exclude each other: nothing is kept for one \
                        request"
                .into());
        }
        if clients * requests > 10_000_000 {
            return Err(
                "clients x requests is beyond 10,000,000: their times need more memory than \
                        a child has"
                    .into(),
            );
        }
        Ok(Self { clients, bytes, keep_alive, requests })
    }

    fn needs(&self) -> Needs {
        Needs {
            io: true,
            // The server may still close a connection while its client opens the next.
            tasks: 2 + 3 * self.clients,
            descriptors: 1 + 3 * self.clients,
            connections: self.clients,
            ..Needs::default()
        }
    }

    /// Listens and fetches one page, then those of an iteration, so that the executor has opened
    /// what it keeps open on each of its workers.
    async fn stage<E: Executor>(&self, executor: E) -> Result<Stage<E>, Wrong> {
        let listener = executor.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let address = listener.local_addr()?;
        let server = Arc::new(Server::new(self.bytes));
        server.expect(1);
        let accepting = executor.spawn(server.clone().accept(executor, listener));
        let one = Visits { connections: 1, requests: 1 };
        let fetched = Client::new(0, self.bytes, &one).fetch_all(executor, address, one).await;
        fetched.map_err(|wrong| server.reason(wrong))?;
        server.idle().await?;
        let mut stage = Stage { server, accepting, address, descriptors: 0 };
        self.sample(executor, &mut stage, 1, &mut Meter::default()).await?;
        stage.descriptors = resources::descriptors();
        Ok(stage)
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        stage: &mut Stage<E>,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let (visits, requests) = (self.visits(iterations), self.all_requests(iterations));
        let start_line = StartLine::new(self.clients);
        let (address, bytes) = (stage.address, self.bytes);
        let spawn = |number| {
            let (client, start_line) = (Client::new(number, bytes, &visits), start_line.clone());
            executor.spawn(async move {
                start_line.pass().await;
                client.fetch_all(executor, address, visits).await
            })
        };
        let clients: Vec<_> = (0..self.clients).map(spawn).collect();
        let mut times = Vec::with_capacity(clients.len());
        stage.server.expect(requests);
        start_line.filled().await;
        let running = meter.start();
        start_line.open();
        for client in clients {
            let fetched = client.join().await?;
            times.push(fetched.map_err(|wrong| stage.server.reason(wrong))?);
        }
        stage.server.idle().await?;
        meter.stop(running, requests);
        self.verify(iterations, &times)?;
        record(&times, meter);
        Ok(())
    }

    /// Looks for descriptors that are left open, and ends the server.
    async fn close<E: Executor>(&self, executor: E, stage: Stage<E>) -> Result<(), Wrong> {
        descriptors::closed(executor, stage.descriptors).await?;
        stage.server.end();
        drop(executor.connect(stage.address).await?);
        Ok(stage.accepting.join().await?)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::StraightLine>()]
    }
}

/// When a request began and when its page was there.
type Times = Vec<(Instant, Instant)>;

impl Wget {
    /// Returns what each client does.
    fn visits(&self, iterations: u64) -> Visits {
        match self.keep_alive {
            true => Visits { connections: iterations, requests: self.requests },
            false => Visits { connections: iterations * self.requests, requests: 1 },
        }
    }

    fn all_requests(&self, iterations: u64) -> u64 {
        self.clients * self.requests * iterations
    }

    /// Verifies how many pages each client got.
    fn verify(&self, iterations: u64, times: &[Times]) -> Result<(), Wrong> {
        Wrong::unless_equal("clients", self.clients, times.len() as u64)?;
        let pages = self.requests * iterations;
        times.iter().try_for_each(|times| {
            Wrong::unless_equal("pages of a client", pages, times.len() as u64)
        })
    }
}

/// Records how long each request took.
fn record(times: &[Times], meter: &mut Meter) {
    for (began, ended) in times.iter().flatten() {
        meter.record("latency", nanos_between(*began, *ended));
    }
}

#[cfg(test)]
mod tests;
