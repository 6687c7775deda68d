"""How long it takes to start something that does nothing, and to wait for its end: a thread, a process by each start method, an
interpreter, and a task for a pool whose worker waits for it."""

import os
from functools import lru_cache
from multiprocessing import get_context, parent_process
from threading import Thread

if __name__ == "__main__":
    # A spawned process imports this file too, and mustn't take longer for what only measuring needs.
    import sys
    from concurrent import futures
    from pathlib import Path
    from statistics import median
    from time import perf_counter, perf_counter_ns

    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab" / "python"))
    from told import LeftOut, tell


# ANCHOR: start
def nothing():
    pass


def thread():
    worker = Thread(target=nothing)
    worker.start()
    worker.join()


def process(method):
    # The method is "fork", "forkserver" or "spawn".
    worker = get_context(method).Process(target=nothing)
    worker.start()
    worker.join()
    return worker.exitcode


def interpreter():
    from concurrent import interpreters  # new in Python 3.14

    worker = interpreters.create()
    worker.call(nothing)
    worker.close()


def task(pool):
    pool.submit(nothing).result()
# ANCHOR_END: start


# After so many seconds no further round begins. The large parent holds so many MiB.
ROUNDS, SECONDS, LARGE = 5, 1.5, 256
WAYS = {
    # The fork doesn't follow directly on threads: the system may still be clearing away one that has ended.
    "thread": lambda: took(20, thread),
    "spawn": lambda: took(1, process, "spawn"),
    "forkserver": lambda: took(3, process, "forkserver"),
    "fork": lambda: took(5, process, "fork"),
    "interpreter": lambda: took(1, since_3_14(interpreter)),
    "thread-pool-task": lambda: took_in_pool(futures.ThreadPoolExecutor),
    "process-pool-task": lambda: took_in_pool(
        futures.ProcessPoolExecutor, mp_context=get_context("forkserver"), initializer=end_with_parent
    ),
    "interpreter-pool-task": lambda: took_in_pool(since_3_14(futures).InterpreterPoolExecutor),
}


def took(times, start, *words):
    def one():
        begin = perf_counter_ns()
        failed = start(*words)
        end = perf_counter_ns()
        if failed:
            raise LeftOut("a child ended with the exit code {}".format(failed))
        return end - begin

    return median(one() for _ in range(times))


def took_in_pool(kind, **words):
    with kind(max_workers=1, **words) as pool:
        task(pool)  # starts the worker
        return took(100, task, pool)


def end_with_parent():
    """A pool's process would wait for ever for another task if its parent is killed."""

    def end():
        parent_process().join()
        os._exit(1)

    Thread(target=end, daemon=True).start()


def since_3_14(what):
    if sys.version_info < (3, 14):
        raise LeftOut("it takes CPython 3.14 or newer")
    return what


@lru_cache(maxsize=None)
def in_turn():
    """The times of each way, or why it has none. The ways take turns, so that what disturbs the machine hits all of them."""
    times, until = {name: [] for name in WAYS}, perf_counter() + SECONDS
    for number in range(ROUNDS + 1):
        for name, measure in WAYS.items():
            try:
                if not isinstance(times[name], LeftOut):
                    times[name].append(measure())
            except (LeftOut, ImportError, OSError, RuntimeError, ValueError) as why:
                times[name] = LeftOut(str(why))
        if number > 0 and perf_counter() > until:
            break
    return times


def measured(name):
    times = in_turn()[name]
    if isinstance(times, LeftOut):
        raise times
    # The first round loads modules and starts the fork server, so it isn't counted.
    return {"time": (median(times[1:]), "ns")}


def fork_from_large():
    try:
        data = b"x" * (LARGE << 20)  # only held
        process("fork")
        return {"time": (took(5, process, "fork"), "ns")}
    except (MemoryError, OSError, ValueError) as why:
        raise LeftOut(str(why) or "{} MB of memory aren't there".format(LARGE)) from why


if __name__ == "__main__":
    ways = [(name, "free", lambda name=name: measured(name)) for name in WAYS]
    ways.insert(4, ("fork-{}-mb".format(LARGE), "free", fork_from_large))
    tell("spawn-cost", ways)
