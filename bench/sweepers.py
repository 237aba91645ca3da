"""Several sweepers at once: the more of them, the more alarms a second, and each alarm once.

Run as a program this is one sweeper: it says that it is ready, waits for a line, sweeps until
nothing is due, and says how many alarms it fired.
"""

import subprocess
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

from bench import stage

if TYPE_CHECKING:
    from bench.figures import Figure
    from bench.plan import Plan

NUMBERS = (1, 2, 4, 8)
ROUNDS = 3
LONGEST = 120  # seconds for one turn
# Two sweepers on two cores share them with PostgreSQL: more of them can't be faster, only slower.
GOAL = 0.95


def sweepers_row(plan: "Plan", scale: int) -> "list[Figure]":
    """Alarms a second by two, four and eight sweepers, each held against half as many."""
    from bench.figures import Figure

    # Starting fifteen processes proves no more than starting three.
    numbers = NUMBERS[:2] if plan.brief else NUMBERS
    rates: dict[int, list[float]] = {number: [] for number in numbers}
    for turn in range(1 if plan.brief else ROUNDS):
        for number in reversed(numbers) if turn % 2 else numbers:
            rates[number].append(_rate(plan, scale, number))
    found = {number: median(seen) for number, seen in rates.items()}
    return [
        Figure(f"sweepers_{number}", scale, found[number], found[number // 2], GOAL,
               unit="alarms/s")
        for number in numbers[1:]
    ]  # fmt: skip


def _rate(plan: "Plan", scale: int, number: int) -> float:
    from bench import history

    database = plan.fresh_late(scale)
    due = scale // 2
    processes = [_start(plan, database) for _ in range(number)]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        began = time.perf_counter()
        for process in processes:  # all of them, before any is waited for
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [_answer(process) for process in processes]
        seconds = time.perf_counter() - began
    finally:
        for process in processes:
            process.kill()
            process.wait()
    # Each alarm was fired by one of them, and by one alone.
    assert sum(int(answer) for answer in answers) == due, answers
    assert history.total("sla_breach") == due
    return due / seconds


def _answer(process: subprocess.Popen[str]) -> str:
    """How many it fired; what it takes to end afterwards is not measured."""
    assert process.stdout is not None
    return process.stdout.readline()


def _start(plan: "Plan", database: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        stage.python("-m", "bench.sweepers"),
        cwd=stage.ROOT,
        env=stage.environment(plan.var, database) | {"DJANGO_SETTINGS_MODULE": "leadflow.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def sweep_until_nothing_is_due() -> int:
    """As one of several: what another holds now, or has just fired, is not waited for in vain."""
    from accounts.instants import database_now
    from sla.lag import watch
    from sla.sweep import sweep

    at, fired, deadline = database_now(), 0, time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        by_this_one = sweep(at=at).fired
        fired += by_this_one
        if not watch().due:
            break
        if not by_this_one:
            time.sleep(0.01)
    return fired


if __name__ == "__main__":
    import django

    django.setup()
    from accounts.instants import database_now

    database_now()
    print("ready", flush=True)
    sys.stdin.readline()
    print(sweep_until_nothing_is_due(), flush=True)
