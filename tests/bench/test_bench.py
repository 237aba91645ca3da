"""`make bench`: every row runs and writes what DESIGN promises; its figures mean nothing here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import ROWS as KNOWN_ROWS
from bench.figures import Figure, in_turns, percentile
from tests import mould

ROOT = Path(__file__).resolve().parents[2]
LISTS = ("newest", "best", "filtered", "searched", "handed_over", "handed_over_best", "of_a_rep",
         "built", "touched", "by_name", "next_due", "count")  # fmt: skip
FIELDS = ["name", "scale", "value", "floor", "ratio", "goal", "met"]
ROWS = [
    "capture", "capture_p95", "capture_cpu", "capture_inquiry", "capture_inquiry_p95",
    "capture_inquiry_cpu", "client_ceiling", "queue_page_queries", "queue_api_queries",
    "queue_page", "queue_api", "queue_poll", "queue_api_poll", "queue_polls_p95",
    *(f"list_{name}_queries" for name in LISTS), *(f"list_{name}" for name in LISTS),
    "search_queries", "search_p95",
    "sweep", "sweep_open",
    "sweep_open_time", "sweepers_2", "start_clocks",
    "start_clocks_queries", "import",
    "deadline_to_breach", "lateness_busy", "lateness_busy_pages", "what_if", "what_if_contract",
    "rescore", "duplicates", "memory",
]  # fmt: skip
OTHER_SCALE = {"memory": 0, "lateness_busy": 1000, "lateness_busy_pages": 1000}


def bench(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=440,
    )


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_every_row_runs_and_is_written(tmp_path):
    out = tmp_path / "bench.json"
    mould.wait()

    done = bench("--brief", "--schema", str(mould.dump()), "--out", str(out), SCALE="600")

    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads(out.read_text())
    assert [row["name"] for row in rows] == ROWS
    assert {tuple(row) for row in rows} == {tuple(FIELDS)}
    assert {row["name"]: row["scale"] for row in rows} == dict.fromkeys(ROWS, 600) | OTHER_SCALE
    assert all(row["value"] > 0 for row in rows)
    with_goal = [row["name"] for row in rows if row["goal"] is not None]
    assert with_goal == [row["name"] for row in rows if row["met"] is not None]


def test_an_unknown_row_is_refused_by_name():
    done = bench(ROWS="sweep,swoop")
    known = ", ".join(KNOWN_ROWS)
    assert (done.returncode, done.stderr) == (2, f"bench: no row swoop; there are {known}\n")


def test_a_scale_that_is_no_number_is_refused():
    done = bench(SCALE="many")
    assert (done.returncode, done.stderr) == (
        2, "bench: SCALE=many is not a number of leads; write 100000\n",
    )  # fmt: skip


def test_a_goal_is_held_against_the_ratio_or_without_a_floor_against_the_value():
    slow = Figure("sweep", 10, 40.0, 100.0, 0.5)
    quick = Figure("queue_page", 10, 12.0, 10.0, 1.3, at_most=True)
    heavy = Figure("memory", 0, 700.0, goal=600, at_most=True)
    assert [(f.ratio, f.met) for f in (slow, quick, heavy)] == [
        (0.4, False), (1.2, True), (None, False),
    ]  # fmt: skip


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.95, 10), (0.99, 10), (0.1, 1)])
def test_the_percentile_is_a_measured_value(share, value):
    assert percentile(range(10, 0, -1), share) == value


def test_the_sides_take_turns_there_and_back():
    seen: list[str] = []
    sides = [lambda name=name: seen.append(name) or name for name in "ab"]
    assert in_turns(3, *sides) == [["a", "a", "a"], ["b", "b", "b"]]
    assert "".join(seen) == "abbaab"
