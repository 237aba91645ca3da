"""Runs every part of leadflow on one machine, and ends all of them together.

`manage.py up` becomes this process. It starts the embedded servers that the environment does not
replace, prepares database and static files, starts the parts, and then only watches: a signal ends
everything within five seconds; a part that ends by itself ends everything, with the reason last.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg2

from leadflow import devservers, preparation, settings
from leadflow.preparation import NotReady

PARTS_GRACE = 2.0  # seconds a part has after SIGTERM
SERVERS_GRACE = 1.5  # seconds a server has after that; PostgreSQL recovers what it could not flush
SERVING_LIMIT = 60.0  # seconds until the web part must answer
TICK = 0.1
SIGN_INS = """\
  maya@demo.test   marketer
  sam@demo.test    sales rep
  mona@demo.test   marketing manager
  dana@demo.test   sales manager
  admin@demo.test  admin
  password         demo-leadflow"""


class Stopped(Exception):
    """A person or the system asked us to end: no failure."""


def commands() -> dict[str, list[str]]:
    """The parts of leadflow and how each is started."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--quiet"]
    worker = [
        *celery,
        # Django's checks read every page's code; migrating and the web part have made them.
        "--skip-checks",
        "-A",
        "leadflow",
        "worker",
        "--loglevel=WARNING",
        "--without-gossip",
        "--without-mingle",
    ]
    return {
        "web": [*python, "gunicorn", f"--bind=127.0.0.1:{settings.PORT}", "leadflow.wsgi"],
        "worker": [*worker, "--queues=default", "--concurrency=1", "--hostname=worker@%h"],
        "imports": [*worker, "--queues=imports", "--pool=solo", "--hostname=imports@%h"],
        "clockwork": [*worker, "--queues=clockwork", "--pool=solo", "--hostname=clockwork@%h"],
        "beat": [
            *celery,
            "-A",
            "leadflow.beat",
            "beat",
            "--loglevel=WARNING",
            "--pidfile=",
            f"--schedule={settings.VAR / 'beat'}",
        ],
    }


@dataclass
class Supervisor:
    """The processes that make up one running leadflow."""

    servers: list[devservers.Server] = field(default_factory=list)
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    asked_to_stop: bool = False

    def run(self) -> None:
        """Serves until stopped; raises Stopped, or NotReady with the reason."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.note_signal)
        preparation.writable_var(settings.VAR)
        lock = only_one(settings.VAR)
        shutil.rmtree(settings.VAR / "metrics", ignore_errors=True)
        (settings.VAR / "metrics").mkdir()
        try:
            preparation.free_port(settings.PORT)
            self.start_servers()
            self.prepare()
            self.start_parts()
            announce()
            while True:
                self.watch()
        finally:
            self.stop()
            lock.close()

    def note_signal(self, _number: int, _frame: object) -> None:
        self.asked_to_stop = True

    def start_servers(self) -> None:
        if settings.EMBEDDED_POSTGRES:
            self.start_server(devservers.Postgres(settings.VAR))
        if settings.EMBEDDED_VALKEY:
            self.start_server(devservers.Valkey(settings.VAR))
        preparation.postgres_answers()
        preparation.redis_answers()

    def start_server(self, server: devservers.Server) -> None:
        self.servers.append(server)
        server.start()

    def prepare(self) -> None:
        preparation.migrated(self.run_to_end)
        preparation.demo_loaded(self.run_to_end)
        preparation.static_files_collected(self.run_to_end)

    def run_to_end(self, command: list[str]) -> int:
        """Runs a preparing command as a part, so that a signal ends it like any other."""
        process = self.parts["preparation"] = start(command)
        while process.poll() is None:
            self.wait_a_tick()
        del self.parts["preparation"]
        return process.returncode

    def start_parts(self) -> None:
        for name, command in commands().items():
            self.parts[name] = start(command)
        deadline = time.monotonic() + SERVING_LIMIT
        while not serving():
            self.watch()
            if time.monotonic() > deadline:
                raise NotReady(f"web did not answer within {SERVING_LIMIT:.0f} seconds")

    def watch(self) -> None:
        """Waits a moment; raises when a part or server has ended, or when asked to stop."""
        self.wait_a_tick()
        servers = {server.name: server.process for server in self.servers if server.process}
        for name, process in {**servers, **self.parts}.items():
            status = process.poll()
            if status is not None:
                raise NotReady(f"{name} {ending(status)}, so everything was stopped")

    def wait_a_tick(self) -> None:
        if self.asked_to_stop:
            raise Stopped
        time.sleep(TICK)

    def stop(self) -> None:
        """Ends the parts, then the servers they rely on; kills what does not listen."""
        end(list(self.parts.values()), signal.SIGTERM, PARTS_GRACE)
        for server in reversed(self.servers):
            if server.process:
                end([server.process], server.stop_signal, SERVERS_GRACE)


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Starts a part in a session of its own: it is stopped by us, not by the terminal."""
    return subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(settings.VAR / "metrics")},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=devservers.die_with_parent(signal.SIGTERM),
    )


def end(processes: list[subprocess.Popen[bytes]], stop_signal: int, grace: float) -> None:
    """Signals the processes, waits together, then kills each one's whole session."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(stop_signal)
    deadline = time.monotonic() + grace
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ending(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended by itself with status {status}"


def only_one(var: Path) -> IO[str]:
    """Holds var/ for this supervisor alone; the system lets go of it however we end."""
    lock = open(var / "lock", "a+")  # noqa: SIM115 (stays open as long as we run)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise NotReady(f"process {lock.read().strip()} already runs leadflow in {var}") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def serving() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.PORT}/healthz", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True  # it answers, if only to refuse our host name
    except OSError:
        return False


def announce() -> None:
    print(f"leadflow: serving on http://127.0.0.1:{settings.PORT} (Ctrl-C stops everything)")
    # A database that ends just now is for `watch` to say, in one line.
    with contextlib.suppress(psycopg2.Error):
        if settings.DEMO and preparation.people("@demo.test"):
            print(f"Demo sign-ins:\n{SIGN_INS}")
        elif not preparation.people(""):
            print("Nobody is here yet: .venv/bin/python manage.py start_company you@example.com")
    sys.stdout.flush()


def main() -> int:
    """Runs to the end and says why on the last line when that was not asked for."""
    try:
        Supervisor().run()
    except Stopped:
        return 0
    except (NotReady, devservers.ServerFailed) as reason:
        print(f"leadflow: {reason}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
