//! Rules of sockets. The other end is mostly std on a thread outside, which does nothing on its
//! own.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::Duration;

use tminus_contract::{Buf, CancelJoin, Erased, ErasedStream, Executor, Join, Listener, Stream};

use super::kit::{OnDrop, Signal, Trial, Verdict, ensure, joined, outside, step, yields};

/// Connections that `many` has at once.
pub(super) const MANY: usize = 200;

const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Turns an error of a socket into what was seen.
pub(super) fn failed(error: io::Error) -> String {
    format!("a socket gave an error: {error}")
}

/// Connects, sends `bytes` when it is told to, and closes. A thread that blocks in its read reports
/// nothing, and is not waited for.
pub(super) fn send_when(address: SocketAddr, bytes: &[u8], told: mpsc::Receiver<()>) {
    let sent = TcpStream::connect(address).and_then(|mut stream| {
        let _ = told.recv_timeout(Duration::from_millis(50));
        stream.write_all(bytes)
    });
    drop(sent);
}

/// Returns a stream of the executor, accepted, and its other end, connected with std.
async fn accepted(executor: Erased) -> Result<(ErasedStream, TcpStream), String> {
    let mut listener = executor.bind(ANY).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let peer = outside(move || TcpStream::connect(address));
    let stream = listener.accept().await.map_err(failed)?;
    let peer = peer.await.ok_or("the other end panicked")?.map_err(failed)?;
    peer.set_read_timeout(Some(Duration::from_secs(5))).map_err(failed)?;
    Ok((stream, peer))
}

/// Does as `accepted`, but the executor connects.
async fn connected(executor: Erased) -> Result<(ErasedStream, TcpStream), String> {
    let listener = TcpListener::bind(ANY).map_err(failed)?;
    let stream = executor.connect(listener.local_addr().map_err(failed)?).await.map_err(failed)?;
    let (peer, _) = listener.accept().map_err(failed)?;
    peer.set_read_timeout(Some(Duration::from_secs(5))).map_err(failed)?;
    Ok((stream, peer))
}

/// The length of the pattern that messages repeat: a prime, so no period that a buffer has.
const PERIOD: usize = 65_537;

/// Returns the pattern of messages, made once: a comparison of slices is quick even where nothing
/// is optimised.
fn pattern() -> &'static [u8] {
    static PATTERN: LazyLock<Vec<u8>> = LazyLock::new(|| {
        (0..PERIOD).map(|place| (place.wrapping_mul(0x9E37_79B9) >> 13) as u8).collect()
    });
    &PATTERN
}

/// Returns the bytes of a message from the place `from` on, in pieces.
fn pieces(from: usize, length: usize) -> impl Iterator<Item = &'static [u8]> {
    let mut rest = length;
    std::iter::successors(Some(from), |place| Some(place - place % PERIOD + PERIOD)).map_while(
        move |place| {
            let piece = &pattern()[place % PERIOD..];
            let piece = &piece[..piece.len().min(rest)];
            rest -= piece.len();
            (!piece.is_empty()).then_some(piece)
        },
    )
}

pub(super) fn message(length: usize) -> Vec<u8> {
    pieces(0, length).collect::<Vec<_>>().concat()
}

fn intact(bytes: &[u8], from: usize) -> Verdict {
    let mut place = 0;
    for piece in pieces(from, bytes.len()) {
        let got = &bytes[place..place + piece.len()];
        if got != piece {
            let wrong = got.iter().zip(piece).position(|(got, sent)| got != sent).unwrap_or(0);
            let (got, sent) = (got[wrong], piece[wrong]);
            return Err(format!("byte {} came as {got}, not {sent}", from + place + wrong));
        }
        place += piece.len();
    }
    Ok(())
}

/// Reads a message of so many bytes with buffers of `capacity`.
pub(super) async fn receive(stream: &mut impl Stream, length: usize, capacity: usize) -> Verdict {
    let (mut got, mut buf) = (0, Buf::with_capacity(capacity));
    while got < length {
        let (read, back) = stream.read(buf).await;
        let read = read.map_err(failed)?;
        ensure!(read != 0, "the end of the stream after {got} of {length} bytes");
        let lengths = (back.len(), back.capacity());
        ensure!(lengths == (read, capacity), "{read} bytes read, and the buffer is {lengths:?}");
        intact(&back, got)?;
        got += read;
        buf = back;
    }
    ensure!(got == length, "{got} bytes came, {length} were sent");
    Ok(())
}

pub(super) fn echo(trial: &Trial) -> Verdict {
    // The last is more than the buffers of both sockets take.
    const SIZES: [usize; 6] = [1, 4_095, 4_096, 4_097, 65_536, 8 << 20];
    trial.run(|executor| async move {
        let mut listener = executor.bind(ANY).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let client = executor.spawn(async move {
            let mut stream = executor.connect(address).await.map_err(failed)?;
            for size in SIZES {
                step("a client that writes a message and reads it back");
                let (written, back) = stream.write_all(Buf::from_slice(&message(size))).await;
                written.map_err(failed)?;
                ensure!(*back == *message(size), "the written buffer came back changed");
                receive(&mut stream, size, 4_096).await?;
            }
            Ok(())
        });
        let mut stream = listener.accept().await.map_err(failed)?;
        for size in SIZES {
            receive(&mut stream, size, 64 << 10).await?;
            stream.write_all(Buf::from_slice(&message(size))).await.0.map_err(failed)?;
        }
        joined(client).await?
    })
}

pub(super) fn end_of_stream(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for closes_at_once in [true, false] {
            let (mut stream, mut peer) = accepted(executor).await?;
            let pause = if closes_at_once { 0 } else { 2 };
            let peer = outside(move || {
                let sent = peer.write_all(&message(100));
                thread::sleep(Duration::from_millis(pause));
                drop(peer);
                sent
            });
            step("the bytes before the end of a stream");
            receive(&mut stream, 100, 64).await?;
            for _ in 0..3 {
                step("the end of a stream");
                let (read, buf) = stream.read(Buf::with_capacity(64)).await;
                let read = read.map_err(failed)?;
                ensure!((read, buf.len()) == (0, 0), "{read} bytes after the end of the stream");
            }
            peer.await.ok_or("the other end panicked")?.map_err(failed)?;
        }
        Ok(())
    })
}

/// Reads pieces that come one after the other, each when the last was read: with buffers that are
/// smaller than the piece, just as large, and larger.
pub(super) fn read_again(trial: &Trial) -> Verdict {
    let mut rng = trial.rng();
    trial.run(move |executor| async move {
        let (mut stream, mut peer) = accepted(executor).await?;
        let (asks, asked) = mpsc::channel::<(usize, usize, u64)>();
        let peer = outside(move || {
            for (from, length, pause) in asked {
                thread::sleep(Duration::from_micros(pause));
                let piece: Vec<_> = pieces(from, length).collect();
                if peer.write_all(&piece.concat()).is_err() {
                    break;
                }
            }
        });
        let (mut got, mut sent) = (0, 0);
        for round in 0..60 {
            let length = rng.usize(1..40);
            let pause = if round % 3 == 0 { 0 } else { rng.u64(0..400) };
            let _ = asks.send((sent, length, pause));
            sent += length;
            let capacity = [1, 3, length, 64][round % 4];
            step("a piece that comes after another was read");
            while got < sent {
                let (read, buf) = stream.read(Buf::with_capacity(capacity)).await;
                let read = read.map_err(failed)?;
                ensure!(read != 0, "the end of the stream after {got} bytes, still open");
                intact(&buf, got)?;
                got += read;
            }
        }
        drop(asks);
        peer.await;
        Ok(())
    })
}

/// Writes to a slow reader outside, so that the writer must wait for room again and again.
pub(super) fn write_again(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for from_accept in [true, false] {
            let (mut stream, mut peer) = match from_accept {
                true => accepted(executor).await?,
                false => connected(executor).await?,
            };
            const LENGTH: usize = 12 << 20;
            let peer = outside(move || {
                let (mut got, mut buf) = (0, vec![0; 64 << 10]);
                loop {
                    thread::sleep(Duration::from_micros(200));
                    let read = peer.read(&mut buf).map_err(failed)?;
                    if read == 0 {
                        return Ok(got);
                    }
                    intact(&buf[..read], got)?;
                    got += read;
                }
            });
            step("a message that the other end reads slowly");
            let (written, _) = stream.write_all(Buf::from_slice(&message(LENGTH))).await;
            written.map_err(failed)?;
            drop(stream);
            let got: Result<usize, String> = peer.await.ok_or("the other end panicked")?;
            let got = got?;
            ensure!(got == LENGTH, "{LENGTH} bytes were written, {got} came");
        }
        Ok(())
    })
}

pub(super) fn many(trial: &Trial) -> Verdict {
    let count = trial.tasks(MANY);
    trial.run(move |executor| async move {
        let mut listener = executor.bind(ANY).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let clients = outside(move || all_at_once(address, count));
        let mut servers = Vec::new();
        for _ in 0..count {
            step("one of many connections that come at once");
            let mut stream = listener.accept().await.map_err(failed)?;
            servers.push(executor.spawn(async move {
                receive(&mut stream, 10, 16).await?;
                stream.write_all(Buf::from_slice(&message(10))).await.0.map_err(failed)
            }));
        }
        for server in servers {
            step("a message on each of many connections");
            joined(server).await??;
        }
        clients.await.ok_or("the clients panicked")?.map_err(failed)
    })
}

fn all_at_once(address: SocketAddr, count: usize) -> io::Result<()> {
    let mut clients =
        (0..count).map(|_| TcpStream::connect(address)).collect::<io::Result<Vec<_>>>()?;
    for client in clients.iter_mut().rev() {
        client.write_all(&message(10))?;
    }
    for client in &mut clients {
        let mut back = [0; 10];
        client.read_exact(&mut back)?;
        intact(&back, 0).map_err(io::Error::other)?;
    }
    Ok(())
}

pub(super) fn refused(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for _ in 0..10 {
            let closed = TcpListener::bind(ANY).and_then(|it| it.local_addr()).map_err(failed)?;
            step("a connection to a port without a listener");
            let connected = executor.connect(closed).await;
            ensure!(connected.is_err(), "a connection to a port without a listener succeeded");
        }
        step("a connection after others were refused");
        let (_, peer) = connected(executor).await?;
        drop(peer);
        Ok(())
    })
}

pub(super) fn drop_closes(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for (name, from_accept) in [("accepted", true), ("connected", false)] {
            let (stream, mut peer) = match from_accept {
                true => accepted(executor).await?,
                false => connected(executor).await?,
            };
            drop(stream);
            step("the end of a stream whose other end was dropped");
            let read = outside(move || peer.read(&mut [0; 8]));
            let read = read.await.ok_or("the other end panicked")?;
            let closed = matches!(read, Ok(0));
            ensure!(closed, "the other end of an {name} stream that was dropped read {read:?}");
        }
        let listener = executor.bind(ANY).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        drop(listener);
        step("a connection to a listener that was dropped");
        let refused =
            outside(move || super::kit::eventually(|| TcpStream::connect(address).is_err()));
        ensure!(refused.await == Some(true), "a listener that was dropped takes connections");
        Ok(())
    })
}

pub(super) fn waits_block_nobody(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        let (mut stream, mut peer) = accepted(executor).await?;
        let mut idle = executor.bind(ANY).await.map_err(failed)?;
        let accepting = executor.spawn(async move { idle.accept().await.is_ok() });
        accepting.detach();
        let reading = executor.spawn(async move { receive(&mut stream, 1, 8).await });
        step("tasks beside others that wait for sockets");
        let other = executor.spawn(yields(executor, 20));
        yields(executor, 20).await;
        joined(other).await?;
        step("a read that waited for long");
        peer.write_all(&message(1)).map_err(failed)?;
        joined(reading).await?
    })
}

pub(super) fn cancel_of_read(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for turns in 0..5 {
            let (mut stream, mut peer) = accepted(executor).await?;
            let (started, dropped) = (Signal::default(), Signal::default());
            let (start, guard) = (started.clone(), OnDrop(dropped.clone()));
            let reading = executor.spawn_cancellable(async move {
                let _guard = guard;
                start.set();
                let (read, _) = stream.read(Buf::with_capacity(8)).await;
                read.is_ok()
            });
            started.wait().await;
            yields(executor, turns).await;
            step("a cancel of a task that waits to read");
            let output = reading.cancel().await;
            ensure!(output.is_none(), "a read that was cancelled completed with {output:?}");
            ensure!(dropped.is_set(), "cancel returned before the future was dropped");
            step("the end of a stream whose reader was cancelled");
            let read = outside(move || peer.read(&mut [0; 8])).await;
            let closed = matches!(read, Some(Ok(0)));
            ensure!(closed, "the other end of a read that was cancelled read {read:?}");
        }
        Ok(())
    })
}
