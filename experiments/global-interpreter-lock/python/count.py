"""What becomes of a counter to which several threads add.

Prints how much was counted in one way: count.py WORKERS TIMES WAY
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


workers, times, way = int(sys.argv[1]), int(sys.argv[2]), globals()[sys.argv[3]]
threads = [threading.Thread(target=way, args=(times,), daemon=True) for _ in range(workers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(counter))
