"""Starts `manage.py up` as a person would, and looks at what it leaves behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = {"clockwork": "--queues=clockwork", "postgres": "postgres -D"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Leadflow:
    """One `manage.py up` with a folder and a port of its own."""

    process: subprocess.Popen[str]
    var: Path
    port: int

    def wait_until_serving(self, seconds: float = 150) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2).close()
                return
            except urllib.error.HTTPError:
                return  # it answers; whether every part is ready is another test's question
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"not serving: {self.process.communicate(timeout=10)}")

    def processes(self) -> dict[int, str]:
        """Every process that belongs to this var/: by environment, or by what it was told."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (folder / "environ").read_bytes()
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            ours = f"LEADFLOW_VAR={self.var}\0".encode() in environment + b"\0"
            if command and (ours or str(self.var) in command or parent in found):
                found[int(folder.name)] = command
        return found

    def kill(self, part: str) -> None:
        """kill -9 of the one process that leads the part."""
        leaders = [
            number
            for number, command in self.processes().items()
            if PARTS[part] in command and os.getpgid(number) == number
        ]
        assert len(leaders) == 1, leaders
        os.kill(leaders[0], signal.SIGKILL)

    def end(self, number: int) -> tuple[int, list[str], float]:
        """Signals it; answers its status, its lines of standard error and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        status, lines = self.outcome()
        return status, lines, time.monotonic() - began

    def outcome(self, seconds: float = 15) -> tuple[int, list[str]]:
        _, errors = self.process.communicate(timeout=seconds)
        return self.process.returncode, errors.strip().splitlines()


@contextmanager
def up(var: Path, port: int | None = None, **environment: str) -> Iterator[Leadflow]:
    """Runs `manage.py up` without waiting for it; nothing of it is left afterwards."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=fresh_environment() | {"LEADFLOW_VAR": str(var), "PORT": str(port), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=ignore_interrupts,
    )
    leadflow = Leadflow(process, var, port)
    try:
        yield leadflow
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=15)


def ignore_interrupts() -> None:
    """What a script's `&` does to the processes it starts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def fresh_environment() -> Mapping[str, str]:
    """What a person's shell has; the test run's own settings are left out."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
