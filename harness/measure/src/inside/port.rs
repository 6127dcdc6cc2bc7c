//! The child's side of the pipes.

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use crate::protocol::{MAX_LINE_BYTES, Message};

/// The pipes through which a cell reads requests and writes results. Clones share the same pipes.
#[derive(Clone)]
pub struct Port(Arc<Mutex<Pipes>>);

struct Pipes {
    input: Box<dyn BufRead + Send>,
    output: Box<dyn Write + Send>,
}

impl Port {
    /// Makes a port over any pair of pipes.
    pub fn new(input: impl BufRead + Send + 'static, output: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Pipes { input: Box::new(input), output: Box::new(output) })))
    }

    /// Makes a port over the process's stdin and stdout.
    #[must_use]
    pub fn stdio() -> Self {
        Self::new(io::BufReader::new(io::stdin()), io::stdout())
    }

    /// Writes one line at once.
    ///
    /// # Errors
    /// The pipe's error.
    pub fn send(&self, message: &Message) -> io::Result<()> {
        self.send_all([message])
    }

    /// Writes a line each in one go, so that they wake the parent once.
    ///
    /// # Errors
    /// The pipe's error.
    pub fn send_all<'a>(&self, messages: impl IntoIterator<Item = &'a Message>) -> io::Result<()> {
        let mut lines = Vec::new();
        for message in messages {
            serde_json::to_writer(&mut lines, message)?;
            lines.push(b'\n');
        }
        let mut pipes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pipes.output.write_all(&lines)?;
        pipes.output.flush()
    }

    /// Ends a line that others may have begun, where a parent allows for that
    /// ([`Program::with_prologue`](crate::child::Program::with_prologue)).
    ///
    /// # Errors
    /// The pipe's error.
    pub fn end_line(&self) -> io::Result<()> {
        let mut pipes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pipes.output.write_all(b"\n")
    }

    /// Reads the next line; `None` at the end of the input.
    ///
    /// # Errors
    /// The pipe's error, a line that is too long, or one that is no `T`.
    pub fn request<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        let mut pipes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = String::new();
        let limit = MAX_LINE_BYTES as u64 + 1;
        let read = io::Read::take(&mut pipes.input, limit).read_line(&mut line)?;
        match read {
            0 => Ok(None),
            length if length > MAX_LINE_BYTES => Err(io::Error::other("the line is too long")),
            _ => Ok(Some(serde_json::from_str(&line)?)),
        }
    }
}
