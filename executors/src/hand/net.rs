//! Sockets on a hand-written loop, generic over how a task waits for one.
//!
//! [`Edge`] waits for the [reactor](super::reactor); [`Retry`] tries again every turn. The calls
//! themselves are std's.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use socket2::{Domain, SockRef, Socket, Type};
use tminus_contract as contract;
use tminus_contract::{Buf, listen};

use super::here::here;
use super::inbox::{self, Letter};
use super::reactor::{Reactor, Way};
use super::waker::again;
use super::word::Place;

/// How a task waits for a socket.
pub trait Watch: Sized + Send + Sync + Unpin + 'static {
    /// Takes a socket in.
    ///
    /// # Errors
    /// The system's error, and being called outside of the loop.
    fn new(socket: &Socket) -> io::Result<Self>;

    /// Returns whether `call` may succeed; if not, the task of `cx` is woken when it may.
    fn poll_ready(&self, way: Way, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Records that a call said `WouldBlock`.
    fn blocked(&self, way: Way);

    /// Records that a read gave less than there was room for: the next would say `WouldBlock`,
    /// except at the end of the stream.
    fn emptied(&self);
}

/// Waits for the reactor of the loop that the socket was made on.
pub struct Edge(Place);

impl Edge {
    /// Returns the reactor, if this is the thread and the run of the socket's loop.
    #[inline]
    fn with<R>(&self, then: impl FnOnce(&Reactor, u32) -> R) -> Option<R> {
        here(|here| {
            let engine = here.engine().filter(|engine| engine.run == self.0.run())?;
            Some(then(engine.reactor.as_ref()?, self.0.index()))
        })
    }
}

impl Watch for Edge {
    fn new(socket: &Socket) -> io::Result<Self> {
        here(|here| {
            let engine = here.engine().ok_or_else(elsewhere)?;
            let reactor = engine.reactor.as_ref().ok_or_else(elsewhere)?;
            Ok(Self(Place::new(engine.run, reactor.add(socket)?)))
        })
    }

    #[inline]
    fn poll_ready(&self, way: Way, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ready = self.with(|reactor, index| {
            if reactor.is_ready(index, way) {
                return Poll::Ready(Ok(()));
            }
            match reactor.watch(index, way, cx.waker()) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            }
        });
        ready.unwrap_or_else(|| Poll::Ready(Err(elsewhere())))
    }

    #[inline]
    fn blocked(&self, way: Way) {
        self.with(|reactor, index| reactor.blocked(index, way));
    }

    #[inline]
    fn emptied(&self) {
        self.with(Reactor::emptied);
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        if self.with(|reactor, index| reactor.remove(index)).is_none() {
            inbox::post_to_run(self.0.run(), Letter::Socket(self.0.index()));
        }
    }
}

fn elsewhere() -> io::Error {
    io::Error::other("a socket of a hand-written loop is used outside of that loop")
}

/// Tries again in the next turn.
pub struct Retry {
    /// The last call of this turn blocked. Atomic only so that a `&Retry` is `Send`.
    blocked: AtomicBool,
}

impl Watch for Retry {
    fn new(_socket: &Socket) -> io::Result<Self> {
        Ok(Self { blocked: AtomicBool::new(false) })
    }

    #[inline]
    fn poll_ready(&self, _way: Way, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.blocked.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        self.blocked.store(false, Ordering::Relaxed);
        again(cx.waker());
        Poll::Pending
    }

    #[inline]
    fn blocked(&self, _way: Way) {
        self.blocked.store(true, Ordering::Relaxed);
    }

    fn emptied(&self) {}
}

/// A TCP stream.
pub struct Stream<W> {
    /// Before the socket, so that the reactor forgets it while it is still open.
    watch: W,
    tcp: TcpStream,
}

/// A listening TCP socket.
pub struct Listener<W> {
    /// As in [`Stream`].
    watch: W,
    tcp: TcpListener,
}

/// Calls `call` until it does not block.
#[inline]
fn poll_io<W: Watch, R>(
    watch: &W,
    way: Way,
    cx: &mut Context<'_>,
    mut call: impl FnMut() -> io::Result<R>,
) -> Poll<io::Result<R>> {
    loop {
        ready!(watch.poll_ready(way, cx))?;
        match call() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => watch.blocked(way),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return Poll::Ready(result),
        }
    }
}

/// Listens on `address`.
///
/// # Errors
/// The system's error.
pub async fn bind<W: Watch>(address: SocketAddr) -> io::Result<Listener<W>> {
    let tcp = listen(address)?;
    Ok(Listener { watch: W::new(&SockRef::from(&tcp))?, tcp })
}

/// Connects to `address`.
///
/// # Errors
/// The system's error.
pub async fn connect<W: Watch>(address: SocketAddr) -> io::Result<Stream<W>> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    let started = socket.connect(&address.into());
    let tcp: TcpStream = socket.into();
    let stream = Stream { watch: W::new(&SockRef::from(&tcp))?, tcp };
    match started {
        Ok(()) => return Ok(stream),
        Err(error) if is_under_way(&error) => {}
        Err(error) => return Err(error),
    }
    poll_fn(|cx| poll_io(&stream.watch, Way::Write, cx, || is_connected(&stream.tcp))).await?;
    Ok(stream)
}

/// Returns whether a connect goes on by itself.
fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    let in_progress = error.raw_os_error() == Some(nix::libc::EINPROGRESS);
    #[cfg(not(unix))]
    let in_progress = false;
    in_progress || matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Returns `WouldBlock` until the connection stands or is refused.
fn is_connected(tcp: &TcpStream) -> io::Result<()> {
    if let Some(error) = tcp.take_error()? {
        return Err(error);
    }
    match tcp.peer_addr() {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        Err(error) => Err(error),
    }
}

impl<W: Watch> contract::Listener for Listener<W> {
    type Stream = Stream<W>;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    async fn accept(&mut self) -> io::Result<Stream<W>> {
        let Self { watch, tcp } = self;
        let (stream, _) = poll_fn(|cx| poll_io(watch, Way::Read, cx, || tcp.accept())).await?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Stream { watch: W::new(&SockRef::from(&stream))?, tcp: stream })
    }
}

impl<W: Watch> contract::Stream for Stream<W> {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        let Self { watch, tcp } = self;
        let storage = buf.storage_mut();
        let wanted = storage.len();
        let call = poll_fn(|cx| poll_io(watch, Way::Read, cx, || (&*tcp).read(storage)));
        let result = call.await;
        if let Ok(count) = result {
            if count > 0 && count < wanted {
                watch.emptied();
            }
            buf.set_len(count);
        }
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        let Self { watch, tcp } = self;
        let mut written = 0;
        while written < buf.len() {
            let rest = &buf[written..];
            match poll_fn(|cx| poll_io(watch, Way::Write, cx, || (&*tcp).write(rest))).await {
                Ok(0) => return (Err(io::ErrorKind::WriteZero.into()), buf),
                Ok(count) => written += count,
                Err(error) => return (Err(error), buf),
            }
        }
        (Ok(()), buf)
    }
}
