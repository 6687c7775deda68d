"""How late a thread comes back from a wait while another thread, or another interpreter of the same process, computes.

Prints each lateness, in seconds: late.py TIMES SECONDS WAY
"""

import inspect
import json
import math
import mmap
import sys
import tempfile
import threading
import time

from work import interpreters


# ANCHOR: late
def compute(stop):
    number = 0
    while not stop[0]:
        math.sqrt(number)
        number += 1


def lateness(times, seconds):
    late = []
    for _ in range(times):
        start = time.perf_counter()
        time.sleep(seconds)
        late.append(time.perf_counter() - start - seconds)
    return late
# ANCHOR_END: late


def threads(stop):
    compute(stop)


def subinterpreters(stop):
    # Sub-interpreters share no object, but each can map the same file.
    source = f"import math, mmap\n{inspect.getsource(compute)}\ncompute(mmap.mmap({file.fileno()}, 1))"
    interpreters([source])


with tempfile.TemporaryFile() as file:
    file.write(b"\0")
    file.flush()
    stop = mmap.mmap(file.fileno(), 1)
    computing = threading.Thread(target=globals()[sys.argv[3]], args=(stop,), daemon=True)
    computing.start()
    late = lateness(int(sys.argv[1]), float(sys.argv[2]))
    stop[0] = 1
    computing.join()
print(json.dumps(late))
