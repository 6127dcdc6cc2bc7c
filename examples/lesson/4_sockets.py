"""Step 4 of LESSON.md: sockets, first looked at again and again, then by asking the system."""

import select
import socket
import threading
import time


def read(sock, looks):
    """Reads what there is, and suspends while there is nothing. Counts its looks."""
    while True:
        looks.append(1)
        try:
            return sock.recv(64).decode()
        except BlockingIOError:
            yield


def run(coroutines, wait):
    """Resumes all again and again; between two rounds does `wait`. Returns the rounds."""
    rounds = 0
    while True:
        rounds += 1
        for coroutine in list(coroutines):
            try:
                next(coroutine)
            except StopIteration:
                coroutines.remove(coroutine)
        if not coroutines:
            return rounds
        wait(rounds)


def show(how, wait):
    """Shows what `wait` makes of a message that comes after three rounds."""
    here, there = socket.socketpair()
    here.setblocking(False)
    looks = []

    def message():
        print(f"{how}:", (yield from read(here, looks)))

    rounds = run([message()], lambda rounds: wait(here, there, rounds))
    print(f"{how}: {len(looks)} looks in {rounds} rounds")


def poll_and_sleep(_, there, rounds):
    if rounds == 3:
        there.sendall(b"hello")
    time.sleep(0.001)


def ask(here, there, _):
    threading.Timer(0.003, there.sendall, [b"hello"]).start()
    asked = select.poll()
    asked.register(here, select.POLLIN)
    # Sleeps here until the socket has something.
    asked.poll()


show("poll and sleep", poll_and_sleep)
show("poll(2)", ask)
