//! The sockets of the reference executor: tried, and waited for when they would block.

use std::future::pending;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use nix::poll::PollFlags;
use tminus_contract::{self as contract, Buf, listen};

use super::driver::{Ready, Socket};
use super::mutants::Mutant;

/// Tries until it does not block.
async fn tried<T>(
    socket: Socket,
    flags: PollFlags,
    mut work: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    loop {
        match work() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                Ready::new(socket.clone(), flags).await;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// A listening socket.
pub struct Listener(Arc<TcpListener>);

pub(crate) fn bind(address: SocketAddr) -> io::Result<Listener> {
    Ok(Listener(Arc::new(listen(address)?)))
}

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        let (stream, _) = tried(self.0.clone(), PollFlags::POLLIN, || self.0.accept()).await?;
        if Mutant::AcceptsEverySecond.is_on() {
            drop(self.0.accept());
        }
        Stream::new(stream)
    }
}

/// A connected socket.
pub struct Stream {
    socket: Arc<TcpStream>,
    /// The last read did not fill its buffer.
    short: bool,
}

/// Blocks, but on loopback not for long.
pub(crate) async fn connect(address: SocketAddr) -> io::Result<Stream> {
    match TcpStream::connect(address) {
        Err(_) if Mutant::RefusedHangs.is_on() => pending().await,
        result => Stream::new(result?),
    }
}

impl Stream {
    fn new(socket: TcpStream) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket: Arc::new(socket), short: false })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if Mutant::DropKeepsOpen.is_on() {
            std::mem::forget(self.socket.clone());
        }
    }
}

impl contract::Stream for Stream {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        if Mutant::ReadBlocks.is_on() {
            let _ = self.socket.set_nonblocking(false);
        }
        if Mutant::ShortReadIsTheEnd.is_on() && self.short {
            buf.set_len(0);
            return (Ok(0), buf);
        }
        let read = || match (&*self.socket).read(buf.storage_mut()) {
            Ok(0) if Mutant::EndOfStreamHangs.is_on() => Err(ErrorKind::WouldBlock.into()),
            result => result,
        };
        let result = tried(self.socket.clone(), PollFlags::POLLIN, read).await;
        let length = *result.as_ref().unwrap_or(&0);
        self.short = length < buf.capacity();
        buf.set_len(length);
        let is_wrong =
            Mutant::ReadCorrupts.is_on() && length > 4096 || Mutant::ReadCorruptsAll.is_on();
        if let (true, Some(last)) = (is_wrong, buf.last_mut()) {
            *last = last.wrapping_add(1);
        }
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        let mut rest = &*buf;
        while !rest.is_empty() {
            let write = || (&*self.socket).write(rest);
            match tried(self.socket.clone(), PollFlags::POLLOUT, write).await {
                Ok(_) if Mutant::WriteAllWritesOnce.is_on() => break,
                Ok(written) => rest = &rest[written..],
                Err(error) => return (Err(error), buf),
            }
        }
        (Ok(()), buf)
    }
}
