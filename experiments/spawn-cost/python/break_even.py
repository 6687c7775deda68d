"""How long a task must compute before it pays to hand it to a worker: predicted from what an empty task costs, and measured with
tasks that are shorter and longer than that."""

import math
import os
import sys
from concurrent import futures
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter_ns

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab" / "python"))


# ANCHOR: break-even
def compute(data, roots):
    for number in range(roots):
        math.sqrt(number)
    return len(data)


def both_here(data, roots):
    compute(data, roots)
    compute(data, roots)


def one_in_a_pool(pool, data, roots):
    result = pool.submit(compute, data, roots)
    compute(data, roots)
    return result.result()


def one_in_a_process(context, core, data, roots):
    ours, theirs = context.Pipe(duplex=False)
    worker = context.Process(target=send, args=(theirs, core, data, roots))
    worker.start()
    theirs.close()
    compute(data, roots)
    result = ours.recv()
    worker.join()
    return result


def send(pipe, core, data, roots):
    run_on(core)
    pipe.send(compute(data, roots))
# ANCHOR_END: break-even


def one_in_a_thread(core, data, roots):
    def work():
        run_on(core)
        compute(data, roots)

    worker = Thread(target=work)
    worker.start()
    compute(data, roots)
    worker.join()


def run_on(core):
    """Binds the calling thread to a core, so that it doesn't matter where the system would have put it."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def took(work, *words):
    begin = perf_counter_ns()
    work(*words)
    return perf_counter_ns() - begin


def break_even(hand_over, data):
    """What handing over an empty task costs, and from which time of a task on handing it over is faster, both in nanoseconds."""
    for _ in range(3):
        hand_over(data, 0)
    cost = median(took(hand_over, data, 0) for _ in range(9))
    root = median(took(compute, data, 2000) for _ in range(21)) / 2000
    sides = []
    for task in cost / 2, 2 * cost:
        roots = max(1, round(task / root))
        shares = []
        for number in range(5 if cost < 20e6 else 3):
            # A disturbance of the machine hits both ways, and they take turns in going first.
            ways = [(both_here, data, roots), (hand_over, data, roots)]
            times = [took(*way) for way in (reversed(ways) if number % 2 else ways)]
            here, handed_over = reversed(times) if number % 2 else times
            shares.append((here, handed_over / here))
        sides.append((median(here for here, _ in shares) / 2, median(share for _, share in shares)))
    # Handing over takes its cost and the time of one task, instead of two: the share is a straight line over 1 / time.
    (short, high), (long, low) = sides
    slope = (high - low) / (1 / short - 1 / long)
    even = 1 / long + (1 - low) / slope if slope else 0
    return cost, 1 / even if even > 0 else float("nan")


def measured(hand_over, numbers=0):
    data = [float(number) for number in range(numbers)]
    cost, even = break_even(hand_over, data)
    told = {"predicted": (cost, "ns")}
    if not math.isnan(even):
        told["measured"] = (even, "ns")
    return told


def main():
    from told import LeftOut, tell

    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [None] * os.cpu_count()
    core = cores[0]
    run_on(cores[-1])

    def on_two_cores(measure, *words, **more):
        if len(cores) == 1:
            raise LeftOut("on one core no task is ever worth handing over")
        return measure(*words, **more)

    def in_process(method):
        context = get_context(method)
        return measured(lambda data, roots: one_in_a_process(context, core, data, roots))

    def in_pool(kind, numbers=0, **words):
        if not hasattr(futures, kind):
            raise LeftOut("it takes CPython 3.14 or newer")
        with getattr(futures, kind)(max_workers=1, initializer=run_on, initargs=(core,), **words) as pool:
            return measured(lambda data, roots: one_in_a_pool(pool, data, roots), numbers)

    ways = [
        ("thread", lambda: measured(lambda data, roots: one_in_a_thread(core, data, roots))),
        ("fork", lambda: in_process("fork")),
        ("forkserver", lambda: in_process("forkserver")),
        ("spawn", lambda: in_process("spawn")),
        ("interpreter-pool", lambda: in_pool("InterpreterPoolExecutor")),
        ("process-pool", lambda: in_pool("ProcessPoolExecutor", mp_context=get_context("forkserver"))),
        ("process-pool-list", lambda: in_pool("ProcessPoolExecutor", 100_000, mp_context=get_context("forkserver"))),
    ]
    tell("spawn-cost", [(name, "two-cores", lambda way=way: on_two_cores(way)) for name, way in ways])


if __name__ == "__main__":
    main()
