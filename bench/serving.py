"""Start web servers as `manage.py up` does, on a port and a database of their own."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from bench import stage
from leadflow import supervisor


@dataclass(frozen=True, slots=True)
class Web:
    """A running web server."""

    port: int
    pid: int


@contextmanager
def leadflow(var: Path, database: str) -> Iterator[Web]:
    """The web part with its two workers and its metrics."""
    port = free_port()
    metrics = var / f"metrics-{port}"
    metrics.mkdir()
    command = [f"--bind=127.0.0.1:{port}" if "--bind=" in word else word for word in
               supervisor.commands()["web"]]  # fmt: skip
    environment = stage.environment(var, database) | {
        "PORT": str(port), "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        **({"WEB_WORKERS": "1"} if settings.DEBUG else {}),  # a brief run: two would start twice
    }  # fmt: skip
    with _running(command, environment, port, "/healthz") as process:
        yield Web(port, process.pid)


@contextmanager
def bare(var: Path, database: str) -> Iterator[Web]:
    """The floor under the same server with the same settings."""
    port = free_port()
    command = stage.python("-m", "gunicorn", "-c", "python:bench.bare_gunicorn",
                           f"--bind=127.0.0.1:{port}", "bench.bare:application")  # fmt: skip
    environment = stage.environment(var, database) | {"PORT": str(port)}
    with _running(command, environment, port, "/nothing/") as process:
        yield Web(port, process.pid)


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], port: int, path: str
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, cwd=stage.ROOT, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not _answers(port, path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command)} does not serve")
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def _answers(port: int, path: str) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
