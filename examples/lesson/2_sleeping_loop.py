"""Step 2 of LESSON.md: a loop that sleeps until the earliest of its coroutines wants to go on."""

import heapq
import itertools
import sys
import time
import types


@types.coroutine
def sleep(length):
    """Sleeps and returns how long it really was."""
    return (yield time.monotonic() + length)


def run_until_complete(coroutines):
    """Sleeps until the earliest wants to go on, resumes it and pushes it back, until all have ended."""
    sleeping, arrivals = [], itertools.count()

    def resume(coroutine, waited):
        began = time.monotonic()
        try:
            deadline = coroutine.send(waited)
        except StopIteration:
            return
        heapq.heappush(sleeping, (deadline, next(arrivals), began, coroutine))

    for coroutine in coroutines:
        resume(coroutine, None)
    while sleeping:
        deadline, _, began, coroutine = heapq.heappop(sleeping)
        time.sleep(max(0, deadline - time.monotonic()))
        resume(coroutine, time.monotonic() - began)


async def countdown(label, length, delay, tick):
    print(label, "waiting", delay, "seconds before starting countdown")
    waited = await sleep(tick * delay)
    print(label, "starting after waiting", int(waited / tick), "ticks")
    for left in range(length, 0, -1):
        print(label, "T-minus", left)
        await sleep(tick)
    print(label, "lift-off!")


tick = int(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 1
began = time.monotonic()
run_until_complete([countdown("A", 5, 0, tick), countdown("B", 3, 2, tick), countdown("C", 4, 1, tick)])
print("Total elapsed time is", int((time.monotonic() - began) / tick), "ticks")
