//! The life of a cell over pipes in memory, heard with the parent's own ear.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use tminus_contract::params::Params;
use tminus_record::Cell;

use super::*;
use crate::testing::{PANIC, Probe, REFUSED, WRONG};

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn spec(fault: u64) -> Spec {
    let params = Params::parse(&Probe::INFO, &format!("tasks=4,fault={fault}")).unwrap();
    Spec::new(Cell::new(&Probe::INFO, &params, "floor", None))
}

/// What the floor of the probe says, given `input` after its spec.
fn said(spec: &Spec, input: &'static str) -> Vec<Message> {
    let output = Output::default();
    run_floor::<Probe>(spec, &Port::new(Cursor::new(input), output.clone())).unwrap();
    let bytes = output.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn samples(messages: &[Message]) -> Vec<tminus_contract::sample::Sample> {
    let sample = |message: &Message| match message {
        Message::Sample(sample) => Some(*sample),
        _ => None,
    };
    messages.iter().filter_map(sample).collect()
}

#[test]
fn a_good_cell_says_hello_figures_and_done() {
    let messages = said(&spec(0), "");
    assert!(matches!(messages.first(), Some(Message::Hello { protocol: 1, .. })));
    assert_eq!(messages.last(), Some(&Message::Done));
    let samples = samples(&messages);
    // All of the same length, which the calibration found.
    assert!((1..=3).contains(&samples.len()));
    assert!(samples.iter().all(|sample| {
        sample.iterations == samples[0].iterations && sample.ops == 4 * sample.iterations
    }));
    // The warm-up is in no distribution.
    let counts = messages.iter().filter_map(|message| match message {
        Message::Distribution(distribution) => Some(distribution.decode().unwrap().len()),
        _ => None,
    });
    assert_eq!(counts.collect::<Vec<_>>(), [samples.len() as u64]);
}

#[test]
fn iterations_that_are_given_are_kept() {
    let messages = said(&Spec { iterations: Some(7), ..spec(0) }, "");
    assert!(samples(&messages).iter().all(|sample| sample.iterations == 7));
}

#[test]
fn verifying_takes_one_sample_of_one_iteration() {
    let messages = said(&Spec { mode: Mode::Verify, ..spec(0) }, "");
    let [sample] = samples(&messages)[..] else { panic!("{messages:?}") };
    assert_eq!((sample.iterations, sample.ops), (1, 4));
}

#[test]
fn serving_answers_each_request_until_the_input_ends() {
    let input = "{\"iterations\":2}\n{\"iterations\":5}\n";
    let messages = said(&Spec { mode: Mode::Serve, ..spec(0) }, input);
    let ops = messages.iter().filter_map(|message| match message {
        Message::Elapsed { ops, .. } => Some(*ops),
        _ => None,
    });
    assert_eq!(ops.collect::<Vec<_>>(), [8, 20]);
    assert_eq!(messages.last(), Some(&Message::Done));
}

#[test]
fn what_goes_wrong_is_said_with_its_kind() {
    let failed = |kind, reason: &str| Message::Failed { kind, reason: reason.into() };
    let cases = [
        (WRONG, failed(Failed::WrongAnswer, "sum: expected 1, got 2")),
        (PANIC, failed(Failed::Panic, "out of luck")),
        (REFUSED, Message::Unsupported { reason: "too small".into() }),
    ];
    for (fault, expected) in cases {
        let messages = said(&spec(fault), "");
        assert_eq!((messages.len(), messages.last()), (2, Some(&expected)));
    }
}

#[test]
fn a_spec_that_contradicts_itself_is_refused() {
    let mut other = spec(0);
    other.cell.executor = "heap".into();
    let mut impossible = spec(0);
    impossible.cell.params = serde_json::from_str(r#"{"tasks":0}"#).unwrap();
    let timeless = Spec { clock: Clock::Virtual, ..spec(0) };
    let cases = [
        (other, "but its cell is"),
        (impossible, "out of range"),
        (timeless, "does not run on a virtual clock"),
    ];
    for (spec, expected) in cases {
        let messages = said(&spec, "");
        let Some(Message::Failed { kind: Failed::Spec, reason }) = messages.last() else {
            panic!("{messages:?}")
        };
        assert!(reason.contains(expected), "{reason}");
    }
}

/// What a price says of itself in this mode.
fn priced(name: &str, mode: Mode, iterations: u64) -> Vec<Message> {
    let output = Output::default();
    let spec = Spec { mode, iterations: Some(iterations), ..crate::prices::spec(name, None) };
    run_price(&spec, &Port::new(Cursor::new(""), output.clone())).unwrap();
    let bytes = output.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_price_is_measured_and_counted_like_a_cell() {
    let measured = priced("atomics", Mode::Measure, 100);
    assert_eq!(measured.last(), Some(&Message::Done));
    assert!(samples(&measured).iter().all(|it| it.ops == 100 && it.iterations == 100));
    let counted = priced("allocations", Mode::Count, 50);
    assert_eq!(counted.last(), Some(&Message::Done));
    assert_eq!(samples(&counted).len(), 1);
    let unknown = priced("none", Mode::Measure, 1);
    assert!(matches!(unknown.last(), Some(Message::Unsupported { .. })), "{unknown:?}");
}
