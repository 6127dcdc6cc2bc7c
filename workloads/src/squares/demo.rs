//! The classic interleavings, live: squares, nested sums, printed sums and displays.

use std::fmt::Display;
use std::iter;
use std::sync::{Arc, Mutex, PoisonError};

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::live::{Seen, line};

/// The headings of the originals.
const HEADINGS: [&str; 5] = [
    "squares(1..=6) beside squares(10, 20, 30, 40):",
    "sum_of_squares([1..5]) beside sum_of_squares([10..50]), each awaiting square:",
    "print_sum_of_squares(3, 4) beside print_sum_of_squares(30, 40):",
    "display(\"ABC\") beside display(\"123\"):",
    "display(\"ABC\"), then display(\"123\") in the same task:",
];

/// Returns the lines of the originals, headings too.
fn classic() -> Vec<String> {
    let computing = |numbers: [u64; 10]| numbers.map(|n| format!("Computing square of {n}"));
    let lines = |text: &str| text.split(';').map(str::to_owned).collect::<Vec<_>>();
    let mut nested = computing([1, 10, 2, 20, 3, 30, 4, 40, 5, 50]).to_vec();
    nested.extend(lines(
        "sum_of_squares [1, 2, 3, 4, 5] 55;sum_of_squares [10, 20, 30, 40, 50] 5500",
    ));
    let sections = [
        computing([1, 10, 2, 20, 3, 30, 4, 40, 5, 6]).to_vec(),
        nested,
        lines("square 3;square 30;square 4;25;square 40;2500"),
        lines("A;1;B;2;C;3"),
        lines("A;B;C;1;2;3"),
    ];
    let titled = HEADINGS.into_iter().zip(sections);
    titled.flat_map(|(heading, lines)| iter::once(heading.to_owned()).chain(lines)).collect()
}

/// Plays all four, one after the other.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    interleave(executor, &show).await?;
    nested_sums(executor, &show).await?;
    printed_sums(executor, &show).await?;
    displays(executor, &show).await?;
    let classic = classic();
    let classic: Vec<&str> = classic.iter().map(String::as_str).collect();
    seen.closing(executor, &show, &classic, "lines");
    Ok(())
}

/// Plays two tasks that give squares in turns.
async fn interleave<E: Executor>(executor: E, show: &Show) -> Result<(), Wrong> {
    line(show, HEADINGS[0]);
    let yielded: Arc<Mutex<Vec<u64>>> = Arc::default();
    let squares = |numbers: &'static [u64]| {
        let (show, yielded) = (show.clone(), yielded.clone());
        let name = format!("squares of {} ...", numbers[0]);
        let task = show.clone().task(&name, async move {
            for &n in numbers {
                computing(&show, n);
                yielded.lock().unwrap_or_else(PoisonError::into_inner).push(n * n);
                executor.yield_now().await;
            }
        });
        executor.spawn(task)
    };
    let tasks = [squares(&[1, 2, 3, 4, 5, 6]), squares(&[10, 20, 30, 40])];
    for task in tasks {
        task.join().await?;
    }
    let yielded = yielded.lock().unwrap_or_else(PoisonError::into_inner).clone();
    line(show, format_args!("yielded {}", listed(&yielded)));
    Ok(())
}

/// Plays two tasks that await `square` inside `sum_of_squares`; each is resumed seven times.
async fn nested_sums<E: Executor>(executor: E, show: &Show) -> Result<(), Wrong> {
    line(show, format_args!("\n{}", HEADINGS[1]));
    let sum = |numbers: &'static [u64]| {
        let name = format!("sum from {} ...", numbers[0]);
        executor.spawn(show.task(&name, sum_of_squares(executor, show.clone(), numbers)))
    };
    let tasks = [sum(&[1, 2, 3, 4, 5]), sum(&[10, 20, 30, 40, 50])];
    for task in tasks {
        task.join().await?;
    }
    Ok(())
}

async fn sum_of_squares<E: Executor>(executor: E, show: Show, numbers: &'static [u64]) {
    let mut sum = 0;
    for &n in numbers {
        sum += square(executor, &show, n).await;
    }
    executor.yield_now().await;
    line(&show, format_args!("sum_of_squares [{}] {sum}", listed(numbers)));
}

/// Suspends, here in the innermost of all, and then computes.
async fn square<E: Executor>(executor: E, show: &Show, n: u64) -> u64 {
    executor.yield_now().await;
    computing(show, n);
    n * n
}

/// Prints as the original does: a text that ends in a blank, a blank, and the number.
fn computing(show: &Show, n: u64) {
    line(show, format_args!("Computing square of  {n}"));
}

/// Plays three levels, the innermost of which suspends; each task is resumed three times. A task
/// runs on to its next suspension or its end: 25 comes before `square 40`.
async fn printed_sums<E: Executor>(executor: E, show: &Show) -> Result<(), Wrong> {
    line(show, format_args!("\n{}", HEADINGS[2]));
    let print = |x: u64, y: u64| {
        let shown = show.clone();
        let task = print_sum_of_squares(executor, shown, x, y);
        executor.spawn(show.task(&format!("print {x}, {y}"), task))
    };
    let tasks = [print(3, 4), print(30, 40)];
    for task in tasks {
        task.join().await?;
    }
    Ok(())
}

async fn print_sum_of_squares<E: Executor>(executor: E, show: Show, x: u64, y: u64) {
    let sum = sum_of_two(executor, &show, x, y).await;
    line(&show, sum);
}

async fn sum_of_two<E: Executor>(executor: E, show: &Show, x: u64, y: u64) -> u64 {
    let first = named_square(executor, show, x).await;
    first + named_square(executor, show, y).await
}

async fn named_square<E: Executor>(executor: E, show: &Show, n: u64) -> u64 {
    executor.yield_now().await;
    line(show, format_args!("square {n}"));
    n * n
}

/// Plays two displays side by side, then one after the other in one task.
async fn displays<E: Executor>(executor: E, show: &Show) -> Result<(), Wrong> {
    line(show, format_args!("\n{}", HEADINGS[3]));
    let tasks = ["ABC", "123"].map(|text| {
        let shown = display(executor, show.clone(), text);
        executor.spawn(show.task(&format!("display {text}"), shown))
    });
    for task in tasks {
        task.join().await?;
    }
    line(show, format_args!("\n{}", HEADINGS[4]));
    let shown = show.clone();
    let both = executor.spawn(show.task("display both", async move {
        display(executor, shown.clone(), "ABC").await;
        display(executor, shown, "123").await;
    }));
    Ok(both.join().await?)
}

async fn display<E: Executor>(executor: E, show: Show, text: &'static str) {
    for character in text.chars() {
        line(&show, character);
        executor.yield_now().await;
    }
}

fn listed(numbers: &[impl Display]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
