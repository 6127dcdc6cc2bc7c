//! A child process: a stream of bytes and an exit.

use std::future::Future;
use std::io;
use std::process::ExitStatus;

use super::{NoIo, Stream};

/// A child process whose standard input and output are pipes: reading gives its output, writing is
/// its input.
pub trait Process: Stream {
    /// Closes its input, so that it reads the end of it.
    fn close_input(&mut self);

    /// Has the system end it at once; its exit is still to be waited for.
    ///
    /// # Errors
    /// The system's error.
    fn kill(&mut self) -> io::Result<()>;

    /// Waits until it has ended and returns how.
    fn exit(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + Send;
}

impl Process for NoIo {
    fn close_input(&mut self) {
        self.never()
    }

    fn kill(&mut self) -> io::Result<()> {
        self.never()
    }

    async fn exit(&mut self) -> io::Result<ExitStatus> {
        self.never()
    }
}

/// Returns the error that [`start_process`](super::Executor::start_process) of an executor without
/// processes gives.
pub(super) fn none() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "this executor starts no processes")
}
