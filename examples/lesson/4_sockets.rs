//! Step 4 of LESSON.md: sockets, first looked at again and again, then by asking the system.
//!
//! `4_sockets.py` beside this file is the same in Python. Both sockets are non-blocking: a read of
//! one that has nothing says so. The first loop tries each that waits and sleeps after a round that
//! found nothing; the second one asks `poll(2)` which are ready and sleeps in there.

#![expect(clippy::print_stdout, reason = "its lines are what it is for")]

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};

type Coroutine<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Reads what there is, and suspends while there is nothing. Counts its looks.
fn read<'a>(socket: &'a UnixStream, looks: &'a Cell<u32>) -> impl Future<Output = String> + 'a {
    poll_fn(move |_| {
        looks.set(looks.get() + 1);
        let mut buffer = [0; 64];
        match (&*socket).read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            read => {
                let length = read.expect("the other end is open");
                Poll::Ready(String::from_utf8_lossy(&buffer[..length]).into_owned())
            }
        }
    })
}

/// Resumes all again and again; between two rounds does `wait`. Returns the rounds.
fn run(mut coroutines: Vec<Coroutine<'_>>, mut wait: impl FnMut(u32)) -> u32 {
    let mut cx = Context::from_waker(Waker::noop());
    for round in 1.. {
        coroutines.retain_mut(|it| it.as_mut().poll(&mut cx).is_pending());
        if coroutines.is_empty() {
            return round;
        }
        wait(round);
    }
    unreachable!("rounds do not end before the coroutines do")
}

/// Shows what `wait` makes of a message that comes after three rounds.
fn show(how: &str, wait: impl Fn(&UnixStream, &UnixStream, u32)) {
    let (here, there) = UnixStream::pair().expect("two sockets");
    here.set_nonblocking(true).expect("a socket");
    let looks = Cell::new(0);
    let message = async {
        println!("{how}: {}", read(&here, &looks).await);
    };
    let rounds = run(vec![Box::pin(message)], |round| wait(&here, &there, round));
    println!("{how}: {} looks in {rounds} rounds", looks.get());
}

fn main() {
    show("poll and sleep", |_, mut there, round| {
        if round == 3 {
            there.write_all(b"hello").expect("it takes all");
        }
        thread::sleep(Duration::from_millis(1));
    });
    show("poll(2)", |here, mut there, _| {
        let mut asked = [PollFd::from_borrowed_fd(here.as_fd(), PollFlags::IN)];
        thread::scope(|scope| {
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(3));
                there.write_all(b"hello").expect("it takes all");
            });
            // Sleeps here until the socket has something.
            poll(&mut asked, None).expect("it waits");
        });
    });
}
