"""The parts of one leadflow, as `manage.py up` starts them, and how to murder them."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from leadflow import devservers, supervisor

CLOCKWORKS = 3  # each sweeps and relays
LONGEST_DOWN = 2.5  # seconds until somebody starts a part again


@dataclass
class Parts:
    """Servers and processes by name; whatever is killed is started again by `revive`."""

    var: Path
    environment: dict[str, str]
    servers: dict[str, devservers.Server] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)

    def start_servers(self) -> None:
        """PostgreSQL writes through as it does for people: what is committed is on disk."""
        for server in (devservers.Postgres(self.var), devservers.Valkey(self.var)):
            self.servers[server.name] = server
            server.start()

    def commands(self) -> dict[str, list[str]]:
        """Three of the workers that sweep and relay, the other worker, and beat."""
        given = supervisor.commands()
        found = {name: given[name] for name in ("worker", "beat")}
        for number in range(CLOCKWORKS):
            name = f"clockwork{number}"
            found[name] = [word.replace("clockwork@", f"{name}@") for word in given["clockwork"]]
        return found

    def start(self, name: str) -> None:
        """Start one part, or nothing when it runs; a process's words go to a file of its name."""
        if name in self.servers:
            self._start_server(self.servers[name])
            return
        process = self.processes.get(name)
        if process is not None and process.poll() is None:
            return
        with open(self.var / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                self.commands()[name],
                cwd=supervisor.settings.BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=devservers.die_with_parent(signal.SIGKILL),
            )

    def start_all(self) -> None:
        for name in (*self.servers, *self.commands()):
            self.start(name)

    def _start_server(self, server: devservers.Server) -> None:
        """A backend may outlive its killed PostgreSQL by a moment: try again, as a person would."""
        for attempt in range(5):
            if server.process is not None and server.process.poll() is None:
                return
            try:
                server.start()
            except devservers.ServerFailed:
                if attempt == 4:
                    raise
                time.sleep(1)

    def kill(self, name: str) -> None:
        """kill -9: a process with its children, a server's first process, or one backend."""
        self.killed.append(name)
        if name == "backend":
            kill_a_backend(self.servers["postgres"])
        elif name in self.servers:
            process = self.servers[name].process
            assert process is not None
            process.kill()
            process.wait()
        else:
            os.killpg(self.processes[name].pid, signal.SIGKILL)
            self.processes[name].wait()

    def stop(self) -> None:
        supervisor.end(list(self.processes.values()), signal.SIGTERM, 3)
        for server in reversed(self.servers.values()):
            server.stop()

    def last_words(self, lines: int = 15) -> str:
        """The end of every part's log."""
        told = []
        logs = [*self.var.glob("*.log"), *(server.log for server in self.servers.values())]
        for path in logs:
            end = path.read_text(errors="replace").splitlines()[-lines:]
            told.append(f"--- {path.relative_to(self.var)}\n" + "\n".join(end))
        return "\n".join(told)


def kill_a_backend(postgres: devservers.Server) -> None:
    """One client's backend dies; PostgreSQL then ends all of them and recovers by itself."""
    try:
        with (
            psycopg2.connect(
                host=str(postgres.sockets), port=devservers.PORT, user="leadflow", dbname="postgres"
            ) as session,
            session.cursor() as cursor,
        ):
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                " AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, query_start DESC"
            )
            row = cursor.fetchone()
    except psycopg2.OperationalError:
        return  # it is just recovering from the last one
    if row:
        with suppress(ProcessLookupError):  # it may just have ended by itself
            os.kill(row[0], signal.SIGKILL)


# What is killed, and how likely.
VICTIMS = {
    **{f"clockwork{number}": 4 for number in range(CLOCKWORKS)},
    "worker": 1, "beat": 3, "valkey": 4, "postgres": 2, "backend": 3,
}  # fmt: skip


def rampage(parts: Parts, chance: random.Random, until: float, say: Callable[[str], None]) -> None:
    """Kill one part after another until that monotonic instant, each started again a little later.

    Several may be down at a time. Valkey dies last, so that all workers must find their way back.
    """
    names, weights = list(VICTIMS), list(VICTIMS.values())
    down: dict[str, float] = {}
    while True:
        strike = time.monotonic() + chance.uniform(0.3, 3.5)
        name = chance.choices(names, weights)[0]
        back = strike + chance.uniform(0, LONGEST_DOWN)
        revive_until(strike, parts, down)
        if strike > until:
            break
        if name in down:
            continue
        say(f"kill -9 {name}, back after {back - strike:.1f} s")
        parts.kill(name)
        if name != "backend":
            down[name] = back
    parts.start_all()
    time.sleep(3)
    say("kill -9 valkey, for the last time; no worker is started again")
    parts.kill("valkey")
    parts.start_all()


def revive_until(instant: float, parts: Parts, down: dict[str, float]) -> None:
    """Wait for the instant; meanwhile start what was down for long enough.

    In this thread, for a server ends with the thread that started it.
    """
    while down and (first := min(down, key=lambda name: down[name])):
        if down[first] > instant:
            break
        time.sleep(max(0, down.pop(first) - time.monotonic()))
        parts.start(first)
    time.sleep(max(0, instant - time.monotonic()))
