//! Rules of yielding, of order where it is promised, and of fairness.

use std::future::{Future, poll_fn};
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tminus_contract::{Buf, Erased, Executor, Join, Listener, Stream};

use super::kit::{
    Log, Meeting, Signal, Trial, Verdict, ensure, joined, outside, step, suspensions,
};

pub(super) fn yield_suspends(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for _ in 0..10 {
            step("a yield");
            let (count, ()) = suspensions(executor.yield_now()).await;
            ensure!(count > 0, "`yield_now` did not suspend");
        }
        Ok(())
    })
}

/// Yields before it gives up on the others, if that takes as long as it gives them: an executor
/// that keeps the rule needs a few, but another worker may be slow to start.
const YIELDS: usize = 10_000;
const PATIENCE: Duration = Duration::from_secs(4);

pub(super) fn yield_lets_others_run(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for others in [1, 10] {
            let ran = Arc::new(AtomicUsize::new(0));
            for _ in 0..others {
                let ran = ran.clone();
                executor.spawn(async move { ran.fetch_add(1, SeqCst) }).detach();
            }
            step("yields until the other ready tasks have run");
            let (mut yields, start) = (0, Instant::now());
            while ran.load(SeqCst) < others && (yields < YIELDS || start.elapsed() < PATIENCE) {
                executor.yield_now().await;
                yields += 1;
            }
            let ran = ran.load(SeqCst);
            ensure!(ran == others, "after {yields} yields {ran} of {others} others had run");
        }
        Ok(())
    })
}

pub(super) fn within_task(trial: &Trial) -> Verdict {
    let count = trial.tasks(50);
    trial.run(move |executor| async move {
        step("tasks that yield");
        let start = |task| {
            let log = Log::default();
            let inner = log.clone();
            let handle = executor.spawn(async move {
                for turn in 0..20 {
                    inner.push(turn);
                    executor.yield_now().await;
                }
                task
            });
            (log, handle)
        };
        let all: Vec<_> = (0..count).map(start).collect();
        let expected: Vec<usize> = (0..20).collect();
        for (task, (log, handle)) in all.into_iter().enumerate() {
            joined(handle).await?;
            let seen = log.take();
            ensure!(seen == expected, "task {task} went through its turns as {seen:?}");
        }
        Ok(())
    })
}

pub(super) fn fair(trial: &Trial) -> Verdict {
    rounds(trial, |mut resumed| {
        resumed.sort_unstable();
        resumed
    })
}

pub(super) fn fifo_yields(trial: &Trial) -> Verdict {
    rounds(trial, |resumed| resumed)
}

/// Runs tasks of unequal length, so that some end between others; as many as are beyond the
/// intervals and queues that executors have: 61, 64, 256, 512.
fn rounds(trial: &Trial, arranged: fn(Vec<usize>) -> Vec<usize>) -> Verdict {
    for count in [2, 8, 62, 100, 600].map(|count| trial.tasks(count)) {
        let lengths: Vec<usize> = (0..count).map(|task| task * 7 % 9 + 1).collect();
        step("tasks of unequal length that yield");
        let log = resumptions(trial, lengths.clone())?;
        let mut rest = log.as_slice();
        for round in 0..9 {
            let alive: Vec<usize> = (0..count).filter(|&task| lengths[task] > round).collect();
            let (resumed, later) = rest.split_at(alive.len().min(rest.len()));
            rest = later;
            same(&arranged(resumed.to_vec()), &alive, || format!("round {round}"))?;
        }
        ensure!(rest.is_empty(), "{} resumptions too many of {count} tasks", rest.len());
    }
    Ok(())
}

/// Returns the order in which tasks were resumed: task `i` is resumed `lengths[i]` times.
fn resumptions(trial: &Trial, lengths: Vec<usize>) -> Result<Vec<usize>, String> {
    trial.run(move |executor| async move {
        let log = Log::default();
        let start = |(task, length)| {
            let log = log.clone();
            executor.spawn(async move {
                for _ in 0..length {
                    log.push(task);
                    executor.yield_now().await;
                }
            })
        };
        let all: Vec<_> = lengths.into_iter().enumerate().map(start).collect();
        for handle in all {
            joined(handle).await?;
        }
        Ok(log.take())
    })
}

/// Says where two orders part.
fn same(seen: &[usize], expected: &[usize], what: impl Fn() -> String) -> Verdict {
    let parted = seen.iter().zip(expected).position(|(seen, expected)| seen != expected);
    let Some(place) = parted.or((seen.len() != expected.len()).then_some(0)) else { return Ok(()) };
    let end = |order: &[usize]| format!("{:?}", &order[place..order.len().min(place + 8)]);
    let (what, tasks) = (what(), expected.len());
    let (expected, seen) = (end(expected), end(seen));
    Err(format!("{what} of {tasks} tasks, from place {place}: expected {expected}.., saw {seen}.."))
}

pub(super) fn fifo_spawns(trial: &Trial) -> Verdict {
    let count = trial.tasks(600);
    trial.run(move |executor| async move {
        step("tasks in the order in which they were spawned");
        let log = Log::default();
        let start = |task| {
            let log = log.clone();
            executor.spawn(async move { log.push(task) })
        };
        let all: Vec<_> = (0..count).map(start).collect();
        for handle in all {
            joined(handle).await?;
        }
        let expected: Vec<usize> = (0..count).collect();
        same(&log.take(), &expected, || "the first polls".into())
    })
}

pub(super) fn fifo_wakes(trial: &Trial) -> Verdict {
    let (count, mut rng) = (trial.tasks(300), trial.rng());
    trial.run(move |executor| async move {
        let log = Log::default();
        let asleep = Meeting::new(count + 1);
        let signals: Vec<Signal> = (0..count).map(|_| Signal::default()).collect();
        let start = |(task, signal): (usize, Signal)| {
            let (log, asleep) = (log.clone(), asleep.clone());
            executor.spawn(async move {
                asleep.arrive().await;
                signal.wait().await;
                log.push(task);
            })
        };
        let all: Vec<_> = signals.iter().cloned().enumerate().map(start).collect();
        asleep.arrive().await;
        // Now each waits for its own signal, or is about to: one more round sees to it.
        super::kit::yields(executor, 2).await;
        let mut order: Vec<usize> = (0..count).collect();
        rng.shuffle(&mut order);
        step("tasks in the order in which they were woken");
        for &task in &order {
            signals[task].set();
        }
        for handle in all {
            joined(handle).await?;
        }
        same(&log.take(), &order, || "the wakes".into())
    })
}

/// Tries one task that spawns, wakes and yields: all of these join one queue.
pub(super) fn fifo_mixed(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for wakes_first in [true, false] {
            let (log, asleep, signal) = (Log::default(), Meeting::new(2), Signal::default());
            let (first, second, own) = (log.clone(), log.clone(), log.clone());
            let (place, gate) = (asleep.clone(), signal.clone());
            let woken = executor.spawn(async move {
                place.arrive().await;
                gate.wait().await;
                first.push(usize::from(!wakes_first));
            });
            asleep.arrive().await;
            super::kit::yields(executor, 3).await;
            step("a task that is spawned, one that is woken, one that yields");
            if wakes_first {
                signal.set();
            }
            let spawned = executor.spawn(async move { second.push(usize::from(wakes_first)) });
            signal.set();
            executor.yield_now().await;
            own.push(2);
            joined(woken).await?;
            joined(spawned).await?;
            let what =
                if wakes_first { "a wake, a spawn, a yield" } else { "a spawn, a wake, a yield" };
            same(&log.take(), &[0, 1, 2], || what.into())?;
        }
        Ok(())
    })
}

pub(super) fn starves_no_task(trial: &Trial) -> Verdict {
    let count = trial.tasks(20);
    trial.run(move |executor| async move {
        step("tasks that yield until each has had ten turns");
        let meeting = Meeting::new(count);
        let over = Signal::default();
        let start = |_| {
            let (meeting, over) = (meeting.clone(), over.clone());
            executor.spawn(async move {
                let mut turns = 0;
                while !over.is_set() {
                    turns += 1;
                    if turns == 10 && meeting.count_in() {
                        over.set();
                    }
                    executor.yield_now().await;
                }
            })
        };
        let all: Vec<_> = (0..count).map(start).collect();
        for handle in all {
            joined(handle).await?;
        }
        Ok(())
    })
}

pub(super) fn starves_no_timer(trial: &Trial) -> Verdict {
    trial.run(|executor| {
        beside_yields(executor, "a sleep of 2 ms", async move {
            executor.sleep_until(Instant::now() + Duration::from_millis(2)).await;
            Ok(())
        })
    })
}

pub(super) fn starves_no_wake(trial: &Trial) -> Verdict {
    trial.run(|executor| {
        beside_yields(executor, "a wake from a thread outside", async {
            outside(|| std::thread::sleep(Duration::from_millis(1))).await;
            Ok(())
        })
    })
}

pub(super) fn starves_no_io(trial: &Trial) -> Verdict {
    trial.run(|executor| {
        beside_yields(executor, "a read from a socket", async move {
            let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let mut listener = executor.bind(any).await.map_err(super::io::failed)?;
            let address = listener.local_addr().map_err(super::io::failed)?;
            // The byte is sent when the task waits for it.
            let (waits, waiting) = mpsc::channel();
            let peer = outside(move || super::io::send_when(address, b"x", waiting));
            let mut stream = listener.accept().await.map_err(super::io::failed)?;
            let mut read = pin!(stream.read(Buf::with_capacity(8)));
            let (read, _) = poll_fn(|cx| {
                let poll = read.as_mut().poll(cx);
                let _ = waits.send(());
                poll
            })
            .await;
            ensure!(read.ok() == Some(1), "a byte was sent and not read");
            peer.await;
            Ok(())
        })
    })
}

/// Does the work while one task does nothing but yield; says when the work was starved.
async fn beside_yields(
    executor: Erased,
    what: &str,
    work: impl Future<Output = Verdict> + Send + 'static,
) -> Verdict {
    let (over, starved) = (Signal::default(), Signal::default());
    let (end, sign) = (over.clone(), starved.clone());
    let yielding = executor.spawn(async move {
        let enough = Instant::now() + Duration::from_secs(5);
        while !end.is_set() {
            if Instant::now() > enough {
                sign.set();
                break;
            }
            executor.yield_now().await;
        }
    });
    step(&format!("{what}, beside a task that yields all the time"));
    let worked = executor.spawn(work).join().await;
    let starved = starved.is_set();
    over.set();
    joined(yielding).await?;
    ensure!(!starved, "{what} did not end in 5 s, while a task yielded all the time");
    worked.unwrap_or_else(|error| Err(format!("{what}: {error}")))
}
