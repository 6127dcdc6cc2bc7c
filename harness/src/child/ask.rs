//! A program that is asked one thing and answers on stdout. It may be anything: what it writes and how
//! long it takes is bounded, and nothing of it is left behind.

use std::io::{self, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::Program;
use crate::text;

/// No answer is as long.
const MAX_BYTES: u64 = 16 << 20;

/// So much of stderr is looked at for its last line.
const MAX_STDERR_BYTES: u64 = 64 << 10;

/// How often to look whether it has exited.
const TICK: Duration = Duration::from_millis(5);

/// What `program` writes to stdout, if it exits well within `deadline`.
///
/// # Errors
/// In one line, safe to show: it cannot be started, takes or writes too much, or fails (with the last
/// line of its stderr).
pub fn ask(program: &Program, deadline: Duration) -> Result<Vec<u8>, String> {
    let mut command = Command::new(&program.path);
    command
        .args(&program.arguments)
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .process_group(0);
    let output = output(command, deadline)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("");
    let last: String = last.chars().take(300).collect();
    Err(match last.as_str() {
        "" => output.status.to_string(),
        last => text::escape(last),
    })
}

/// Returns what `command` wrote and how it ended, if that is within `limit`. It gets no stdin; it is
/// killed else, with all that it started if it leads a process group.
///
/// # Errors
/// In one line: it cannot be started, takes or writes too much.
pub fn output(mut command: Command, limit: Duration) -> Result<Output, String> {
    let until = Instant::now() + limit;
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut asked = Asked(child.map_err(|error| format!("cannot be started: {error}"))?);
    let stdout = read(asked.0.stdout.take(), MAX_BYTES + 1);
    let stderr = read(asked.0.stderr.take(), MAX_STDERR_BYTES);
    let late = || format!("gave no answer within {} s", limit.as_secs());
    let stdout = match stdout.recv_timeout(until.saturating_duration_since(Instant::now())) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => return Err(late()),
        Err(RecvTimeoutError::Disconnected) => Vec::new(),
    };
    if stdout.len() as u64 > MAX_BYTES {
        return Err(format!("wrote more than {} MiB", MAX_BYTES >> 20));
    }
    if !asked.has_exited(until) {
        return Err(late());
    }
    let status = asked.end().map_err(|error| error.to_string())?;
    let stderr = stderr.recv_timeout(TICK * 100).unwrap_or_default();
    Ok(Output { status, stdout, stderr })
}

/// Reads at most `most` bytes, in a thread that ends with the pipe.
fn read(pipe: Option<impl Read + Send + 'static>, most: u64) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // What was read until then is what there is.
            let _ = pipe.take(most).read_to_end(&mut bytes);
        }
        // Nobody may wait for it any more.
        let _ = send.send(bytes);
    });
    receive
}

/// Ends with all that it started.
struct Asked(Child);

impl Asked {
    /// Whether it has, by `until`. It stays to be reaped, so that its group can be killed.
    fn has_exited(&self, until: Instant) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let has =
            || waitid(WaitId::Pid(Pid::from_child(&self.0)), options).is_ok_and(|it| it.is_some());
        while !has() {
            if Instant::now() >= until {
                return false;
            }
            thread::sleep(TICK);
        }
        true
    }

    fn end(&mut self) -> io::Result<ExitStatus> {
        // The group may be empty already, or be the caller's: then it has another id.
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.kill();
        self.0.wait()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // Once it was reaped its id may be another's.
        if !matches!(self.0.try_wait(), Ok(Some(_))) {
            let _ = self.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, deadline: Duration) -> Result<String, String> {
        let program = Program::new("/bin/sh").arguments(["-c", script]);
        ask(&program, deadline).map(|answer| String::from_utf8_lossy(&answer).into_owned())
    }

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn an_answer_is_all_of_stdout() {
        assert_eq!(sh("echo a; echo b; echo c >&2", LONG), Ok("a\nb\n".into()));
        assert_eq!(sh("exit 0", LONG), Ok(String::new()));
    }

    #[test]
    fn a_failure_tells_its_last_line() {
        let said = sh("echo a; printf 'b\\n\\033[31mc\\n\\n' >&2; exit 3", LONG);
        assert_eq!(said, Err("\\u{1b}[31mc".into()));
        assert_eq!(sh("exit 3", LONG), Err("exit status: 3".into()));
        let missing = ask(&Program::new("/nowhere"), LONG).unwrap_err();
        assert!(missing.starts_with("cannot be started"), "{missing}");
    }

    #[test]
    fn neither_endless_output_nor_a_hang_harms() {
        assert_eq!(sh("cat /dev/zero", LONG), Err("wrote more than 16 MiB".into()));
        assert_eq!(sh("cat /dev/zero >&2 & echo a", LONG), Ok("a\n".into()));
        let none = Err("gave no answer within 0 s".into());
        assert_eq!(sh("sleep 600", Duration::from_millis(50)), none);
        assert_eq!(sh("exec >&-; sleep 600", Duration::from_millis(50)), none);
    }
}
