//! The server: a task that accepts for as long as the cell lives, and a task for each connection.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use tminus_contract::channel::WakerCell;
use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Executor, Join, Listener, Stream};

use super::http;

/// The state that the server's tasks and the root share.
#[derive(Default)]
pub(super) struct Server {
    bytes: usize,
    /// Requests whose connections are closed.
    served: AtomicU64,
    /// As many are to come in all.
    expected: AtomicU64,
    /// The first error of a task.
    error: Mutex<Option<Wrong>>,
    root: WakerCell,
    /// The next connection is not served: it ends the server.
    over: AtomicBool,
}

impl Server {
    /// Makes a server of pages of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// Accepts connections and spawns a task for each, until one comes after [`end`](Self::end). An
    /// executor may bind a listener to its worker, so one task has it from first to last.
    pub(super) async fn accept<E: Executor>(self: Arc<Self>, executor: E, listener: E::Listener) {
        if let Err(wrong) = self.accept_all(executor, listener).await {
            self.count(Err(wrong));
        }
    }

    async fn accept_all<E: Executor>(
        self: &Arc<Self>,
        executor: E,
        mut listener: E::Listener,
    ) -> Result<(), Wrong> {
        loop {
            let stream = listener.accept().await?;
            if self.over.load(Ordering::SeqCst) {
                return Ok(());
            }
            let server = self.clone();
            let serving = executor.spawn(async move {
                let served = serve(stream, server.bytes).await;
                server.count(served);
            });
            serving.detach();
        }
    }

    /// Expects so many requests more.
    pub(super) fn expect(&self, requests: u64) {
        self.expected.fetch_add(requests, Ordering::SeqCst);
    }

    /// Waits in the root until all requests that are expected were served and their connections
    /// closed.
    ///
    /// # Errors
    /// The first error of the server's tasks, or that more requests were served.
    pub(super) async fn idle(&self) -> Result<(), Wrong> {
        poll_fn(|cx| {
            self.root.register(cx.waker());
            if let Some(wrong) = self.error() {
                return Poll::Ready(Err(wrong));
            }
            match self.counts() {
                (served, expected) if served < expected => Poll::Pending,
                (served, expected) => {
                    Poll::Ready(Wrong::unless_equal("requests served", expected, served))
                }
            }
        })
        .await
    }

    /// Returns the reason of a client's error: that of the server's, if there is one.
    pub(super) fn reason(&self, of_client: Wrong) -> Wrong {
        self.error().unwrap_or(of_client)
    }

    fn error(&self) -> Option<Wrong> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has the next connection end the server.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    fn counts(&self) -> (u64, u64) {
        (self.served.load(Ordering::SeqCst), self.expected.load(Ordering::SeqCst))
    }

    /// Counts what a task served; wakes the root for the last request and for an error.
    fn count(&self, served: Result<u64, Wrong>) {
        match served {
            Ok(served) => drop(self.served.fetch_add(served, Ordering::SeqCst)),
            Err(wrong) => {
                self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(wrong);
                return self.root.wake();
            }
        }
        let (served, expected) = self.counts();
        if served >= expected {
            self.root.wake();
        }
    }
}

/// Serves a connection until its last request, and closes it; returns how many there were.
pub(super) async fn serve<S: Stream>(mut stream: S, bytes: usize) -> Result<u64, Wrong> {
    let mut input = Buf::with_capacity(http::REQUEST_BYTES);
    let mut output = Buf::with_capacity(http::HEAD_BYTES + bytes);
    let (mut asked, mut served) = (http::Asked::default(), 0);
    loop {
        let (read, filled) = stream.read(input).await;
        read?;
        let request = asked.add(&filled)?;
        input = filled;
        let Some((number, last)) = request else { continue };
        http::respond(&mut output, number, bytes);
        let (written, emptied) = stream.write_all(output).await;
        written?;
        output = emptied;
        served += 1;
        if last {
            return Ok(served);
        }
    }
}
