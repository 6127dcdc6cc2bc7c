//! A client: connects, sends a request, reads the page and verifies it, and closes.

use std::mem;
use std::net::SocketAddr;
use std::time::Instant;

use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Executor, Stream};

use super::Times;
use super::http::{self, Page};

/// Bytes that one read takes at most, as in `echo`.
const READ_BYTES: usize = 4_096;

/// What a client does in a sample.
#[derive(Clone, Copy)]
pub(super) struct Visits {
    /// One after the other.
    pub(super) connections: u64,
    /// On each of them.
    pub(super) requests: u64,
}

/// A task that fetches pages.
pub(super) struct Client {
    /// The number of its next request: those of two clients differ.
    next: u64,
    bytes: usize,
    times: Times,
    request: Buf,
    input: Buf,
}

impl Client {
    /// Makes a client with room for all it needs, so that its buffers and times are not allocated
    /// while the clock runs.
    pub(super) fn new(client: u64, bytes: usize, visits: &Visits) -> Self {
        let room = usize::try_from(visits.connections * visits.requests);
        Self {
            next: client << 40,
            bytes,
            times: Vec::with_capacity(room.expect("bounded by the parameters")),
            request: Buf::with_capacity(http::REQUEST_BYTES),
            input: Buf::with_capacity(READ_BYTES),
        }
    }

    /// Fetches all pages; returns when each was asked for and when it was there.
    pub(super) async fn fetch_all<E: Executor>(
        mut self,
        executor: E,
        address: SocketAddr,
        visits: Visits,
    ) -> Result<Times, Wrong> {
        for _ in 0..visits.connections {
            let mut began = Instant::now();
            let mut stream = executor.connect(address).await?;
            for left in (0..visits.requests).rev() {
                self.fetch(&mut stream, left == 0).await?;
                let ended = Instant::now();
                self.times.push((began, ended));
                began = ended;
            }
        }
        Ok(self.times)
    }

    /// Fetches one page, the `last` on this connection.
    async fn fetch<S: Stream>(&mut self, stream: &mut S, last: bool) -> Result<(), Wrong> {
        let number = self.next;
        self.next += 1;
        let mut request = mem::take(&mut self.request);
        http::request(&mut request, number, last);
        let (written, request) = stream.write_all(request).await;
        written?;
        self.request = request;
        let mut page = Page::new(number, self.bytes);
        loop {
            let (read, input) = stream.read(mem::take(&mut self.input)).await;
            read?;
            let is_there = page.add(&input)?;
            self.input = input;
            if is_there {
                return Ok(());
            }
        }
    }
}
