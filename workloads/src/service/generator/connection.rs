//! A connection of the generator: requests that wait for their answers, in the order of sending.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use tminus_contract::workload::Wrong;

use crate::service::message::{self, Answer, Lengths, Status};

/// See the [module documentation](self).
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    lengths: Lengths,
    /// Numbers of the requests without an answer, and when they were due and were sent.
    waiting: VecDeque<(u64, (u64, u64))>,
    /// The answer to the first of them, as far as it has come.
    answer: Answer,
    request: Box<[u8]>,
    /// What the system did not take yet.
    unsent: VecDeque<u8>,
}

impl Connection {
    /// Connects, and blocks only for that.
    pub(super) fn open(address: SocketAddr, lengths: Lengths) -> Result<Self, Wrong> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            lengths,
            // So that few connections allocate while the clock runs.
            waiting: VecDeque::with_capacity(16),
            answer: Answer::default(),
            request: vec![0; lengths.request].into_boxed_slice(),
            unsent: VecDeque::new(),
        })
    }

    /// Sends a request, behind what is stuck.
    pub(super) fn send(&mut self, number: u64, times_ns: (u64, u64)) -> Result<(), Wrong> {
        message::request(&mut self.request, number);
        self.waiting.push_back((number, times_ns));
        let mut rest = &*self.request;
        if !self.unsent.is_empty() {
            self.unsent.extend(rest);
            return Ok(());
        }
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.unsent.extend(rest);
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Sends what is stuck, as far as the system takes it.
    pub(super) fn push(&mut self) -> Result<(), Wrong> {
        while !self.unsent.is_empty() {
            match self.stream.write(self.unsent.as_slices().0) {
                Ok(written) => drop(self.unsent.drain(..written)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(super) fn is_stuck(&self) -> bool {
        !self.unsent.is_empty()
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Reads once; returns how many bytes came, perhaps none.
    pub(super) fn read(&mut self, input: &mut [u8]) -> Result<usize, Wrong> {
        match self.stream.read(input) {
            Ok(0) => Err(Wrong::Answer("the server closed a connection early".into())),
            Ok(read) => Ok(read),
            Err(error)
                if [ErrorKind::WouldBlock, ErrorKind::Interrupted].contains(&error.kind()) =>
            {
                Ok(0)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Verifies a piece, and tells of each answer that is whole when its request was due and was
    /// sent, and how it ended.
    pub(super) fn take(
        &mut self,
        mut piece: &[u8],
        mut tell: impl FnMut((u64, u64), Status),
    ) -> Result<(), Wrong> {
        while !piece.is_empty() {
            let Some((number, times_ns)) = self.waiting.front().copied() else {
                return Err(Wrong::Answer("an answer that was not asked for".into()));
            };
            let (taken, status) = self.answer.add(number, self.lengths.answer, piece)?;
            piece = &piece[taken..];
            if let Some(status) = status {
                self.waiting.pop_front();
                self.answer = Answer::default();
                tell(times_ns, status);
            }
        }
        Ok(())
    }
}
