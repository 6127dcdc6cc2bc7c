//! The rule that tasks which sleep take no turns: counted in resumptions, never timed.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::{Duration, Instant};

use tminus_contract::{Erased, Executor, Join};

use super::kit::{Meeting, Signal, Trial, Verdict, ensure, joined, step};

/// Tasks that sleep for an hour.
const ASLEEP: usize = 1_000;

/// By so much the timers of all executors have fired, however they round and wherever they run.
const GRACE: Duration = Duration::from_millis(5);

/// A task that was resumed so often without a timer has waited long enough for it.
const ENOUGH: usize = 100_000;

/// Tries of the task alone, and the fewest beside others that sleep.
const TRIES: u64 = 8;

/// Counts the fewest resumptions of many tries: on a busy machine the thread that fires timers may
/// come late, but not each time.
pub(super) fn beside_sleepers(trial: &Trial) -> Verdict {
    let (asleep, again) = (trial.tasks(ASLEEP), trial.clone());
    trial.run(move |executor| async move {
        step("yields until a sleep that is over has been told");
        let (mut alone, mut tries, patience) = (ENOUGH, 0, again.patience(TRIES));
        // On a busy machine few tries are good.
        while tries < TRIES || alone > asleep / 8 && !patience.is_over(tries) {
            alone = alone.min(resumptions(executor).await?);
            tries += 1;
        }
        put_to_sleep(executor, asleep).await;
        step(&format!("the same beside {asleep} tasks that sleep"));
        // Sleepers that take turns come once each; where another thread fires the timers, the
        // fewest resumptions vary.
        let limit = 2 * alone + asleep / 2;
        let (mut beside, mut tries, patience) = (ENOUGH, 0, again.patience(TRIES));
        // The first try may begin in the middle of a turn.
        resumptions(executor).await?;
        while beside > limit && !patience.is_over(tries) {
            beside = beside.min(resumptions(executor).await?);
            tries += 1;
        }
        ensure!(
            beside <= limit,
            "beside {asleep} tasks that sleep, {beside} resumptions of a task that yields came \
             before a sleep that was over; {alone} without them"
        );
        Ok(())
    })
}

/// Returns how often the running task is resumed after another's sleep is over and before that
/// task is.
async fn resumptions(executor: Erased) -> Result<usize, String> {
    let (armed, told) = (Signal::default(), Signal::default());
    let (arms, tells) = (armed.clone(), told.clone());
    let deadline = Instant::now() + Duration::from_millis(1);
    let sleeper = executor.spawn(async move {
        let mut sleep = pin!(executor.sleep_until(deadline));
        poll_fn(|cx| {
            let poll = sleep.as_mut().poll(cx);
            arms.set();
            poll
        })
        .await;
        tells.set();
    });
    while !armed.is_set() {
        executor.yield_now().await;
    }
    while Instant::now() < deadline + GRACE {
        std::hint::spin_loop();
    }
    let mut count = 0;
    while !told.is_set() && count < ENOUGH {
        executor.yield_now().await;
        count += 1;
    }
    joined(sleeper).await?;
    Ok(count)
}

/// Spawns so many tasks that sleep for an hour.
async fn put_to_sleep(executor: Erased, count: usize) {
    let hour = Instant::now() + Duration::from_secs(3600);
    let asleep = Meeting::new(count + 1);
    for _ in 0..count {
        let asleep = asleep.clone();
        let sleeper = executor.spawn(async move {
            asleep.arrive().await;
            executor.sleep_until(hour).await;
        });
        sleeper.detach();
    }
    asleep.arrive().await;
    super::kit::yields(executor, 2).await;
}
