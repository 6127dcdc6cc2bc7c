//! The blocking calls of the reference executor: a thread each, which is waited for.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use tminus_contract::{Join, JoinError, callable};

use super::mutants::Mutant;
use super::shared::spawn;

/// Calls under way.
static CALLS: AtomicUsize = AtomicUsize::new(0);

pub(crate) async fn call<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    if Mutant::CallRunsInline.is_on() {
        return Ok(work());
    }
    let (call, handle) = callable(work);
    if Mutant::CallOnAWorker.is_on() {
        drop(spawn(async move { call() }));
        return handle.join().await;
    }
    let beyond = CALLS.fetch_add(1, SeqCst) >= 100;
    if beyond && Mutant::CallsBeyondAHundredLost.is_on() {
        return Err(JoinError::Cancelled);
    }
    let stays = Mutant::CallThreadLeft.is_on();
    let thread = thread::spawn(move || {
        call();
        if stays {
            loop {
                thread::park();
            }
        }
    });
    let result = handle.join().await;
    CALLS.fetch_sub(1, SeqCst);
    if !stays {
        let _ = thread.join();
    }
    match result {
        Ok(_) if Mutant::CallLosesValue.is_on() => Err(JoinError::Cancelled),
        Err(_) if Mutant::CallSwallowsPanic.is_on() => Err(JoinError::Cancelled),
        result => result,
    }
}
