"""What it costs to hand the lock over: the same computing by one thread and by two, in turn.

Prints for each round, first for one thread and then for two: seconds, seconds of CPU time, how often the lock was handed over,
and how often the kernel saw a thread wait. Arguments: switches.py ROOTS ROUNDS INTERVAL CORES
"""

import json
import math
import os
import resource
import sys
import threading
import time

# ANCHOR: switches
last, turns = None, 0


def compute(roots, all_are_here):
    global last, turns
    me = object()
    all_are_here.wait()
    for _ in range(roots // 1000):
        for number in range(1000):
            math.sqrt(number)
        if last is not me:
            # The other thread has had the lock since, so it was handed over.
            last, turns = me, turns + 1
# ANCHOR_END: switches


def counted():
    return time.perf_counter(), time.process_time(), turns, resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


def took(threads, roots):
    words = roots // threads, threading.Barrier(threads)
    workers = [threading.Thread(target=compute, args=words, daemon=True) for _ in range(threads)]
    before = counted()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds, cpu, took_turns, waits = (after - start for after, start in zip(counted(), before))
    return seconds, cpu, took_turns - 1, waits


roots, rounds, interval, cores = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
sys.setswitchinterval(interval)
if cores == "one":
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
took(2, roots)
of_rounds = []
for number in range(rounds):
    # A disturbance of the machine hits both ways, and they take turns in going first.
    one, two = (took(threads, roots) for threads in ((1, 2) if number % 2 else (2, 1)))
    of_rounds.append((one, two) if number % 2 else (two, one))
print(json.dumps(of_rounds))
