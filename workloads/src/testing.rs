//! Helpers of the tests of all workloads: an executor, liars like it, and cells run in this
//! process.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tminus_conformance::testing::{Alone, Mutant, Reference};
use tminus_contract::channel::oneshot;
use tminus_contract::params::Params;
use tminus_contract::sample::Sample;
use tminus_contract::show::{Interrupt, Show};
use tminus_contract::workload::{Workload, Wrong};
use tminus_contract::{Clock, Config, Executor};
use tminus_measure::inside::{self, Port};
use tminus_measure::protocol::{Failed, Message};
use tminus_measure::spec::{Mode, Spec};
use tminus_record::Cell;

/// The reference executor in this process, as the mutant of that number: a workload that no mutant
/// fails verifies nothing.
pub(crate) type Test<const MUTANT: usize = 0> = Alone<MUTANT>;

/// The reference executor with threads, for what is woken from outside.
pub(crate) type Threaded = Reference;

pub(crate) const CALLS_INLINE: usize = Mutant::CallRunsInline.number();
pub(crate) const CALLS_LOSE_VALUES: usize = Mutant::CallLosesValue.number();
pub(crate) const CANCELS_LATER: usize = Mutant::CancelDetaches.number();
pub(crate) const CORRUPTS: usize = Mutant::ReadCorruptsAll.number();
pub(crate) const CORRUPTS_OUTPUT: usize = Mutant::ProcessCorrupts.number();
pub(crate) const FIRES_EARLY: usize = Mutant::TimerEarly.number();
pub(crate) const HIDES_EXITS: usize = Mutant::ExitIsSuccess.number();
pub(crate) const KEEPS_OPEN: usize = Mutant::DropKeepsOpen.number();
pub(crate) const LAST_IN_FIRST_OUT: usize = Mutant::BatchesReversed.number();
pub(crate) const LOSES_TASKS: usize = Mutant::LosesEveryThird.number();
pub(crate) const RUNS_INLINE: usize = Mutant::SpawnRunsInline.number();
pub(crate) const SLEEPS_NOT: usize = Mutant::SleepIsReady.number();
pub(crate) const WAITS_NOT: usize = Mutant::SleepTellsNothing.number();
pub(crate) const WAKES_INLINE: usize = Mutant::WakeRunsInline.number();
pub(crate) const WOKEN_FIRST: usize = Mutant::WokenGoFirst.number();
pub(crate) const YIELDS_NOT: usize = Mutant::YieldIsReady.number();

/// The messages of a cell.
pub(crate) struct Transcript(Vec<Message>);

impl Transcript {
    /// Returns the samples of a cell that went well.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        assert_eq!(self.0.last(), Some(&Message::Done), "{:?}", self.0);
        let samples = self.0.iter().filter_map(|message| match message {
            Message::Sample(sample) => Some(*sample),
            _ => None,
        });
        samples.collect()
    }

    /// Returns the kind and the reason of the failure.
    pub(crate) fn failure(&self) -> (Failed, &str) {
        match self.0.last() {
            Some(Message::Failed { kind, reason }) => (*kind, reason),
            other => panic!("no failure: {other:?}"),
        }
    }

    /// Returns how many values the distribution `name` has.
    pub(crate) fn recorded(&self, name: &str) -> u64 {
        let count = self.0.iter().find_map(|message| match message {
            Message::Distribution(held) if held.name == name => Some(held.count),
            _ => None,
        });
        count.unwrap_or(0)
    }

    /// Returns why a distribution was left out, if one was.
    pub(crate) fn withheld(&self) -> Option<&str> {
        self.0.iter().find_map(|message| match message {
            Message::Withheld { reason } => Some(reason.as_str()),
            _ => None,
        })
    }

    /// Returns the figure `name`.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        self.0.iter().find_map(|message| match message {
            Message::Metric { name: held, value } if held == name => Some(*value),
            _ => None,
        })
    }
}

/// Runs one sample of `W` on the test executor that tells the lie `E`.
pub(crate) fn run<W: Workload, E: Executor>(params: &str, clock: Clock) -> Transcript {
    run_as::<W>(params, E::ID, clock, inside::run::<W, E>)
}

/// Runs one sample of a floor of `W`.
pub(crate) fn run_floor<W: Workload>(params: &str, id: &str) -> Transcript {
    run_as::<W>(params, id, Clock::Real, inside::run_floor::<W>)
}

fn run_as<W: Workload>(
    params: &str,
    executor: &str,
    clock: Clock,
    cell: impl FnOnce(&Spec, &Port) -> io::Result<()>,
) -> Transcript {
    let params = Params::parse(&W::INFO, params).expect("the test's parameters are good");
    let cell_of = Cell::new(&W::INFO, &params, executor, None);
    let spec = Spec { mode: Mode::Verify, clock, ..Spec::new(cell_of) };
    let output = Output::default();
    cell(&spec, &Port::new(io::empty(), output.clone())).expect("memory takes all lines");
    let bytes = output.0.lock().expect("no test panics with the lock").clone();
    let text = String::from_utf8(bytes).expect("messages are text");
    let read = |line| serde_json::from_str(line).expect("a line is a message");
    Transcript(text.lines().map(read).collect())
}

/// Plays the demo of `W` with a short tick and returns what it showed.
pub(crate) fn demo<W: Workload, E: Executor>(clock: Clock) -> String {
    play::<W, E>(clock, None)
}

/// Plays as [`demo`], with Ctrl-C from the start.
pub(crate) fn interrupted_demo<W: Workload, E: Executor>(clock: Clock) -> String {
    play::<W, E>(
        clock,
        Some(Arc::new(|| {
            let (sender, receiver) = oneshot();
            sender.send(());
            receiver
        })),
    )
}

fn play<W: Workload, E: Executor>(clock: Clock, interrupt: Option<Interrupt>) -> String {
    let shown: Arc<Mutex<String>> = Arc::default();
    let shown_by = shown.clone();
    let print = move |text: &str| shown_by.lock().expect("no test panics here").push_str(text);
    let tick = Duration::from_secs(1);
    let show = Show { print: Arc::new(print), tick, recorder: None, interrupt };
    let config = Config { workers: 1, clock };
    let played: Result<(), Wrong> = E::run(&config, move |executor| W::demo(executor, show));
    assert_eq!(played, Ok(()));
    std::mem::take(&mut *shown.lock().expect("no test panics here"))
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no test panics with the lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
