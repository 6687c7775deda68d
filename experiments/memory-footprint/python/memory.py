"""How much memory one more waiting worker costs: a thread, or a process by each start method. PSS divides a page among the
processes that share it; RSS, which ps shows, counts it in full for each."""

import os
from multiprocessing import get_context, parent_process
from threading import Event, Semaphore, Thread

if __name__ == "__main__":
    # A spawned process imports this file too, and mustn't grow by what only measuring needs.
    import re
    import signal
    import sys
    from pathlib import Path
    from statistics import median

    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab" / "python"))
    from told import LeftOut, tell


# ANCHOR: memory
def wait_in_thread(here, leave):
    here.release()
    leave.wait()


def wait_in_process(here):
    here.release()
    # Nobody writes into this pipe. The read returns when the parent has ended.
    os.read(parent_process().sentinel, 1)


def memory(pid):
    """What the kernel counts for a process, in bytes."""
    folder = Path("/proc", str(pid))
    text = (folder / "smaps_rollup").read_text() + (folder / "status").read_text()
    found = re.findall(r"(\w+):\s+(\d+) kB", text)
    return {name: 1024 * int(kib) for name, kib in found}


def parent(pid):
    status = Path("/proc", str(pid), "status").read_text()
    return int(re.search(r"PPid:\s+(\d+)", status).group(1))


def together(pids):
    """The sums over this process, its workers, and the fork server if it has forked
    them: whoever shares pages must be in the sum."""
    each = [memory(pid) for pid in {os.getpid(), *pids, *map(parent, pids)}]
    names = "Pss", "Rss", "VmPTE"
    return {name: sum(one[name] for one in each) for name in names}
# ANCHOR_END: memory


# The first level isn't counted: it also has the fork server, and pages that no further worker adds.
PROCESSES, THREADS = range(2, 9, 2), range(20, 101, 20)


def of_processes(method):
    context = get_context(method)
    here, workers = context.Semaphore(0), []
    try:
        return climb(PROCESSES, lambda: context.Process(target=wait_in_process, args=(here,), daemon=True), here, workers)
    finally:
        for worker in workers:
            worker.kill()
            worker.join()


def of_threads():
    here, leave, workers = Semaphore(0), Event(), []
    try:
        return climb(THREADS, lambda: Thread(target=wait_in_thread, args=(here, leave), daemon=True), here, workers)
    finally:
        leave.set()
        for worker in workers:
            worker.join()


def climb(levels, new, here, workers):
    """What one more worker adds: the median over the steps, since any other program that uses the same libraries may disturb one."""
    sums = [together([])]  # the first look has pages of its own
    for level in levels:
        while len(workers) < level:
            worker = new()
            worker.start()
            workers.append(worker)
            here.acquire()
        sums.append(together([worker.pid for worker in workers if hasattr(worker, "pid")]))
    steps = list(zip(sums[1:], sums[2:]))
    named = {"pss-each": "Pss", "rss-each": "Rss", "page-tables-each": "VmPTE"}
    return {
        metric: (median(after[name] - before[name] for before, after in steps) / levels.step, "bytes")
        for metric, name in named.items()
    }


def measured(measure, *words):
    if not os.path.exists("/proc/self/smaps_rollup"):
        raise LeftOut("there is no /proc/self/smaps_rollup, in which Linux tells PSS")
    # A worker for which there's no memory may never say that it's here.
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(20)
    try:
        return measure(*words)
    except (ImportError, OSError, RuntimeError, ValueError) as why:
        raise LeftOut(str(why)) from why
    finally:
        signal.alarm(0)


def give_up(*_):
    raise LeftOut("a worker hasn't started")


if __name__ == "__main__":
    # Threads come last: a fork would copy the page tables of what they leave behind.
    tell("memory-footprint", [
        ("fork", PROCESSES[-1], lambda: measured(of_processes, "fork")),
        ("forkserver", PROCESSES[-1], lambda: measured(of_processes, "forkserver")),
        ("spawn", PROCESSES[-1], lambda: measured(of_processes, "spawn")),
        ("thread", THREADS[-1], lambda: measured(of_threads)),
    ])
