//! Delegation whose cost does not grow with its depth.
//!
//! A task that awaits through levels of boxed futures is entered from the outermost: each poll
//! passes through all of them. Here the levels lie side by side on a stack, and a poll enters the
//! innermost at once:
//!
//! ```
//! # use tminus_contract::delegate::{delegate, stack};
//! async fn outer() -> u64 { delegate(inner()).await + 1 }
//! async fn inner() -> u64 { 41 } // It may wait, and delegate to further levels.
//! let task = stack(outer()); // Spawn it.
//! ```

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// A level on a stack; its value goes into its [`Slot`].
type Level = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The place for the value of a level.
type Slot<T> = Arc<Mutex<Option<T>>>;

thread_local! {
    /// Whether a stack is polled on this thread, and the level that begins in that poll.
    static BEGINS: Cell<Option<Option<Level>>> = const { Cell::new(None) };
}

/// Makes a stack of levels with `outermost` on it. Each level that [`delegate`]s puts the next one
/// on it; a poll enters the last alone.
pub fn stack<T: Send + 'static>(outermost: impl Future<Output = T> + Send + 'static) -> Stack<T> {
    let (level, value) = level(outermost);
    Stack { levels: vec![level], value }
}

/// Awaits `future` as a level of its own; outside of any [`stack`], in a box.
///
/// Await it at once, and not beside other futures: the level that delegates is polled again when
/// `future` has ended, and not before.
pub fn delegate<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> Delegated<T> {
    let (level, value) = level(future);
    Delegated { level: Some(level), value }
}

fn level<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> (Level, Slot<T>) {
    let slot = Slot::default();
    let value = slot.clone();
    let level = async move {
        let value = future.await;
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    };
    (Box::pin(level), value)
}

fn take<T>(slot: &Slot<T>) -> Poll<T> {
    let value = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    value.map_or(Poll::Pending, Poll::Ready)
}

/// The future of a [`stack`].
pub struct Stack<T> {
    /// The outermost first.
    levels: Vec<Level>,
    value: Slot<T>,
}

impl<T> Future for Stack<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        while let Some(innermost) = self.levels.last_mut() {
            let scope = Scope::enter();
            let polled = innermost.as_mut().poll(cx);
            match (polled, scope.leave()) {
                (Poll::Pending, None) => return Poll::Pending,
                (Poll::Pending, Some(level)) => self.levels.push(level),
                (Poll::Ready(()), _) => drop(self.levels.pop()),
            }
        }
        take(&self.value)
    }
}

impl<T> Drop for Stack<T> {
    /// Drops the innermost level first, as nested futures do.
    fn drop(&mut self) {
        while self.levels.pop().is_some() {}
    }
}

/// The poll of a level, in which another one may begin.
struct Scope {
    /// The scope around it, of a stack that polls this one.
    outer: Option<Option<Level>>,
}

impl Scope {
    fn enter() -> Self {
        Self { outer: BEGINS.replace(Some(None)) }
    }

    /// Returns the level that began.
    fn leave(mut self) -> Option<Level> {
        let level = BEGINS.replace(self.outer.take()).flatten();
        std::mem::forget(self);
        level
    }
}

impl Drop for Scope {
    /// Leaves the scope of a level that panicked.
    fn drop(&mut self) {
        BEGINS.set(self.outer.take());
    }
}

/// The future of what a level [`delegate`]s to.
pub struct Delegated<T> {
    /// Until it is on a stack.
    level: Option<Level>,
    value: Slot<T>,
}

impl<T> Future for Delegated<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        if let Some(level) = self.level.take() {
            match begin(level) {
                None => return Poll::Pending,
                Some(mut level) => {
                    if level.as_mut().poll(cx).is_pending() {
                        self.level = Some(level);
                    }
                }
            }
        }
        take(&self.value)
    }
}

/// Hands a level to the stack that is polled; gives it back where there is none, or where another
/// level began in the same poll.
fn begin(level: Level) -> Option<Level> {
    match BEGINS.take() {
        Some(None) => {
            BEGINS.set(Some(Some(level)));
            None
        }
        taken => {
            BEGINS.set(taken);
            Some(level)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::pin::pin;
    use std::task::Waker;

    fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Suspends so many times.
    async fn suspend(mut times: u32) {
        poll_fn(|_| match times {
            0 => Poll::Ready(()),
            _ => {
                times -= 1;
                Poll::Pending
            }
        })
        .await;
    }

    /// Counts the polls of a future.
    fn counted<T>(
        polls: Arc<Mutex<Vec<u32>>>,
        level: usize,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send {
        let mut future = Box::pin(future);
        poll_fn(move |cx| {
            polls.lock().unwrap()[level] += 1;
            future.as_mut().poll(cx)
        })
    }

    /// Returns `depth` levels, the innermost of which suspends ten times; each adds one.
    fn nested(
        polls: Arc<Mutex<Vec<u32>>>,
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = usize> + Send>> {
        let (own, inner) = (polls.clone(), polls);
        Box::pin(counted(own, depth, async move {
            match depth {
                0 => suspend(10).await,
                _ => return delegate(nested(inner, depth - 1)).await + 1,
            }
            0
        }))
    }

    #[test]
    fn a_poll_enters_the_innermost_level_alone() {
        let polls = Arc::new(Mutex::new(vec![0; 101]));
        let mut levels = pin!(stack(nested(polls.clone(), 100)));
        for _ in 0..10 {
            assert_eq!(poll(levels.as_mut()), Poll::Pending);
        }
        assert_eq!(poll(levels.as_mut()), Poll::Ready(100));
        // All but the innermost: once to begin, once when the next has ended.
        let expected: Vec<u32> = std::iter::once(11).chain(std::iter::repeat_n(2, 100)).collect();
        assert_eq!(*polls.lock().unwrap(), expected);
    }

    #[test]
    fn outside_of_a_stack_every_poll_passes_through_all_levels() {
        let polls = Arc::new(Mutex::new(vec![0; 4]));
        let mut levels = nested(polls.clone(), 3);
        while poll(levels.as_mut()).is_pending() {}
        assert_eq!(*polls.lock().unwrap(), [11; 4]);
    }

    #[test]
    fn a_stack_inside_a_level_has_levels_of_its_own() {
        let inner = |add| async move {
            suspend(1).await;
            let sum = delegate(async move { add }).await;
            delegate(suspend(1)).await;
            sum
        };
        let outer = async move { stack(inner(2)).await + delegate(inner(40)).await };
        let mut outer = pin!(stack(outer));
        let mut polls = 1;
        let sum = loop {
            match poll(outer.as_mut()) {
                Poll::Ready(sum) => break sum,
                Poll::Pending => polls += 1,
            }
        };
        assert_eq!((sum, polls), (42, 5));
    }

    #[test]
    fn the_innermost_level_is_dropped_first() {
        struct Note(u32, Arc<Mutex<Vec<u32>>>);
        impl Drop for Note {
            fn drop(&mut self) {
                self.1.lock().unwrap().push(self.0);
            }
        }
        let dropped = Arc::<Mutex<Vec<u32>>>::default();
        let [outer, inner] = [0, 1].map(|level| Note(level, dropped.clone()));
        let mut levels = Box::pin(stack(async move {
            let _outer = outer;
            delegate(async move {
                let _inner = inner;
                std::future::pending::<()>().await;
            })
            .await;
        }));
        assert!(poll(levels.as_mut()).is_pending());
        drop(levels);
        assert_eq!(*dropped.lock().unwrap(), [1, 0]);
    }

    #[test]
    fn a_panic_leaves_its_stack() {
        let mut levels = Box::pin(stack(async {
            delegate(async { assert_eq!(1 + 1, 3, "arithmetic") }).await;
        }));
        assert!(catch_unwind(AssertUnwindSafe(|| poll(levels.as_mut()))).is_err());
        let mut alone = pin!(delegate(async { 42 }));
        assert_eq!(poll(alone.as_mut()), Poll::Ready(42));
    }
}
