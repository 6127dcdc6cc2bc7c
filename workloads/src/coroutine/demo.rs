//! The classic coroutines, live: what each yields for what it is sent.

use std::sync::Arc;

use tminus_contract::delegate::{delegate, stack};
use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use super::level::Thrown;
use super::port::Port;
use crate::live::line;

/// The lines of the demo, which are the same on every executor: the driver waits for each yield.
#[cfg(test)]
pub(super) const CLASSIC: [&str; 10] = [
    "shout is sent hi: none, HI",
    "pipe to shout is sent hi, a: none, HI, A",
    "loop over shout is sent hi: none, NONE",
    "Sum is 10",
    "pipe to tally is sent 2, 2, 2, 2, 2: got it, got it, got it, got it, got it",
    "jumping_range(5) is sent 2, next, -1, next, next: 0, 2, 3, 2, 3, 4",
    "top > middle > bottom is sent 84: 42",
    "top returns 84",
    "pipe to catcher is sent an error, next: waiting, caught, and on",
    "shout is sent an error: none",
];

/// The channel of a coroutine of the demo: it is sent a value, nothing or an error, and yields text
/// until it is over.
type Link<T> = Arc<Port<Result<Option<T>, Thrown>, Option<String>>>;

/// Plays the coroutines, one after the other.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let stage = Stage { executor, show: show.clone() };
    stage.play("shout", shout, &[Ok(Some("hi"))]).await?;
    let pipe = |link| async { delegate(shout(link)).await };
    stage.play("pipe to shout", pipe, &[Ok(Some("hi")), Ok(Some("a"))]).await?;
    let inner: Link<&str> = Link::default();
    let shouting = stage.spawn("shout", inner.clone(), shout);
    stage.play("loop over shout", |link| not_pipe(link, inner), &[Ok(Some("hi"))]).await?;
    shouting.join().await?;
    let shown = show.clone();
    let pipe = |link| async { delegate(tally(link, shown)).await };
    stage.play("pipe to tally", pipe, &[Ok(Some(2)); 5]).await?;
    let jumps = [Ok(Some(2)), Ok(None), Ok(Some(-1)), Ok(None), Ok(None)];
    stage.play("jumping_range(5)", |link| jumping_range(link, 5), &jumps).await?;
    let top = stage.play("top > middle > bottom", top, &[Ok(Some(84))]).await?;
    line(&show, format_args!("top returns {}", top.map_or("nothing".into(), |it| it.to_string())));
    let pipe = |link: Link<i64>| async { delegate(catcher(link)).await };
    stage.play("pipe to catcher", pipe, &[Err(Thrown), Ok(None)]).await?;
    stage.play("shout", shout, &[Err(Thrown)]).await?;
    Ok(())
}

/// Spawns coroutines and resumes them.
struct Stage<E> {
    executor: E,
    show: Show,
}

impl<E: Executor> Stage<E> {
    /// Spawns `coroutine` as a stack of levels, which says when it is over.
    fn spawn<T, F>(
        &self,
        name: &str,
        link: Link<T>,
        coroutine: impl FnOnce(Link<T>) -> F,
    ) -> E::Join<F::Output>
    where
        T: Send + 'static,
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let body = coroutine(link.clone());
        self.executor.spawn(self.show.task(name, async move {
            let result = stack(body).await;
            link.put(None);
            result
        }))
    }

    /// Sends `sends` into `coroutine`, then an error, until it is over; shows what it yields and
    /// returns what it returns.
    async fn play<T, F>(
        &self,
        name: &str,
        coroutine: impl FnOnce(Link<T>) -> F,
        sends: &[Result<Option<T>, Thrown>],
    ) -> Result<F::Output, Wrong>
    where
        T: Copy + ToString + Send + Sync + 'static,
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let link = Link::default();
        let task = self.spawn(name, link.clone(), coroutine);
        let (mut yields, mut rest) = (Vec::new(), sends.iter());
        while let Some(yielded) = link.take().await {
            yields.push(yielded);
            link.send(rest.next().copied().unwrap_or(Err(Thrown)));
        }
        let text = |sent: &Result<Option<T>, Thrown>| match sent {
            Ok(Some(value)) => value.to_string(),
            Ok(None) => "next".into(),
            Err(Thrown) => "an error".into(),
        };
        let sent: Vec<String> = sends.iter().map(text).collect();
        let (sent, yields) = (sent.join(", "), yields.join(", "));
        line(&self.show, format_args!("{name} is sent {sent}: {yields}"));
        Ok(task.join().await?)
    }
}

/// Yields in upper case what it is sent; an error ends it.
async fn shout(link: Link<&'static str>) {
    let mut echo = "none".to_owned();
    while let Ok(text) = link.exchange(Some(echo)).await {
        echo = text.map_or("NONE".to_owned(), str::to_uppercase);
    }
}

/// Loops over a coroutine and yields each item again: what it is sent does not get through.
async fn not_pipe(link: Link<&'static str>, inner: Link<&'static str>) {
    while let Some(item) = inner.take().await {
        inner.send(link.exchange(Some(item)).await.map(|_lost| None));
    }
}

/// Sums five values.
async fn tally(link: Link<i64>, show: Show) {
    let mut sum = 0;
    for _ in 0..5 {
        match link.exchange(Some("got it".into())).await {
            Ok(value) => sum += value.unwrap_or(0),
            Err(Thrown) => return,
        }
    }
    line(&show, format_args!("Sum is {sum}"));
}

/// Counts up to `end`; what it is sent is the next jump.
async fn jumping_range(link: Link<i64>, end: i64) {
    let mut number = 0;
    while number < end {
        match link.exchange(Some(number.to_string())).await {
            Ok(jump) => number += jump.unwrap_or(1),
            Err(Thrown) => return,
        }
    }
}

async fn top(link: Link<i64>) -> Option<i64> {
    delegate(middle(link)).await
}

async fn middle(link: Link<i64>) -> Option<i64> {
    delegate(bottom(link)).await
}

/// Yields 42 and returns what it is sent.
async fn bottom(link: Link<i64>) -> Option<i64> {
    link.exchange(Some("42".into())).await.ok().flatten()
}

/// Catches an error and goes on.
async fn catcher(link: Link<i64>) {
    if link.exchange(Some("waiting".into())).await == Err(Thrown) {
        let next = link.exchange(Some("caught".into())).await;
        if next.is_ok() {
            let _end = link.exchange(Some("and on".into())).await;
        }
    }
}
