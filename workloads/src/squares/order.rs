//! The order in which an executor resumes tasks, observed in a small instance that is not timed.
//!
//! Three strengths, of which the strongest that held is given:
//!
//! - **task**: each task went through its own steps in order. Less than that is a failure.
//! - **fair**: the log falls into rounds, and in each round every task that was still alive was
//!   resumed exactly once, in whatever order.
//! - **fifo**: besides, every round went through the tasks in the order in which they were spawned.

use std::sync::{Arc, Mutex, PoisonError};

use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join, Order};

/// How often each observed task is resumed: unequal, so that tasks end between others.
const LENGTHS: [u32; 8] = [6, 4, 7, 1, 3, 7, 2, 5];

/// How often [`LENGTHS`] repeats. An executor that looks after its timers and sockets every so many
/// polls may keep an order only while fewer tasks than that are ready: tokio is fair up to 60.
const REPEATS: usize = 16;

/// An observed order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Observed {
    /// The strongest order that held.
    pub(super) order: Order,
    /// The most resumptions by which one task was ahead of another that had not ended: 1 where
    /// tasks take turns.
    pub(super) lag: u64,
}

/// The resumptions in the order in which they happened: task and step.
type Log = Arc<Mutex<Vec<(usize, u32)>>>;

/// Runs the small instance on `executor`.
pub(super) async fn observe<E: Executor>(executor: E) -> Result<Observed, Wrong> {
    let log = Log::default();
    let lengths = LENGTHS.repeat(REPEATS);
    let mut handles = Vec::with_capacity(lengths.len());
    for (task, length) in lengths.iter().copied().enumerate() {
        let log = log.clone();
        handles.push(executor.spawn(async move {
            for step in 0..length {
                log.lock().unwrap_or_else(PoisonError::into_inner).push((task, step));
                executor.yield_now().await;
            }
        }));
    }
    for handle in handles {
        handle.join().await?;
    }
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    classify(&log, &lengths)
}

/// Finds the strongest order that `log` keeps, where task `i` is resumed `lengths[i]` times.
fn classify(log: &[(usize, u32)], lengths: &[u32]) -> Result<Observed, Wrong> {
    let lag = within_tasks(log, lengths)?;
    let mut rest = log;
    let mut order = Order::Fifo;
    for round in 0..lengths.iter().copied().max().unwrap_or(0) {
        let alive: Vec<usize> = (0..lengths.len()).filter(|&task| lengths[task] > round).collect();
        let (now, later) = rest.split_at(alive.len());
        rest = later;
        let mut resumed: Vec<usize> = now.iter().map(|(task, _)| *task).collect();
        if resumed != alive {
            order = Order::Fair;
            resumed.sort_unstable();
        }
        if resumed != alive {
            return Ok(Observed { order: Order::Task, lag });
        }
    }
    Ok(Observed { order, lag })
}

/// Verifies that every task went through all its steps in order; returns the lag.
fn within_tasks(log: &[(usize, u32)], lengths: &[u32]) -> Result<u64, Wrong> {
    let mut done = vec![0; lengths.len()];
    let mut lag = 0;
    for &(task, step) in log {
        if step != done[task] {
            return Err(Wrong::Order(format!(
                "task {task} was at step {step} when step {} was next",
                done[task]
            )));
        }
        done[task] += 1;
        let behind = done.iter().zip(lengths).filter(|(done, length)| done < length);
        let behind = behind.map(|(done, _)| *done).min().unwrap_or(step);
        lag = lag.max(u64::from((step + 1).saturating_sub(behind)));
    }
    match done.iter().zip(lengths).position(|(done, length)| done != length) {
        None => Ok(lag),
        Some(task) => Err(Wrong::Answer(format!("task {task} ended before its last step"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the log of `squares(1..=6)` beside `squares(10, 20, 30, 40)` as the numbers
    /// computed.
    fn interleaved(numbers: &[u32]) -> Result<Observed, Wrong> {
        let log: Vec<(usize, u32)> =
            numbers.iter().map(|&n| if n < 10 { (0, n - 1) } else { (1, n / 10 - 1) }).collect();
        classify(&log, &[6, 4])
    }

    #[test]
    fn taking_turns_is_first_in_first_out() {
        let observed = interleaved(&[1, 10, 2, 20, 3, 30, 4, 40, 5, 6]);
        assert_eq!(observed, Ok(Observed { order: Order::Fifo, lag: 1 }));
    }

    #[test]
    fn deferred_wakers_that_come_back_reversed_are_fair() {
        // tokio current_thread with its own yield_now.
        let observed = interleaved(&[1, 10, 20, 2, 3, 30, 40, 4, 5, 6]);
        assert_eq!(observed, Ok(Observed { order: Order::Fair, lag: 1 }));
    }

    #[test]
    fn one_task_after_the_other_is_order_within_a_task() {
        let observed = interleaved(&[1, 2, 3, 4, 5, 6, 10, 20, 30, 40]);
        assert_eq!(observed, Ok(Observed { order: Order::Task, lag: 6 }));
    }

    #[test]
    fn a_task_that_is_passed_over_once_is_not_treated_fairly() {
        let observed = interleaved(&[1, 10, 2, 3, 20, 30, 4, 40, 5, 6]);
        assert_eq!(observed.map(|observed| observed.order), Ok(Order::Task));
    }

    #[test]
    fn the_last_round_counts_too() {
        // Three tasks of which the last two take turns in the wrong order at the very end.
        let log = [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1)];
        let observed = classify(&log, &[1, 2, 2]);
        assert_eq!(observed.map(|observed| observed.order), Ok(Order::Fair));
    }

    #[test]
    fn steps_out_of_order_and_lost_steps_are_wrong() {
        assert!(matches!(interleaved(&[1, 10, 3]), Err(Wrong::Order(_))));
        assert!(matches!(interleaved(&[1, 10, 2, 20]), Err(Wrong::Answer(_))));
    }
}
