"""How many times as fast as one after the other: square roots, waits and hashes, by threads, by processes and by asyncio."""

import asyncio
import hashlib
import math
import sys
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter, sleep

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab" / "python"))
from told import tell

# ANCHOR: work
def take_roots(count):
    for number in range(count):
        math.sqrt(number)


def hash_block(block):
    hashlib.sha256(block)  # gives up the interpreter's lock while it computes


def one_after_the_other(work, of_each):
    for each in of_each:
        work(each)


def start_and_join(kind, work, of_each):
    workers = [kind(target=work, args=(each,)) for each in of_each]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return workers


def threads(work, of_each):
    return start_and_join(Thread, work, of_each)


def processes(work, of_each):
    return start_and_join(get_context("fork").Process, work, of_each)


async def wait_for_all(seconds_of_each):
    await asyncio.gather(*(asyncio.sleep(seconds) for seconds in seconds_of_each))
# ANCHOR_END: work


def tasks(_, seconds_of_each):
    asyncio.run(wait_for_all(seconds_of_each))


ALL = {"serial": one_after_the_other, "threads": threads, "processes": processes}
WORKS = {
    "computing": (take_roots, [400_000] * 2, ALL, 3),
    "waiting": (sleep, [0.02] * 16, dict(ALL, **{"async": tasks}), 2),
    "hashing": (hash_block, [bytes(16 << 20)] * 2, ALL, 3),
}


@lru_cache(maxsize=None)
def measured(name):
    work, of_each, ways, rounds = WORKS[name]
    took = {way: [] for way in ways}
    for number in range(rounds):
        # A disturbance of the machine hits all ways of a round, and not always the same way first.
        for way in reversed(list(ways)) if number % 2 else ways:
            start = perf_counter()
            workers = ways[way](work, of_each)
            took[way].append(perf_counter() - start)
            if any(getattr(worker, "exitcode", 0) for worker in workers or []):
                sys.exit("a process failed")
    return {way: {
        "time": (1e9 * median(took[way]), "ns"),
        "speed-up": (median(serial / own for serial, own in zip(took["serial"], took[way])), "times"),
    } for way in ways}


if __name__ == "__main__":
    tell("cpu-vs-io", [
        (way, name, lambda name=name, way=way: measured(name)[way]) for name, (_, _, ways, _) in WORKS.items() for way in ways
    ])
