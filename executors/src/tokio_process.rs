//! tokio's processes. They need its feature `process`, and with that every turn of its driver looks
//! for orphans too: so they are a feature here, which changes the figures of all its cells.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

use tminus_contract as contract;
use tminus_contract::Buf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout};

/// A child process of tokio.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// `None` once it is closed.
    input: Option<ChildStdin>,
    output: ChildStdout,
}

/// Starts a process with pipes for its input and output.
///
/// # Errors
/// The system's error.
pub async fn start_process(command: Command) -> io::Result<Process> {
    let mut command = tokio::process::Command::from(command);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().expect("it is a pipe");
    Ok(Process { input: child.stdin.take(), output, child })
}

impl contract::Stream for Process {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        let result = self.output.read(buf.storage_mut()).await;
        buf.set_len(*result.as_ref().unwrap_or(&0));
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        match &mut self.input {
            Some(input) => (input.write_all(&buf).await, buf),
            None => (Err(io::ErrorKind::BrokenPipe.into()), buf),
        }
    }
}

impl contract::Process for Process {
    fn close_input(&mut self) {
        self.input = None;
    }

    fn kill(&mut self) -> io::Result<()> {
        self.child.start_kill()
    }

    async fn exit(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }
}
