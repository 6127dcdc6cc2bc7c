//! Random programs of spawn, yield, sleep, wait, wake, poke, join, cancel and panic on each of the
//! hand-written loops, on a virtual clock: what happens, when and in which order is exactly what a
//! slow and obvious model says.

mod model;

use std::collections::HashMap;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use tminus_contract::{CancelJoin, Clock, Config, Executor, Join, JoinError};
use tminus_executors::deque::Deque;
use tminus_executors::deque_nbio::DequeNbio;
use tminus_executors::heap::Heap;
use tminus_executors::heap_ready::HeapReady;

use model::Discipline;

/// What a task does next. Tasks and slots are numbers; see [`Programs`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Yield,
    /// For so many milliseconds; 0 still suspends once.
    Sleep(u64),
    /// Spawns the task, if nobody has.
    Spawn(usize),
    /// Until the slot is signalled.
    Wait(usize),
    /// Signals the slot: wakes all that wait for it.
    Signal(usize),
    /// Wakes the task, whatever it waits for: it is polled for nothing.
    Poke(usize),
    /// Joins the task, if its handle is still there.
    Join(usize),
    /// Cancels the task, which may be the one that does it, if its handle is still there.
    Cancel(usize),
    Panic,
}

/// What each task does. The root spawns the first two.
pub(crate) type Programs = Vec<Vec<Op>>;

pub(crate) const SLOTS: usize = 2;
/// All is over by then.
pub(crate) const END_MS: u64 = 1_000_000;

/// What is in common to the tasks of a run.
struct World<E: Executor> {
    executor: E,
    start: Instant,
    programs: Programs,
    shared: Mutex<Shared<E>>,
}

struct Shared<E: Executor> {
    log: Vec<String>,
    spawned: Vec<bool>,
    handles: HashMap<usize, E::CancelJoin<usize>>,
    /// The waker that each task was given first.
    wakers: HashMap<usize, Waker>,
    slots: Vec<Slot>,
}

#[derive(Default)]
struct Slot {
    signals: u64,
    waiting: Vec<Waker>,
}

type Shares<E> = Arc<World<E>>;

impl<E: Executor> World<E> {
    fn with<R>(&self, then: impl FnOnce(&mut Shared<E>) -> R) -> R {
        then(&mut self.shared.lock().unwrap())
    }

    fn say(&self, task: usize, what: &str) {
        let ms = (self.executor.now() - self.start).as_millis();
        self.with(|shared| shared.log.push(format!("{ms} ms, task {task}: {what}")));
    }
}

/// Says when a task's future is dropped.
struct SayDropped<E: Executor>(Shares<E>, usize);

impl<E: Executor> Drop for SayDropped<E> {
    fn drop(&mut self) {
        self.0.say(self.1, "dropped");
    }
}

fn spawn<E: Executor>(world: &Shares<E>, task: usize) {
    if world.with(|shared| std::mem::replace(&mut shared.spawned[task], true)) {
        return;
    }
    let inner = world.clone();
    let dropped = SayDropped(world.clone(), task);
    let handle = world.executor.spawn_cancellable(async move {
        let _dropped = dropped;
        poll_fn(|cx| {
            inner.with(|shared| shared.wakers.insert(task, cx.waker().clone()));
            Poll::Ready(())
        })
        .await;
        for op in inner.programs[task].clone() {
            inner.say(task, &format!("{op:?}"));
            step(&inner, task, op).await;
        }
        task
    });
    world.with(|shared| shared.handles.insert(task, handle));
}

async fn step<E: Executor>(world: &Shares<E>, task: usize, op: Op) {
    let executor = world.executor;
    let take = |task| world.with(|shared| shared.handles.remove(&task));
    match op {
        Op::Yield => executor.yield_now().await,
        Op::Sleep(ms) => {
            let deadline = executor.now() + Duration::from_millis(ms);
            let waited = executor.sleep_until(deadline).await;
            world.say(task, &format!("waited {} ms", waited.as_millis()));
        }
        Op::Spawn(other) => spawn(world, other),
        Op::Wait(slot) => wait(world, slot).await,
        Op::Signal(slot) => {
            let waiting = world.with(|shared| {
                shared.slots[slot].signals += 1;
                std::mem::take(&mut shared.slots[slot].waiting)
            });
            waiting.into_iter().for_each(Waker::wake);
        }
        Op::Poke(other) => {
            let waker = world.with(|shared| shared.wakers.get(&other).cloned());
            waker.into_iter().for_each(Waker::wake);
        }
        Op::Join(other) => {
            let Some(handle) = take(other) else { return };
            let joined = match handle.join().await {
                Ok(value) => format!("joined {value}"),
                Err(JoinError::Panicked(_)) => "joined a panic".into(),
                Err(JoinError::Cancelled) => "joined nothing".into(),
            };
            world.say(task, &joined);
        }
        Op::Cancel(other) => {
            let Some(handle) = take(other) else { return };
            let value = handle.cancel().await;
            world.say(task, &format!("cancelled, which gave {value:?}"));
        }
        // No hook: it would fill the screen.
        Op::Panic => resume_unwind(Box::new("a panic of the program")),
    }
}

async fn wait<E: Executor>(world: &Shares<E>, slot: usize) {
    let before = world.with(|shared| shared.slots[slot].signals);
    poll_fn(|cx| {
        world.with(|shared| {
            if shared.slots[slot].signals > before {
                return Poll::Ready(());
            }
            shared.slots[slot].waiting.push(cx.waker().clone());
            Poll::Pending
        })
    })
    .await;
}

/// What happens on `E`, until all that can happen has.
fn really<E: Executor>(programs: &Programs) -> Vec<String> {
    let programs = programs.clone();
    E::run(&Config { workers: 1, clock: Clock::Virtual }, |executor| async move {
        let shared = Shared {
            log: Vec::new(),
            spawned: vec![false; programs.len()],
            handles: HashMap::new(),
            wakers: HashMap::new(),
            slots: (0..SLOTS).map(|_| Slot::default()).collect(),
        };
        let start = executor.now();
        let world = Arc::new(World { executor, start, programs, shared: Mutex::new(shared) });
        spawn(&world, 0);
        spawn(&world, 1);
        executor.sleep_until(start + Duration::from_millis(END_MS)).await;
        let (log, handles) = world
            .with(|shared| (std::mem::take(&mut shared.log), std::mem::take(&mut shared.handles)));
        // They refer to the world, and the world to them.
        drop(handles);
        log
    })
}

fn programs() -> impl Strategy<Value = Programs> {
    const TASKS: usize = 6;
    let op = prop_oneof![
        4 => Just(Op::Yield),
        4 => (0..4_u64).prop_map(Op::Sleep),
        4 => (0..TASKS).prop_map(Op::Spawn),
        3 => (0..SLOTS).prop_map(Op::Wait),
        3 => (0..SLOTS).prop_map(Op::Signal),
        4 => (0..TASKS).prop_map(Op::Poke),
        2 => (0..TASKS).prop_map(Op::Join),
        2 => (0..TASKS).prop_map(Op::Cancel),
        1 => Just(Op::Panic),
    ];
    prop::collection::vec(prop::collection::vec(op, 0..10), TASKS)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_loops_do_what_the_model_does(programs in programs()) {
        let queue = model::run(&programs, Discipline::Queue);
        prop_assert_eq!(really::<HeapReady>(&programs), queue.clone());
        prop_assert_eq!(really::<Deque>(&programs), queue.clone());
        prop_assert_eq!(really::<DequeNbio>(&programs), queue);
        prop_assert_eq!(really::<Heap>(&programs), model::run(&programs, Discipline::Heap));
    }
}

/// The model itself, on a program whose story can be told.
#[test]
fn the_model_is_obvious() {
    let programs = vec![
        vec![Op::Spawn(2), Op::Sleep(2), Op::Cancel(2)],
        vec![Op::Yield, Op::Sleep(1), Op::Signal(0)],
        vec![Op::Wait(0), Op::Wait(1)],
    ];
    let story = [
        "0 ms, task 0: Spawn(2)",
        "0 ms, task 0: Sleep(2)",
        "0 ms, task 1: Yield",
        "0 ms, task 2: Wait(0)",
        "0 ms, task 1: Sleep(1)",
        "1 ms, task 1: waited 1 ms",
        "1 ms, task 1: Signal(0)",
        "1 ms, task 1: dropped",
        "1 ms, task 2: Wait(1)",
        "2 ms, task 0: waited 2 ms",
        "2 ms, task 0: Cancel(2)",
        "2 ms, task 2: dropped",
        "2 ms, task 0: cancelled, which gave None",
        "2 ms, task 0: dropped",
    ];
    for discipline in [Discipline::Queue, Discipline::Heap] {
        assert_eq!(model::run(&programs, discipline), story);
    }
}
