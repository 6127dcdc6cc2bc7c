//! Blocking calls for executors that have no threads for them, and the parts of which others make
//! theirs.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use super::channel::oneshot;
use super::{Handle, Join, JoinError};

/// Runs `work` on a thread of its own.
pub(super) async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    let (call, handle) = callable(work);
    if let Err(error) = thread::Builder::new().name("blocking-call".into()).spawn(call) {
        panic!("the system refuses another thread ({error}): raise `ulimit -u`");
    }
    handle.join().await
}

/// Splits `work` into a call without a result, for any thread, and the handle that gives the
/// result. A panic is caught and reaches the handle.
pub fn callable<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> (impl FnOnce() + Send + 'static, Handle<T>) {
    let (sender, receiver) = oneshot();
    let call = move || sender.send(caught(work)());
    (call, Handle::new(receiver))
}

/// Has `work` return its panic, for a pool whose threads must not panic.
pub fn caught<T>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl FnOnce() -> Result<T, Box<dyn Any + Send>> + Send + 'static {
    move || catch_unwind(AssertUnwindSafe(work))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::sync::mpsc;
    use std::task::{Context, Poll, Wake, Waker};

    struct Told(mpsc::Sender<()>);

    impl Wake for Told {
        fn wake(self: std::sync::Arc<Self>) {
            let _ = self.0.send(());
        }
    }

    fn block_on<F: Future>(mut future: Pin<&mut F>) -> F::Output {
        let (sender, told) = mpsc::channel();
        let waker = Waker::from(std::sync::Arc::new(Told(sender)));
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            told.recv().expect("the waker is kept");
        }
    }

    #[test]
    fn a_call_runs_on_a_thread_of_its_own() {
        let caller = thread::current().id();
        let other = block_on(pin!(on_a_thread(move || thread::current().id() != caller)));
        assert!(matches!(other, Ok(true)));
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let result = block_on(pin!(on_a_thread(|| assert_eq!(1 + 1, 3, "arithmetic"))));
        assert!(result.is_err_and(|error| error.message().contains("arithmetic")));
    }

    #[test]
    fn a_call_that_is_dropped_counts_as_cancelled() {
        let (call, handle) = callable(|| ());
        drop(call);
        assert!(matches!(block_on(pin!(handle.join())), Err(JoinError::Cancelled)));
    }
}
