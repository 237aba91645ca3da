"""Twenty thousand deadlines pass while everything is killed at random; nothing is lost or doubled.

One run of `tests.chaos`, as `make chaos` makes it. A failure prints the seed; to see it again:
`make chaos CHAOS_SEED=…`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 60
pytestmark = [pytest.mark.slow, pytest.mark.timeout(840)]


def test_deadlines_pass_while_workers_beat_valkey_and_postgresql_are_killed():
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    seed = {name: os.environ[name] for name in ("CHAOS_SEED",) if name in os.environ}
    run = subprocess.run(
        [sys.executable, "-m", "tests.chaos", f"--seconds={SECONDS}"],
        cwd=ROOT, env=kept | seed, capture_output=True, text=True, timeout=800,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-12_000:] + run.stderr[-4000:]
    assert "all is well" in run.stdout
