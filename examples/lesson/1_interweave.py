"""Step 1 of LESSON.md: coroutines that take turns, with nothing but a deque."""

from collections import deque


def interweave(coroutines):
    """Resumes the first coroutine and puts it last, until all have ended."""
    ready = deque(coroutines)
    while ready:
        coroutine = ready.popleft()
        try:
            value = next(coroutine)
        except StopIteration:
            continue
        ready.append(coroutine)
        yield value


def interweave_until_one_ends(coroutines):
    """Resumes one after the other: its first form, which ends with the shortest and so loses what the others had left."""
    while True:
        for coroutine in coroutines:
            try:
                value = next(coroutine)
            except StopIteration:
                return
            yield value


def squares(numbers):
    for number in numbers:
        print("Computing square of ", number)
        yield number * number


def sum_of_squares(numbers):
    """Suspends in a coroutine that it delegates to: the loop sees one coroutine, whatever its depth."""
    total = 0
    for number in numbers:
        yield number
        yield from squares([number])
        total += number * number
    print("sum_of_squares", numbers, total)


def pair():
    return [squares(range(1, 7)), squares([10, 20, 30, 40])]


print("yielded", list(interweave(pair())))
print()
sums = [sum_of_squares([number * by for number in range(1, 6)]) for by in (1, 10)]
print(len(list(interweave(sums))), "resumptions gave something")
print()
print("yielded", list(interweave_until_one_ends([pair()[0], squares([10, 20])])))
