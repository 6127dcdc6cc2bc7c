//! Threads for blocking calls: as many as calls are under way, kept until the run ends.
//!
//! They never run a task. A result comes back to its task as any wake from another thread does.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tminus_contract::{Handle, callable};

/// The most threads. Calls beyond wait until one is free.
const MOST: usize = 512;

type Call = Box<dyn FnOnce() + Send>;

thread_local! {
    /// Those of the loop that runs on this thread, once it has made a call.
    static CALLS: RefCell<Option<Calls>> = const { RefCell::new(None) };
}

/// Hands `work` to a thread.
pub(super) fn call<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Handle<T> {
    let (call, handle) = callable(work);
    CALLS.with_borrow_mut(|calls| calls.get_or_insert_default().hand_over(Box::new(call)));
    handle
}

/// Has the loop that begins now make its own calls. They end with what is returned: those that have
/// not begun are dropped, and the others and their threads waited for.
pub(super) fn enter() -> Stay {
    Stay(CALLS.take())
}

/// Holds the calls of the loop around this one.
pub(super) struct Stay(Option<Calls>);

impl Drop for Stay {
    fn drop(&mut self) {
        let own = CALLS.replace(self.0.take());
        drop(own);
    }
}

/// The threads of a loop.
#[derive(Default)]
struct Calls {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Call>,
    /// Threads that wait for a call.
    idle: usize,
    over: bool,
}

impl Calls {
    fn hand_over(&mut self, call: Call) {
        let mut state = self.shared.state();
        state.waiting.push_back(call);
        let enough = state.waiting.len() <= state.idle || self.threads.len() == MOST;
        drop(state);
        if enough {
            return self.shared.came.notify_one();
        }
        let shared = self.shared.clone();
        match thread::Builder::new().name("call".into()).spawn(move || shared.work()) {
            Ok(thread) => self.threads.push(thread),
            // Those that there are take it in turn.
            Err(_) if !self.threads.is_empty() => {}
            Err(error) => panic!("the system refuses a thread ({error}): raise `ulimit -u`"),
        }
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.over = true;
        let unbegun = mem::take(&mut state.waiting);
        drop(state);
        drop(unbegun);
        self.shared.came.notify_all();
        for thread in self.threads.drain(..) {
            thread.join().expect("callable catches every panic");
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes calls until the run is over.
    fn work(&self) {
        let mut state = self.state();
        loop {
            if let Some(call) = state.waiting.pop_front() {
                drop(state);
                call();
                state = self.state();
            } else if state.over {
                return;
            } else {
                state.idle += 1;
                state = self.came.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }
}

#[cfg(all(test, not(tminus_loom)))]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use tminus_contract::{Clock, Join};

    use super::super::{Kind, run};
    use super::*;

    #[test]
    fn a_call_under_way_is_waited_for() {
        let (begun, begins) = mpsc::channel();
        let done = Arc::new(AtomicBool::new(false));
        let by_call = done.clone();
        run(Kind::Heap, Clock::Real, || async move {
            drop(call(move || {
                begun.send(()).expect("the root waits for it");
                thread::sleep(Duration::from_millis(20));
                by_call.store(true, Ordering::SeqCst);
            }));
            begins.recv().expect("the call begins");
        });
        assert!(done.load(Ordering::SeqCst));
    }

    #[test]
    fn an_inner_run_leaves_the_calls_around_it_alone() {
        let (sender, told) = mpsc::channel();
        let value = run(Kind::Deque, Clock::Real, || async move {
            let outer = call(move || told.recv());
            let inner = run(Kind::Heap, Clock::Real, || async { call(|| 1).join().await });
            sender.send(41).expect("the outer call waits for it");
            outer.join().await.expect("no panic").expect("it was sent") + inner.expect("no panic")
        });
        assert_eq!(value, 42);
    }
}
