//! Timers and sockets for executors that have none of their own, borrowed from `async-io`, and
//! threads for blocking calls, from `blocking`.
//!
//! <https://docs.rs/async-io>: the reactor of the smol family. A future on any executor may wait
//! for it. Its events are handled by the thread `async-io`, which it starts by itself, or by a
//! thread that is inside [`async_io::block_on`]. So an executor that borrows pays a wake across
//! threads for each event unless its loop runs inside that function.
//!
//! An executor declares what it borrows, sets its `Listener` and `Stream` to those of this module,
//! and delegates `sleep_until` and others to the functions of the same names. Nothing here ever
//! runs a task.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use async_io::{Async, Timer};
use futures_lite::FutureExt;
use futures_lite::future::yield_now;
use tminus_contract as contract;
use tminus_contract::{JoinError, listen, waited};

use crate::streams;

/// Completes at `deadline` or later; suspends at least once. Returns how long it waited.
pub fn sleep_until(deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
    waited(move || Timer::at(deadline), yield_now)
}

/// Runs `work` on a thread of the crate `blocking`: up to 500, which stay until the process ends.
///
/// # Errors
/// [`JoinError::Panicked`] if `work` panicked.
pub fn spawn_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Result<T, JoinError>> + Send + 'static {
    let call = blocking::unblock(work);
    // A call that panicked panics again where it is awaited.
    async { AssertUnwindSafe(call).catch_unwind().await.map_err(JoinError::Panicked) }
}

/// Listens on `address` with a backlog of [`contract::BACKLOG`].
///
/// # Errors
/// The system's error.
pub async fn bind(address: SocketAddr) -> io::Result<Listener> {
    Ok(Listener(Async::new_nonblocking(listen(address)?)?))
}

/// Connects to `address`, with `TCP_NODELAY` set.
///
/// # Errors
/// The system's error.
pub async fn connect(address: SocketAddr) -> io::Result<Stream> {
    without_delay(Async::<TcpStream>::connect(address).await?)
}

/// A listening socket of `async-io`.
pub struct Listener(Async<TcpListener>);

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().local_addr()
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        let (stream, _) = self.0.accept().await?;
        without_delay(stream)
    }
}

/// A connected socket of `async-io`.
pub type Stream = streams::Stream<Async<TcpStream>>;

fn without_delay(stream: Async<TcpStream>) -> io::Result<Stream> {
    stream.get_ref().set_nodelay(true)?;
    Ok(streams::Stream(stream))
}
