//! Spawning from a thread where the loop does not run. It needs exactly one loop of its kind in the
//! process, so this file is a process with one test.

use std::future::pending;
use std::thread;

use tminus_contract::{CancelJoin, Config, Executor, Join};
use tminus_executors::deque::Deque;
use tminus_executors::deque_nbio::DequeNbio;
use tminus_executors::heap::Heap;
use tminus_executors::heap_ready::HeapReady;

#[test]
fn spawns_from_other_threads() {
    fn check<E: Executor>() {
        E::run(&Config::workers(1), |e| async move {
            let (sender, receiver) = tminus_contract::channel::oneshot();
            let thread = thread::spawn(move || {
                let tasks: Vec<_> = (0..1_000_u64)
                    .map(|n| {
                        e.spawn(async move {
                            e.yield_now().await;
                            n
                        })
                    })
                    .collect();
                e.spawn(async {}).detach();
                let cancelled =
                    futures_lite::future::block_on(e.spawn_cancellable(pending::<()>()).cancel());
                assert_eq!(cancelled, None);
                let last = e.spawn(pending::<()>());
                sender.send((tasks, last));
            });
            let (tasks, last) = receiver.await.unwrap();
            let mut sum = 0;
            for task in tasks {
                sum += task.join().await.unwrap();
            }
            assert_eq!(sum, 999 * 1_000 / 2);
            last.detach();
            thread.join().unwrap();
        });
        let nowhere = thread::spawn(|| {
            let e = E::run(&Config::workers(1), |e| async move { e });
            e.spawn(async {}).detach();
        });
        let payload = nowhere.join().unwrap_err();
        let message = tminus_contract::panic_message(payload.as_ref());
        assert!(message.contains("0 of its loops run"), "{message}");
    }
    check::<Heap>();
    check::<HeapReady>();
    check::<Deque>();
    check::<DequeNbio>();
}
