//! Idle connections: a client that sends nothing, and a task that reads.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Executor, Join, Listener, Stream};

use crate::sleepers::Roll;

/// Room for what should not come.
const READ_BYTES: usize = 64;

/// Connections, with a task at the one end of each.
pub(crate) struct Peers<E: Executor> {
    listener: E::Listener,
    clients: Vec<E::Stream>,
    readers: Vec<E::Join<Result<usize, Wrong>>>,
}

impl<E: Executor> Peers<E> {
    /// Connects so many and waits until all tasks read.
    pub(super) async fn connect(executor: E, connections: u64) -> Result<Self, Wrong> {
        let mut listener = executor.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let address = listener.local_addr()?;
        let roll = Arc::new(Roll::new(connections));
        let (mut clients, mut readers) = (Vec::new(), Vec::new());
        for _ in 0..connections {
            // The system completes the connection before it is accepted, so the two need no tasks.
            clients.push(executor.connect(address).await?);
            let (mut stream, roll) = (listener.accept().await?, roll.clone());
            readers.push(executor.spawn(async move {
                roll.sign_in();
                Ok(stream.read(Buf::with_capacity(READ_BYTES)).await.0?)
            }));
        }
        roll.filled().await;
        Ok(Self { listener, clients, readers })
    }

    /// Closes the clients; the tasks see that and end.
    ///
    /// # Errors
    /// That a byte came before.
    pub(super) async fn end(self) -> Result<(), Wrong> {
        let Self { listener, clients, readers } = self;
        drop((listener, clients));
        for reader in readers {
            Wrong::unless_equal(
                "bytes that came over an idle connection",
                0,
                reader.join().await??,
            )?;
        }
        Ok(())
    }

    /// Sends a byte over the first connection, as none should.
    #[cfg(test)]
    pub(super) async fn send(&mut self) -> Result<(), Wrong> {
        Ok(self.clients[0].write_all(Buf::from_slice(&[0])).await.0?)
    }
}
