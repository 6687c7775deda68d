"""How long a message of 8 bytes takes there and back: between threads over queues, between processes over queues and over
a pipe. And how long it takes to hand over many numbers: pickled, and in shared memory."""

import os
import pickle
import signal
import sys
from array import array
from contextlib import suppress
from functools import lru_cache, partial
from math import sqrt
from multiprocessing import get_context, resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from queue import Queue, SimpleQueue
from statistics import median
from threading import Thread
from time import perf_counter_ns

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab" / "python"))
from told import LeftOut, tell

fork = get_context("fork")


# ANCHOR: messages
def ping(messages, send, receive):
    for message in messages:
        send(message)
        if receive() != message:
            raise ValueError("another message came back")


def pong(receive, send):
    while True:
        send(receive())


def threads_over(kind):
    there, back = kind(), kind()
    Thread(target=pong, args=(there.get, back.put), daemon=True).start()
    return there.put, back.get


def processes_over(kind):
    there, back = kind(), kind()
    fork.Process(target=pong, args=(there.get, back.put), daemon=True).start()
    return there.put, back.get


def processes_over_a_pipe():
    here, there = fork.Pipe()
    fork.Process(target=pong, args=(there.recv, there.send), daemon=True).start()
    return here.send, here.recv


def pickled(message):  # as a pipe or a queue between processes does it for you
    return pickle.loads(pickle.dumps(message))


def in_shared_memory(numbers, memory):
    memory.buf.cast("d")[: len(numbers)] = numbers
    # Only the name goes to the other process, which reads the numbers in place.
    theirs = SharedMemory(pickled(memory.name))
    return theirs.buf.cast("d")[: len(numbers)], theirs
# ANCHOR_END: messages


# Those between processes come first, because a process that has threads shouldn't fork.
ROUND_TRIPS = {
    "pipe-processes": processes_over_a_pipe,
    "simple-queue-processes": partial(processes_over, fork.SimpleQueue),
    "queue-processes": partial(processes_over, fork.Queue),
    "simple-queue-threads": partial(threads_over, SimpleQueue),
    "queue-threads": partial(threads_over, Queue),
}
HAND_OVERS = ["pickle-list", "pickle-array", "shared-memory"]
SIZES = [2**10, 2**16, 2**20, 2**23]
TRIPS, ROUNDS, LIMIT = 50, 11, 30


def round_trips():
    def round_trip(send, receive):
        began = perf_counter_ns()
        ping(messages, send, receive)
        return {"round-trip-free": ((perf_counter_ns() - began) / TRIPS, "ns")}

    messages, ways, missing = [sqrt(number) for number in range(TRIPS)], {}, {}
    for name, open_ends in ROUND_TRIPS.items():
        try:
            ways[name] = partial(round_trip, *open_ends())
        except (ImportError, OSError, RuntimeError) as why:
            missing[name] = left_out(why)
    return {**medians(ways, ROUNDS), **missing}


def hand_overs(size):
    def hand_over(hand, encoded):
        began = perf_counter_ns()
        arrived, *opened = hand()
        came = perf_counter_ns()
        if sum(arrived) != total:
            raise ValueError("other numbers came")
        read = perf_counter_ns()
        for memory in opened:
            arrived.release()
            memory.close()
        return {"encoded": (encoded, "bytes"), "hand-over": (came - began, "ns"), "read": (read - came, "ns")}

    # It removes shared memory that nobody unlinks. If it can't run, none may be made.
    resource_tracker.ensure_running()
    block = array("d", map(sqrt, range(size // 8)))
    numbers, total, ours = list(block), sum(block), SharedMemory(create=True, size=size)
    try:
        sent = {"pickle-list": numbers, "pickle-array": block, "shared-memory": ours.name}
        hands = {
            "pickle-list": lambda: [pickled(numbers)],
            "pickle-array": lambda: [pickled(block)],
            "shared-memory": lambda: in_shared_memory(block, ours),
        }
        ways = {name: partial(hand_over, hands[name], len(pickle.dumps(sent[name]))) for name in hands}
        return medians(ways, 3 if size > 2**20 else ROUNDS)
    finally:
        ours.close()
        ours.unlink()


def medians(ways, rounds):
    """Measures the ways in turn, so that a busy moment falls on all of them."""
    seen = {name: [] for name in ways}
    for _ in range(rounds):
        for name, measure in ways.items():
            seen[name].append(measure())
    return {
        name: {metric: (median(row[metric][0] for row in rows), unit) for metric, (_, unit) in rows[0].items()}
        for name, rows in seen.items()
    }


@lru_cache(maxsize=None)
def in_a_child(work, *words):
    """What this returns in a process of its own, which may hang or be killed."""
    def answer():
        try:
            found = work(*words)
        except (EOFError, ImportError, MemoryError, OSError, RuntimeError) as why:
            found = left_out(why)
        with suppress(BrokenPipeError):  # nobody may be listening any more
            theirs.send(found)

    try:
        ours, theirs = fork.Pipe(duplex=False)
        child = fork.Process(target=answer)
        child.start()
    except OSError as why:
        return left_out(why)
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        child.join()
        if child.exitcode > 0:  # it has said on stderr what is wrong
            raise
        return LeftOut("its process was killed")
    finally:
        child.join()


def left_out(why):
    return LeftOut(getattr(why, "strerror", None) or str(why) or type(why).__name__)


def measured(name, work, *words):
    found = in_a_child(work, *words)
    found = found[name] if isinstance(found, dict) else found
    if isinstance(found, LeftOut):
        raise found
    return found


def end_in_time():
    """However its parent ends, a child ends, at the latest when its time is up."""
    for each in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM, signal.SIGTERM])
    signal.alarm(LIMIT)


if __name__ == "__main__":
    os.register_at_fork(after_in_child=end_in_time)
    with suppress(OSError):
        resource_tracker.ensure_running()  # one for all children
    tell("message-passing", [
        *((name, 8, partial(measured, name, round_trips)) for name in ROUND_TRIPS),
        *((name, size, partial(measured, name, hand_overs, size)) for name in HAND_OVERS for size in SIZES),
    ])
