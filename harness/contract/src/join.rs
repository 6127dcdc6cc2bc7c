//! The handles of tasks, and why a join gives no value.

use std::any::Any;
use std::fmt;
use std::future::Future;

/// The handle of a task. Consume it with [`join`](Self::join) or [`detach`](Self::detach).
#[must_use = "a handle is joined, cancelled or detached, explicitly"]
pub trait Join<T>: Send + 'static {
    /// Waits for the task to end.
    ///
    /// # Errors
    /// [`JoinError`] if the task panicked or was cancelled.
    fn join(self) -> impl Future<Output = Result<T, JoinError>> + Send + 'static;

    /// Lets the task run on by itself.
    fn detach(self);
}

/// The handle of a task that can be cancelled.
pub trait CancelJoin<T>: Join<T> {
    /// Asks the task to end and waits until its future has been dropped. Returns the output if the
    /// task had completed before.
    fn cancel(self) -> impl Future<Output = Option<T>> + Send + 'static;
}

/// Why a [`Join::join`] gives no value.
pub enum JoinError {
    /// The task was cancelled before it completed.
    Cancelled,
    /// The task panicked; the payload is that of [`std::panic::catch_unwind`].
    Panicked(Box<dyn Any + Send>),
}

impl JoinError {
    /// Returns the panic's message where it is text, or what else is known.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Cancelled => "cancelled".into(),
            Self::Panicked(payload) => panic_message(payload.as_ref()).into(),
        }
    }

    /// Goes on with the panic of the task, as [`run`](super::Executor::run) does with that of its
    /// root.
    ///
    /// # Panics
    /// Always.
    pub fn resume(self) -> ! {
        match self {
            Self::Cancelled => panic!("the task was cancelled"),
            Self::Panicked(payload) => std::panic::resume_unwind(payload),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => write!(f, "Cancelled"),
            Self::Panicked(_) => write!(f, "Panicked({:?})", self.message()),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => write!(f, "the task was cancelled"),
            Self::Panicked(_) => write!(f, "the task panicked: {}", self.message()),
        }
    }
}

impl std::error::Error for JoinError {}

/// Returns the text of a panic's payload, or `"a panic without a message"`.
#[must_use]
pub fn panic_message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}
