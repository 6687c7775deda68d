"""What one lock has come to over the years. Python 2 understands this script too.

Prints the share of the additions that two threads lose in a plain loop; how long two threads compute, compared with one thread
that does the work of both; and how many seconds one thread takes for a square root: versions.py TIMES ROOTS ROUNDS
"""

import json
import math
import sys
import threading
import time

clock = getattr(time, "perf_counter", time.time)

# ANCHOR: versions
counter = 0


def plain(times):
    global counter
    for _ in range(times):
        counter += 1


def compute(roots):
    for number in range(roots):
        math.sqrt(number)
# ANCHOR_END: versions


def two_threads(work, much):
    threads = [threading.Thread(target=work, args=(much,)) for _ in range(2)]
    start = clock()
    for thread in threads:
        thread.daemon = True
        thread.start()
    for thread in threads:
        thread.join()
    return clock() - start


def one_thread(work, much):
    start = clock()
    work(much)
    work(much)
    return clock() - start


times, roots, rounds = (int(word) for word in sys.argv[1:4])
two_threads(plain, times)
lost = 1 - counter / (2.0 * times)
both = []
for number in range(rounds):
    # A disturbance of the machine hits both ways, and they take turns in going first.
    ways = [one_thread, two_threads]
    took = {way: way(compute, roots) for way in (reversed(ways) if number % 2 else ways)}
    both.append((took[one_thread] / (2.0 * roots), took[two_threads] / took[one_thread]))
alone, threads = (sorted(column)[rounds // 2] for column in zip(*both))
print(json.dumps({"lost": lost, "two_threads": threads, "alone": alone}))
