//! The processes of the reference executor: whatever may block is a call on a thread of its own, or
//! blocks a run that has one thread alone.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tminus_contract::{self as contract, Buf};

use super::calls;
use super::mutants::Mutant;
use super::shared::here;

/// Processes alive.
static PROCESSES: AtomicUsize = AtomicUsize::new(0);

/// A child process. Its parts are away while something waits for them.
pub(crate) struct Process {
    child: Option<Child>,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
}

pub(crate) async fn start_process(mut command: Command) -> io::Result<Process> {
    let alive = PROCESSES.fetch_add(1, SeqCst);
    if alive >= 10 && Mutant::AtMostTenProcesses.is_on() {
        return Err(io::Error::other("too many processes"));
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    Ok(Process { child: Some(child), input, output })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    if here().is_alone {
        return work();
    }
    calls::call(work).await.unwrap_or_else(|error| error.resume())
}

impl Drop for Process {
    fn drop(&mut self) {
        PROCESSES.fetch_sub(1, SeqCst);
    }
}

impl contract::Stream for Process {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        let mut output = self.output.take().expect("it is here");
        let (result, mut buf, output) = blocking(move || {
            let result = output.read(buf.storage_mut());
            buf.set_len(*result.as_ref().unwrap_or(&0));
            (result, buf, output)
        })
        .await;
        self.output = Some(output);
        if let (true, Some(last)) = (Mutant::ProcessCorrupts.is_on(), buf.last_mut()) {
            *last = last.wrapping_add(1);
        }
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        let Some(mut input) = self.input.take() else {
            return (Err(io::ErrorKind::BrokenPipe.into()), buf);
        };
        let work = move || (input.write_all(&buf), buf, input);
        let (result, buf, input) = blocking(work).await;
        self.input = Some(input);
        (result, buf)
    }
}

impl contract::Process for Process {
    fn close_input(&mut self) {
        self.input = None;
    }

    fn kill(&mut self) -> io::Result<()> {
        match &mut self.child {
            Some(child) if !Mutant::KillDoesNothing.is_on() => child.kill(),
            _ => Ok(()),
        }
    }

    async fn exit(&mut self) -> io::Result<ExitStatus> {
        let mut child = self.child.take().expect("it is here");
        let work = move || (child.wait(), child);
        let blocks = Mutant::ExitBlocks.is_on();
        let (status, child) = if blocks { work() } else { blocking(work).await };
        self.child = Some(child);
        match Mutant::ExitIsSuccess.is_on() {
            true => Ok(ExitStatus::from_raw(0)),
            false => status,
        }
    }
}
