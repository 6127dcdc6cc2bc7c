//! Requests and answers as bytes: a number first, then bytes that only this message has, so that a
//! wrong one is seen wherever it is.
//!
//! Both lengths are known from the parameters, as in a protocol with a fixed head. The topmost byte
//! of an answer's number says whether it came in time.

use tminus_contract::Buf;
use tminus_contract::workload::Wrong;

/// Bytes of a number: no message is shorter.
pub(super) const HEAD_BYTES: usize = 8;

/// The place of the status among the bytes of an answer.
const STATUS: usize = HEAD_BYTES - 1;

/// The numbers of requests lie below it: the topmost byte is free.
const NUMBERS: u64 = 1 << 56;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It was served.
    Served = 1,
    /// Its time was over before.
    TimedOut = 2,
}

/// The lengths of both messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    pub(super) request: usize,
    pub(super) answer: usize,
}

/// Fills `bytes` with the request `number`.
pub(super) fn request(bytes: &mut [u8], number: u64) {
    for (byte, position) in bytes.iter_mut().zip(0..) {
        *byte = byte_at(number, position);
    }
}

/// Fills `buf` with the answer to the request `number`.
pub(super) fn answer(buf: &mut Buf, number: u64, status: Status) {
    buf.set_len(buf.capacity());
    request(buf, number);
    buf[STATUS] = status as u8;
}

/// Returns the byte at a place of the message `number`.
#[inline]
fn byte_at(number: u64, position: usize) -> u8 {
    number.to_le_bytes()[position % HEAD_BYTES] ^ (position / HEAD_BYTES).to_le_bytes()[0]
}

/// The requests of a connection as they arrive, in any pieces.
pub(super) struct Requests {
    bytes: usize,
    held: Vec<u8>,
    /// Bytes of `held` that were taken.
    taken: usize,
}

impl Requests {
    /// Makes a stream of requests of so many bytes, of which nothing has come.
    pub(super) fn new(bytes: usize) -> Self {
        Self { bytes, held: Vec::with_capacity(bytes), taken: 0 }
    }

    /// Takes a piece in.
    pub(super) fn add(&mut self, piece: &[u8]) {
        self.held.drain(..std::mem::take(&mut self.taken));
        self.held.extend_from_slice(piece);
    }

    /// Returns the number of the next request that is whole, if there is one.
    ///
    /// # Errors
    /// That a byte of it is wrong.
    pub(super) fn next(&mut self) -> Result<Option<u64>, Wrong> {
        let Some(whole) = self.held.get(self.taken..self.taken + self.bytes) else {
            return Ok(None);
        };
        let (head, _) = whole.split_first_chunk().expect("no message is shorter");
        let number = u64::from_le_bytes(*head);
        if number >= NUMBERS {
            return Err(Wrong::Answer(format!("a request has the number {number:#x}")));
        }
        verify("request", number, 0, whole)?;
        self.taken += self.bytes;
        Ok(Some(number))
    }

    /// Refuses a stream that ended in the middle of a request.
    pub(super) fn ended(&self) -> Result<(), Wrong> {
        let left = self.held.len() - self.taken;
        Wrong::unless_equal("bytes of a request at the end of its stream", 0, left)
    }
}

/// An answer as it arrives, in any pieces.
#[derive(Clone, Copy, Default)]
pub(super) struct Answer {
    /// Bytes that have come.
    come: usize,
    status: Option<Status>,
}

impl Answer {
    /// Verifies the part of `piece` that belongs to the answer to the request `number`; returns how
    /// many bytes that is, and how the request ended if the answer is whole.
    ///
    /// # Errors
    /// That a byte is wrong.
    pub(super) fn add(
        &mut self,
        number: u64,
        bytes: usize,
        piece: &[u8],
    ) -> Result<(usize, Option<Status>), Wrong> {
        let part = &piece[..piece.len().min(bytes - self.come)];
        match STATUS.checked_sub(self.come).and_then(|at| Some((at, *part.get(at)?))) {
            Some((at, status)) => {
                verify("answer", number, self.come, &part[..at])?;
                self.status = Some(status_of(number, status)?);
                verify("answer", number, HEAD_BYTES, &part[at + 1..])?;
            }
            None => verify("answer", number, self.come, part)?,
        }
        self.come += part.len();
        Ok((part.len(), self.status.filter(|_| self.come == bytes)))
    }
}

fn status_of(number: u64, byte: u8) -> Result<Status, Wrong> {
    let known = [Status::Served, Status::TimedOut];
    let status = known.into_iter().find(|status| *status as u8 == byte);
    status.ok_or_else(|| Wrong::Answer(format!("answer {number}: the status {byte}")))
}

/// Compares `piece`, which begins at the byte `first`, with the message `number`.
fn verify(what: &str, number: u64, first: usize, piece: &[u8]) -> Result<(), Wrong> {
    for (byte, position) in piece.iter().zip(first..) {
        let expected = byte_at(number, position);
        if *byte != expected {
            let what = format!("{what} {number}, byte {position}");
            return Err(Wrong::differs(&what, expected, byte));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested(number: u64, bytes: usize) -> Vec<u8> {
        let mut sent = vec![0; bytes];
        request(&mut sent, number);
        sent
    }

    fn answered(number: u64, bytes: usize, status: Status) -> Buf {
        let mut buf = Buf::with_capacity(bytes);
        answer(&mut buf, number, status);
        buf
    }

    #[test]
    fn requests_are_read_in_any_pieces() {
        let sent = [requested(7, 20), requested(700, 20)].concat();
        for cut in 0..sent.len() {
            let mut requests = Requests::new(20);
            let mut found = Vec::new();
            for piece in [&sent[..cut], &sent[cut..]] {
                requests.add(piece);
                found.extend(std::iter::from_fn(|| requests.next().expect("they are right")));
            }
            assert_eq!((found, requests.ended()), (vec![7, 700], Ok(())), "{cut}");
        }
        let mut cut = Requests::new(20);
        cut.add(&sent[..25]);
        assert_eq!(cut.next(), Ok(Some(7)));
        assert!(cut.ended().is_err());
    }

    #[test]
    fn answers_are_read_in_any_pieces() {
        for (bytes, status) in [(20, Status::Served), (8, Status::TimedOut)] {
            let sent = answered(700, bytes, status);
            for cut in 1..sent.len() {
                let mut answer = Answer::default();
                assert_eq!(answer.add(700, bytes, &sent[..cut]), Ok((cut, None)));
                let rest = [&sent[cut..], b"of the next"].concat();
                let expected = (bytes - cut, Some(status));
                assert_eq!(answer.add(700, bytes, &rest), Ok(expected), "{cut}");
            }
        }
    }

    #[test]
    fn each_wrong_byte_is_found() {
        for at in 0..20 {
            let mut sent = requested(7, 20);
            sent[at] ^= 0x80;
            let mut requests = Requests::new(20);
            requests.add(&sent);
            assert!(requests.next().is_err(), "{at}");
            let mut sent = answered(7, 20, Status::Served);
            sent[at] ^= 0x80;
            assert!(Answer::default().add(7, 20, &sent).is_err(), "{at}");
        }
        let other = answered(8, 20, Status::Served);
        let said = Answer::default().add(7, 20, &other).expect_err("it is another one's");
        assert_eq!(said.to_string(), "answer 7, byte 0: expected 7, got 8");
    }
}
