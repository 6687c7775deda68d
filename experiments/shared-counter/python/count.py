"""How many additions to a shared counter are missing: with threads, with processes that share a Value, and with processes that
share nothing."""

import sys
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier, Lock, Thread

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab" / "python"))
from told import tell

# ANCHOR: count
counter, lock = 0, Lock()


def plain(times):
    global counter
    for _ in range(times):
        counter += 1


def with_call(times):
    global counter
    for _ in range(times):
        counter += int(1)


def with_lock(times):
    global counter
    for _ in range(times):
        with lock:
            counter += int(1)


def on_value(times, value):
    for _ in range(times):
        value.value += 1


def on_value_with_lock(times, value):
    for _ in range(times):
        with value.get_lock():
            value.value += 1


def in_own_memory(times, results):
    plain(times)
    results.put(counter)
# ANCHOR_END: count


WORKERS, TIMES = 2, 300_000
fork = get_context("fork")


def until_they_meet(count):
    """A run in which the machine let the workers work one after the other says nothing about two at a time."""
    for _ in range(50):
        measured = count()
        if measured["lost"][0] > 0:
            break
    return measured


def counted_by_threads(work):
    global counter
    counter = 0
    all_do(Thread, Barrier(WORKERS), work, TIMES)
    return lost(counter, TIMES)


def counted_on_a_value(work, times=TIMES // 10):
    value = fork.Value("q", 0)
    all_do(fork.Process, fork.Barrier(WORKERS), work, times, value)
    return lost(value.value, times)


def counted_in_own_memory():
    global counter
    counter, results = 0, fork.SimpleQueue()
    all_do(fork.Process, fork.Barrier(WORKERS), in_own_memory, TIMES, results)
    return lost(sum(results.get() for _ in range(WORKERS)), TIMES)


def all_do(kind, barrier, work, *words):
    def begin_together():
        barrier.wait()
        work(*words)

    workers = [kind(target=begin_together, daemon=True) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def lost(counted, times):
    made = WORKERS * times
    return {
        "added": (made, "updates"),
        "lost": (made - counted, "updates"),
        "share-lost": (100 * (made - counted) / made, "%"),
    }


def loses(measured):
    return measured["lost"] > 0


def loses_none(measured):
    return measured["lost"] == 0


if __name__ == "__main__":
    # The lock of the interpreter changes hands after 0.1 ms and not after 5, so that even a short run has many hand-overs.
    sys.setswitchinterval(1e-4)
    tell("shared-counter", [
        ("plain", WORKERS, lambda: counted_by_threads(plain)),
        ("call", WORKERS, lambda: until_they_meet(lambda: counted_by_threads(with_call)), loses),
        ("lock", WORKERS, lambda: counted_by_threads(with_lock), loses_none),
        ("value", WORKERS, lambda: until_they_meet(lambda: counted_on_a_value(on_value)), loses),
        ("value-lock", WORKERS, lambda: counted_on_a_value(on_value_with_lock), loses_none),
        ("private", WORKERS, counted_in_own_memory, loses_none),
    ])
