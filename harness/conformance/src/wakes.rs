//! Rules of wakers: none is lost, none is one too many, none does harm.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use tminus_contract::{CancelJoin, Executor, Join};

use super::kit::{
    Counted, Patience, Signal, Trial, Verdict, ensure, joined, lock, outside, settled, step, yields,
};

/// A store of wakers that tasks fill. Clones are the same.
#[derive(Clone, Default)]
struct Wakers(Arc<Mutex<Vec<Waker>>>);

impl Wakers {
    fn add(&self, waker: &Waker) {
        lock(&self.0).push(waker.clone());
    }

    /// Leaves the waker of the task that calls.
    async fn add_own(&self) {
        poll_fn(|cx| {
            self.add(cx.waker());
            Poll::Ready(())
        })
        .await;
    }

    fn take(&self) -> Vec<Waker> {
        std::mem::take(&mut *lock(&self.0))
    }
}

/// Wakes by value, which is another function of a waker than by reference.
fn wake_clone(waker: &Waker) {
    let clone = waker.clone();
    clone.wake();
}

pub(super) fn from_thread(trial: &Trial) -> Verdict {
    let (mut rng, patience) = (trial.rng(), trial.patience(10));
    trial.run(move |executor| async move {
        for round in 0..100 {
            // Long enough for the executor to fall asleep.
            let pause = Duration::from_micros(rng.u64(50..1000));
            step("a wake from a thread outside, while the executor has nothing to do");
            let woken = move || outside(move || thread::sleep(pause));
            woken().await;
            joined(executor.spawn(woken())).await?;
            if patience.is_over(round) {
                break;
            }
        }
        Ok(())
    })
}

pub(super) fn during_poll(trial: &Trial) -> Verdict {
    let ways: [(&str, Wake); 4] = [
        ("`wake_by_ref` inside a poll", Waker::wake_by_ref),
        ("`wake` of a clone inside a poll", wake_clone),
        ("two wakes inside a poll", |waker| {
            waker.wake_by_ref();
            waker.wake_by_ref();
        }),
        ("a wake from a thread outside, during a poll", |waker| {
            let waker = waker.clone();
            let _ = thread::spawn(move || waker.wake()).join();
        }),
    ];
    trial.run(move |executor| async move {
        for (name, wake) in ways {
            for _ in 0..10 {
                step(name);
                again(wake).await;
                joined(executor.spawn(again(wake))).await?;
            }
        }
        Ok(())
    })
}

type Wake = fn(&Waker);

/// Suspends once, having woken itself.
async fn again(wake: Wake) {
    let mut asked = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        wake(cx.waker());
        Poll::Pending
    })
    .await;
}

pub(super) fn storm(trial: &Trial) -> Verdict {
    let (patience, each) = (trial.patience(64), 5_000 * trial.effort);
    trial.run(move |executor| async move {
        let (wakers, over) = (Wakers::default(), Arc::new(AtomicBool::new(false)));
        let (place, end, started) = (wakers.clone(), over.clone(), Signal::default());
        let (polls, start) = (Arc::new(AtomicU64::new(0)), started.clone());
        let count = polls.clone();
        let task = executor.spawn(poll_fn(move |cx| {
            count.fetch_add(1, SeqCst);
            place.add(cx.waker());
            start.set();
            if end.load(SeqCst) { Poll::Ready(()) } else { Poll::Pending }
        }));
        step("a task that three threads wake as fast as they can");
        started.wait().await;
        let waker = wakers.take().remove(0);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let waker = waker.clone();
                outside(move || wake_often(&waker, each, patience))
            })
            .collect();
        let mut wakes = 1;
        for thread in threads {
            wakes += thread.await.unwrap_or(0);
        }
        step("the end of a storm");
        // One poll too many may still be to come.
        let mut before = 0;
        while before < polls.load(SeqCst) {
            before = polls.load(SeqCst);
            yields(executor, 3).await;
            thread::sleep(Duration::from_millis(1));
        }
        step("a wake after a storm");
        over.store(true, SeqCst);
        waker.wake();
        joined(task).await?;
        let polls = polls.load(SeqCst);
        ensure!(polls <= wakes + 1, "{wakes} wakes led to {polls} polls");
        Ok(())
    })
}

fn wake_often(waker: &Waker, times: u64, patience: Patience) -> u64 {
    let mut wakes = 0;
    while wakes < times && (wakes % 64 != 0 || !patience.is_over(wakes)) {
        if wakes % 3 == 0 {
            wake_clone(waker)
        } else {
            waker.wake_by_ref()
        }
        wakes += 1;
    }
    wakes
}

pub(super) fn one_poll_each(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        let (wakers, polls) = (Wakers::default(), Arc::new(AtomicU32::new(0)));
        let seen: Vec<Signal> = (0..100).map(|_| Signal::default()).collect();
        let (place, count, signs) = (wakers.clone(), polls.clone(), seen.clone());
        // Its handle is kept: to drop it may be an event that a task is polled for.
        let woken = executor.spawn(poll_fn(move |cx| {
            place.add(cx.waker());
            let poll = count.fetch_add(1, SeqCst) as usize;
            signs.get(poll).map_or(Poll::Ready(()), |sign| {
                sign.set();
                Poll::Pending
            })
        }));
        step("a task that is woken once, and again when it has run");
        for (wakes, polled) in (0..).zip(seen) {
            polled.wait().await;
            // What is polled without a wake is polled by now.
            yields(executor, 3).await;
            let polls = polls.load(SeqCst);
            ensure!(polls == wakes + 1, "{wakes} wakes led to {polls} polls");
            let waker = wakers.take().pop();
            waker.into_iter().for_each(Waker::wake);
        }
        joined(woken).await
    })
}

/// A future that is ready at once, wakes itself all the same and tells if it is polled again.
struct Once {
    done: bool,
    late: Arc<AtomicU32>,
    wakers: Wakers,
}

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.done, true) {
            self.late.fetch_add(1, SeqCst);
        }
        self.wakers.add(cx.waker());
        cx.waker().wake_by_ref();
        Poll::Ready(())
    }
}

pub(super) fn never_after_end(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        let (late, wakers) = (Arc::new(AtomicU32::new(0)), Wakers::default());
        let once = || Once { done: false, late: late.clone(), wakers: wakers.clone() };
        for _ in 0..20 {
            step("tasks that wake themselves when they end, and are woken after that");
            let (plain, cancellable) = (executor.spawn(once()), executor.spawn_cancellable(once()));
            joined(plain).await?;
            joined(cancellable).await?;
            wakers.take().into_iter().for_each(Waker::wake);
            yields(executor, 3).await;
        }
        let late = late.load(SeqCst);
        ensure!(late == 0, "futures were polled {late} times after they had completed");
        Ok(())
    })
}

pub(super) fn after_end(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        let wakers = Wakers::default();
        for round in 0..20 {
            let place = wakers.clone();
            let task = executor.spawn(poll_fn(move |cx| {
                place.add(cx.waker());
                Poll::Ready(round)
            }));
            joined(task).await?;
            step("a task beside wakes of tasks that have ended");
            let open = Signal::default();
            let gate = open.clone();
            let other = executor.spawn(async move {
                gate.wait().await;
                round
            });
            let stale = lock(&wakers.0).clone();
            let far = stale.clone();
            outside(move || far.iter().for_each(Waker::wake_by_ref)).await;
            stale.iter().for_each(Waker::wake_by_ref);
            yields(executor, 2).await;
            open.set();
            let value = joined(other).await?;
            ensure!(value == round, "expected {round}, got {value}");
        }
        Ok(())
    })
}

pub(super) fn after_run(trial: &Trial) -> Verdict {
    let wakers = Wakers::default();
    let place = wakers.clone();
    trial.run(move |executor| async move {
        place.add_own().await;
        let started = Signal::default();
        let (other, start) = (place.clone(), started.clone());
        let left = executor.spawn(poll_fn(move |cx| {
            other.add(cx.waker());
            start.set();
            Poll::<()>::Pending
        }));
        left.detach();
        started.wait().await;
        let ended = executor.spawn(async move { place.add_own().await });
        joined(ended).await
    })?;
    let kept = wakers.take();
    step("wakes after the run has ended");
    kept.iter().for_each(Waker::wake_by_ref);
    kept.iter().for_each(wake_clone);
    let (far, inside) = (kept.clone(), kept.clone());
    let value = trial.run(move |executor| async move {
        step("wakes of an earlier run during another one");
        inside.iter().for_each(Waker::wake_by_ref);
        outside(move || far.into_iter().for_each(Waker::wake)).await;
        joined(executor.spawn(async move {
            executor.yield_now().await;
            42
        }))
        .await
    })?;
    drop(kept);
    ensure!(value == 42, "the run after that returned {value} instead of 42");
    Ok(())
}

pub(super) fn clones(trial: &Trial) -> Verdict {
    let wakers = Wakers::default();
    let place = wakers.clone();
    trial.run(move |executor| async move {
        step("tasks that end while clones of their wakers are kept");
        let keep = |account| {
            let (place, captured) = (place.clone(), Counted::new(account));
            poll_fn(move |cx| {
                // Not dropped before the future is.
                let _captured = &captured;
                let clones: Vec<Waker> = (0..100).map(|_| cx.waker().clone()).collect();
                clones.iter().step_by(3).for_each(|waker| place.add(waker));
                if account == 0 { Poll::Ready(()) } else { Poll::Pending }
            })
        };
        for _ in 0..5 {
            joined(executor.spawn(keep(0))).await?;
            let task = executor.spawn_cancellable(keep(1));
            yields(executor, 2).await;
            let _: Option<()> = task.cancel().await;
        }
        Ok::<(), String>(())
    })?;
    let kept = settled(&["captured by tasks that ended", "captured by tasks that were cancelled"]);
    let mut wakers = wakers.take();
    let far = wakers.split_off(wakers.len() / 2);
    drop(wakers);
    let _ = thread::spawn(|| drop(far)).join();
    kept.map_err(|seen| format!("while wakers are kept: {seen}"))
}
