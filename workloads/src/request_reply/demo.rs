//! Two clients and a server that squares, live.

use std::sync::Arc;

use tminus_contract::channel::{Sender, oneshot};
use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::live::{Seen, line};
use crate::queue::Queue;

/// The lines of first in, first out.
pub(super) const CLASSIC: [&str; 8] = [
    "A asks for the square of 2",
    "B asks for the square of 20",
    "A is told 4",
    "A asks for the square of 3",
    "B is told 400",
    "B asks for the square of 30",
    "A is told 9",
    "B is told 900",
];

type Squares = Queue<(u64, Sender<u64>)>;

/// Plays two requests of each client.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    let desk = Arc::new(Squares::new(1, 2, 1));
    let clients = [("A", 0, [2, 3]), ("B", 1, [20, 30])].map(|(name, place, numbers)| {
        let client = ask(desk.clone(), show.clone(), name, place, numbers);
        executor.spawn(show.task(name, client))
    });
    let server = executor.spawn(show.task("server", async move {
        while let Some((number, reply)) = desk.receive(0).await {
            reply.send(number * number);
        }
    }));
    for client in clients {
        client.join().await?;
    }
    server.join().await?;
    seen.closing(executor, &show, &CLASSIC, "lines");
    Ok(())
}

async fn ask(desk: Arc<Squares>, show: Show, name: &str, place: usize, numbers: [u64; 2]) {
    for number in numbers {
        line(&show, format_args!("{name} asks for the square of {number}"));
        let (reply, answered) = oneshot();
        desk.send(place, (number, reply)).await;
        match answered.await {
            Some(square) => line(&show, format_args!("{name} is told {square}")),
            None => line(&show, format_args!("{name} is told nothing")),
        }
    }
    desk.leave();
}
