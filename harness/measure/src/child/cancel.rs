//! Stopping a run from elsewhere: from a Ctrl-C handler, mostly.

use std::io::{self, PipeReader, PipeWriter, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level::pipe};

use crate::process::is_ignored;

/// Asks the parent to kill the child at work and to start no other. Clones are the same.
///
/// A flag alone would not wake a parent that waits for output: a byte in a pipe does, at once.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cancelled: Arc<AtomicBool>,
    /// Holds a byte once cancelled, for ever: it is never read.
    reader: PipeReader,
    writer: PipeWriter,
}

impl Cancel {
    /// Makes one that has not been cancelled.
    ///
    /// # Errors
    /// The system's error when it gives no pipe.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self(Arc::new(Shared { cancelled: Arc::default(), reader, writer })))
    }

    /// Cancels on Ctrl-C, SIGTERM and SIGHUP; when one comes again, the program ends at once with
    /// `code`. Those that were ignored when the program was started (`nohup`, a background job of a
    /// script) stay ignored.
    ///
    /// # Errors
    /// The system's error when it takes no handler.
    pub fn on_signals(&self, code: i32) -> io::Result<()> {
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if is_ignored(signal) {
                continue;
            }
            let cancelled = &self.0.cancelled;
            // In this order: the first signal sets what the second finds.
            flag::register_conditional_shutdown(signal, code, Arc::clone(cancelled))?;
            flag::register(signal, Arc::clone(cancelled))?;
            pipe::register(signal, self.0.writer.try_clone()?)?;
        }
        Ok(())
    }

    /// Cancels. Later calls do nothing.
    pub fn cancel(&self) {
        if !self.0.cancelled.swap(true, Ordering::SeqCst) {
            // An empty pipe takes a byte; the flag is what counts.
            let _ = (&self.0.writer).write_all(&[0]);
        }
    }

    /// Returns whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// Blocks until it is cancelled.
    pub fn wait(&self) {
        use rustix::event::{PollFd, PollFlags, poll};
        while !self.is_cancelled() {
            // A signal that ends the wait is the one that it is for, or another: look again.
            let _ = poll(&mut [PollFd::from_borrowed_fd(self.as_fd(), PollFlags::IN)], None);
        }
    }

    /// Returns a descriptor that is readable once cancelled.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.reader.as_fd()
    }
}
