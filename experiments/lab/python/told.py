"""Tells what a script has measured: as a table, or with --json as JSON Lines, as our programs in Rust do."""

import argparse
import json
import platform
import sys

HAS_LOCK = getattr(sys, "_is_gil_enabled", lambda: True)()
BUILD = "" if HAS_LOCK else " without a lock"
INTERPRETER = "{} {}{}".format(platform.python_implementation(), platform.python_version(), BUILD)
# A build with the lock and one without it may show the same, and need different names then.
PREFIX = "python-" if HAS_LOCK else "python-free-"


class LeftOut(Exception):
    """This interpreter or this machine can't show a way; the text says why."""


def tell(experiment, ways):
    """Measures all ways, or those that the command line names, and prints what each gives. Ends with code 1 if one of them
    isn't as it should be.

    A way is a tuple: a name, a parameter, a function that measures and returns {metric: (number, unit)}, and, where there is
    something to be right about, a function that takes what was measured and says whether it is as it should be.
    """
    names = list(dict.fromkeys(PREFIX + way[0] for way in ways))
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON Lines, one object for each number")
    parser.add_argument("name", nargs="*", metavar="NAME", help="measure only this: " + ", ".join(names))
    given = parser.parse_args()
    unknown = [name for name in given.name if name not in names]
    if unknown:
        parser.error("there is no {}; choose from {}".format(unknown[0], ", ".join(names)))
    lines, is_right = [], True
    for name, parameter, measure, *is_as_it_should_be in ways:
        if given.name and PREFIX + name not in given.name:
            continue
        row = {"experiment": experiment, "variant": PREFIX + name, "parameter": str(parameter)}
        try:
            measured = measure()
        except LeftOut as why:
            lines.append(dict(row, left_out=str(why)))
            continue
        for metric, (number, unit) in measured.items():
            lines.append(dict(row, metric=metric, unit=unit, value=number, interpreter=INTERPRETER))
        if not all(is_as_it_should_be({metric: number for metric, (number, _) in measured.items()})
                   for is_as_it_should_be in is_as_it_should_be):
            is_right = False
            lines.append(dict(row, wrong=True))
    if given.json:
        print("\n".join(json.dumps(line) for line in lines))
    else:
        print(INTERPRETER + "\n\n" + table(lines))
    # The fork server would end by itself a moment later. Waited for, it counts as work of ours, and not as another program's.
    forkserver = sys.modules.get("multiprocessing.forkserver")
    getattr(getattr(forkserver, "_forkserver", None), "_stop", lambda: None)()
    sys.exit(0 if is_right else 1)


def table(lines):
    """The table: a line for each way at a parameter, and below it what was left out."""
    metrics = list(dict.fromkeys(line["metric"] for line in lines if "metric" in line))
    rows = {}
    for line in (line for line in lines if "metric" in line):
        cells = rows.setdefault((line["variant"], line["parameter"]), {})
        cells[line["metric"]] = shown(line["value"], line["unit"])
    head = ["variant", ""] + [metric.replace("-", " ") for metric in metrics]
    shows = [head] + [[*row] + [cells.get(metric, "–") for metric in metrics] for row, cells in rows.items()]
    widths = [max(map(len, column)) for column in zip(*shows)]
    text = ["  ".join(cell.ljust(width) if at < 2 else cell.rjust(width)
                      for at, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in shows]
    left_out = ["Left out: {variant} ({left_out}).".format(**line) for line in lines if "left_out" in line]
    wrong = ["NOT as it should be: {variant}.".format(**line) for line in lines if "wrong" in line]
    notes = list(dict.fromkeys(left_out + wrong))
    return "\n".join(text + ([""] + notes if notes else []))


def shown(number, unit):
    """A number with its unit, as people read it: three digits, but whole counts."""
    steps = {
        "ns": [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")],
        "bytes": [(2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "bytes")],
    }
    if unit in steps:
        size, unit = next((step for step in steps[unit] if abs(number) >= step[0]), steps[unit][-1])
        number /= size
    elif unit not in ("%", "times") and number == int(number):
        return "{:,}".format(int(number))
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
    return "{:,.{}f} {}".format(number, digits, unit if unit in ("%", "s", "ms", "µs", "ns") or unit.endswith(("B", "bytes")) else "").rstrip()
