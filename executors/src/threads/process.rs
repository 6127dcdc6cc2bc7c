//! Processes of std, which block their thread.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use tminus_contract as contract;
use tminus_contract::Buf;

/// A child process of std.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// `None` once it is closed.
    input: Option<ChildStdin>,
    output: ChildStdout,
}

pub(super) async fn start_process(mut command: Command) -> io::Result<Process> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().expect("it is a pipe");
    Ok(Process { input: child.stdin.take(), output, child })
}

impl contract::Stream for Process {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        let result = self.output.read(buf.storage_mut());
        buf.set_len(*result.as_ref().unwrap_or(&0));
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        match &mut self.input {
            Some(input) => (input.write_all(&buf), buf),
            None => (Err(io::ErrorKind::BrokenPipe.into()), buf),
        }
    }
}

impl contract::Process for Process {
    fn close_input(&mut self) {
        self.input = None;
    }

    fn kill(&mut self) -> io::Result<()> {
        self.child.kill()
    }

    async fn exit(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}
