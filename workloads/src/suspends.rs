//! Whether a yield suspends: one that completes at once lets no other task run.

use std::future::{Future, poll_fn};
use std::pin::pin;

use tminus_contract::Executor;
use tminus_contract::workload::Wrong;

/// Refuses an executor whose `yield_now` completes at once.
///
/// # Errors
/// The mistake.
pub(crate) async fn refuse_ready_yield<E: Executor>(executor: E) -> Result<(), Wrong> {
    let mut yield_now = pin!(executor.yield_now());
    let mut suspensions = 0;
    poll_fn(|cx| {
        let poll = yield_now.as_mut().poll(cx);
        suspensions += u64::from(poll.is_pending());
        poll
    })
    .await;
    Wrong::unless_equal("yield_now suspended", true, suspensions > 0)
}
