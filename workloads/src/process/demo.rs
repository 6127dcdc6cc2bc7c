//! `cat` gives back `hello`, live.

use std::process::Command;

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Executor, Join, Process, Stream};

use super::child::read_all;
use crate::live::line;

/// Plays one child.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let shown = show.clone();
    let task = executor.spawn(show.task("parent", async move {
        let mut child = executor.start_process(Command::new("cat")).await?;
        line(&shown, "hello is written to cat");
        child.write_all(Buf::from_slice(b"hello")).await.0?;
        child.close_input();
        let output = read_all(&mut child).await?;
        line(&shown, format_args!("cat gives back {}", String::from_utf8_lossy(&output)));
        let code = child.exit().await?.code();
        let code = code.ok_or_else(|| Wrong::Answer("cat was killed".into()))?;
        line(&shown, format_args!("its exit code is {code}"));
        Ok::<_, Wrong>(())
    }));
    task.join().await?
}
