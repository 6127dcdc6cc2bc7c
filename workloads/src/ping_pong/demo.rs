//! A rally of one pair, live.

use std::sync::Arc;

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use super::{Mailbox, Table};
use crate::live::{Seen, clock_face, line};

/// The hits, and how long they took.
const CLASSIC: [&str; 9] =
    ["ping 1", "pong 2", "ping 3", "pong 4", "ping 5", "pong 6", "ping 7", "pong 8", "8 hits in *"];

/// Hits of each of the two.
const HITS: u32 = 4;

/// Plays four hits each, four in a tick.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    let start = executor.now();
    let table = Arc::new(Table::default());
    let (for_ping, for_pong) = (table.clone(), table);
    let (show_ping, show_pong) = (show.clone(), show.clone());
    let ping = executor.spawn(show.task("ping", async move {
        for round in 0..HITS {
            hit(executor, &show_ping, "ping", &for_ping.there, 2 * round + 1).await;
            for_ping.back.receive().await;
        }
    }));
    let pong = executor.spawn(show.task("pong", async move {
        for round in 1..=HITS {
            for_pong.there.receive().await;
            hit(executor, &show_pong, "        pong", &for_pong.back, 2 * round).await;
        }
    }));
    ping.join().await?;
    pong.join().await?;
    let elapsed = clock_face(executor.now() - start);
    line(&show, format_args!("{} hits in {elapsed}", 2 * HITS));
    seen.closing(executor, &show, &CLASSIC, "lines");
    Ok(())
}

/// Takes a moment to hit the ball.
async fn hit<E: Executor>(executor: E, show: &Show, who: &str, to: &Mailbox, ball: u32) {
    line(show, format_args!("{who} {ball}"));
    executor.sleep_until(executor.now() + show.tick / 4).await;
    to.send(ball.into());
}
