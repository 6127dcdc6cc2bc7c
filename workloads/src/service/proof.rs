//! The generator against servers that are made up: what it must show, and what it must catch.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, resources};

use super::generator::Generator;
use super::load::Load;
use super::message::{self, Lengths, Requests, Status};
use super::schedule::Schedule;
use crate::descriptors;

pub(super) const LENGTHS: Lengths = Lengths { request: 64, answer: 64 };

/// Returns the numbers of the answers to a request: one, its own, if the server is right.
type Answers = dyn FnMut(u64) -> Vec<u64> + Send;

/// Serves a connection until its end; all connections take turns.
fn serve(mut stream: TcpStream, answers: &Mutex<Box<Answers>>) {
    let (mut input, mut output) = ([0; 4_096], Buf::with_capacity(LENGTHS.answer));
    let mut requests = Requests::new(LENGTHS.request);
    while let Ok(read) = stream.read(&mut input) {
        if read == 0 {
            return;
        }
        requests.add(&input[..read]);
        while let Some(number) = requests.next().expect("the generator is right") {
            let mut answers = answers.lock().expect("no server panics");
            for number in answers(number) {
                message::answer(&mut output, number, Status::Served);
                if stream.write_all(&output).is_err() {
                    return;
                }
            }
        }
    }
}

/// Asks a server of so many connections that answers by `answers`.
pub(super) fn ask(
    connections: usize,
    schedule: Schedule,
    patience: Duration,
    answers: impl FnMut(u64) -> Vec<u64> + Send + 'static,
) -> Result<Load, Wrong> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let mut generator = Generator::ring_at(address, LENGTHS).expect("it listens");
    generator.patience = patience;
    let _bell = listener.accept().expect("it connects");
    let answers: Arc<Mutex<Box<Answers>>> = Arc::new(Mutex::new(Box::new(answers)));
    let mut threads = Vec::new();
    for _ in 0..connections {
        generator.connect(address).expect("it listens");
        let (stream, _) = listener.accept().expect("it connects");
        stream.set_nodelay(true).expect("it is a socket");
        let answers = answers.clone();
        threads.push(thread::spawn(move || serve(stream, &answers)));
    }
    let thread = generator.start(Arc::new(schedule), Meter::default()).expect("a thread");
    let ended = thread.join().expect("it does not panic");
    drop(ended.generator);
    threads.into_iter().for_each(|thread| thread.join().expect("no server panics"));
    ended.load
}

const LONG: Duration = Duration::from_secs(60);
const STALL: Duration = Duration::from_millis(100);

/// Returns the p99.9 and how many latencies are of 90 ms or more.
fn tail(load: &Load) -> (u64, usize) {
    let mut all = resources::histogram();
    load.latencies_ns.iter().for_each(|ns| all.saturating_record(*ns));
    let long = load.latencies_ns.iter().filter(|ns| **ns >= 90_000_000).count();
    (all.value_at_quantile(0.999), long)
}

/// Asks a server that stalls once for 100 ms.
fn stalled(schedule: Schedule) -> Load {
    let mut served = 0;
    let asked = ask(4, schedule, LONG, move |number| {
        served += 1;
        if served == 1_000 {
            thread::sleep(STALL);
        }
        vec![number]
    });
    asked.expect("it is right")
}

/// Counts on what is due in the first 10 ms of the stall: it waits for the end, 90 ms or more. That
/// is 40 requests at 4,000 a second, a hundredth of them. In the closed loop four requests wait,
/// one on each connection: a thousandth is eight.
#[test]
fn a_stall_shows_in_the_open_loop_and_is_hidden_in_the_closed_one() {
    let _alone = descriptors::alone();
    let open = stalled(Schedule::even(4_000, 4_000.0));
    let (p999_ns, long) = tail(&open);
    assert!(p999_ns >= 90_000_000 && long >= 40, "{p999_ns} {long}");
    let closed = stalled(Schedule::closed(8_000));
    let (p999_ns, long) = tail(&closed);
    assert!(p999_ns < 90_000_000 && (1..=8).contains(&long), "{p999_ns} {long}");
}

/// Stalls at the first request: the others are sent all the same.
#[test]
fn all_requests_are_sent_though_none_is_answered_meanwhile() {
    let _alone = descriptors::alone();
    let mut is_first = true;
    let load = ask(2, Schedule::even(200, 4_000.0), LONG, move |number| {
        if std::mem::take(&mut is_first) {
            thread::sleep(STALL);
        }
        vec![number]
    });
    let load = load.expect("it is right");
    assert_eq!((load.requests(), load.answers()), (200, 200));
    // The last is due after 50 ms: an open loop has sent it long before the first answer.
    assert!(load.latencies_ns.iter().all(|ns| *ns >= 50_000_000));
}

fn wrong(answers: impl FnMut(u64) -> Vec<u64> + Send + 'static) -> String {
    let patience = Duration::from_secs(1);
    let asked = ask(1, Schedule::even(50, 5_000.0), patience, answers);
    asked.err().expect("it lies").to_string()
}

#[test]
fn answers_of_others_too_few_and_too_many_fail() {
    let _alone = descriptors::alone();
    // Each of two gets the answer of the other.
    let swapped = wrong(|number| vec![number ^ 1]);
    assert_eq!(swapped, "answer 0, byte 0: expected 0, got 1");
    let lost = wrong(|number| if number == 49 { Vec::new() } else { vec![number] });
    assert_eq!(lost, "1 requests were not answered in 1s");
    let skipped = wrong(|number| if number == 7 { Vec::new() } else { vec![number] });
    assert!(skipped.starts_with("answer 7, byte 0: "), "{skipped}");
    let twice = wrong(|number| vec![number; if number == 7 { 2 } else { 1 }]);
    let is_seen = twice.contains("not asked for") || twice.starts_with("answer 8, byte 0: ");
    assert!(is_seen, "{twice}");
}
