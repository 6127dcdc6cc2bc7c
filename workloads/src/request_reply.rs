//! `request_reply`: clients ask one server through a bounded queue and wait for their answers.
//!
//! Each request brings a channel for one answer with it, as in programs of actors: the bench
//! `request_reply` of tokio has this shape. A client waits for its answer before it asks again (a
//! closed loop), and for room where the queue is full. Queue and channel are no executor's. When
//! the clock starts all tasks stand ready (see [`StartLine`]).

mod demo;
mod desk;
mod floor;

use std::sync::Arc;
use std::time::Instant;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join};

use crate::start_line::StartLine;
use crate::timekeeper::nanos_between;
use desk::{Client, Desk, Talk, serve};

/// See the [module documentation](self).
pub(crate) struct RequestReply {
    clients: usize,
    capacity: usize,
    requests: u64,
    work_ns: u64,
}

impl Workload for RequestReply {
    const INFO: Info = Info {
        id: "request_reply",
        title: "Request and reply",
        about: "clients ask one server through a bounded queue and wait for their answers",
        op: "request",
        version: 1,
        params: &[
            Param {
                name: "clients",
                about: "tasks that ask, each one request at a time",
                default: 16,
                min: 1,
                max: 10_000,
            },
            Param {
                name: "capacity",
                about: "requests that the queue has room for",
                default: 10,
                min: 1,
                max: 1_000_000,
            },
            Param {
                name: "work_ns",
                about: "nanoseconds that the server computes for a request",
                default: 0,
                min: 0,
                max: 10_000_000,
            },
            Param {
                name: "requests",
                about: "requests of each client in an iteration",
                default: 10,
                min: 1,
                max: 1_000_000,
            },
        ],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op", "latency_p50_ns", "latency_p99_ns"],
        distributions: &[("latency", "from before a request is sent until its answer is there")],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["clients=16"],
            standard: &["clients=1", "clients=64"],
            thorough: &["clients=1", "clients=16", "clients=64", "clients=16,work_ns=1000"],
            verify: &["clients=16"],
        },
    };

    const CATEGORY: &'static str = "field";

    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("actors", "Tasks that ask each other", "wall_ns_per_op", "latency_p99_ns")];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let size = |name| usize::try_from(params.value(name)).map_err(|error| error.to_string());
        let (clients, requests) = (size("clients")?, params.value("requests"));
        if params.value("clients") * requests > 10_000_000 {
            return Err(
                "clients x requests is beyond 10,000,000: their times need more memory than \
                        a child has"
                    .into(),
            );
        }
        let (capacity, work_ns) = (size("capacity")?, params.value("work_ns"));
        Ok(Self { clients, capacity, requests, work_ns })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: self.clients as u64 + 2, ..Needs::default() }
    }

    async fn stage<E: Executor>(&self, _executor: E) -> Result<(), Wrong> {
        Ok(())
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        (): &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let start_line = StartLine::new(self.clients as u64 + 1);
        let desk = Arc::new(self.desk());
        let (for_server, first, work_ns) = (desk.clone(), start_line.clone(), self.work_ns);
        let server = executor.spawn(async move {
            first.pass().await;
            serve(&for_server, work_ns).await
        });
        let spawn = |client: Client| {
            let (desk, start_line) = (desk.clone(), start_line.clone());
            executor.spawn(async move {
                start_line.pass().await;
                client.talk(&desk).await
            })
        };
        let clients: Vec<_> = self.all(iterations).map(spawn).collect();
        let mut talks = Vec::with_capacity(clients.len());
        start_line.filled().await;
        let running = meter.start();
        start_line.open();
        for client in clients {
            talks.push(client.join().await?);
        }
        let served = server.join().await?;
        meter.stop(running, self.all_requests(iterations));
        self.verify(iterations, served, &talks)?;
        record(&talks, meter);
        Ok(())
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Calls>()]
    }
}

impl RequestReply {
    fn desk(&self) -> Desk {
        Desk::new(self.capacity, self.clients, 1)
    }

    /// Makes all clients, with room for the times of their requests.
    fn all(&self, iterations: u64) -> impl Iterator<Item = Client> + use<> {
        let requests = self.requests * iterations;
        (0..self.clients).map(move |number| Client::new(number, requests))
    }

    fn all_requests(&self, iterations: u64) -> u64 {
        self.clients as u64 * self.requests * iterations
    }

    /// Verifies what the server counted and what each client got.
    fn verify(&self, iterations: u64, served: u64, talks: &[Talk]) -> Result<(), Wrong> {
        Wrong::unless_equal("requests served", self.all_requests(iterations), served)?;
        Wrong::unless_equal("clients", self.clients, talks.len())?;
        let requests = self.requests * iterations;
        talks.iter().try_for_each(|talk| {
            Wrong::unless_equal("answers to other requests", 0, talk.wrong)?;
            Wrong::unless_equal("answers", requests + 1, talk.times.len() as u64)
        })
    }
}

/// Records how long each request took.
fn record(talks: &[Talk], meter: &mut Meter) {
    let pairs = talks.iter().flat_map(|talk| talk.times.windows(2));
    pairs.for_each(|pair: &[Instant]| meter.record("latency", nanos_between(pair[0], pair[1])));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LAST_IN_FIRST_OUT, LOSES_TASKS, Test, demo, run, run_floor};
    use tminus_contract::{Clock, Config};

    #[test]
    fn every_request_is_counted_and_timed() {
        // More clients than the queue has room for, as many, fewer.
        for (clients, capacity) in [(5, 1), (5, 5), (1, 10)] {
            let params = format!("clients={clients},capacity={capacity},requests=3");
            let said = run::<RequestReply, Test>(&params, Clock::Real);
            let count = clients * 3;
            assert_eq!((said.samples()[0].ops, said.recorded("latency")), (count, count));
            let said = run::<RequestReply, Test<LAST_IN_FIRST_OUT>>(&params, Clock::Real);
            assert_eq!(said.samples()[0].ops, count);
        }
    }

    #[test]
    fn the_floor_makes_as_many() {
        for (clients, capacity) in [(5, 2), (1, 10)] {
            let params = format!("clients={clients},capacity={capacity},requests=3");
            let said = run_floor::<RequestReply>(&params, "floor");
            let count = clients * 3;
            assert_eq!((said.samples()[0].ops, said.recorded("latency")), (count, count));
        }
    }

    #[test]
    fn the_server_computes_for_each_request() {
        let said = run::<RequestReply, Test>("clients=2,work_ns=100000,requests=5", Clock::Real);
        assert!(said.samples()[0].wall_ns >= 1_000_000, "{:?}", said.samples());
    }

    /// A server that gives each of two requests the answer of the other.
    async fn swap(desk: Arc<Desk>) -> u64 {
        let mut served = 0;
        while let (Some(one), Some(two)) = (desk.receive(0).await, desk.receive(0).await) {
            one.reply.send(desk::answer(two.number));
            two.reply.send(desk::answer(one.number));
            served += 2;
        }
        served
    }

    #[test]
    fn answers_to_other_requests_fail() {
        let workload = RequestReply { clients: 2, capacity: 10, requests: 3, work_ns: 0 };
        let desk = Arc::new(workload.desk());
        let (served, talks) = Test::run(&Config::workers(1), |executor: Test| async move {
            let server = executor.spawn(swap(desk.clone()));
            let clients = [0, 1].map(|number| {
                let desk = desk.clone();
                executor.spawn(async move { Client::new(number, 3).talk(&desk).await })
            });
            let mut talks = Vec::new();
            for client in clients {
                talks.push(client.join().await.expect("it ends"));
            }
            (server.join().await.expect("it ends"), talks)
        });
        let wrong = workload.verify(1, served, &talks).expect_err("all answers are swapped");
        assert_eq!(wrong.to_string(), "answers to other requests: expected 0, got 3");
    }

    #[test]
    fn a_request_too_few_fails() {
        let workload = RequestReply { clients: 1, capacity: 1, requests: 1, work_ns: 0 };
        let times = vec![Instant::now(); 2];
        let talks = [Talk { times, wrong: 0 }];
        assert_eq!(workload.verify(1, 1, &talks), Ok(()));
        assert!(workload.verify(1, 0, &talks).is_err());
        assert!(workload.verify(1, 1, &[]).is_err());
        assert!(workload.verify(2, 2, &talks).is_err());
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<RequestReply, Test<LOSES_TASKS>>("clients=3", Clock::Real);
        // The start line is never full: a child would hang until its deadline.
        assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
    }

    #[test]
    fn more_times_than_memory_holds_are_refused() {
        let text = "clients=10000,requests=1000000";
        let params = Params::parse(&RequestReply::INFO, text).expect("bounds");
        assert!(RequestReply::new(&params).is_err_and(|reason| !reason.contains('\n')));
    }

    #[test]
    fn the_demo_shows_each_answer_after_its_request() {
        let shown = demo::<RequestReply, Test>(Clock::Real);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[..demo::CLASSIC.len()], demo::CLASSIC);
        assert!(shown.contains("(the classic order, 8 of 8 lines; "), "{shown}");
    }
}
