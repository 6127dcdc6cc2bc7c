//! Prices of what takes two threads: a switch to a thread that is parked, an atomic under
//! contention.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use super::{Act, Price, price};

pub(super) const PRICES: &[Price] = &[
    price("voluntary_switches", "a thread parks and is unparked", switches),
    price("atomics_contended", "an atomic addition under contention", contended),
];

/// A second thread, which ends with its price.
struct Partner<T> {
    shared: Arc<T>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + Sync + 'static> Partner<T> {
    /// Starts a thread that does `work` until its price ends.
    fn start(shared: T, work: impl Fn(&T) + Send + 'static) -> io::Result<Self> {
        let (shared, is_over) = (Arc::new(shared), Arc::new(AtomicBool::new(false)));
        let (its, end) = (Arc::clone(&shared), Arc::clone(&is_over));
        let body = move || {
            while !end.load(Ordering::Acquire) {
                work(&its);
            }
        };
        let thread = Some(thread::Builder::new().spawn(body)?);
        Ok(Self { shared, is_over, thread })
    }

    fn unpark(&self) {
        if let Some(handle) = &self.thread {
            handle.thread().unpark();
        }
    }
}

impl<T> Drop for Partner<T> {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(handle) = self.thread.take() {
            handle.thread().unpark();
            // It has nothing to say.
            let _ = handle.join();
        }
    }
}

/// Hands over to a parked thread and parks until it hands back: two switches, so each second one
/// has no partner to wait for where iterations are odd.
fn switches(_: usize) -> io::Result<Act> {
    let main = thread::current();
    let partner = Partner::start(AtomicU64::new(0), move |turn| {
        if turn.load(Ordering::Acquire) % 2 == 1 {
            turn.fetch_add(1, Ordering::AcqRel);
            main.unpark();
        } else {
            thread::park();
        }
    })?;
    Ok(Box::new(move |iterations| {
        for _ in 0..iterations {
            partner.shared.fetch_add(1, Ordering::AcqRel);
            partner.unpark();
            while partner.shared.load(Ordering::Acquire) % 2 == 1 {
                thread::park();
            }
        }
        Ok(())
    }))
}

fn contended(_: usize) -> io::Result<Act> {
    let add = |count: &AtomicU64| {
        count.fetch_add(1, Ordering::AcqRel);
    };
    let partner = Partner::start(AtomicU64::new(0), add)?;
    Ok(Box::new(move |iterations| {
        for _ in 0..iterations {
            partner.shared.fetch_add(1, Ordering::AcqRel);
        }
        Ok(())
    }))
}
