//! A producer, a queue with room for two, and a slow consumer, live.

use std::sync::Arc;

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::live::{Seen, line};
use crate::queue::Queue;

/// The lines of first in, first out: the producer runs until the queue is full.
pub(super) const CLASSIC: [&str; 8] = [
    "1 is in the queue",
    "2 is in the queue",
    "1 is taken out",
    "3 is in the queue",
    "2 is taken out",
    "4 is in the queue",
    "3 is taken out",
    "4 is taken out",
];

/// Sends four items through the queue.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    let queue = Arc::new(Queue::new(2, 1, 1));
    let (to, sent) = (queue.clone(), show.clone());
    let producer = executor.spawn(show.task("producer", async move {
        for item in 1..=4 {
            to.send(0, item).await;
            line(&sent, format_args!("{item} is in the queue"));
        }
        to.leave();
    }));
    let taken = show.clone();
    let consumer = executor.spawn(show.task("consumer", async move {
        while let Some(item) = queue.receive(0).await {
            line(&taken, format_args!("        {item} is taken out"));
            executor.yield_now().await;
        }
    }));
    producer.join().await?;
    consumer.join().await?;
    seen.closing(executor, &show, &CLASSIC, "lines");
    Ok(())
}
