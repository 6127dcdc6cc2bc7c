//! Rules of ownership: what a task holds and what it gives is dropped exactly once.

use std::future::{Future, pending, poll_fn};
use std::task::Poll;
use std::time::{Duration, Instant};

use tminus_contract::{CancelJoin, Executor, Join, Supply};

use super::kit::{Counted, Signal, Trial, Verdict, counts, ensure, joined, settled, step, yields};

pub(super) fn futures_once(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        step("tasks that end in every way");
        let hold = |account| {
            let (captured, mut wait) = (Counted::new(account), Box::pin(executor.yield_now()));
            poll_fn(move |cx| {
                // Not dropped before the future is.
                let _captured = &captured;
                wait.as_mut().poll(cx)
            })
        };
        for _ in 0..20 {
            joined(executor.spawn(hold(0))).await?;
            executor.spawn(hold(1)).detach();
            let captured = Counted::new(2);
            let panics = executor.spawn(poll_fn(move |_| {
                let _captured = &captured;
                super::panics::fails();
                Poll::Ready(())
            }));
            ensure!(panics.join().await.is_err(), "the join of a panic gave a value");
            let captured = Counted::new(3);
            let cancelled = executor.spawn_cancellable(poll_fn(move |_| {
                let _captured = &captured;
                Poll::Pending
            }));
            yields(executor, 1).await;
            let _: Option<()> = cancelled.cancel().await;
            let _: Option<()> = executor.spawn_cancellable(hold(4)).cancel().await;
        }
        // The detached ones, too: what the end of the run does to those that are left is not asked.
        let enough = Instant::now() + Duration::from_secs(5);
        while counts(1).1 < counts(1).0 && Instant::now() < enough {
            executor.yield_now().await;
        }
        joined(executor.spawn(hold(0))).await
    })?;
    settled(&[
        "captured by tasks that were joined",
        "captured by tasks that were detached",
        "captured by tasks that panicked",
        "captured by tasks that were cancelled",
        "captured by tasks that were cancelled at once",
    ])
}

pub(super) fn outputs_once(trial: &Trial) -> Verdict {
    let root = trial.run(|executor| async move {
        step("outputs that are joined, detached, or given by a cancel");
        for _ in 0..20 {
            drop(joined(executor.spawn(async { Counted::new(0) })).await?);
            let ended = Signal::default();
            let (first, second) = (ended.clone(), ended.clone());
            executor
                .spawn(async move {
                    executor.yield_now().await;
                    first.set();
                    Counted::new(1)
                })
                .detach();
            ended.wait().await;
            let late = executor.spawn(async move {
                second.wait().await;
                Counted::new(2)
            });
            yields(executor, 5).await;
            late.detach();
            let completed = executor.spawn_cancellable(async { Counted::new(3) });
            yields(executor, 5).await;
            drop(completed.cancel().await);
        }
        Ok::<_, String>(Counted::new(4))
    })?;
    drop(root);
    settled(&[
        "outputs that were joined",
        "outputs of tasks that were detached before their end",
        "outputs of tasks that were detached after their end",
        "outputs of tasks that were cancelled after their end",
        "outputs of the root",
    ])
}

pub(super) fn left_tasks(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        step("a run that ends before its tasks");
        for _ in 0..10 {
            let captured = Counted::new(0);
            executor
                .spawn(async move {
                    let _captured = captured;
                    pending::<()>().await;
                })
                .detach();
            let captured = Counted::new(1);
            executor
                .spawn(async move {
                    let _captured = captured;
                    loop {
                        executor.yield_now().await;
                    }
                })
                .detach();
            if !matches!(executor.info().capabilities.timers, Supply::Missing(_)) {
                let captured = Counted::new(2);
                executor
                    .spawn(async move {
                        let _captured = captured;
                        executor.sleep_until(Instant::now() + Duration::from_secs(3600)).await;
                    })
                    .detach();
            }
        }
        yields(executor, 5).await;
        let captured = Counted::new(3);
        executor.spawn(async move { drop(captured) }).detach();
    });
    settled(&[
        "captured by tasks that were pending when the run ended",
        "captured by tasks that were ready when the run ended",
        "captured by tasks that were asleep when the run ended",
        "captured by tasks that were never polled when the run ended",
    ])
}
