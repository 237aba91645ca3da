"""A load client: some kept-open connections, each with one request under way at a time.

It runs as a process of its own and speaks HTTP by hand, since a full client library costs more
than the floor it is meant to measure. `load` starts it and reads what it saw.
"""

import json
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import percentile

ROOT = Path(__file__).resolve().parents[1]
CONNECTIONS = 8
MOST = 100_000  # requests a turn, whatever the time


@dataclass(frozen=True, slots=True)
class Seen:
    """What one turn of a load saw; times in seconds."""

    seconds: float
    statuses: dict[str, int]
    delays: list[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.delays) / self.seconds

    @property
    def mean(self) -> float:
        return sum(self.delays) / len(self.delays)

    def p95(self) -> float:
        return percentile(self.delays, 0.95)


def load(
    port: int,
    path: str,
    *,
    seconds: float,
    status: int,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    bodies: list[str] | None = None,
    mark: str = "",
    connections: int = CONNECTIONS,
    paths: list[str] | None = None,
    people: list[dict[str, str]] | None = None,
    every: float = 0,
) -> Seen:
    """Ask for `seconds`; every answer must have that status. The bodies take turns, and so do
    `paths` where there are several; `{n}` in a body is new each time, and starts with `mark`.

    `people` are the headers of each connection's own person; with `every` a connection asks once
    in so many seconds, all of them spread over that time, instead of as soon as it can.
    """
    asked = {
        "port": port, "paths": paths or [path], "seconds": seconds, "method": method,
        "headers": headers or {}, "bodies": bodies or [""], "mark": mark,
        "connections": connections, "people": people or [{}], "every": every,
    }  # fmt: skip
    answered = subprocess.run(
        # By itself: whatever else it read would be read anew at each of a hundred turns.
        [sys.executable, "-m", "bench.client"],
        cwd=ROOT,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=seconds + 60,
    )
    if answered.returncode:
        raise RuntimeError(f"the load client failed: {answered.stderr[-2000:]}")
    seen = Seen(**json.loads(answered.stdout))
    if set(seen.statuses) != {str(status)}:
        raise RuntimeError(f"{method} {path} answered {seen.statuses}, not {status} alone")
    return seen


class Connection:
    """One kept-open connection; opened anew when the server closes it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def ask(self, request: bytes) -> int:
        """Send one request, read its answer whole, return its status."""
        for attempt in (1, 2):
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.socket.sendall(request)
                head, rest = self._head()
            except ConnectionError:
                # A worker may retire a connection between two requests; once is no fault.
                self.close()
                if attempt == 2:
                    raise
                continue
            break
        lines = head.split(b"\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in lines[1:])
        missing = int(fields.get(b"content-length", b"0")) - len(rest)
        while missing > 0:
            missing -= len(self._more())
        if fields.get(b"connection") == b"close":
            self.close()
        return int(lines[0].split()[1])

    def _head(self) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, rest = data.partition(b"\r\n\r\n")
        return head, rest

    def _more(self) -> bytes:
        assert self.socket is not None
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError
        return data

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket = None


def ask_for_a_while(asked: dict[str, Any]) -> dict[str, Any]:
    """Every connection asks, at least once, one request after the other until the time is over."""
    delays: list[float] = []
    statuses: dict[str, int] = {}
    failures: list[BaseException] = []
    begin = time.perf_counter()
    end = begin + asked["seconds"]

    def one(number: int) -> None:
        connection, sent = Connection(asked["port"]), 0
        try:
            most = MOST // asked["connections"]
            while not sent or (time.perf_counter() < end and sent < most):
                if asked["every"]:
                    turn = sent + number / asked["connections"]
                    time.sleep(max(0, begin + turn * asked["every"] - time.perf_counter()))
                now, sent = time.perf_counter(), sent + 1
                status = connection.ask(request_of(asked, number, sent))
                delays.append(time.perf_counter() - now)
                statuses[str(status)] = statuses.get(str(status), 0) + 1
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(asked["connections"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return {"seconds": time.perf_counter() - begin, "statuses": statuses, "delays": delays}


def request_of(asked: dict[str, Any], number: int, sent: int) -> bytes:
    body = asked["bodies"][sent % len(asked["bodies"])]
    body = body.replace("{n}", f"{asked['mark']}{number}x{sent}").encode()
    mine = asked["people"][number % len(asked["people"])]
    fields = {"Host": f"127.0.0.1:{asked['port']}", **asked["headers"], **mine}
    if body:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    path = asked["paths"][(sent + number) % len(asked["paths"])]
    lines = [f"{asked['method']} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


if __name__ == "__main__":
    json.dump(ask_for_a_while(json.load(sys.stdin)), sys.stdout)
