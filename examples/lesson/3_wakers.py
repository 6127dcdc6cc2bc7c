"""Step 3 of LESSON.md: the loop resumes a task only after something has woken it."""

import threading
import types
from collections import deque


class Loop:
    """The tasks that are ready, and the number of those that have not ended."""

    def __init__(self):
        self.ready, self.alive, self.changed = deque(), 0, threading.Condition()

    def wake(self, task):
        """Puts the task last among those that are ready. It runs nothing."""
        with self.changed:
            self.ready.append(task)
            self.changed.notify()

    def spawn(self, task):
        """Adds a task, also while the loop runs."""
        self.alive += 1
        self.wake(task)

    def run(self):
        """Runs what is ready until all tasks have ended; sleeps while nothing is."""
        while self.alive:
            with self.changed:
                self.changed.wait_for(lambda: self.ready)
                task = self.ready.popleft()
            try:
                promise = task.send(None)
            except StopIteration:
                self.alive -= 1
            else:
                promise.add_callback(lambda task=task: self.wake(task))


class Promise:
    """A value that comes later, and what is called when it is there."""

    def __init__(self):
        self.value, self.callbacks, self.lock = None, [], threading.Lock()

    def set(self, value):
        """Wakes all that wait. None of them runs before the caller suspends."""
        with self.lock:
            self.value, callbacks = value, self.callbacks
        for callback in callbacks:
            callback()

    def add_callback(self, callback):
        with self.lock:
            if self.value is None:
                self.callbacks.append(callback)
                return
        callback()

    @types.coroutine
    def get(self):
        while self.value is None:
            yield self
        return self.value


async def show(name, promise):
    print(name, await promise.get())


async def supervisor(tasks, promise):
    promise.set(7)
    print("after set_result")
    answer = Promise()
    # The loop sleeps meanwhile: the thread wakes it.
    threading.Thread(target=answer.set, args=[42]).start()
    tasks.spawn(show("answer: ", answer))


tasks, promise = Loop(), Promise()
for name in ["cb1", "cb2"]:
    tasks.spawn(show(name, promise))
tasks.spawn(supervisor(tasks, promise))
tasks.run()
