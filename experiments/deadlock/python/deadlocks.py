"""What hangs and what doesn't: two locks in opposite order, a fork while a thread holds a lock, and a queue that is joined before
it's drained."""

import os
import signal
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import active_children, forkserver, get_context, resource_tracker
from pathlib import Path
from threading import Barrier, Lock, Thread
from time import sleep

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab" / "python"))
from told import tell

# ANCHOR: deadlocks
a, b, lock = Lock(), Lock(), Lock()


def take_both(first, second, between):
    with first:
        between()
        with second:
            pass


def opposite_order(pool):
    both_hold_one = Barrier(2)
    pool.submit(take_both, a, b, both_hold_one.wait)
    pool.submit(take_both, b, a, both_hold_one.wait)


def one_order(pool):
    for _ in range(200):
        pool.submit(take_both, a, b, lambda: sleep(0))  # gives way in between


def use_lock():
    with lock:
        pass


def start_while_locked(child):  # the child calls use_lock
    with lock, ThreadPoolExecutor(1) as another_thread:
        another_thread.submit(child.start)  # a fork copies the lock as it is: taken
    child.join()


def join_then_drain(child, queue):  # the child has put 1 MiB; a pipe holds 64 KiB
    child.join()
    queue.get()


def drain_then_join(child, queue):
    queue.get()
    child.join()
# ANCHOR_END: deadlocks


RUNS, SOON, LATE = 3, 0.3, 60
FINISHED, FAILED, HANGS = range(3)
fork = get_context("fork")


def with_threads(scene):
    # Both threads are there before either gets its first task.
    with ThreadPoolExecutor(2, initializer=Barrier(2).wait) as pool:
        scene(pool)
    return True


def with_child(method):
    child = get_context(method).Process(target=use_lock)
    start_while_locked(child)
    return child.exitcode == 0


def with_queue(scene, size):
    queue = fork.Queue()
    child = fork.Process(target=queue.put, args=(bytes(size),))
    child.start()
    scene(child, queue)
    return child.exitcode == 0


def ends(deadline, scene, *words):
    """Runs a scene in several processes at once, and counts those that finish by the deadline, and those that don't."""
    runs = [fork.Process(target=run, args=(deadline, scene, *words)) for _ in range(RUNS)]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    codes = [each.exitcode for each in runs]
    return {
        "runs": (RUNS, "runs"),
        "finished": (codes.count(FINISHED), "runs"),
        "deadlocked": (codes.count(HANGS), "runs"),
        "share-deadlocked": (100 * codes.count(HANGS) / RUNS, "%"),
    }


def run(deadline, scene, *words):
    """Ends this process, whatever hangs in it, and all that it started."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the script. This process ends by its deadline.
    warnings.simplefilter("ignore", DeprecationWarning)  # From 3.12 on, CPython warns of a fork beside threads.
    done = []
    thread = Thread(target=lambda: done.append(scene(*words)), daemon=True)
    thread.start()
    thread.join(deadline)
    code = FINISHED if done == [True] else HANGS if thread.is_alive() else FAILED
    for child in active_children():
        child.kill()
        child.join()
    if code == FINISHED:
        # Else these two would outlive this process for a moment.
        forkserver._forkserver._stop()
        resource_tracker._resource_tracker._stop()
    os._exit(code)


def hangs(measured):
    return measured["deadlocked"] == measured["runs"]


def finishes(measured):
    return measured["finished"] == measured["runs"]


if __name__ == "__main__":
    tell("deadlock", [
        ("opposite-order", 2, lambda: ends(SOON, with_threads, opposite_order), hangs),
        ("one-order", 2, lambda: ends(LATE, with_threads, one_order), finishes),
        ("fork-while-locked", 2, lambda: ends(SOON, with_child, "fork"), hangs),
        ("spawn-while-locked", 2, lambda: ends(LATE, with_child, "spawn"), finishes),
        ("forkserver-while-locked", 2, lambda: ends(LATE, with_child, "forkserver"), finishes),
        ("join-then-drain", 2, lambda: ends(SOON, with_queue, join_then_drain, 1 << 20), hangs),
        ("join-then-drain-short", 2, lambda: ends(LATE, with_queue, join_then_drain, 1 << 10), finishes),
        ("drain-then-join", 2, lambda: ends(LATE, with_queue, drain_then_join, 1 << 20), finishes),
    ])
