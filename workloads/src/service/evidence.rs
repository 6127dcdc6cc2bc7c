//! What docs/service.md says of the generator, measured: how late it is, and whether it agrees with
//! a client that shares nothing with it but the bytes of messages.
//!
//! `cargo test --release -p tminus-workloads service::evidence -- --ignored --nocapture`, on a
//! machine that is at rest: two cores are busy.

use std::any::Any;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use tminus_contract::params::Params;
use tminus_contract::resources::histogram;
use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Workload};

use super::floor::{BELL, Epolled, Loop};
use super::generator::Generator;
use super::message::{self, Lengths};
use super::recipe::Recipe;
use super::schedule::Schedule;
use super::{Server, message::HEAD_BYTES};

const LENGTHS: Lengths = Lengths { request: 64, answer: 64 };

fn say(line: &str) {
    writeln!(io::stderr(), "{line}").expect("stderr");
}

/// Returns p50, p99 and p99.9 in microseconds.
fn quantiles(times_ns: &[u64]) -> [f64; 3] {
    let mut all = histogram();
    times_ns.iter().for_each(|ns| all.saturating_record(*ns));
    [0.5, 0.99, 0.999].map(|at| all.value_at_quantile(at) as f64 / 1e3)
}

#[test]
#[ignore = "measures"]
fn how_late_the_generator_is() {
    for rate in [2_000, 5_000, 10_000, 20_000, 50_000] {
        for _ in 0..3 {
            let params = format!("rate={rate},requests={}", rate / 2);
            let params = Params::parse(&Server::INFO, &params).expect("bounds");
            let server = Server::new(&params).expect("possible");
            let mut meter = Meter::new(fastrand::u64(..));
            let mut floor = Epolled::stage(&server).expect("it listens");
            floor.sample(&server, 1, &mut meter).expect("it is right");
            let told = |name| {
                let found = meter.distributions().iter().find(|(known, _)| *known == name);
                found.map_or([f64::NAN; 3], |(_, all)| {
                    [0.5, 0.99, 0.999].map(|at| all.value_at_quantile(at) as f64 / 1e3)
                })
            };
            let sample = meter.samples[0];
            say(&format!(
                "{rate:>6}/s: late p50, p99, p99.9 {:.1?} us; latency {:.1?} us; CPU {} ns a \
                 request; {:?}",
                told("send_lateness"),
                told("latency"),
                sample.cpu_ns / sample.ops,
                meter.withheld()
            ));
        }
    }
}

/// The latencies, and what keeps the connections open.
type Found = (Vec<u64>, Box<dyn Any>);

/// Returns the latencies of `client`, which asks a server of one thread that computes for so long a
/// request.
fn serving(
    cpu: Duration,
    connections: usize,
    client: impl FnOnce(TcpListener) -> Found,
) -> Vec<u64> {
    let zero = Duration::ZERO;
    let recipe = Recipe {
        lengths: LENGTHS,
        cpu,
        slice: zero,
        wait: zero,
        timeout: zero,
        spawn: false,
        hops: 0,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let ours = listener.try_clone().expect("a descriptor");
    let before = sched_getaffinity(Pid::from_raw(0)).expect("Linux tells");
    let cpus: Vec<usize> =
        (0..CpuSet::count()).filter(|cpu| before.is_set(*cpu) == Ok(true)).collect();
    let [one, other] = [cpus[0], cpus[cpus.len() - 1]];
    let server = thread::spawn(move || {
        stay_on(one);
        let mut server = Loop::new(recipe).expect("an epoll");
        let bell = listener.accept().expect("it connects").0;
        server.watch(&bell, BELL).expect("it is watched");
        for _ in 0..connections {
            server.add(listener.accept().expect("it connects").0).expect("it is watched");
        }
        server.serve().expect("the client is right");
    });
    stay_on(other);
    let (latencies_ns, connections) = client(ours);
    sched_setaffinity(Pid::from_raw(0), &before).expect("it was so before");
    server.join().expect("it does not panic");
    drop(connections);
    latencies_ns
}

/// Keeps this thread, and those that it starts, on one CPU.
fn stay_on(cpu: usize) {
    let mut one = CpuSet::new();
    one.set(cpu).expect("there is such a CPU");
    sched_setaffinity(Pid::from_raw(0), &one).expect("it may run there");
}

/// Asks by the generator.
fn generated(listener: &TcpListener, connections: usize, schedule: Schedule) -> Found {
    let address = listener.local_addr().expect("it is bound");
    let mut generator = Generator::ring_at(address, LENGTHS).expect("it listens");
    for _ in 0..connections {
        generator.connect(address).expect("it listens");
    }
    let thread = generator.start(Arc::new(schedule), Meter::default()).expect("a thread");
    let ended = thread.join().expect("it does not panic");
    (ended.load.expect("it is right").latencies_ns, Box::new(ended.generator))
}

/// Asks by a thread that sends and one for each connection that reads, both with blocking calls.
fn independent(listener: &TcpListener, connections: usize, due_ns: Vec<u64>) -> Found {
    let connect = || {
        let stream = TcpStream::connect(listener.local_addr().expect("it is bound"));
        let stream = stream.expect("it listens");
        stream.set_nodelay(true).expect("it is a socket");
        stream
    };
    let mut bell = connect();
    let mut streams: Vec<TcpStream> = (0..connections).map(|_| connect()).collect();
    let (start, due_ns) = (Instant::now() + Duration::from_millis(20), Arc::new(due_ns));
    let due = |index: usize| start + Duration::from_nanos(due_ns[index]);
    let read = |(place, stream): (usize, &TcpStream)| {
        let (mut stream, due_ns) = (stream.try_clone().expect("a descriptor"), due_ns.clone());
        thread::spawn(move || {
            let (mut answer, mut found) = ([0; LENGTHS.answer], Vec::new());
            for index in (place..due_ns.len()).step_by(connections) {
                stream.read_exact(&mut answer).expect("an answer");
                let due = start + Duration::from_nanos(due_ns[index]);
                found.push(due.elapsed().as_nanos() as u64);
                assert_eq!(answer[..HEAD_BYTES - 1], index.to_le_bytes()[..HEAD_BYTES - 1]);
            }
            found
        })
    };
    let readers: Vec<_> = streams.iter().enumerate().map(read).collect();
    let mut request = [0; LENGTHS.request];
    for index in 0..due_ns.len() {
        message::request(&mut request, index as u64);
        thread::sleep(due(index).saturating_duration_since(Instant::now() + SHORT));
        while Instant::now() < due(index) {
            std::hint::spin_loop();
        }
        streams[index % connections].write_all(&request).expect("it takes it");
    }
    let found = readers.into_iter().flat_map(|it| it.join().expect("it does not panic"));
    let found = found.collect();
    bell.write_all(&[0]).expect("it takes it");
    (found, Box::new(streams))
}

/// What a sleep may be late by.
const SHORT: Duration = Duration::from_micros(80);

/// Compares the queue before a server of one thread at 60 % of what it can: both find the same.
/// Runs are shorter than a second, so that threads with a real-time priority are not throttled.
#[test]
#[ignore = "measures"]
fn the_generator_agrees_with_an_independent_client() {
    const CONNECTIONS: usize = 8;
    let cpu = Duration::from_millis(1);
    let mut found: [Vec<u64>; 2] = Default::default();
    for seed in 0..20 {
        let schedule = || Schedule::poisson(500, 600.0, seed);
        let planned = schedule();
        let due_ns: Vec<u64> = (0..).map_while(|index| planned.due_ns(index)).collect();
        found[0].extend(serving(cpu, CONNECTIONS, |it| generated(&it, CONNECTIONS, schedule())));
        found[1].extend(serving(cpu, CONNECTIONS, |it| independent(&it, CONNECTIONS, due_ns)));
        let [ours, theirs] = found.each_ref().map(|times| quantiles(times));
        say(&format!("after {seed}: p50, p99, p99.9 generator {ours:.0?} us, client {theirs:.0?}"));
    }
    let [ours, theirs] = found.each_ref().map(|times| quantiles(times));
    for at in 0..2 {
        assert!((ours[at] / theirs[at] - 1.0).abs() < 0.1, "{ours:?} {theirs:?}");
    }
}
