//! Common parts of all executors' sockets, and the sockets of an executor that has none.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, SockRef, Socket, Type};

use super::{Buf, Listener, Stream};

/// The backlog of every listener: std's and most executors' 128 loses connections when 500 arrive
/// at once (measured).
pub const BACKLOG: i32 = 1024;

/// Returns a non-blocking listener with a backlog of [`BACKLOG`], for executors that adopt one.
///
/// # Errors
/// The system's error.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Raises the backlog of a listener that the executor made itself to [`BACKLOG`] (Linux and the
/// BSDs take a second `listen` so).
///
/// # Errors
/// The system's error.
#[cfg(unix)]
pub fn raise_backlog(listener: &impl std::os::fd::AsFd) -> io::Result<()> {
    SockRef::from(listener).listen(BACKLOG)
}

/// The listener and the stream of an executor without IO. It cannot be made: `bind` and `connect`
/// give [`NoIo::error`].
pub struct NoIo(Infallible);

impl NoIo {
    /// Returns the error that `bind` and `connect` of an executor without IO give.
    #[must_use]
    pub fn error() -> io::Error {
        io::Error::new(io::ErrorKind::Unsupported, "this executor has no IO")
    }
}

impl NoIo {
    /// Stands for what a value that cannot be made would do.
    pub(super) fn never(&self) -> ! {
        match self.0 {}
    }
}

impl Listener for NoIo {
    type Stream = Self;
    fn local_addr(&self) -> io::Result<SocketAddr> {
        match self.0 {}
    }
    async fn accept(&mut self) -> io::Result<Self> {
        match self.0 {}
    }
}

impl Stream for NoIo {
    async fn read(&mut self, _buf: Buf) -> (io::Result<usize>, Buf) {
        match self.0 {}
    }
    async fn write_all(&mut self, _buf: Buf) -> (io::Result<()>, Buf) {
        match self.0 {}
    }
}
