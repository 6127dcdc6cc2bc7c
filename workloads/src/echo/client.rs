//! A client: sends a message, waits for all of it, verifies it, sends the next.

use std::time::Instant;

use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Stream};

use super::{READ_BYTES, message};

/// One connection's end that talks.
pub(super) struct Client<S> {
    /// The connection.
    pub(super) stream: S,
    /// When the first message was sent, then when each was back.
    pub(super) times: Vec<Instant>,
    connection: u64,
    message: Buf,
    buf: Buf,
}

impl<S: Stream> Client<S> {
    /// Makes a client with room for `trips` times and all it needs, so that nothing is allocated
    /// while the clock runs.
    pub(super) fn new(stream: S, connection: u64, bytes: usize, trips: u64) -> Self {
        let room = usize::try_from(trips + 1).expect("bounded by the parameters");
        let mut message = Buf::from_slice(&vec![0; bytes]);
        message::fill(&mut message, connection);
        let buf = Buf::with_capacity(READ_BYTES);
        Self { stream, times: Vec::with_capacity(room), connection, message, buf }
    }

    /// Makes `trips` round trips, the first of them the `first`-th of the connection.
    pub(super) async fn talk(mut self, first: u64, trips: u64) -> Result<Self, Wrong> {
        self.times.push(Instant::now());
        for trip in first..first + trips {
            message::number(&mut self.message, self.connection, trip);
            self = self.round_trip().await?;
            self.times.push(Instant::now());
        }
        Ok(self)
    }

    async fn round_trip(mut self) -> Result<Self, Wrong> {
        let (written, message) = self.stream.write_all(self.message).await;
        written?;
        self.message = message;
        let mut offset = 0;
        while offset < self.message.len() {
            let (read, buf) = self.stream.read(self.buf).await;
            read?;
            offset = message::verify(&self.message, offset, &buf, self.connection)?;
            self.buf = buf;
        }
        Ok(self)
    }
}
