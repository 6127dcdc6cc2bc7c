//! The life of a cell inside its child: stage, look at the order, warm up, calibrate, measure,
//! verify, report.
//!
//! The executor is started once; its start is reported as a figure of its own and is in no sample.

mod account;
mod adapted;
mod edges;
mod pace;
mod port;
mod price;
mod turns;

pub use adapted::run_counted;
pub use port::Port;
pub use price::run_price;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use tminus_contract::resources::{self, Demand};
use tminus_contract::sample::Meter;
use tminus_contract::workload::{Needs, Workload, Wrong};
use tminus_contract::{Clock, Config, Erased, Executor, Order, Workers, panic_message};
use tminus_record::Distribution;

use crate::protocol::{Failed, Message};
use crate::spec::{Mode, Spec};

use pace::Pace;

/// Runs the cell of `W` on `E` in this process and says on `port` what came of it.
///
/// # Errors
/// Only those of the port; what goes wrong in the cell is a message.
pub fn run<W: Workload, E: Executor>(spec: &Spec, port: &Port) -> io::Result<()> {
    let work = |workload: W, config: &Config| {
        let (spec, inner) = (spec.clone(), port.clone());
        let start = Instant::now();
        E::run(config, move |executor| {
            // The first poll of the root ends the start of the executor.
            async move {
                let start_ns = nanos(start);
                let mut meter = meter(&spec);
                let end = drive::<W, E>(&workload, executor, &spec, &inner, &mut meter).await;
                meter.metric("start_ns", start_ns);
                meter.metric("threads_during_count", resources::threads());
                End { order: end?, meter }.checked::<E>(&spec)
            }
        })
    };
    let threads =
        |needs: &Needs, config: &Config| threads_of(E::CAPABILITIES.workers, needs, config);
    live(spec, port, E::VIRTUAL_CLOCK, &threads, Box::new(work))
}

/// Runs the floor of `W` that the spec names, in this process.
///
/// # Errors
/// Only those of the port; what goes wrong in the cell is a message.
pub fn run_floor<W: Workload>(spec: &Spec, port: &Port) -> io::Result<()> {
    let work = |workload: W, _: &Config| {
        let floors = W::floors();
        let floor = floors.iter().find(|floor| floor.id == spec.cell.executor);
        let floor = floor.ok_or_else(|| Wrong::Answer(format!("no {}", spec.cell.executor)))?;
        let mut meter = meter(spec);
        let mut sample = (floor.stage)(&workload)?;
        let mut pace = Pace::new(W::INFO.budget, spec, port);
        while let Some(iterations) = pace.next(&mut meter)? {
            meter.iterations = iterations;
            let before = meter.samples.len();
            sample(&workload, iterations, &mut meter)?;
            account::of_sample(&meter, before)?;
        }
        meter.end();
        account::of_cell(&W::INFO, &meter)?;
        Ok(End { order: None, meter })
    };
    live(spec, port, true, &|_, _| 1, Box::new(work))
}

/// Makes the meter of the cell of `spec`.
fn meter(spec: &Spec) -> Meter {
    let mut meter = Meter::new(spec.seed);
    (meter.clock, meter.cpus) = (spec.clock, spec.cpus.clone());
    meter
}

/// The part of a cell that its workload and executor are compiled into.
type Work<'a, W> = Box<dyn FnOnce(W, &Config) -> Result<End, Wrong> + 'a>;

/// The results of a cell that went well.
struct End {
    order: Option<Order>,
    meter: Meter,
}

impl End {
    /// Refuses an order weaker than the executor promises with this many workers.
    fn checked<E: Executor>(self, spec: &Spec) -> Result<Self, Wrong> {
        let workers = E::CAPABILITIES.workers;
        let one = workers == Workers::One || spec.cell.workers == Some(1);
        let promised = if one { E::CAPABILITIES.order } else { Order::Task };
        match self.order {
            Some(observed) if observed < promised => Err(Wrong::Order(format!(
                "{} promises {promised:?} order, observed {observed:?}",
                E::ID
            ))),
            _ => Ok(self),
        }
    }
}

/// Returns the threads that an executor may start for a cell: its workers, those of blocking calls,
/// one for events and one to spare.
fn threads_of(workers: Workers, needs: &Needs, config: &Config) -> usize {
    let workers = match workers {
        Workers::One => 1,
        Workers::Many => config.workers,
        Workers::PerTask => usize::try_from(needs.tasks).unwrap_or(usize::MAX),
    };
    let calls = usize::try_from(needs.blocking).unwrap_or(usize::MAX);
    workers.saturating_add(calls).saturating_add(2)
}

/// Threads of executors that were not asked for, such as those for blocking calls.
const SPARE_THREADS: usize = 8;

/// Returns what the cell takes of the machine, to ask whether the machine is to blame. Returns
/// nothing where the cell has taken more threads than it may: that is not the machine's fault.
fn demand(needs: &Needs, threads: usize, before: f64) -> Demand {
    #[expect(clippy::cast_precision_loss, reason = "threads are few")]
    let most = before + threads.saturating_add(SPARE_THREADS) as f64;
    if resources::threads() > most {
        return Demand::default();
    }
    let connections = usize::try_from(needs.connections).unwrap_or(usize::MAX);
    Demand { threads, connections }
}

/// Does what every cell has in common: parameters, hello, panics, the account of resources,
/// messages.
fn live<W: Workload>(
    spec: &Spec,
    port: &Port,
    virtual_clock: bool,
    threads: &dyn Fn(&Needs, &Config) -> usize,
    work: Work<'_, W>,
) -> io::Result<()> {
    port.send(&Message::hello())?;
    let workload = match understand::<W>(spec, virtual_clock) {
        Ok(workload) => workload,
        Err(reason) => return port.send(&Message::Failed { kind: Failed::Spec, reason }),
    };
    let config = Config { workers: spec.cell.workers.unwrap_or(1), clock: spec.clock };
    let needs = workload.needs();
    let threads_before = resources::threads();
    let rss_start = resources::rss_bytes();
    let end = catch_unwind(AssertUnwindSafe(|| work(workload, &config)))
        .unwrap_or_else(|payload| Err(Wrong::Panic(panic_message(payload.as_ref()).into())));
    let mut end = match end {
        Ok(end) => end,
        Err(wrong) => {
            let demand = demand(&needs, threads(&needs, &config), threads_before);
            return port.send(&failure(wrong.blamed(demand)));
        }
    };
    if matches!(spec.mode, Mode::Count | Mode::CountPolls) {
        end.meter.metric(WAITS, waits(&needs));
        for (name, own) in OWN.iter().zip(edges::own_allocations().into_iter().flatten()) {
            end.meter.metric(name, count(own));
        }
    }
    end.meter.metric("threads_before_count", threads_before);
    end.meter.metric("threads_after_count", resources::threads());
    end.meter.metric("rss_start_bytes", rss_start);
    end.meter.metric("rss_peak_bytes", resources::rss_peak_bytes());
    port.send_all(&report(&end))
}

/// The name of the figure of [`waits`], in the modes that count.
pub(crate) const WAITS: &str = "waits_count";

/// The names of the figures of what the thread allocated that began a counted region: how often,
/// and how many bytes.
pub(crate) const OWN: [&str; 2] = ["own_allocations_count", "own_allocated_bytes"];

#[expect(clippy::cast_precision_loss, reason = "no region has 2^53 of them")]
fn count(of: u64) -> f64 {
    of as f64
}

/// Returns on how many kinds of things outside of the executor's workers a cell waits: where it is
/// none, each pass does the same.
fn waits(needs: &Needs) -> f64 {
    let threads = needs.remote_spawn || needs.blocking > 0;
    let kinds = [needs.timers, needs.io, threads, needs.processes > 0];
    kinds.iter().map(|waits| f64::from(u8::from(*waits))).sum()
}

/// Returns the workload of a spec, which may have been written by hand.
fn understand<W: Workload>(spec: &Spec, virtual_clock: bool) -> Result<W, String> {
    if spec.cell.id() != spec.id {
        return Err(format!("the spec says {}, but its cell is {}", spec.id, spec.cell.id()));
    }
    if spec.mode == Mode::Conform {
        return Err(format!("`{}` is no rule of the conformance suite", spec.cell.workload));
    }
    // To be verified, a workload need not make sense there: its tests do without waiting.
    let sensible = W::VIRTUAL_CLOCK || spec.mode == Mode::Verify;
    if spec.clock == Clock::Virtual && !(sensible && virtual_clock) {
        return Err(format!("{} does not run on a virtual clock", spec.id));
    }
    let params = spec.cell.params.checked(&W::INFO).map_err(|error| error.to_string())?;
    W::new(&params)
}

/// Returns all that a good cell has to say after `hello`.
fn report(end: &End) -> Vec<Message> {
    let samples = end.meter.samples.iter().map(|sample| Message::Sample(*sample));
    let distributions = end
        .meter
        .distributions()
        .iter()
        .map(|(name, histogram)| Message::Distribution(Distribution::of(name, histogram)));
    let metrics = end
        .meter
        .metrics()
        .iter()
        .map(|(name, value)| Message::Metric { name: (*name).into(), value: *value });
    let order = end.order.map(|observed| Message::Order { observed });
    let withheld = end.meter.withheld().map(|reason| Message::Withheld { reason: reason.into() });
    let figures = samples.chain(distributions).chain(metrics).chain(order).chain(withheld);
    figures.chain([Message::Done]).collect()
}

fn failure(wrong: Wrong) -> Message {
    let (kind, reason) = match wrong {
        Wrong::Answer(reason) | Wrong::Io(reason) => (Failed::WrongAnswer, reason),
        Wrong::Order(reason) => (Failed::Order, reason),
        Wrong::Panic(reason) => (Failed::Panic, reason),
        Wrong::Refused(reason) => return Message::Unsupported { reason },
    };
    Message::Failed { kind, reason }
}

/// Drives the part that runs as the root future on the executor.
async fn drive<W: Workload, E: Executor>(
    workload: &W,
    executor: E,
    spec: &Spec,
    port: &Port,
    meter: &mut Meter,
) -> Result<Option<Order>, Wrong> {
    let order = match spec.mode {
        Mode::Serve | Mode::Conform | Mode::Count | Mode::CountPolls => None,
        Mode::Measure | Mode::Turns | Mode::Verify => workload.order(Erased::new(executor)).await?,
    };
    let mut stage = workload.stage(executor).await?;
    let mut pace = Pace::new(W::INFO.budget, spec, port);
    while let Some(iterations) = pace.next(meter)? {
        meter.iterations = iterations;
        let before = meter.samples.len();
        workload.sample(executor, &mut stage, iterations, meter).await?;
        account::of_sample(meter, before)?;
    }
    meter.end();
    account::of_cell(&W::INFO, meter)?;
    workload.close(executor, stage).await?;
    Ok(order)
}

#[expect(clippy::cast_precision_loss, reason = "a start takes less than 2^53 ns")]
fn nanos(since: Instant) -> f64 {
    since.elapsed().as_nanos() as f64
}

#[cfg(test)]
mod tests;
