//! Rules of panics: contained, handed on, survived.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, set_hook, take_hook};

use tminus_contract::{Executor, Join, JoinError, panic_message};

use super::kit::{Signal, Trial, Verdict, ensure, joined, step, yields};

/// A payload that is no text.
#[derive(Debug, PartialEq)]
pub(super) struct Payload(pub(super) u32);

const ON_PURPOSE: &str = "on purpose";

/// Panics, but for the compiler.
pub(super) fn fails() {
    panic_any(ON_PURPOSE);
}

/// Has the panics of the rules print nothing, but for one kind: they would bury what is of use, and
/// a backtrace of each takes long. An executor must have the stack to print one, so the panics with
/// a text of their own are printed, as are those that no rule makes.
pub(super) fn be_quiet() {
    let usual = take_hook();
    set_hook(Box::new(move |info| {
        let payload = info.payload();
        if !payload.is::<Payload>() && payload.downcast_ref() != Some(&ON_PURPOSE) {
            usual(info);
        }
    }));
}

pub(super) fn reach_join(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for turns in 0..4 {
            step("a join of a task that panics");
            let task = executor.spawn(async move {
                yields(executor, turns).await;
                fails();
            });
            told(task.join().await, "on purpose")?;
            let task = executor.spawn_cancellable(async move {
                yields(executor, turns).await;
                let text = format!("in turn {turns}");
                panic!("{text}");
            });
            told(task.join().await, &format!("in turn {turns}"))?;
            let task = executor.spawn(async move { panic_any(Payload(7)) });
            match task.join().await {
                Err(JoinError::Panicked(payload)) => {
                    let same = payload.downcast_ref() == Some(&Payload(7));
                    ensure!(same, "a payload that is no text came back as something else");
                }
                other => return Err(format!("the join of a panic gave {other:?}")),
            }
        }
        Ok(())
    })
}

fn told(result: Result<(), JoinError>, message: &str) -> Verdict {
    match result {
        Err(error @ JoinError::Panicked(_)) if error.message() == message => Ok(()),
        Err(JoinError::Panicked(payload)) => {
            let other = panic_message(payload.as_ref());
            Err(format!("the panic `{message}` came back as `{other}`"))
        }
        other => Err(format!("the join of a panic gave {other:?}")),
    }
}

pub(super) fn leave_usable(trial: &Trial) -> Verdict {
    // More than there are workers, so that one that dies of each is noticed.
    let panics = trial.config.workers * 4 + 20;
    trial.run(move |executor| async move {
        let open = Signal::default();
        let gate = open.clone();
        let bystander = executor.spawn(async move {
            gate.wait().await;
            42
        });
        for _ in 0..panics {
            step("a panic whose handle is detached, and one that is joined");
            executor.spawn(async { fails() }).detach();
            let joined = executor.spawn(async { fails() }).join().await;
            ensure!(joined.is_err(), "the join of a panic gave a value");
        }
        yields(executor, 10).await;
        step("a task that was there before the panics, and one after them");
        open.set();
        let before = joined(bystander).await?;
        let after = joined(executor.spawn(async move {
            executor.yield_now().await;
            43
        }))
        .await?;
        ensure!((before, after) == (42, 43), "got {before} and {after} instead of 42 and 43");
        Ok(())
    })
}

pub(super) fn root_resumes(trial: &Trial) -> Verdict {
    for turns in [0, 3] {
        step("a root that panics");
        let result = catch_unwind(AssertUnwindSafe(|| {
            trial.run(move |executor| async move {
                yields(executor, turns).await;
                panic_any(Payload(8));
            });
        }));
        let Err(payload) = result else {
            return Err("`run` returned, though its root had panicked".into());
        };
        let same = payload.downcast_ref() == Some(&Payload(8));
        let message = panic_message(payload.as_ref());
        ensure!(same, "the panic of the root left `run` as another one: {message}");
    }
    step("a run after one whose root panicked");
    let value = trial.run(|executor| async move {
        joined(executor.spawn(async move {
            executor.yield_now().await;
            42
        }))
        .await
    })?;
    ensure!(value == 42, "the run after a panic of the root returned {value} instead of 42");
    Ok(())
}
