//! A child: its command, the line that it is fed, and what came of it.

use std::io;
use std::path::Path;
use std::process::Command;

use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Executor, Process, Stream};

/// Reads a line, writes it back and ends with the code of its argument: all by the shell itself.
const SCRIPT: &str = "IFS= read -r line && printf '%s\\n' \"$line\" && exit \"$1\"";

const SHELL: &str = "/bin/sh";

/// Room for more than a line.
const READ_BYTES: usize = 128;

/// Refuses a machine without a shell.
pub(super) fn shell_is_there() -> Result<(), Wrong> {
    match Path::new(SHELL).exists() {
        true => Ok(()),
        false => Err(Wrong::Refused(format!("its children are shells, and there is no {SHELL}"))),
    }
}

/// The line of a child, and its exit code.
pub(super) struct Line {
    text: String,
    code: u8,
}

impl Line {
    /// Makes that of the child with this number.
    pub(super) fn new(number: u64) -> Self {
        // Not 0, which any child may have.
        let code = u8::try_from(number % 100 + 1).expect("at most 100");
        Self { text: format!("the line of the child {number:020}\n"), code }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Returns the command of its child.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(SHELL);
        command.args(["-c", SCRIPT, "sh", &self.code.to_string()]);
        command
    }
}

/// What came of a child.
#[derive(Clone)]
pub(super) struct Seen {
    expected: (String, i32),
    output: Vec<u8>,
    code: Option<i32>,
}

impl Seen {
    pub(super) fn new(line: Line, output: Vec<u8>, code: Option<i32>) -> Self {
        Self { expected: (line.text, i32::from(line.code)), output, code }
    }

    /// Refuses another line or exit code than the child was given.
    pub(super) fn check(&self) -> Result<(), Wrong> {
        let (text, code) = &self.expected;
        let output = String::from_utf8_lossy(&self.output);
        Wrong::unless_equal("the line of a child", text.trim_end(), output.trim_end_matches('\n'))?;
        Wrong::unless_equal("the bytes of a child", text.len(), self.output.len())?;
        let got = self.code.map_or_else(|| "none".into(), |code| code.to_string());
        Wrong::unless_equal("the exit code of a child", code.to_string(), got)
    }
}

/// Starts a child, feeds it its line, reads all that it writes and waits for its exit.
pub(super) async fn run<E: Executor>(executor: E, line: Line) -> Result<Seen, Wrong> {
    let mut child = executor.start_process(line.command()).await?;
    child.write_all(Buf::from_slice(line.bytes())).await.0?;
    child.close_input();
    let output = read_all(&mut child).await?;
    let status = child.exit().await?;
    Ok(Seen::new(line, output, status.code()))
}

/// Reads to the end of the output.
pub(super) async fn read_all(child: &mut impl Process) -> io::Result<Vec<u8>> {
    let (mut output, mut buf) = (Vec::new(), Buf::with_capacity(READ_BYTES));
    loop {
        let (read, back) = child.read(buf).await;
        if read? == 0 {
            return Ok(output);
        }
        output.extend_from_slice(&back);
        buf = back;
    }
}
