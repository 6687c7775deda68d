"""How many of two workers hold a global interpreter lock at the same instant: threads, processes, sub-interpreters.

Prints how many: held.py WAY
"""

import inspect
import json
import mmap
import multiprocessing
import sys
import tempfile
import threading
import time

from work import interpreters, processes, together


# ANCHOR: held
def hold(memory, me):
    # A worker that is here has the lock, and nothing below gives it up.
    memory[me] = 1
    end = time.thread_time() + 1
    while time.thread_time() < end:
        if memory[1 - me]:
            memory[2 + me] = 1
            return
# ANCHOR_END: held


def threads(memory):
    both = threading.Barrier(2)

    def one(me):
        # From here on, only the lock can keep one of them from doing what the other does.
        both.wait()
        hold(memory, me)

    together(threading.Thread(target=one, args=(me,), daemon=True) for me in (0, 1))


def fork(memory):
    processes(multiprocessing.get_context("fork"), hold, [(memory, me) for me in (0, 1)])


def subinterpreters(memory):
    # Sub-interpreters share no object, but each can map the same file.
    with tempfile.TemporaryFile() as file:
        file.write(memory[:])
        file.flush()
        begin = f"import mmap, sys, time\nsys.setswitchinterval(1000)\n{inspect.getsource(hold)}"
        interpreters(f"{begin}\nhold(mmap.mmap({file.fileno()}, 4), {me})" for me in (0, 1))
        memory[:] = mmap.mmap(file.fileno(), 4)[:]


# For so many seconds, no thread asks another to give the lock up.
sys.setswitchinterval(1000)
# Two bytes say that a worker holds its lock, and two say that it has seen the other.
memory = mmap.mmap(-1, 4)
globals()[sys.argv[1]](memory)
print(json.dumps(2 if memory[2] and memory[3] else 1))
