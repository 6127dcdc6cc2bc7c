//! Where a demo shows what happens.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::channel::Receiver;
use crate::trace::{Recorded, Recorder};

/// The output of a demo, and the length of its tick.
#[derive(Clone)]
pub struct Show {
    /// Takes each piece of text, line ends included, as it happens.
    pub print: Arc<dyn Fn(&str) + Send + Sync>,
    /// The tick of the classic instance is 1 s; tests play it faster.
    pub tick: Duration,
    /// Records which task ran when, if that is asked for.
    pub recorder: Option<Recorder>,
    /// Catches Ctrl-C from its call on, for demos that leave something on the line; others just
    /// end.
    pub interrupt: Option<Interrupt>,
}

/// Gives what receives a value at Ctrl-C.
pub type Interrupt = Arc<dyn Fn() -> Receiver<()> + Send + Sync>;

impl Show {
    /// Returns a future that is ready once Ctrl-C was pressed, which from now on does not end the
    /// program.
    pub fn interrupted(&self) -> impl Future<Output = ()> + Send + use<> {
        let pressed = self.interrupt.as_ref().map(|interrupt| interrupt());
        async move {
            if let Some(pressed) = pressed
                && pressed.await.is_some()
            {
                return;
            }
            std::future::pending().await
        }
    }

    /// Wraps `future`, to be spawned as the task `name`.
    pub fn task<F: Future>(&self, name: &str, future: F) -> Recorded<F> {
        match &self.recorder {
            Some(recorder) => recorder.task(name, future),
            None => Recorded::untold(future),
        }
    }
}
