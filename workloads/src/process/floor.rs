//! The floor of `process`: std's own, one step of all children after the other.

use std::io::{Read, Write};
use std::process::{Child, Stdio};

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::Processes;
use super::child::{Line, Seen, shell_is_there};

/// Starts all children, feeds them, then reads and waits for one after the other.
pub(super) struct Loop;

impl Floor<Processes> for Loop {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "std starts and feeds the children, then reads and waits for each";

    fn stage(_: &Processes) -> Result<Self, Wrong> {
        shell_is_there()?;
        Ok(Self)
    }

    fn sample(
        &mut self,
        processes: &Processes,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let mut seen = Vec::new();
        let running = meter.start();
        for iteration in 0..iterations {
            let first = iteration * processes.at_once;
            let mut children = Vec::new();
            for number in first..first + processes.at_once {
                children.push(started(Line::new(number))?);
            }
            for (line, child) in children {
                seen.push(ended(line, child)?);
            }
        }
        meter.stop(running, processes.at_once * iterations);
        processes.verify(iterations, &seen)
    }
}

/// Starts a child and feeds it.
fn started(line: Line) -> Result<(Line, Child), Wrong> {
    let mut child = line.command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().expect("it is a pipe").write_all(line.bytes())?;
    Ok((line, child))
}

/// Reads all that a child writes and waits for its exit.
fn ended(line: Line, mut child: Child) -> Result<Seen, Wrong> {
    let mut output = Vec::new();
    child.stdout.take().expect("it is a pipe").read_to_end(&mut output)?;
    let status = child.wait()?;
    Ok(Seen::new(line, output, status.code()))
}
