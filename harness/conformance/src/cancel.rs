//! Rules of cancelling.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use tminus_contract::{CancelJoin, Erased, Executor, Supply, Workers};

use super::kit::{
    OnDrop, Signal, Trial, Verdict, ensure, joined, outside, step, suspensions, yields,
};

/// The state of a task when it is cancelled.
#[derive(Clone, Copy, Debug)]
enum Doing {
    NotYetPolled,
    Pending,
    Asleep,
    Yielding,
}

impl Doing {
    const ALL: [Self; 4] = [Self::NotYetPolled, Self::Pending, Self::Asleep, Self::Yielding];

    async fn run(self, executor: Erased, started: Signal, _guard: OnDrop) {
        started.set();
        match self {
            Self::NotYetPolled | Self::Pending => pending().await,
            Self::Asleep => {
                executor.sleep_until(Instant::now() + Duration::from_secs(3600)).await;
            }
            Self::Yielding => loop {
                executor.yield_now().await;
            },
        }
    }
}

pub(super) fn drops_first(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for turns in 0..10 {
            for doing in Doing::ALL {
                let timers = executor.info().capabilities.timers;
                if matches!((doing, timers), (Doing::Asleep, Supply::Missing(_))) {
                    continue;
                }
                cancelled(executor, doing, turns).await?;
            }
        }
        step("a cancel in another task");
        let (started, dropped) = (Signal::default(), Signal::default());
        let work = Doing::Pending.run(executor, started.clone(), OnDrop(dropped.clone()));
        let task = executor.spawn_cancellable(work);
        started.wait().await;
        joined(executor.spawn(task.cancel())).await?;
        ensure!(dropped.is_set(), "a cancel in another task returned before the drop");
        Ok(())
    })
}

async fn cancelled(executor: Erased, doing: Doing, turns: usize) -> Verdict {
    let (started, dropped) = (Signal::default(), Signal::default());
    let guard = OnDrop(dropped.clone());
    let task = executor.spawn_cancellable(doing.run(executor, started.clone(), guard));
    if !matches!(doing, Doing::NotYetPolled) {
        step("the start of a task that is to be cancelled");
        started.wait().await;
        yields(executor, turns).await;
        ensure!(!dropped.is_set(), "a task was dropped before it was cancelled ({doing:?})");
    }
    step(&format!("a cancel ({doing:?})"));
    let output = task.cancel().await;
    ensure!(dropped.is_set(), "cancel returned before the future was dropped ({doing:?})");
    ensure!(output.is_none(), "cancel gave an output of a task without one ({doing:?})");
    Ok(())
}

pub(super) fn gives_output(trial: &Trial) -> Verdict {
    // Another worker may still be about to hand the output over.
    let alone =
        trial.executor.capabilities.workers != Workers::PerTask && trial.config.workers == 1;
    let tries = if alone { 1 } else { 50 };
    trial.run(move |executor| async move {
        for _ in 0..tries {
            step("the end of a task");
            let ended = Signal::default();
            let guard = OnDrop(ended.clone());
            let task = executor.spawn_cancellable(async move {
                let _guard = guard;
                42
            });
            ended.wait().await;
            yields(executor, 3).await;
            if !alone {
                std::thread::sleep(Duration::from_millis(1));
            }
            step("a cancel of a task that completed");
            match task.cancel().await {
                Some(42) => return Ok(()),
                Some(other) => return Err(format!("expected 42, got {other}")),
                None => {}
            }
        }
        Err("cancel gave no output, though the task had completed before".into())
    })
}

pub(super) fn stops(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for _ in 0..10 {
            let (turns, started) = (Arc::new(AtomicUsize::new(0)), Signal::default());
            let (count, start) = (turns.clone(), started.clone());
            let task = executor.spawn_cancellable(async move {
                loop {
                    count.fetch_add(1, SeqCst);
                    start.set();
                    executor.yield_now().await;
                }
            });
            step("a cancel of a task that only yields");
            started.wait().await;
            let _: Option<()> = task.cancel().await;
            let before = turns.load(SeqCst);
            yields(executor, 100).await;
            let more = turns.load(SeqCst) - before;
            ensure!(more == 0, "the task was resumed {more} times after its cancel");
        }
        Ok(())
    })
}

pub(super) fn only_its_task(trial: &Trial) -> Verdict {
    let count = trial.tasks(100);
    trial.run(move |executor| async move {
        let open = Signal::default();
        let start = |task| {
            let open = open.clone();
            executor.spawn_cancellable(async move {
                open.wait().await;
                task
            })
        };
        let all: Vec<_> = (0..count).map(start).collect();
        yields(executor, 1).await;
        let mut kept = Vec::new();
        step("cancels of every second task");
        for (task, handle) in all.into_iter().enumerate() {
            if task % 2 == 0 {
                let output = handle.cancel().await;
                ensure!(output.is_none(), "task {task} had no output yet");
            } else {
                kept.push((task, handle));
            }
        }
        open.set();
        step("joins of the tasks that were not cancelled");
        for (task, handle) in kept {
            let value = joined(handle).await?;
            ensure!(value == task, "task {task} returned {value}");
        }
        Ok(())
    })
}

/// Cancels the task at about the time at which a thread outside wakes it, or lets it end.
pub(super) fn race(trial: &Trial) -> Verdict {
    let (mut rng, patience, rounds) = (trial.rng(), trial.patience(50), 500 * trial.effort);
    trial.run(move |executor| async move {
        for round in 0..rounds {
            let (open, dropped, started) =
                (Signal::default(), Signal::default(), Signal::default());
            let (guard, gate, start) = (OnDrop(dropped.clone()), open.clone(), started.clone());
            let task = executor.spawn_cancellable(async move {
                let _guard = guard;
                start.set();
                gate.wait().await;
                42
            });
            if rng.bool() {
                started.wait().await;
            }
            let pause = rng.u32(0..2000);
            let waker = outside(move || {
                (0..pause).for_each(|_| std::hint::spin_loop());
                open.set();
            });
            (0..rng.u32(0..20_000)).for_each(|_| std::hint::spin_loop());
            let (_, output) = suspensions(task.cancel()).await;
            ensure!(dropped.is_set(), "round {round}: cancel returned before the drop");
            ensure!(matches!(output, None | Some(42)), "round {round}: it gave {output:?}");
            waker.await;
            if patience.is_over(round) {
                break;
            }
        }
        Ok(())
    })
}
