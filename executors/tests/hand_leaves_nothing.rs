//! A hand-written loop leaves no thread and no descriptor behind. The whole process is counted, so
//! this file is a process with one test.

#![cfg(target_os = "linux")]

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tminus_contract::{Buf, Config, Executor, Join, Listener, Stream};
use tminus_executors::deque::Deque;
use tminus_executors::deque_nbio::DequeNbio;
use tminus_executors::heap::Heap;
use tminus_executors::heap_ready::HeapReady;

fn count(what: &str) -> usize {
    fs::read_dir(format!("/proc/self/{what}")).unwrap().count()
}

/// Sockets and timers; some tasks never end.
fn work<E: Executor>() {
    let threads = count("task");
    E::run(&Config::workers(1), move |e| async move {
        let mut listener = e.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let mut client = e.connect(listener.local_addr().unwrap()).await.unwrap();
        let mut server = listener.accept().await.unwrap();
        e.spawn(async move {
            let _ = server.read(Buf::with_capacity(10)).await;
            std::future::pending::<()>().await;
        })
        .detach();
        client.write_all(Buf::from_slice(b"hello")).await.0.unwrap();
        e.spawn(e.sleep_until(e.now() + Duration::from_millis(1))).join().await.unwrap();
        e.spawn(e.sleep_until(e.now() + Duration::from_secs(60))).detach();
        e.yield_now().await;
        assert_eq!(count("task"), threads);
    });
}

#[test]
fn no_thread_and_no_descriptor_is_left() {
    work::<Heap>();
    let before = (count("fd"), count("task"));
    for _ in 0..20 {
        work::<Heap>();
        work::<HeapReady>();
        work::<Deque>();
        work::<DequeNbio>();
    }
    assert_eq!((count("fd"), count("task")), before);
}
