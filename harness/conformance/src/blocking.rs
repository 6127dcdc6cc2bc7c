//! Rules of blocking calls: elsewhere, beside the tasks, each with its value or its panic.

use std::collections::HashSet;
use std::panic::panic_any;
use std::sync::mpsc;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use tminus_contract::{Erased, Executor, JoinError, Supply, resources};

use super::kit::{Trial, Verdict, ensure, eventually, joined, step, yields};
use super::panics::{Payload, fails};

/// Calls that `many` has at once: pools have up to 512 threads.
pub(super) const MANY: usize = 600;

/// Makes a call that returns.
async fn called<T: Send + 'static>(
    executor: Erased,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let result = executor.spawn_blocking(work).await;
    result.map_err(|error| format!("a call that returned gave: {error:?}"))
}

pub(super) fn gives_value(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for number in 0..20_u64 {
            step("a blocking call of the root");
            let got = called(executor, move || vec![number; 100]).await?;
            ensure!(got == [number; 100], "a call returned {number}s, and gave {got:?}");
        }
        let start = |number| executor.spawn(called(executor, move || number));
        let all: Vec<_> = (0..20).map(start).collect();
        for (number, task) in all.into_iter().enumerate() {
            step("blocking calls of several tasks");
            let got = joined(task).await??;
            ensure!(got == number, "a call returned {number}, and gave {got}");
        }
        Ok(())
    })
}

pub(super) fn panic_reaches_caller(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for number in 0..20 {
            step("a blocking call that panics");
            match executor.spawn_blocking(fails).await {
                Err(error @ JoinError::Panicked(_)) if error.message() == "on purpose" => {}
                other => return Err(format!("a call that panicked gave {other:?}")),
            }
            match executor.spawn_blocking(move || panic_any(Payload(number))).await {
                Err(JoinError::Panicked(payload)) => {
                    let same = payload.downcast_ref() == Some(&Payload(number));
                    ensure!(same, "a payload that is no text came back as something else");
                }
                other => return Err(format!("a call that panicked gave {other:?}")),
            }
            step("a blocking call after others have panicked");
            let got = called(executor, move || number).await?;
            ensure!(got == number, "a call returned {number}, and gave {got}");
        }
        Ok(())
    })
}

pub(super) fn runs_elsewhere(trial: &Trial) -> Verdict {
    let count = trial.config.workers * 4;
    trial.run(move |executor| async move {
        let task = move || async move {
            let mut tasks = HashSet::from([thread::current().id()]);
            let call = called(executor, || thread::current().id()).await?;
            for _ in 0..10 {
                tasks.insert(thread::current().id());
                executor.yield_now().await;
            }
            Ok::<_, String>((tasks, call))
        };
        step("blocking calls that say where they run");
        let (mut tasks, mut calls) = (HashSet::<ThreadId>::new(), Vec::new());
        let all: Vec<_> = (0..count).map(|_| executor.spawn(task())).collect();
        for handle in all {
            let (of_task, of_call) = joined(handle).await??;
            tasks.extend(of_task);
            calls.push(of_call);
        }
        let among = calls.iter().filter(|call| tasks.contains(call)).count();
        ensure!(among == 0, "{among} of {count} calls ran on a thread that runs tasks");
        Ok(())
    })
}

/// Has a call block until a task lets it go on, which it can only if the call does not hold it up.
pub(super) fn holds_up_nobody(trial: &Trial) -> Verdict {
    let timers = !matches!(trial.executor.capabilities.timers, Supply::Missing(_));
    trial.run(move |executor| async move {
        for _ in 0..10 {
            let (sender, told) = mpsc::channel();
            step("a call that blocks until a task has had its turns");
            let call = executor
                .spawn(called(executor, move || told.recv_timeout(Duration::from_secs(5)).is_ok()));
            let other = executor.spawn(yields(executor, 20));
            yields(executor, 20).await;
            joined(other).await?;
            if timers {
                executor.sleep_until(Instant::now() + Duration::from_millis(1)).await;
            }
            let _ = sender.send(());
            ensure!(joined(call).await??, "a call that blocked for 5 s held up the tasks");
        }
        Ok(())
    })
}

pub(super) fn many(trial: &Trial) -> Verdict {
    let count = trial.tasks(MANY);
    trial.run(move |executor| async move {
        let start = |number| {
            executor.spawn(called(executor, move || {
                thread::sleep(Duration::from_millis(1));
                number
            }))
        };
        let all: Vec<_> = (0..count).map(start).collect();
        for (number, task) in all.into_iter().enumerate() {
            step("one of hundreds of blocking calls");
            let got = joined(task).await??;
            ensure!(got == number, "a call returned {number}, and gave {got}");
        }
        Ok(())
    })
}

pub(super) fn threads_end(trial: &Trial) -> Verdict {
    let before = resources::threads();
    for run in 1..=3 {
        trial.run(|executor| async move {
            step("blocking calls before the end of a run");
            let start = |_| executor.spawn(called(executor, || ()));
            let all: Vec<_> = (0..20).map(start).collect();
            for task in all {
                joined(task).await??;
            }
            Ok::<_, String>(())
        })?;
        let after = || resources::threads();
        let held = eventually(|| after() <= before);
        ensure!(held, "{before} threads before, {} after run {run} with calls", after());
    }
    Ok(())
}
