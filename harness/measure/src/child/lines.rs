//! Bounded reading of a child's pipes: lines of stdout, the end of stderr.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};

use tminus_record::text::escape;

use crate::protocol::MAX_LINE_BYTES;

/// All that a child may print on either pipe; far above what a cell says.
const MAX_OUTPUT_BYTES: u64 = 64 << 20;

/// Bytes of stderr that are kept.
const STDERR_KEPT_BYTES: usize = 4096;

const CHUNK_BYTES: usize = 8 << 10;

/// A pipe that does not block, until its end.
pub(super) struct Pipe<R> {
    /// `None` after the end.
    source: Option<R>,
    read_bytes: u64,
}

impl<R: Read> Pipe<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source: Some(source), read_bytes: 0 }
    }

    /// Returns the pipe, unless it has ended.
    pub(super) fn source(&self) -> Option<&R> {
        self.source.as_ref()
    }

    /// Reads once and gives what came to `keep`.
    ///
    /// # Errors
    /// The child printed more than any cell does.
    pub(super) fn fill(&mut self, keep: impl FnOnce(&[u8])) -> Result<(), String> {
        let Some(source) = &mut self.source else { return Ok(()) };
        let mut chunk = [0; CHUNK_BYTES];
        match source.read(&mut chunk) {
            Ok(0) => self.source = None,
            Ok(length) => {
                self.read_bytes += length as u64;
                keep(&chunk[..length]);
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => self.source = None,
        }
        if self.read_bytes > MAX_OUTPUT_BYTES {
            return Err(format!("more than {} MiB of output", MAX_OUTPUT_BYTES >> 20));
        }
        Ok(())
    }
}

/// Cuts bytes into lines.
#[derive(Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// The lines before it were given out.
    start: usize,
    /// Between `start` and here there is no line end.
    searched: usize,
}

impl Lines {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the next whole line, without its end.
    ///
    /// # Errors
    /// The line is longer than any message.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        let end = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        let length = end.map_or(self.bytes.len(), |end| self.searched + end) - self.start;
        if length > MAX_LINE_BYTES {
            return Err(format!("a line of more than {} KiB", MAX_LINE_BYTES >> 10));
        }
        let Some(end) = end.map(|end| self.searched + end) else {
            self.searched = self.bytes.len();
            return Ok(None);
        };
        let line = self.bytes[self.start..end].to_vec();
        self.start = end + 1;
        self.searched = self.start;
        Ok(Some(line))
    }

    /// Returns whether there is the beginning of a line that never ended.
    pub(super) fn has_rest(&self) -> bool {
        self.start < self.bytes.len()
    }
}

/// The last bytes of a stream.
#[derive(Default)]
pub(super) struct Tail(VecDeque<u8>);

impl Tail {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(STDERR_KEPT_BYTES)..];
        let excess = (self.0.len() + bytes.len()).saturating_sub(STDERR_KEPT_BYTES);
        self.0.drain(..excess);
        self.0.extend(bytes);
    }

    /// Returns text that is safe to show: control characters escaped, but for line ends.
    pub(super) fn text(&mut self) -> String {
        let text = String::from_utf8_lossy(self.0.make_contiguous());
        text.trim_end().lines().map(escape).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_are_the_same_however_they_arrive(
            lines in proptest::collection::vec("[a-z]{0,20}", 0..20),
            rest in "[a-z]{0,5}",
            cuts in proptest::collection::vec(1_usize..30, 1..40),
        ) {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect::<String>() + &rest;
            let (mut reader, mut left, mut got) = (Lines::default(), text.as_bytes(), Vec::new());
            let mut cuts = cuts.into_iter().cycle();
            while !left.is_empty() {
                let (now, later) = left.split_at(cuts.next().unwrap().min(left.len()));
                reader.push(now);
                left = later;
                while let Some(line) = reader.next().unwrap() {
                    got.push(String::from_utf8(line).unwrap());
                }
            }
            prop_assert_eq!(got, lines);
            prop_assert_eq!(reader.has_rest(), !rest.is_empty());
        }

        #[test]
        fn the_tail_is_the_end(pieces in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..6000), 0..5,
        )) {
            let mut tail = Tail::default();
            pieces.iter().for_each(|piece| tail.push(piece));
            let all = pieces.concat();
            let end = &all[all.len().saturating_sub(STDERR_KEPT_BYTES)..];
            prop_assert_eq!(tail.0.make_contiguous(), end);
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut lines = Lines::default();
        lines.push(&vec![b'x'; MAX_LINE_BYTES]);
        assert_eq!(lines.next(), Ok(None));
        lines.push(b"x");
        assert_eq!(lines.next(), Err("a line of more than 1024 KiB".into()));
    }

    #[test]
    fn stderr_cannot_act_on_a_terminal() {
        let mut tail = Tail::default();
        tail.push(b"one\r\n\x1b[31mtwo\xff\n\n");
        assert_eq!(tail.text(), "one\n\\u{1b}[31mtwo\u{fffd}");
    }
}
