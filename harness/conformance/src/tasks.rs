//! Rules of spawning, joining and detaching.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use tminus_contract::{Erased, Executor, Join, JoinError, Large};

use super::kit::{Meeting, Signal, Trial, Verdict, ensure, joined, step, yields};

pub(super) fn concurrent(trial: &Trial) -> Verdict {
    let count = trial.tasks(200);
    trial.run(move |executor| async move {
        step("tasks that end only when all of them have started");
        let meeting = Meeting::new(count);
        let start = |task| {
            let meeting = meeting.clone();
            executor.spawn(async move {
                meeting.arrive().await;
                task
            })
        };
        let all: Vec<_> = (0..count).map(start).collect();
        for (task, handle) in all.into_iter().enumerate() {
            let value = joined(handle).await?;
            ensure!(value == task, "task {task} returned {value}");
        }
        Ok(())
    })
}

thread_local! {
    /// This thread is inside `spawn`.
    static SPAWNING: Cell<bool> = const { Cell::new(false) };
}

pub(super) fn never_inside(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        // From the root, and from a task.
        from_here(executor).await?;
        joined(executor.spawn(from_here(executor))).await?
    })
}

async fn from_here(executor: Erased) -> Verdict {
    let inside = Arc::new(AtomicBool::new(false));
    let probe = || {
        let inside = inside.clone();
        async move {
            if SPAWNING.get() {
                inside.store(true, SeqCst);
            }
        }
    };
    for _ in 0..20 {
        SPAWNING.set(true);
        let plain = executor.spawn(probe());
        let cancellable = executor.spawn_cancellable(probe());
        SPAWNING.set(false);
        joined(plain).await?;
        joined(cancellable).await?;
    }
    ensure!(!inside.load(SeqCst), "a task was polled inside the call of `spawn`");
    Ok(())
}

pub(super) fn join_gives_value(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        step("joins of small and large values");
        joined(executor.spawn(async {})).await?;
        let large = Large([7; 4_096]);
        let back = executor.carry(large.clone()).await;
        let back = back.map_err(|error| format!("the join of 4,096 bytes gave: {error}"))?;
        ensure!(back == large, "a value of 4,096 bytes came back changed");
        let text = joined(executor.spawn_cancellable(async { String::from("text") })).await?;
        ensure!(text == "text", "`text` came back as `{text}`");
        step("joins in the reverse order, of tasks that yield");
        let start = |task: usize| {
            executor.spawn(async move {
                yields(executor, task % 5).await;
                task
            })
        };
        let all: Vec<_> = (0..100).map(start).collect();
        for (task, handle) in all.into_iter().enumerate().rev() {
            let value = joined(handle).await?;
            ensure!(value == task, "task {task} returned {value}");
        }
        step("a join in another task");
        let handle = start(3);
        let value = joined(executor.spawn(async move { joined(handle).await })).await??;
        ensure!(value == 3, "task 3 returned {value}");
        Ok(())
    })
}

pub(super) fn join_after_end(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for turns in 0..50 {
            let ended = Signal::default();
            let (first, second) = (ended.clone(), ended.clone());
            let plain = executor.spawn(async move {
                first.set();
                turns
            });
            let cancellable = executor.spawn_cancellable(async move {
                second.wait().await;
                turns
            });
            let panicked = executor.spawn(async { super::panics::fails() });
            ended.wait().await;
            yields(executor, turns).await;
            if turns % 10 == 9 {
                // By now all have ended, whatever the other workers did meanwhile.
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            step("joins of tasks that ended before");
            let values = (joined(plain).await?, joined(cancellable).await?);
            ensure!(values == (turns, turns), "expected {turns} twice, got {values:?}");
            let error = panicked.join().await.err();
            ensure!(
                matches!(error, Some(JoinError::Panicked(_))),
                "a panic that came before the join gave {error:?}"
            );
        }
        Ok(())
    })
}

pub(super) fn detach_runs_on(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for turns in 0..20 {
            step("a detached task that sets a signal");
            let (plain, cancellable) = (Errand::default(), Errand::default());
            executor.spawn(plain.clone().run(executor, turns)).detach();
            executor.spawn_cancellable(cancellable.clone().run(executor, turns)).detach();
            for errand in [plain, cancellable] {
                errand.over.wait().await;
                ensure!(errand.done.is_set(), "a detached task was dropped before its end");
            }
        }
        Ok(())
    })
}

/// The work of a detached task; `over` is set when it is dropped.
#[derive(Clone, Default)]
struct Errand {
    done: Signal,
    over: Signal,
}

impl Errand {
    fn run(self, executor: Erased, turns: usize) -> impl Future<Output = ()> + Send {
        // Made here, so that a task that is never polled is heard of too.
        let over = super::kit::OnDrop(self.over);
        async move {
            yields(executor, turns).await;
            self.done.set();
            drop(over);
        }
    }
}

pub(super) fn spawn_from_tasks(trial: &Trial) -> Verdict {
    let depth = if trial.tasks(1000) < 1000 { 5 } else { 9 };
    let leaves = trial.run(move |executor| {
        step("a tree of tasks that spawn tasks");
        tree(executor, depth)
    })?;
    ensure!(leaves == 1 << depth, "expected {} leaves, counted {leaves}", 1 << depth);
    Ok(())
}

type Tree = Pin<Box<dyn Future<Output = Result<u64, String>> + Send>>;

fn tree(executor: Erased, depth: u32) -> Tree {
    Box::pin(async move {
        if depth == 0 {
            return Ok(1);
        }
        let left = executor.spawn(tree(executor, depth - 1));
        let right = executor.spawn(tree(executor, depth - 1));
        Ok(joined(right).await?? + joined(left).await??)
    })
}

pub(super) fn many(trial: &Trial) -> Verdict {
    let count = trial.tasks(10_000);
    trial.run(move |executor| async move {
        step("thousands of tasks at once");
        let start = |task| {
            executor.spawn(async move {
                executor.yield_now().await;
                task
            })
        };
        let all: Vec<_> = (0..count).map(start).collect();
        let mut sum = 0;
        for handle in all {
            sum += joined(handle).await?;
        }
        let expected: usize = (0..count).sum();
        ensure!(sum == expected, "the values of {count} tasks: expected {expected}, got {sum}");
        Ok(())
    })
}

pub(super) fn run_again(trial: &Trial) -> Verdict {
    for run in 1..=4 {
        step("a run after others have ended");
        let value = trial.run(move |executor| async move {
            let handle = executor.spawn(async move {
                executor.yield_now().await;
                run
            });
            joined(handle).await
        })?;
        ensure!(value == run, "run {run} returned {value}");
    }
    Ok(())
}
