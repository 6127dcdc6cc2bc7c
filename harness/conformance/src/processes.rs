//! Rules of processes: bytes there and back, an exit each, and the tasks go on meanwhile. All of
//! them end with their input, so none outlives the executor under trial.

use std::process::{Command, ExitStatus};

use tminus_contract::{Buf, Erased, Executor, Process, Stream};

use super::io::{message, receive};
use super::kit::{Trial, Verdict, ensure, joined, step, yields};

/// Processes that `many` has at once.
const MANY: u8 = 16;

/// Returns what runs `script`.
fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    command
}

/// Turns an error of a process into what was seen.
fn failed(error: std::io::Error) -> String {
    format!("a process gave an error: {error}")
}

async fn started(executor: Erased, script: &str) -> Result<impl Process + use<>, String> {
    executor.start_process(shell(script)).await.map_err(failed)
}

/// Reads until `end` comes, or the end of the output.
async fn read_to(process: &mut impl Process, end: Option<u8>) -> Result<String, String> {
    let (mut bytes, mut buf) = (Vec::new(), Buf::with_capacity(64));
    while end.is_none() || bytes.last() != end.as_ref() {
        let (read, back) = process.read(buf).await;
        if read.map_err(failed)? == 0 {
            break;
        }
        bytes.extend_from_slice(&back);
        buf = back;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn exit(process: &mut impl Process) -> Result<ExitStatus, String> {
    process.exit().await.map_err(failed)
}

pub(super) fn echoes(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        let mut process = started(executor, "exec cat").await?;
        // Less than a pipe takes: nothing reads while it is written.
        for size in [1, 4_095, 4_096, 4_097, 30_000] {
            step("a message to a process and back");
            process.write_all(Buf::from_slice(&message(size))).await.0.map_err(failed)?;
            receive(&mut process, size, 4_096).await?;
        }
        process.close_input();
        for _ in 0..3 {
            step("the end of the output of a process");
            let (read, _) = process.read(Buf::with_capacity(64)).await;
            let read = read.map_err(failed)?;
            ensure!(read == 0, "{read} bytes after the end of the output");
        }
        step("the exit of a process whose input has ended");
        let status = exit(&mut process).await?;
        ensure!(status.success(), "a process that succeeded ended with {status}");
        Ok(())
    })
}

pub(super) fn exit_code(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for code in [0, 1, 42, 255] {
            step("the exit code of a process");
            let mut process = started(executor, &format!("exit {code}")).await?;
            let status = exit(&mut process).await?;
            let same = status.code() == Some(code);
            ensure!(same, "a process with the exit code {code} ended with {status}");
        }
        Ok(())
    })
}

pub(super) fn kill(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for _ in 0..3 {
            let mut process = started(executor, "read line").await?;
            process.kill().map_err(failed)?;
            step("the exit of a process that was killed");
            let status = exit(&mut process).await?;
            // No code: a signal ended it.
            ensure!(status.code().is_none(), "a process that was killed ended with {status}");
            step("the end of the output of a process that was killed");
            let rest = read_to(&mut process, None).await?;
            ensure!(rest.is_empty(), "a process that was killed wrote {rest:?}");
        }
        Ok(())
    })
}

pub(super) fn many(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        let start = |number: u8| {
            executor.spawn(async move {
                step("one of several processes at once");
                let script = format!("IFS= read -r line; printf '%s' \"$line\"; exit {number}");
                let mut process = started(executor, &script).await?;
                let line = Buf::from_slice(format!("to {number}\n").as_bytes());
                process.write_all(line).await.0.map_err(failed)?;
                let output = read_to(&mut process, None).await?;
                Ok::<_, String>((output, exit(&mut process).await?.code()))
            })
        };
        let all: Vec<_> = (1..=MANY).map(start).collect();
        for (number, task) in (1..=MANY).zip(all) {
            let got = joined(task).await??;
            let sent = (format!("to {number}"), Some(i32::from(number)));
            ensure!(got == sent, "of a process came {got:?}, not {sent:?}");
        }
        Ok(())
    })
}

/// Waits for a process that ends only when another task has it killed.
pub(super) fn waits_block_nobody(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        let mut process = started(executor, "echo $$; read line").await?;
        let id = read_to(&mut process, Some(b'\n')).await?;
        let waiting = executor.spawn(async move { exit(&mut process).await });
        step("tasks beside one that waits for a process");
        let other = executor.spawn(yields(executor, 20));
        yields(executor, 20).await;
        joined(other).await?;
        let killed = shell(&format!("kill -9 {id}")).status().map_err(failed)?;
        ensure!(killed.success(), "the process {id:?} could not be killed");
        step("the exit of a process that was waited for");
        let status = joined(waiting).await??;
        ensure!(status.code().is_none(), "a process that was killed ended with {status}");
        Ok(())
    })
}
