"""How long a task must compute before it pays to hand it to another process: predicted from what an empty task costs, and measured
with tasks that are shorter and longer than that. The main thread does an equal task in the meantime."""

import math
import os

if __name__ == "__main__":
    # A worker's process imports this file too, and mustn't take longer for what only measuring needs.
    import sys
    from functools import lru_cache
    from multiprocessing import Pipe, get_context
    from pathlib import Path
    from statistics import median
    from threading import Thread
    from time import perf_counter, perf_counter_ns

    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab" / "python"))
    from told import HAS_LOCK, LeftOut, tell


# ANCHOR: break-even
def compute(data, roots):
    for number in range(roots):
        math.sqrt(number)
    return len(data)


def both_here(data, roots):
    return compute(data, roots) + compute(data, roots)


def one_to_a_new_process(context, data, roots):
    results, answer = context.Pipe(duplex=False)
    worker = context.Process(target=send, args=(answer, data, roots))
    worker.start()
    answer.close()  # So watch ends if the worker is killed.
    both = compute(data, roots) + watch(results)
    worker.join()
    return both


def send(answer, data, roots):
    answer.send(compute(data, roots))


def one_to_a_waiting_process(tasks, data, roots):
    tasks.send((data, roots))
    return compute(data, roots) + watch(tasks)


def wait_for_tasks(tasks):
    while task := tasks.recv():
        tasks.send(compute(*task))


def watch(results):
    while not results.poll():
        pass  # This keeps the CPU busy: the helper takes another one.
    return results.recv()
# ANCHOR_END: break-even


def one_to_a_new_thread(data, roots):
    worker = Thread(target=compute, args=(data, roots))
    worker.start()
    compute(data, roots)
    while worker.is_alive():
        pass
    worker.join()


# The lengths of a task that are measured, as multiples of the cost of an empty one.
LENGTHS = 0.5, 1, 2
# So many seconds the rounds go on at least, and at most if no length is long enough.
ENOUGH, GIVES_UP = 0.5, 3


def took(work, *words):
    begin = perf_counter_ns()
    work(*words)
    return perf_counter_ns() - begin


def measured(hand_over, data=()):
    """What handing over an empty task costs, and how long a task must take to be done sooner that way."""
    about = median(took(hand_over, data, 0) for _ in range(9))
    root = median(took(compute, data, 2000) for _ in range(21)) / 2000
    sides = {max(1, round(length * about / root)): ([], []) for length in LENGTHS}
    costs, even, begin = [], None, perf_counter()
    while len(costs) < 3 or perf_counter() < begin + (ENOUGH if even else GIVES_UP):
        # All take turns, so that a disturbance meets them all.
        costs.append(took(hand_over, data, 0))
        for roots, (here, ratios) in sides.items():
            both = took(both_here, data, roots)
            here.append(both / 2)
            ratios.append(took(hand_over, data, roots) / both)
        even = crossing([(median(here), median(ratios)) for here, ratios in sides.values()])
    return {"predicted": median(costs), "measured": even}


def crossing(sides):
    """The length of a task at which both ways take as long, or None if handing over never gets ahead.

    Handing over takes its cost and, a little more than once, the time of a task; the other way takes that time twice. So the
    ratio of the two is a straight line over 1 / length, here by least squares.
    """
    x = [1 / length for length, _ in sides]
    y = [ratio for _, ratio in sides]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
    least = mean_y - slope * mean_x
    return slope / (1 - least) if slope > 0 and least < 1 else None


def new_process(method):
    context = get_context(method)
    return measured(lambda data, roots: one_to_a_new_process(context, data, roots))


def waiting_process(numbers):
    """Each process stays on a CPU: the kernel that wakes the worker can't know that this one goes on."""
    cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    tasks, theirs = Pipe()
    worker = get_context("forkserver").Process(target=wait_on, args=(cpus[-1:], theirs), daemon=True)
    worker.start()
    theirs.close()
    try:
        stay_on(cpus[:1])
        return measured(lambda data, roots: one_to_a_waiting_process(tasks, data, roots), [float(n) for n in range(numbers)])
    finally:
        stay_on(cpus)
        tasks.send(None)
        worker.join()


def wait_on(cpus, tasks):
    stay_on(cpus)
    try:
        wait_for_tasks(tasks)
    except (EOFError, OSError):
        pass  # The parent was killed.


def stay_on(cpus):
    if cpus:
        os.sched_setaffinity(0, cpus)


def told(way, end):
    """One end of a way: what was predicted, or what was measured."""
    if (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()) < 2:
        raise LeftOut("it takes two CPUs")
    number = way()[end]
    if number is None:
        raise LeftOut("handing over never got ahead")
    return {"break-even": (number, "ns")}


if __name__ == "__main__":
    ways = {
        "fork": lambda: new_process("fork"),
        "forkserver": lambda: new_process("forkserver"),
        "waiting-process": lambda: waiting_process(0),
        "waiting-process-list": lambda: waiting_process(100_000),
    }
    if not HAS_LOCK:
        # With the lock, two threads never compute at once.
        ways["thread"] = lambda: measured(one_to_a_new_thread)
    once = {name: lru_cache(maxsize=None)(way) for name, way in ways.items()}
    ends = [(name, end) for name in once for end in ("predicted", "measured")]
    tell("spawn-cost", [(name, end, lambda name=name, end=end: told(once[name], end)) for name, end in ends])
