"""What becomes of a counter that several threads add to.

Prints how much each way counts: count.py WORKERS TIMES
"""

import json
import sys
import threading

# ANCHOR: count
counter = 0
lock = threading.Lock()


def one():
    return 1


def plain(times):
    global counter
    for _ in range(times):
        counter += 1


def call_inside(times):
    global counter
    for _ in range(times):
        counter += one()


def own_lock(times):
    global counter
    for _ in range(times):
        with lock:
            counter += one()
# ANCHOR_END: count


workers, times = int(sys.argv[1]), int(sys.argv[2])
counted = {}
for way in (plain, call_inside, own_lock):
    counter = 0
    threads = [threading.Thread(target=way, args=(times,), daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted[way.__name__] = counter
print(json.dumps(counted))
