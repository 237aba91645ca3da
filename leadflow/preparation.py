"""What must be true before anything is served: addresses that answer, tables, demo, static files.

Each function raises NotReady with one line for a person. Django's own commands run as processes of
their own, so that the supervisor stays small.
"""

import hashlib
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg2
import redis

from leadflow import settings
from leadflow.environment import masked

OLDEST_POSTGRES = 15
Run = Callable[[list[str]], int]
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


class NotReady(Exception):
    """leadflow cannot be served; the message is one line for a person."""


def writable_var(var: Path) -> None:
    try:
        var.mkdir(parents=True, exist_ok=True)
        probe = var / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = f"LEADFLOW_VAR={str(var)!r} cannot be written to: {error.strerror}"
        raise NotReady(f"{reason}; set LEADFLOW_VAR to a folder this user may write to") from None


def free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = f"PORT={port} cannot be used: {error.strerror}"
            raise NotReady(f"{reason}; set PORT to a free one, e.g. PORT={port + 1}") from None


def postgres_answers() -> None:
    """A connection to DATABASE_URL works, and the server is new enough."""
    database = settings.DATABASES["default"]
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    address = {names[key]: database[key] for key in names} | {"port": database["PORT"] or "5432"}
    try:
        connection = psycopg2.connect(**{**address, **database["OPTIONS"]})
    except psycopg2.Error as error:
        reason = " ".join(str(error).split())
        raise NotReady(f"{given('DATABASE_URL')} cannot be used: {masked(reason)}") from None
    version = connection.server_version // 10_000
    connection.close()
    if version < OLDEST_POSTGRES:
        reason = f"the server is PostgreSQL {version}; {OLDEST_POSTGRES} or newer is needed"
        raise NotReady(f"{given('DATABASE_URL')} cannot be used: {reason}")


def redis_answers() -> None:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        reason = " ".join(str(error).split())
        raise NotReady(f"{given('REDIS_URL')} cannot be used: {masked(reason)}") from None


def given(name: str) -> str:
    return f"{name}={masked(os.environ.get(name, ''))!r}"


def migrated(run: Run) -> None:
    if run([*MANAGE, "migrate", "--noinput", "--verbosity=0"]):
        raise NotReady("the migrations failed (see above); nothing is served on half a schema")


def demo_loaded(run: Run) -> None:
    """Loads the demo company into an install that has no people yet."""
    command = settings.BASE_DIR / "leadflow" / "management" / "commands" / "load_demo.py"
    if not settings.DEMO or not command.exists() or people("") > 0:
        return
    print("leadflow: loading the demo company, once …", flush=True)
    if run([*MANAGE, "load_demo"]):
        raise NotReady("the demo company could not be loaded (see above); DEMO=0 goes without")


def people(email_ending: str) -> int:
    """How many people there are whose address ends so."""
    database = settings.DATABASES["default"]
    connection = psycopg2.connect(
        dbname=database["NAME"],
        user=database["USER"],
        password=database["PASSWORD"],
        host=database["HOST"],
        port=database["PORT"] or "5432",
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM accounts_user WHERE email LIKE %s", [f"%{email_ending}"]
        )
        (number,) = cursor.fetchone() or (0,)
    connection.close()
    return int(number)


def static_files_collected(run: Run) -> None:
    """Collects static files when any of their sources changed since the last time."""
    stamp = settings.STATIC_ROOT / "sources"
    if settings.DEBUG or (stamp.exists() and stamp.read_text() == static_sources()):
        return
    print("leadflow: collecting static files …", flush=True)
    if run([*MANAGE, "collectstatic", "--noinput", "--clear", "--verbosity=0"]):
        raise NotReady("the static files could not be collected (see above); run: npm ci")
    stamp.write_text(static_sources())


def static_sources() -> str:
    """Changes whenever a file of ours or the version of a package does."""
    ours = sorted(path for path in (settings.BASE_DIR / "static").rglob("*") if path.is_file())
    locks = [settings.BASE_DIR / name for name in ("package-lock.json", "requirements.txt")]
    seen = [
        (str(path.relative_to(settings.BASE_DIR)), path.stat().st_mtime_ns, path.stat().st_size)
        for path in [*ours, *locks, settings.BASE_DIR / "leadflow" / "packages.py"]
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()
