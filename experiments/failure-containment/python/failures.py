"""Who survives when a thread or a process fails, how many jobs a ProcessPoolExecutor loses when one of its workers is
killed, and whether a worker that computes for ever can be ended."""

import os
import resource
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab" / "python"))
from told import LeftOut, tell

fork = get_context("fork")


# ANCHOR: failures
def team(kind, over, fail, tell):
    """`kind` is Thread or Process, and `over` an Event of the same kind."""
    def go_on():
        over.wait()
        tell("bystander")

    bystander, victim = kind(target=go_on), kind(target=fail)
    bystander.start()
    victim.start()
    victim.join()
    over.set()
    bystander.join()
    tell("main")


def done_by_one_pool(work, jobs):
    futures = {}
    # A broken pool refuses further jobs, and fails all those that it hasn't done.
    with suppress(BrokenProcessPool), ProcessPoolExecutor(4, fork) as pool:
        for job in jobs:
            futures[job] = pool.submit(work, job)
    return {job for job in futures if not futures[job].exception()}


def done_by_new_pools(work, jobs):
    done = set()
    for _ in range(3):  # no more, since some job may kill every worker
        done |= done_by_one_pool(work, [job for job in jobs if job not in done])
    return done


def thread_ends(thread):
    thread.join(timeout=0.1)  # ends the waiting, not the thread
    return not thread.is_alive()


def process_ends(process):
    process.terminate()
    process.join()
    return not process.is_alive()
# ANCHOR_END: failures


JOBS, WORKERS, LIMIT = range(100), 4, 30
KILLER, *NEIGHBOURS = JOBS[50:50 + WORKERS]


def raise_error():
    raise RuntimeError("on purpose")


def survivors(kind, make_event, failure):
    said = told_by_a_child(lambda tell: team(kind, make_event(), failure, tell))
    return {who + "-survives": (said.count(who), "of 1") for who in ("bystander", "main")}


def work(job):
    """One job kills its worker, when the other workers are in the middle of jobs. A second try does nothing and succeeds."""
    if job in (KILLER, *NEIGHBOURS) and first_tries.acquire(block=False):
        if job != KILLER:
            begun.release()
            signal.pause()
        for _ in NEIGHBOURS:
            begun.acquire()
        crashed.release()
        os.kill(os.getpid(), signal.SIGKILL)


def done_by(pools):
    def do_all(tell):
        global first_tries, begun, crashed
        first_tries, begun, crashed = (fork.Semaphore(permits) for permits in (WORKERS, 0, 0))
        tell(len(pools(work, JOBS)))
        tell(sum(1 for _ in iter(lambda: crashed.acquire(block=False), False)))

    done, crashes = told_by_a_child(do_all)
    return {
        "jobs": (len(JOBS), "jobs"),
        "crashes": (crashes, "crashes"),
        "given-up": (len(JOBS) - done, "jobs"),
        "done": (done, "jobs"),
    }


def ended(end, kind):
    def end_it(tell):
        steps = [0]
        worker = kind(target=work_on, args=(steps,), daemon=True)
        worker.start()
        tell(end(worker))
        seen = steps[0]
        # If the thread has ended after all, this goes on until the time is up.
        while kind is Thread and steps[0] == seen:
            worker.join(0.001)

    return {"listened": (100 * sum(told_by_a_child(end_it)), "%")}


def work_on(steps):
    for steps[0] in count():
        pass


def told_by_a_child(work):
    """What this tells in a process of its own, which may hang or die."""
    def work_quietly():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            work(theirs.send)
        except (ImportError, MemoryError, OSError, RuntimeError) as why:
            theirs.send(left_out(why))

    try:
        ours, theirs = fork.Pipe(duplex=False)
        child = fork.Process(target=work_quietly)
        child.start()
    except OSError as why:
        raise left_out(why) from None
    theirs.close()
    said = []
    with suppress(EOFError):
        while True:
            said.append(ours.recv())
    child.join()
    for why in said:
        if isinstance(why, LeftOut):
            raise why
    if child.exitcode not in (0, -signal.SIGABRT):
        raise LeftOut("its process has ended early")
    return said


def left_out(why):
    return LeftOut(getattr(why, "strerror", None) or str(why) or type(why).__name__)


def die_in_time():
    """However its parent ends, a child ends, at the latest when its time is up, and leaves no core dump."""
    for each in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM, signal.SIGTERM])
    signal.alarm(LIMIT)
    # Unlike 0, a limit of 1 also keeps core dumps from a program that collects them. Source: fs/coredump.c in Linux.
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (int(hard != 0), hard))


def nobody(seen):
    return seen == {"bystander-survives": 0, "main-survives": 0}


def everybody(seen):
    return seen == {"bystander-survives": 1, "main-survives": 1}


def loses_others(seen):
    return seen["given-up"] > seen["crashes"] == 1


def loses_none(seen):
    return seen["given-up"] == 0 and seen["crashes"] == 1


if __name__ == "__main__":
    os.register_at_fork(after_in_child=die_in_time)
    tell("failure-containment", [
        ("exception-thread", 1, partial(survivors, Thread, Event, raise_error), everybody),
        ("exception-process", 1, partial(survivors, fork.Process, fork.Event, raise_error), everybody),
        ("abort-thread", 1, partial(survivors, Thread, Event, os.abort), nobody),
        ("abort-process", 1, partial(survivors, fork.Process, fork.Event, os.abort), everybody),
        ("one-pool", WORKERS, partial(done_by, done_by_one_pool), loses_others),
        ("new-pools", WORKERS, partial(done_by, done_by_new_pools), loses_none),
        ("join-timeout", 1, partial(ended, thread_ends, Thread), lambda seen: seen["listened"] == 0),
        ("terminate", 1, partial(ended, process_ends, fork.Process), lambda seen: seen["listened"] == 100),
    ])
