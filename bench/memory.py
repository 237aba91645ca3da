"""What everything that `manage.py up` starts keeps in memory, the demo company loaded, at rest."""

import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from django.db import connection

from bench import spent, stage
from bench.figures import Figure
from bench.plan import Plan
from bench.serving import free_port
from leadflow import devservers

GOAL_MIB = 600
DEMO_LEADS = 2_000
SECONDS_TO_START = 300


def memory_row(plan: Plan, _scale: int) -> list[Figure]:
    """PSS: a page that several processes share counts once. In a folder of its own.

    A brief run takes a database that has its tables already, and so leaves PostgreSQL out.
    """
    var, port = Path(tempfile.mkdtemp(prefix="leadflow-bench-", dir="/tmp")), free_port()
    environment = {name: os.environ[name] for name in stage.PASSED_ON if name in os.environ}
    if plan.brief:
        environment = stage.environment(plan.var, plan.fresh(1))
        connection.close()
    up = subprocess.Popen(
        stage.python("manage.py", "up"),
        cwd=stage.ROOT,
        env={**environment, "LEADFLOW_VAR": str(var), "PORT": str(port), "LOG_LEVEL": "ERROR"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_serving(up, port)
        time.sleep(0 if plan.brief else 20)
        mebibytes = pss_mebibytes(up.pid)
    finally:
        up.terminate()
        up.wait()
        shutil.rmtree(var, ignore_errors=True)
        shutil.rmtree(devservers.socket_folder(var), ignore_errors=True)
    scale = 0 if plan.brief else DEMO_LEADS
    return [Figure("memory", scale, mebibytes, goal=GOAL_MIB, at_most=True, unit="MiB")]


def _wait_until_serving(up: subprocess.Popen[bytes], port: int) -> None:
    """Until every part is ready: /readyz asks database, broker and sweep."""
    deadline = time.monotonic() + SECONDS_TO_START
    while up.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
            return
        except OSError:  # not there yet, or it serves and something is not ready yet
            time.sleep(0.2)
    raise RuntimeError("manage.py up does not serve")


def pss_mebibytes(root: int) -> float:
    """Of a process and all its living descendants."""
    total = 0
    for pid in spent.family(root):
        try:
            rolled = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it has just ended
        total += int(rolled.split("\nPss:", 1)[1].split()[0])
    return total / 1024
