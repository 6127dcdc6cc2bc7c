//! The rules that show only with many tasks, many sockets or a foreign thread.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use tminus_harness::contract::{
    Buf, CancelJoin, Config, Executor, Join, Listener, Stream, channel,
};

use super::rules::Dropped;

pub(crate) fn a_wake_comes_from_another_thread<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        for n in 0..100 {
            let (sender, receiver) = channel::oneshot();
            let thread = thread::spawn(move || sender.send(n));
            let task = executor.spawn(receiver);
            assert_eq!(task.join().await.expect("the task returns"), Some(n));
            thread.join().expect("the thread sends");
        }
    });
}

pub(crate) fn a_task_is_cancelled_wherever_it_stands<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        for turn in 0..100 {
            let dropped = Arc::new(AtomicBool::new(false));
            let guard = Dropped(dropped.clone());
            let task = executor.spawn_cancellable(async move {
                let _guard = guard;
                // Bounded for executors that never leave a task that wakes itself.
                for _ in 0..1_000 {
                    match turn % 2 {
                        0 => executor.yield_now().await,
                        _ => drop(executor.sleep_until(executor.now() + hour()).await),
                    }
                }
            });
            // Not yet started, or in the middle of it.
            for _ in 0..turn % 3 {
                executor.yield_now().await;
            }
            let _ = task.cancel().await;
            assert!(dropped.load(SeqCst), "turn {turn}: cancel returned before the drop");
        }
    });
}

fn hour() -> Duration {
    Duration::from_secs(3600)
}

pub(crate) fn a_crowd_yields_sleeps_and_ends<E: Executor>(config: &Config) {
    let most = E::CAPABILITIES.max_tasks.map_or(u64::MAX, |(most, _)| most);
    let crowd = most.min(5_000) / 2;
    let ended = E::run(config, move |executor| async move {
        let mut ended = 0;
        // Twice, since executors use the memory of tasks again.
        for _ in 0..2 {
            let tasks: Vec<_> = (0..crowd)
                .map(|_| {
                    executor.spawn(async move {
                        executor.yield_now().await;
                        executor.sleep_until(executor.now() + Duration::from_millis(2)).await;
                    })
                })
                .collect();
            for task in tasks {
                task.join().await.expect("the task returns");
                ended += 1;
            }
        }
        ended
    });
    assert_eq!(ended, 2 * crowd);
}

/// As `echo` uses its connections: made by the root, used by new tasks each time, which other
/// workers may run, and dropped by the root.
pub(crate) fn connections_go_from_task_to_task<E: Executor>(config: &Config) {
    const CONNECTIONS: u8 = 30;
    E::run(config, |executor| async move {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut listener = executor.bind(any).await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let (mut clients, mut servers) = (Vec::new(), Vec::new());
        for _ in 0..CONNECTIONS {
            clients.push(executor.connect(address).await.expect("the server listens"));
            let stream = listener.accept().await.expect("a client connects");
            servers.push(executor.spawn(echo(stream)));
        }
        for _ in 0..3 {
            let talks = clients.drain(..).zip(0..);
            let talks: Vec<_> = talks.map(|(client, n)| executor.spawn(talk(client, n))).collect();
            for talk in talks {
                clients.push(talk.join().await.expect("every byte comes back"));
            }
        }
        drop((listener, clients));
        for server in servers {
            server.join().await.expect("the server sees the end");
        }
    });
}

async fn echo<S: Stream>(mut stream: S) {
    let mut buf = Buf::with_capacity(4096);
    loop {
        let (read, filled) = stream.read(buf).await;
        if read.expect("the client is there") == 0 {
            return;
        }
        let (written, emptied) = stream.write_all(filled).await;
        written.expect("the client is there");
        buf = emptied;
    }
}

/// Sends 20 messages of the client's own byte and waits for each of them.
async fn talk<S: Stream>(mut stream: S, client: u8) -> S {
    let mut buf = Buf::with_capacity(4096);
    for _ in 0..20 {
        stream.write_all(Buf::from_slice(&[client; 64])).await.0.expect("the server is there");
        let mut left = 64;
        while left > 0 {
            let (read, filled) = stream.read(buf).await;
            let read = read.expect("the server is there");
            assert!((1..=left).contains(&read) && filled.len() == read);
            assert!(filled.iter().all(|&byte| byte == client), "bytes of another client");
            left -= read;
            buf = filled;
        }
    }
    stream
}
