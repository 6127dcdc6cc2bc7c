//! `service`: a server asked at an offered rate that does not wait for its answers.
//!
//! In the other workloads a client asks again when the last answer has come, so a server that
//! stalls is asked less: a closed loop, which hides stalls. Here requests come as from many users
//! who know nothing of each other, from a [generator](generator) outside the executor, and a
//! latency counts from when a request was **due**, sent late or not. What a request takes is a
//! recipe: computing, an actor, a timer, a time limit, a task of its own. A round in which the rate
//! was not reached says so instead of giving latencies.

mod actor;
mod demo;
mod floor;
mod generator;
mod load;
mod message;
mod recipe;
mod schedule;
mod server;

use std::sync::Arc;
use std::time::Duration;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, resources};

use crate::descriptors;
use crate::suspends::refuse_ready_yield;
use crate::timekeeper::figure;
use message::Lengths;
use recipe::Recipe;
use schedule::Schedule;
use server::Service;

/// See the [module documentation](self).
pub(crate) struct Server {
    /// Requests a second; 0 is a closed loop.
    rate: u64,
    connections: usize,
    even: bool,
    requests: u64,
    recipe: Recipe,
}

/// The server, and what it must leave as it was.
pub(crate) struct Stage<E: Executor> {
    listener: E::Listener,
    service: Service<E>,
    /// Open before the connections were.
    descriptors: usize,
}

impl Workload for Server {
    const INFO: Info = Info {
        id: "service",
        title: "Service under load",
        about: "a server over loopback TCP, asked at a fixed rate that does not wait for answers",
        op: "request",
        version: 1,
        params: &PARAMS,
        metrics: &["latency_p99_ns", "latency_p50_ns", "cpu_ns_per_op", "answered_ratio"],
        distributions: &[
            ("latency", "from when a request was due until its answer is there"),
            ("send_lateness", "from when a request was due until the generator sent it"),
        ],
        budget: Budget::Once,
        sizes: Sizes {
            quick: &["rate=10000,requests=500"],
            standard: &["rate=10000", "rate=20000"],
            thorough: &[
                "rate=0",
                "rate=2000",
                "rate=5000",
                "rate=10000",
                "rate=20000",
                "rate=50000",
                // A web service: a task a request, a database, a time limit.
                "rate=5000,connections=200,bytes=512,answer_bytes=4096,cpu_us=20,wait_us=2000,\
                 timeout_us=1000000,spawn=1",
                // A chat server: each message passes through the actor of its room. As many
                // connections as 20,000 descriptors are enough for.
                "rate=2000,connections=9900,bytes=128,answer_bytes=128,cpu_us=2,hops=2",
                // A job runner: long computations that yield.
                "rate=200,connections=20,cpu_us=2000,slice_us=100,spawn=1,requests=400",
            ],
            verify: &[
                "rate=2000,connections=10,requests=100,wait_us=200,spawn=1,hops=1,slice_us=2",
                "rate=2000,connections=10,requests=100,timeout_us=1000000",
            ],
        },
    };

    const CATEGORY: &'static str = "load";

    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("service", "A service under load", "latency_p99_ns", "cpu_ns_per_op")];

    type Stage<E: Executor> = Stage<E>;

    fn new(params: &Params) -> Result<Self, String> {
        let size = |name| usize::try_from(params.value(name)).expect("bounded by the parameter");
        let time = |name| Duration::from_micros(params.value(name));
        let rate = params.value("rate");
        let requests = match params.value("requests") {
            0 => (rate / 10).max(1_000),
            requests => requests,
        };
        let recipe = Recipe {
            lengths: Lengths { request: size("bytes"), answer: size("answer_bytes") },
            cpu: time("cpu_us"),
            slice: time("slice_us"),
            wait: time("wait_us"),
            timeout: time("timeout_us"),
            spawn: params.value("spawn") == 1,
            hops: params.value("hops"),
        };
        let even = params.value("even") == 1;
        let server = Self { rate, connections: size("connections"), even, requests, recipe };
        server.refusal().map_or(Ok(server), Err)
    }

    fn needs(&self) -> Needs {
        let connections = self.connections as u64;
        let Recipe { wait, timeout, spawn, .. } = self.recipe;
        Needs {
            io: true,
            timers: !(wait.is_zero() && timeout.is_zero()),
            timeouts: !timeout.is_zero(),
            tasks: 2 + connections * (1 + u64::from(spawn)),
            // A listener, both ends of the bell, the generator's epoll.
            descriptors: 4 + 2 * connections,
            connections: 1 + connections,
            ..Needs::default()
        }
    }

    /// Opens all connections; before that some others, over which requests are served that do not
    /// count, so that the executor has opened what it keeps open.
    async fn stage<E: Executor>(&self, executor: E) -> Result<Stage<E>, Wrong> {
        if !self.recipe.slice.is_zero() {
            refuse_ready_yield(executor).await?;
        }
        let mut listener = server::listen(executor).await?;
        let connections = self.connections.min(REHEARSED);
        let mut service = Service::open(executor, &mut listener, self.recipe, connections).await?;
        let twice = Arc::new(Schedule::closed(2 * connections));
        service.ask(twice, Meter::default()).await?;
        service.close().await?;
        let descriptors = resources::descriptors();
        let service = Service::open(executor, &mut listener, self.recipe, self.connections).await?;
        Ok(Stage { listener, service, descriptors })
    }

    async fn sample<E: Executor>(
        &self,
        _executor: E,
        stage: &mut Stage<E>,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let schedule = Arc::new(self.schedule(iterations, meter.seed()));
        let (load, taken) = stage.service.ask(schedule.clone(), std::mem::take(meter)).await?;
        *meter = taken;
        load.record(&schedule, self.rate, meter);
        Ok(())
    }

    /// Closes all connections, and looks for descriptors that are left open.
    async fn close<E: Executor>(&self, executor: E, stage: Stage<E>) -> Result<(), Wrong> {
        stage.service.close().await?;
        descriptors::closed(executor, stage.descriptors).await?;
        drop(stage.listener);
        Ok(())
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Epolled>()]
    }
}

/// Connections that are opened and closed before the others, at most.
const REHEARSED: usize = 64;

/// Sending all requests, or computing for all of them, takes no longer.
const LONGEST_S: f64 = 30.0;

const PARAMS: [Param; 12] = [
    param(
        "rate",
        "requests a second; 0: each connection asks again when answered",
        10_000,
        0,
        1_000_000,
    ),
    param("connections", "connections, each of which serves one request at a time", 50, 1, 20_000),
    param("bytes", "bytes of a request", 64, message::HEAD_BYTES as u64, 65_536),
    param("answer_bytes", "bytes of an answer", 64, message::HEAD_BYTES as u64, 65_536),
    param("cpu_us", "microseconds computed for a request", 5, 0, 1_000_000),
    param(
        "slice_us",
        "microseconds computed between two yields; 0: without a yield",
        0,
        0,
        1_000_000,
    ),
    param(
        "wait_us",
        "microseconds that a request waits for a timer: the database",
        0,
        0,
        1_000_000,
    ),
    param(
        "timeout_us",
        "microseconds until a request is given up, a timer each; 0: never",
        0,
        0,
        60_000_000,
    ),
    param("spawn", "1: a request has a task of its own", 0, 0, 1),
    param("hops", "times that a request passes through an actor task and back", 0, 0, 1_000),
    param("even", "1: requests come at even distances; 0: as a Poisson stream", 0, 0, 1),
    param(
        "requests",
        "requests in all; 0 is 1,000, or those of 0.1 s where that is more",
        0,
        0,
        1_000_000,
    ),
];

const fn param(name: &'static str, about: &'static str, default: u64, min: u64, max: u64) -> Param {
    Param { name, about, default, min, max }
}

impl Server {
    /// Returns why parameters do not fit each other.
    fn refusal(&self) -> Option<String> {
        let Recipe { cpu, slice, wait, timeout, .. } = self.recipe;
        let (rate, connections) = (figure(self.rate), figure(self.connections as u64));
        if slice > cpu {
            return Some("slice_us must fit into cpu_us".into());
        }
        if !timeout.is_zero() && timeout <= cpu + wait {
            return Some(
                "timeout_us must be beyond cpu_us and wait_us, or nothing is answered".into(),
            );
        }
        if self.rate == 0 && self.even {
            return Some(
                "rate=0 and even=1 exclude each other: a closed loop plans no distances".into(),
            );
        }
        let busy = rate * (cpu + wait).as_secs_f64();
        if busy > connections {
            return Some(format!(
                "at this rate {} requests are served at once: connections={} are too few",
                busy.ceil(),
                self.connections
            ));
        }
        let requests = figure(self.requests);
        let sent = if self.rate == 0 { 0.0 } else { requests / rate };
        let seconds = sent.max(requests * cpu.as_secs_f64());
        (seconds > LONGEST_S).then(|| {
            format!(
                "{requests} requests take {seconds:.0} s: at most {LONGEST_S:.0} s are possible"
            )
        })
    }

    /// Returns the requests of a sample.
    fn schedule(&self, iterations: u64, seed: u64) -> Schedule {
        let requests = usize::try_from(self.requests.saturating_mul(iterations));
        let requests = requests.unwrap_or(usize::MAX);
        match (self.rate, self.even) {
            (0, _) => Schedule::closed(requests),
            (rate, true) => Schedule::even(requests, figure(rate)),
            (rate, false) => Schedule::poisson(requests, figure(rate), seed),
        }
    }
}

#[cfg(test)]
mod evidence;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod tests;
