"""The same work on one thread, on several threads, in processes, and in sub-interpreters.

Prints how long each round took, in seconds: work.py WORKERS ROOTS SECONDS ROUNDS WAY...
"""

import inspect
import json
import math
import multiprocessing
import sys
import threading
import time


# ANCHOR: work
def compute(roots):
    for number in range(roots):
        math.sqrt(number)


def wait(seconds):
    time.sleep(seconds)


def serially(workers, work, much):
    for _ in range(workers):
        work(much)


def threads(workers, work, much):
    one = {"target": work, "args": (much,), "daemon": True}
    together(threading.Thread(**one) for _ in range(workers))


def fork(workers, work, much):
    processes(multiprocessing.get_context("fork"), work, [(much,)] * workers)


def spawn(workers, work, much):
    processes(multiprocessing.get_context("spawn"), work, [(much,)] * workers)
# ANCHOR_END: work


def processes(context, work, of_each):
    ended = together(context.Process(target=work, args=words, daemon=True) for words in of_each)
    if any(process.exitcode != 0 for process in ended):
        sys.exit("a process of multiprocessing failed")


def subinterpreters(workers, work, much):
    interpreters([f"import math, time\n{inspect.getsource(work)}\n{work.__name__}({much})"] * workers)


def interpreters(sources):
    if sys.version_info >= (3, 13):
        import _interpreters

        create, run, destroy = _interpreters.create, _interpreters.exec, _interpreters.destroy
    else:
        import _xxsubinterpreters

        create, run, destroy = (getattr(_xxsubinterpreters, name) for name in ("create", "run_string", "destroy"))
    failed = []

    def one(source):
        interpreter = create()
        try:
            # From 3.13 on, this returns an exception from inside. Before, the exception is raised here.
            if run(interpreter, source) is not None:
                failed.append(interpreter)
        finally:
            destroy(interpreter)

    together(threading.Thread(target=one, args=(source,), daemon=True) for source in sources)
    if failed:
        sys.exit("a sub-interpreter failed")


def together(workers):
    workers = list(workers)
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return workers


def main():
    workers, roots, seconds, rounds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    ways = sys.argv[5:]
    took = {"compute": {way: [] for way in ways}, "wait": {way: [] for way in ways}}
    for number in range(rounds):
        for work, much in ((compute, roots), (wait, seconds)):
            # A disturbance of the machine hits all ways of a round, and not always the same way first.
            for way in reversed(ways) if number % 2 else ways:
                start = time.perf_counter()
                globals()[way](workers, work, much)
                took[work.__name__][way].append(time.perf_counter() - start)
    print(json.dumps(took))


# A spawned process imports this file, and mustn't begin anew.
if __name__ == "__main__":
    main()
