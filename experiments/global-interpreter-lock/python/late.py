"""How late a thread comes back from a wait while another computes.

Prints each lateness, in seconds: late.py TIMES SECONDS
"""

import json
import math
import sys
import threading
import time

# ANCHOR: late
done = False


def compute():
    number = 0
    while not done:
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


computing = threading.Thread(target=compute, daemon=True)
computing.start()
late = lateness(int(sys.argv[1]), float(sys.argv[2]))
done = True
computing.join()
print(json.dumps(late))
