"""How late the ticks of a clock of 60 Hz are met while Python computes: in threads, in a process, and in the clock's own event
loop."""

import asyncio
import math
import sys
from multiprocessing import get_context
from pathlib import Path
from statistics import median_low
from threading import Thread
from time import perf_counter, sleep

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab" / "python"))
from told import LeftOut, tell

# ANCHOR: ticks
PERIOD, TICKS = 1 / 60, 20
JOB, JOBS = 0.05, 8


def compute(jobs):
    for _ in range(jobs):
        end = perf_counter() + JOB
        while perf_counter() < end:
            math.sqrt(2)


def tick_beside(workers):
    for worker in workers:
        worker.start()
    start, late = perf_counter(), []
    for due in (start + number * PERIOD for number in range(1, TICKS + 1)):
        while (left := due - perf_counter()) > 0:
            sleep(left)
        late.append(-left)
    return late


async def tick():
    start, late = perf_counter(), []
    for due in (start + number * PERIOD for number in range(1, TICKS + 1)):
        while (left := due - perf_counter()) > 0:
            await asyncio.sleep(left)
        late.append(-left)
    return late


async def in_the_loop():
    for _ in range(JOBS):
        compute(1)
        await asyncio.sleep(0)


def in_a_thread():
    return asyncio.to_thread(compute, JOBS)
# ANCHOR_END: ticks


def beside(kind, count):
    workers = [kind(target=compute, args=(JOBS,), daemon=True) for _ in range(count)]
    late = tick_beside(workers)
    for worker in workers:
        worker.join()
    return told(late)


def beside_a_task(task):
    async def both():
        return await asyncio.gather(tick(), task())

    if not hasattr(asyncio, "to_thread") and task is in_a_thread:
        raise LeftOut("asyncio.to_thread takes CPython 3.9 or newer")
    return told(asyncio.run(both())[0])


def told(late):
    return {
        "typical": (1e9 * median_low(late), "ns"),
        "latest": (1e9 * max(late), "ns"),
        "missed": (100 * sum(each >= PERIOD for each in late) / TICKS, "%"),
    }


def misses(measured):
    return measured["missed"] > 0


if __name__ == "__main__":
    tell("responsiveness", [
        *[("thread", count, lambda count=count: beside(Thread, count)) for count in (1, 2, 4)],
        ("process", 1, lambda: beside(get_context("fork").Process, 1)),
        ("async-to-thread", 1, lambda: beside_a_task(in_a_thread)),
        ("async-blocked", 1, lambda: beside_a_task(in_the_loop), misses),
    ])
