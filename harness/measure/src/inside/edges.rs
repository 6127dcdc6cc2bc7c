//! The edges of a counted region as the child itself sees them: how much of what is allocated is
//! its own thread's. Threads beside it, as the one of a reactor, allocate when they happen to run.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use tminus_contract::resources::Usage;
use tminus_contract::sample::Edge;

use crate::marks::mark;

/// The thread at the first edge, and what it had used there; after the second one, in between.
static OWN: Mutex<Option<(ThreadId, Usage)>> = Mutex::new(None);

/// Marks an edge, outside of which it looks at the thread.
pub(super) fn watch(edge: Edge) {
    if edge == Edge::End {
        mark(edge);
    }
    let (id, now) = (thread::current().id(), Usage::of_thread());
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    *own = match (edge, own.take()) {
        (Edge::Begin, _) => Some((id, now)),
        (Edge::End, Some((begun, before))) if begun == id => Some((id, now.since(&before))),
        (Edge::End, _) => None,
    };
    drop(own);
    if edge == Edge::Begin {
        mark(edge);
    }
}

/// Returns the allocations in the region of the thread that began it, and their bytes; `None` where
/// another one ended it, or nothing counts them.
pub(super) fn own_allocations() -> Option<[u64; 2]> {
    let own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, used) = own.as_ref()?;
    Some([used.allocations?, used.allocated_bytes?])
}
