//! Sockets: every byte arrives, ends are seen, nothing is left open.

use super::*;

on_each_loop!(
    bytes_come_back,
    a_message_larger_than_every_buffer,
    the_end_of_a_stream_with_its_last_bytes,
    a_refused_connection_is_an_error,
    idle_connections,
    a_socket_outlives_its_loop,
    a_read_is_given_up,
    the_address_is_told,
);

fn local() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

async fn serve<E: Executor>(e: E, mut listener: E::Listener, connections: usize) {
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut stream = listener.accept().await.unwrap();
        tasks.push(e.spawn(async move {
            let mut buf = Buf::with_capacity(4096);
            loop {
                let (result, bytes) = stream.read(buf).await;
                if result.unwrap() == 0 {
                    break;
                }
                let (result, bytes) = stream.write_all(bytes).await;
                result.unwrap();
                buf = bytes;
            }
        }));
    }
    for task in tasks {
        task.join().await.unwrap();
    }
}

async fn echo_once(stream: &mut impl Stream, message: &[u8]) {
    let (result, _) = stream.write_all(Buf::from_slice(message)).await;
    result.unwrap();
    let mut got = Vec::new();
    let mut buf = Buf::with_capacity(4096);
    while got.len() < message.len() {
        let (result, bytes) = stream.read(buf).await;
        assert!(result.unwrap() > 0);
        got.extend_from_slice(&bytes);
        buf = bytes;
    }
    assert_eq!(got, message);
}

fn bytes_come_back<E: Executor>() {
    run(|e: E| async move {
        let listener = e.bind(local()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = e.spawn(serve(e, listener, 10));
        let clients: Vec<_> = (0..10_u8)
            .map(|n| {
                e.spawn(async move {
                    let mut stream = e.connect(address).await.unwrap();
                    for m in 0..20_u8 {
                        echo_once(&mut stream, &[n ^ m; 64]).await;
                    }
                })
            })
            .collect();
        for client in clients {
            client.join().await.unwrap();
        }
        server.join().await.unwrap();
    });
}

fn a_message_larger_than_every_buffer<E: Executor>() {
    run(|e: E| async move {
        let mut listener = e.bind(local()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let total = 6_000_000_usize;
        let sender = e.spawn(async move {
            let mut stream = e.connect(address).await.unwrap();
            let bytes: Vec<u8> = (0..total).map(|n| (n % 251) as u8).collect();
            let (result, buf) = stream.write_all(Buf::from_slice(&bytes)).await;
            result.unwrap();
            assert_eq!(buf.len(), total);
        });
        let mut stream = listener.accept().await.unwrap();
        // Let the sender run into full buffers first.
        e.sleep_until(Instant::now() + Duration::from_millis(2)).await;
        let (mut count, mut buf) = (0, Buf::with_capacity(10_000));
        loop {
            let (result, bytes) = stream.read(buf).await;
            if result.unwrap() == 0 {
                break;
            }
            assert!(bytes.iter().enumerate().all(|(n, byte)| *byte == ((count + n) % 251) as u8));
            count += bytes.len();
            buf = bytes;
        }
        assert_eq!(count, total);
        sender.join().await.unwrap();
    });
}

/// The last bytes and the end come in one edge: reading less than there is room for must not hide
/// the end.
fn the_end_of_a_stream_with_its_last_bytes<E: Executor>() {
    run(|e: E| async move {
        let mut listener = e.bind(local()).await.unwrap();
        let address = listener.local_addr().unwrap();
        for early in [true, false] {
            let mut sender = e.connect(address).await.unwrap();
            let mut stream = listener.accept().await.unwrap();
            if early {
                // The reader waits already when both arrive.
                let reader = e.spawn(async move {
                    let (result, buf) = stream.read(Buf::with_capacity(100)).await;
                    assert_eq!(result.unwrap(), 3);
                    assert_eq!(stream.read(buf).await.0.unwrap(), 0);
                });
                e.yield_now().await;
                sender.write_all(Buf::from_slice(b"end")).await.0.unwrap();
                drop(sender);
                reader.join().await.unwrap();
            } else {
                sender.write_all(Buf::from_slice(b"end")).await.0.unwrap();
                drop(sender);
                e.sleep_until(Instant::now() + Duration::from_millis(1)).await;
                let (result, buf) = stream.read(Buf::with_capacity(100)).await;
                assert_eq!(result.unwrap(), 3);
                let (result, buf) = stream.read(buf).await;
                assert_eq!((result.unwrap(), buf.len()), (0, 0));
            }
        }
    });
}

fn a_refused_connection_is_an_error<E: Executor>() {
    run(|e: E| async move {
        let listener = e.bind(local()).await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = e.connect(address).await.err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    });
}

fn idle_connections<E: Executor>() {
    run(|e: E| async move {
        let listener = e.bind(local()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = e.spawn(serve(e, listener, 101));
        let mut idle = Vec::new();
        for _ in 0..100 {
            idle.push(e.connect(address).await.unwrap());
        }
        let mut busy = e.connect(address).await.unwrap();
        for n in 0..50 {
            echo_once(&mut busy, &[n; 64]).await;
        }
        drop(busy);
        for mut stream in idle {
            echo_once(&mut stream, b"awake").await;
        }
        server.join().await.unwrap();
    });
}

fn a_socket_outlives_its_loop<E: Executor>() {
    let (listener, stream) = run(|e: E| async move {
        let mut listener = e.bind(local()).await.unwrap();
        let stream = e.connect(listener.local_addr().unwrap()).await.unwrap();
        drop(listener.accept().await.unwrap());
        (listener, stream)
    });
    assert!(listener.local_addr().is_ok());
    std::thread::spawn(move || drop(listener)).join().unwrap();
    drop(stream);
    // Another run, with the same loop id perhaps, is not disturbed.
    bytes_come_back::<E>();
}

fn a_read_is_given_up<E: Executor>() {
    run(|e: E| async move {
        let mut listener = e.bind(local()).await.unwrap();
        let mut stream = e.connect(listener.local_addr().unwrap()).await.unwrap();
        let mut other = listener.accept().await.unwrap();
        {
            let mut reading = Box::pin(stream.read(Buf::with_capacity(10)));
            poll_fn(|cx| {
                assert!(reading.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
        }
        other.write_all(Buf::from_slice(b"later")).await.0.unwrap();
        let (result, buf) = stream.read(Buf::with_capacity(10)).await;
        assert_eq!((result.unwrap(), &*buf), (5, &b"later"[..]));
    });
}

fn the_address_is_told<E: Executor>() {
    run(|e: E| async move {
        let listener = e.bind(local()).await.unwrap();
        let address = listener.local_addr().unwrap();
        assert!(address.ip().is_loopback() && address.port() != 0);
        let taken = e.bind(address).await.err().unwrap();
        assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    });
}
