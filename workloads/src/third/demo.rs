//! A pair that wakes each other, and a third, live.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use tminus_contract::channel::WakerCell;
use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::live::{Seen, line};
use crate::promise::Promise;

/// The lines of first in, first out: the third runs before the pair goes on.
pub(super) const CLASSIC: [&str; 8] = [
    "A wakes B",
    "B wakes A",
    "A wakes the third, and B",
    "the third runs",
    "B wakes A",
    "A wakes B",
    "B wakes A",
    "the pair has ended",
];

/// Turns of each member of the pair.
const TURNS: u32 = 3;

/// Plays three turns of the pair; in the second the third is made ready.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    let third = Arc::new(Promise::new(1));
    let cells = Arc::new([WakerCell::new(), WakerCell::new()]);
    let (awaited, shown) = (third.clone(), show.clone());
    let waiting = executor.spawn(show.task("third", async move {
        awaited.wait().await;
        line(&shown, "        the third runs");
    }));
    third.awaited().await;
    let pair = [("A", "B", 0), ("B", "A", 1)].map(|(name, other, me)| {
        let (third, cells, shown) = (third.clone(), cells.clone(), show.clone());
        executor.spawn(show.task(name, async move {
            for turn in 1..=TURNS {
                if (me, turn) == (0, 2) {
                    line(&shown, format_args!("{name} wakes the third, and {other}"));
                    third.set(1);
                } else {
                    line(&shown, format_args!("{name} wakes {other}"));
                }
                hand_over(&cells, me, turn < TURNS).await;
            }
        }))
    });
    for member in pair {
        member.join().await?;
    }
    waiting.join().await?;
    line(&show, "the pair has ended");
    seen.closing(executor, &show, &CLASSIC, "lines");
    Ok(())
}

/// Wakes the other member, and waits for it if it is to wake this one again.
async fn hand_over(cells: &[WakerCell; 2], me: usize, wait: bool) {
    let mut woken = !wait;
    poll_fn(|cx| {
        if std::mem::replace(&mut woken, true) && wait {
            return Poll::Ready(());
        }
        cells[me].register(cx.waker());
        cells[1 - me].wake();
        if wait { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
}
