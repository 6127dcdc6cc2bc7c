//! A program that is asked one thing and answers on stdout. It may be anything: what it writes and
//! how long it takes is bounded, and nothing of it is left behind.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tminus_record::text;

use super::Program;
use super::patience::Patience;
use super::process::{Process, Seen};

/// No answer is as long.
const MAX_BYTES: usize = 16 << 20;

/// Returns what `program` writes to stdout, if it exits well within `deadline`.
///
/// # Errors
/// In one line, safe to show: it cannot be started, takes or writes too much, or fails (with the
/// last line of its stderr).
pub fn ask(program: &Program, deadline: Duration) -> Result<Vec<u8>, String> {
    let output = output(program.command(), deadline)?;
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

/// Returns what `command` wrote, of stderr the end, and how it ended, if that is within `limit`. It
/// gets no stdin; it is killed else, with all that it started if it leads a process group.
///
/// # Errors
/// In one line: it cannot be started, takes or writes too much.
pub fn output(mut command: Command, limit: Duration) -> Result<Output, String> {
    let cannot = |error| format!("cannot be started: {error}");
    let mut process = Process::start(command.stdin(Stdio::null())).map_err(cannot)?;
    let mut patience = Patience::new(limit, Instant::now());
    let mut stdout = Vec::new();
    loop {
        let wake = patience.step(Instant::now(), process.longest_wait());
        let seen = process.wait(wake, None, |bytes| stdout.extend_from_slice(bytes))?;
        if stdout.len() > MAX_BYTES {
            return Err(format!("wrote more than {} MiB", MAX_BYTES >> 20));
        }
        if seen == Seen::Ended {
            break;
        }
        if patience.is_over(seen == Seen::Nothing) {
            return Err(format!("gave no answer within {} s", limit.as_secs()));
        }
    }
    let left = process.end();
    let status = left.status.ok_or("ended, its status is unknown")?;
    Ok(Output { status, stdout, stderr: left.stderr.into_bytes() })
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
