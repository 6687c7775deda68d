"""How long two tasks must compute before it pays to hand them to two workers: predicted from what empty tasks cost, and measured
with tasks that are shorter and longer than that."""

import math
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


def in_one_thread(data, roots):
    compute(data, roots)
    compute(data, roots)


def in_a_pool(pool, data, roots):
    results = [pool.submit(compute, data, roots) for _ in range(2)]
    return [result.result() for result in results]


def in_processes(context, data, roots):
    results = context.SimpleQueue()
    workers = [context.Process(target=put, args=(results, data, roots)) for _ in range(2)]
    for worker in workers:
        worker.start()
    told = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return told


def put(results, data, roots):
    results.put(compute(data, roots))
# ANCHOR_END: break-even


def in_threads(data, roots):
    workers = [Thread(target=compute, args=(data, roots)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def took(work, *words):
    begin = perf_counter_ns()
    work(*words)
    return perf_counter_ns() - begin


def break_even(hand_over, data):
    """What handing over two empty tasks costs, and from which length of a task on handing over is faster, both in nanoseconds."""
    for _ in range(3):
        hand_over(data, 0)
    cost = median(took(hand_over, data, 0) for _ in range(9))
    root = median(took(compute, data, 2000) for _ in range(21)) / 2000
    lengths = (0.5, 1, 2, 4, 8) if cost < 20e6 else (0.5, 1, 2)
    sides = []
    for task in (length * cost for length in lengths):
        roots = max(1, round(task / root))
        shares = []
        for number in range(5 if cost < 20e6 else 3):
            # A disturbance of the machine hits both ways, and they take turns in going first.
            ways = [(in_one_thread, data, roots), (hand_over, data, roots)]
            times = [took(*way) for way in (reversed(ways) if number % 2 else ways)]
            here, handed_over = reversed(times) if number % 2 else times
            shares.append((here, handed_over / here))
        sides.append((median(here for here, _ in shares) / 2, median(share for _, share in shares)))
    return cost, crossing(sides)


def crossing(sides):
    """The length of a task at which both ways take as long, or None if handing over never gets ahead.

    Handing over takes its cost and, a little more than once, the time of a task; the other way takes that time twice. So the
    share is a straight line over 1 / length, here by least squares.
    """
    x = [1 / length for length, _ in sides]
    y = [share for _, share in sides]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
    least = mean_y - slope * mean_x
    return slope / (1 - least) if slope > 0 and least < 1 else None


def measured(hand_over, numbers=0):
    data = [float(number) for number in range(numbers)]
    cost, even = break_even(hand_over, data)
    told = {"predicted": (cost, "ns")}
    if even:
        told["measured"] = (even, "ns")
    return told


def in_process(method):
    context = get_context(method)
    return measured(lambda data, roots: in_processes(context, data, roots))


def in_pool(kind, numbers=0, **words):
    from told import LeftOut

    if not hasattr(futures, kind):
        raise LeftOut("it takes CPython 3.14 or newer")
    with getattr(futures, kind)(max_workers=2, **words) as pool:
        return measured(lambda data, roots: in_a_pool(pool, data, roots), numbers)


if __name__ == "__main__":
    from told import tell

    forkserver = {"mp_context": get_context("forkserver")}
    tell("spawn-cost", [
        ("thread", "free", lambda: measured(in_threads)),
        ("fork", "free", lambda: in_process("fork")),
        ("forkserver", "free", lambda: in_process("forkserver")),
        ("spawn", "free", lambda: in_process("spawn")),
        ("interpreter-pool", "free", lambda: in_pool("InterpreterPoolExecutor")),
        ("process-pool", "free", lambda: in_pool("ProcessPoolExecutor", **forkserver)),
        ("process-pool-list", "free", lambda: in_pool("ProcessPoolExecutor", 100_000, **forkserver)),
    ])
