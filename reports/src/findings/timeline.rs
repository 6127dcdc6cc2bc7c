//! The finding of a timeline: whether the next was always the one that had waited longest, or how
//! often tasks moved between threads. Where tasks sleep, the executor does not choose which is
//! next.

use std::collections::BTreeSet;

use tminus_contract::trace::Trace;

use super::sentences;
use crate::words::escape::{clean, shorten};
use crate::words::{self, number};

/// Returns the finding of a timeline: of one thread, in how many of its choices it took the task
/// that had waited longest; of several, how often a task moved between them.
#[must_use]
pub fn timeline_title(trace: &Trace) -> String {
    let name = |text: &str| shorten(&clean(text), 60);
    let workers = if trace.workers > 1 { format!(" ×{}", trace.workers) } else { String::new() };
    let subject = format!("{} on {}{workers}", name(&trace.workload), name(&trace.executor));
    let threads: BTreeSet<usize> = trace.resumptions.iter().map(|one| one.thread).collect();
    let order = match threads.len() {
        0 | 1 if trace.always_ready => order(trace),
        0 | 1 => format!(
            "{} of {}, each when its time had come",
            words::count(trace.resumptions.len() as u64, "resumption"),
            words::count(trace.tasks.len() as u64, "task")
        ),
        count => moved(trace, count),
    };
    format!("{subject}: {order}")
}

/// Describes how one thread chose.
fn order(trace: &Trace) -> String {
    let (longest, choices) = choices(trace);
    match (longest, choices) {
        (_, 0) => words::count(trace.resumptions.len() as u64, "resumption"),
        _ if longest == choices => {
            "the next was always the task that had waited longest (round robin)".into()
        }
        _ => format!(
            "the next was the task that had waited longest {} of {} times",
            number::whole(longest),
            number::whole(choices)
        ),
    }
}

/// Describes how often a task moved between threads. The longest wait is not a choice of theirs:
/// each takes from what it has.
fn moved(trace: &Trace, threads: usize) -> String {
    let ran = words::count(trace.resumptions.len() as u64, "resumption");
    let moves = match moves(trace) {
        0 => "no task moved between them".into(),
        1 => "a task moved between them once".into(),
        moves => format!("tasks moved between them {} times", number::whole(moves)),
    };
    format!("{threads} threads ran {ran}; {moves}")
}

/// Returns the number of resumptions before which two tasks or more had run and were to run again,
/// and in how many of them the one taken was the one whose last resumption was the longest ago.
fn choices(trace: &Trace) -> (u64, u64) {
    let tasks = trace.tasks.len();
    let mut left: Vec<usize> = vec![0; tasks];
    for one in trace.resumptions.iter().filter(|one| one.task < tasks) {
        left[one.task] += 1;
    }
    let mut last: Vec<Option<usize>> = vec![None; tasks];
    let (mut longest, mut choices) = (0, 0);
    for (index, one) in trace.resumptions.iter().enumerate().filter(|(_, one)| one.task < tasks) {
        let waiting = (0..tasks).filter(|task| left[*task] > 0);
        let waiting: Vec<usize> = waiting.filter_map(|task| last[task]).collect();
        if let (true, Some(own)) = (waiting.len() > 1, last[one.task]) {
            choices += 1;
            longest += u64::from(waiting.iter().all(|other| *other >= own));
        }
        left[one.task] -= 1;
        last[one.task] = Some(index);
    }
    (longest, choices)
}

/// Returns how often a task was resumed on another thread than before.
fn moves(trace: &Trace) -> u64 {
    let of_task = |task: usize| {
        let own = trace.resumptions.iter().filter(move |one| one.task == task);
        let threads: Vec<usize> = own.map(|one| one.thread).collect();
        threads.windows(2).filter(|pair| pair[0] != pair[1]).count() as u64
    };
    (0..trace.tasks.len()).map(of_task).sum()
}

/// Describes a timeline for readers who do not see it.
#[must_use]
pub fn timeline_description(trace: &Trace) -> String {
    sentences((0..trace.tasks.len()).map(|task| timeline_task(trace, task)))
}

/// Describes one task: its resumptions by their places.
#[must_use]
pub fn timeline_task(trace: &Trace, task: usize) -> String {
    let all = trace.resumptions.iter().enumerate();
    let places = all.filter(|(_, one)| one.task == task).map(|(index, _)| index + 1);
    let places: Vec<String> = places.take(200).map(|place| place.to_string()).collect();
    let name = trace.tasks.get(task).map(|name| shorten(&clean(name), 60)).unwrap_or_default();
    format!("{name}: resumed at {}", places.join(", "))
}

#[cfg(test)]
mod tests {
    use tminus_contract::trace::{Resumption, SCHEMA};

    use super::*;

    fn trace(order: &[(usize, usize)]) -> Trace {
        let one = |(index, (task, thread)): (usize, &(usize, usize))| Resumption {
            task: *task,
            thread: *thread,
            start_ns: index as u64 * 10,
            end_ns: index as u64 * 10 + 5,
        };
        Trace {
            schema: SCHEMA,
            workload: "squares".into(),
            executor: "deque".into(),
            workers: 1,
            busy_ns: 0,
            always_ready: true,
            tasks: vec!["a".into(), "b".into(), "c".into()],
            resumptions: order.iter().enumerate().map(one).collect(),
        }
    }

    #[test]
    fn round_robin_is_seen() {
        let turns = [0, 1, 2, 0, 1, 2, 0, 1, 2].map(|task| (task, 0));
        assert_eq!(
            timeline_title(&trace(&turns)),
            "squares on deque: the next was always the task that had waited longest (round robin)"
        );
        let last_first = [0, 1, 2, 2, 1, 0, 0, 1, 2].map(|task| (task, 0));
        assert_eq!(
            timeline_title(&trace(&last_first)),
            "squares on deque: the next was the task that had waited longest 1 of 5 times"
        );
    }

    #[test]
    fn tasks_that_sleep_are_no_choice() {
        let mut slept = trace(&[(0, 0), (1, 0), (0, 0), (1, 0)]);
        (slept.workload, slept.always_ready) = ("countdown".into(), false);
        assert_eq!(
            timeline_title(&slept),
            "countdown on deque: 4 resumptions of 3 tasks, each when its time had come"
        );
    }

    #[test]
    fn moves_between_threads_are_counted() {
        let mut stolen = trace(&[(0, 0), (1, 1), (0, 1), (1, 1), (0, 0)]);
        stolen.workers = 2;
        assert_eq!(
            timeline_title(&stolen),
            "squares on deque ×2: 2 threads ran 5 resumptions; tasks moved between them 2 times"
        );
    }

    #[test]
    fn a_trace_that_names_no_task_is_no_harm() {
        assert_eq!(timeline_title(&trace(&[(9, 0)])), "squares on deque: 1 resumption");
        assert_eq!(timeline_task(&trace(&[(9, 0)]), 9), ": resumed at 1");
        assert_eq!(timeline_task(&trace(&[(0, 0), (1, 0), (0, 0)]), 0), "a: resumed at 1, 3");
    }
}
