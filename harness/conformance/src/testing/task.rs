//! A task of the reference executor, which is its own waker, and the places where mutants break it.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::Wake;

use super::mutants::Mutant;
use super::shared::{RUNNING, Shared, lock};

/// A task; its own waker.
pub(crate) struct Task {
    shared: Arc<Shared>,
    pub(crate) id: u64,
    pub(crate) stage: Mutex<Stage>,
    pub(crate) future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    /// What outlives the future, against the rules.
    pub(crate) kept: Mutex<Vec<Box<dyn Any + Send>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Idle,
    Queued,
    Running,
    /// Woken while it runs.
    Again,
    Ended,
}

impl Task {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> Arc<Self> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self {
            shared: shared.clone(),
            id: IDS.fetch_add(1, Relaxed),
            stage: Mutex::new(Stage::Idle),
            future: Mutex::new(Some(Box::pin(future))),
            kept: Mutex::default(),
        })
    }

    pub(crate) fn stage(&self) -> Stage {
        *lock(&self.stage)
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let mut stage = lock(&self.stage);
        if Mutant::WakesTwice.is_on() && *stage != Stage::Ended {
            self.shared.push(self.clone(), false);
            return self.shared.push(self.clone(), false);
        }
        match *stage {
            Stage::Idle => *stage = Stage::Queued,
            Stage::Running if Mutant::WakeLostInPoll.is_on() && RUNNING.get() != self.id => return,
            Stage::Running => return *stage = Stage::Again,
            Stage::Ended => {
                assert!(!Mutant::WakeAfterEndPanics.is_on(), "ended long ago");
                return;
            }
            Stage::Queued | Stage::Again => return,
        }
        drop(stage);
        self.shared.clone().woken(self);
    }
}
