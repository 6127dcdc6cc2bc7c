//! A set of children that take turns: all are started, then each is asked for one batch after the
//! other, so that what is compared was measured within milliseconds.
//!
//! A sweep is one batch of each. The order of every second sweep is drawn by lot, and the one after
//! it is its reverse, so that each two children stand in both orders equally often. A child that
//! fails leaves the set with its reason; the others go on. What a batch measured decides nothing
//! here.

use std::time::{Duration, Instant};

use super::member::Member;
use super::{Cancel, Program, Report, unix_ns};
use crate::process::cpu::{self, Stay};
use crate::process::steal_ns;
use crate::protocol::Request;
use crate::spec::{Mode, Spec};

/// One child to be.
pub struct Seat<'a> {
    /// Its program.
    pub program: &'a Program,
    /// Its cell; the mode is set here.
    pub spec: Spec,
    /// The CPU that it stays on.
    pub cpu: Option<usize>,
    /// The seat before it that does the same work: its iterations hold for this one too, unless
    /// the spec has some.
    pub like: Option<usize>,
}

/// How the children of a set take turns.
#[derive(Clone, Copy, Debug)]
pub struct Turns {
    /// Fixes the order of the sweeps.
    pub seed: u64,
    /// Iterations before each batch that do not count, as a part of it.
    pub warm: f64,
    /// Whether that part is rounded up, to one at least, and not down.
    pub always_warm: bool,
    /// The batches of a child; else as many as its workload has.
    pub batches: Option<u32>,
    /// The most batches of a child, however many its workload has.
    pub most: u32,
}

/// Iterations before a batch that do not count, as a part of it: see docs/turns.md.
const WARM: f64 = 0.25;

impl Turns {
    /// Makes the way in which many different children take turns.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, warm: WARM, always_warm: true, batches: None, most: u32::MAX }
    }

    /// Makes the way in which two or three children of one cell take turns. They cool the caches of
    /// each other little, and all alike: where a batch is a single iteration, another one before it
    /// would only double the time.
    #[must_use]
    pub fn of_one_cell(seed: u64) -> Self {
        Self { always_warm: false, ..Self::new(seed) }
    }

    /// Returns the request for each of so many `batches` of `iterations`. Where a child has only
    /// one or two, they are so long that they are warm for most of it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    fn request(&self, iterations: u64, batches: u32) -> Request {
        let part = iterations as f64 * self.warm;
        let warm = if self.always_warm { part.ceil() } else { part.floor() } as u64;
        Request { iterations, warm: if batches > 2 { warm } else { 0 } }
    }
}

/// A sweep that takes so much longer than several times its batches was torn, by a stop of this
/// process or by a slow child: its batches are no neighbours, and it is done again.
const TORN: Duration = Duration::from_millis(200);

/// A set does not do more sweeps again: where they take so long each time, it is by its children.
const MOST_TORN: u32 = 3;

/// A child that is ready.
struct Ready<'a> {
    member: Member<'a>,
    /// `None` for one that was never ready.
    iterations: Option<u64>,
    request: Request,
    batches: usize,
}

/// Runs the children of `seats`, started in this order, and returns a report each; `deadline` is
/// the time of each for its start, for a batch and for its end. A child with a single batch ends
/// before the next one starts. `None` if `cancel` was called.
#[must_use]
pub fn take_turns(
    seats: Vec<Seat<'_>>,
    turns: &Turns,
    deadline: Duration,
    cancel: &Cancel,
) -> Option<Vec<Report>> {
    let set_unix_ns = unix_ns();
    let cpu = seats.iter().find_map(|seat| seat.cpu);
    let mut set: Vec<Ready<'_>> = Vec::new();
    for Seat { program, mut spec, cpu, like } in seats {
        spec.mode = Mode::Turns;
        let calibrated = like.and_then(|like| set.get(like)).and_then(|it| it.iterations);
        spec.iterations = spec.iterations.or(calibrated);
        if cpu.is_some() {
            spec.cpus = cpu::allowed();
        }
        let _stay = cpu.map(Stay::on);
        let mut member = Member::start(program, &spec, deadline, None);
        let ready = member.ready(deadline, cancel)?;
        let iterations = ready.map(|ready| ready.iterations);
        let request =
            turns.request(iterations.unwrap_or(1), ready.map_or(1, |ready| ready.batches));
        let asked = |batches| turns.batches.unwrap_or(batches).min(turns.most) as usize;
        let batches = ready.map_or(0, |ready| asked(ready.batches));
        if batches == 1 {
            member.batch(request, deadline, cancel)?;
        }
        if batches <= 1 {
            member.finish(deadline, cancel)?;
        }
        set.push(Ready { member, iterations, request, batches });
    }
    let _stay = cpu.map(Stay::on);
    sweeps(&mut set, turns.seed, deadline, cancel)?;
    for Ready { member, .. } in &mut set {
        member.finish(deadline, cancel)?;
    }
    Some(set.into_iter().map(|it| it.member.into_report(Some(set_unix_ns))).collect())
}

fn sweeps(set: &mut [Ready<'_>], seed: u64, deadline: Duration, cancel: &Cancel) -> Option<()> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut order: Vec<usize> = (0..set.len()).filter(|at| set[*at].batches > 1).collect();
    let most = order.iter().map(|at| set[*at].batches).max().unwrap_or(0);
    let mut again = MOST_TORN;
    for sweep in 0..most {
        if sweep % 2 == 0 {
            rng.shuffle(&mut order);
        } else {
            order.reverse();
        }
        while one_sweep(set, &order, sweep, deadline, cancel)? == Sweep::Torn && again > 0 {
            again -= 1;
            order.iter().for_each(|at| set[*at].member.drop_samples(sweep));
        }
    }
    Some(())
}

/// How a sweep went.
#[derive(PartialEq, Eq)]
enum Sweep {
    Whole,
    Torn,
}

/// Asks each of `order` that has as many for its batch of the number `sweep`.
fn one_sweep(
    set: &mut [Ready<'_>],
    order: &[usize],
    sweep: usize,
    deadline: Duration,
    cancel: &Cancel,
) -> Option<Sweep> {
    let (started, steal_before) = (Instant::now(), steal_ns());
    for at in order {
        let Ready { member, request, batches, .. } = &mut set[*at];
        if sweep < *batches {
            member.batch(*request, deadline, cancel)?;
        }
    }
    let took = started.elapsed();
    let steal = steal_ns().zip(steal_before);
    let steal = steal.map(|(now, before)| now.saturating_sub(before));
    order.iter().for_each(|at| set[*at].member.note_steal(sweep, steal));
    let told: Duration = order.iter().map(|at| set[*at].member.wall_since(sweep)).sum();
    Some(if took > 4 * told + TORN { Sweep::Torn } else { Sweep::Whole })
}

#[cfg(test)]
mod tests;
