//! The streams of libraries whose sockets implement the traits of `futures-io`, as those of the
//! contract. Not one executor's: those that have such sockets share it.

use std::io;

use futures_lite::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tminus_contract as contract;
use tminus_contract::Buf;

/// A connected socket of the type `S`.
#[derive(Debug)]
pub struct Stream<S>(pub(crate) S);

impl<S> contract::Stream for Stream<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        let result = self.0.read(buf.storage_mut()).await;
        buf.set_len(*result.as_ref().unwrap_or(&0));
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        (self.0.write_all(&buf).await, buf)
    }
}
