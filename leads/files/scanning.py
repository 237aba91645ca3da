"""Have files scanned for viruses: `scan`. Nothing is given out before the scanner said clean.

VIRUS_SCANNER names a command, called with the path of a file (it ends with 0 for a clean one, with
1 for a virus, with anything else when it failed), or a clamd, which is sent the bytes. A file is
claimed in a committed transaction, scanned, then marked; what fails is tried again, each time after
twice as long, at most an hour, for as long as it takes.
"""

import socket
import struct
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts import outbox
from accounts.models import User
from leads.files import disk
from leads.models import LeadFile

log = structlog.get_logger(__name__)

BATCH = 10
LONGEST = 120  # seconds one scan may take
CLAIM = timedelta(minutes=30)
LONGEST_WAIT = timedelta(hours=1)
CHUNK = 65_536
State = LeadFile.State


class Failed(Exception):
    """The scanner gave no answer."""


def scan(*, at: datetime, batch: int = BATCH) -> int:
    """Scan what waits; returns how many got an answer. Nothing without VIRUS_SCANNER."""
    if settings.VIRUS_SCANNER is None:
        return 0
    return sum(_one(file, at=at) for file in _claim(at=at, batch=batch))


def _claim(*, at: datetime, batch: int) -> list[LeadFile]:
    with transaction.atomic():
        due = LeadFile.objects.filter(state=State.WAITING, next_scan_at__lte=at)
        ordered = due.order_by("next_scan_at").select_for_update(skip_locked=True)
        found = list(ordered.values_list("pk", flat=True)[:batch])
        files = LeadFile.objects.filter(pk__in=found)
        files.update(scan_attempts=F("scan_attempts") + 1, next_scan_at=at + CLAIM)
        return list(files.select_related("lead"))


def _one(file: LeadFile, *, at: datetime) -> bool:
    try:
        virus = ask(disk.place_of(file.key))
    except (Failed, OSError) as error:
        # Where on this machine it was sought is the admins' business.
        briefly = error.strerror if isinstance(error, OSError) else None
        _failed(file, str(error), briefly or str(error), at=at)
        return False
    waiting = LeadFile.objects.filter(pk=file.pk, state=State.WAITING)
    if not virus:
        waiting.update(state=State.CLEAN, scan_said="")
        return True
    with transaction.atomic():
        if waiting.update(state=State.INFECTED, scan_said=virus[:300]):
            _tell(file, virus, at=at)
            transaction.on_commit(lambda: disk.drop([file.key]))
    return True


def ask(path: Path) -> str:
    """The name of the virus that the scanner finds; nothing for a clean file. Raises Failed."""
    scanner: dict[str, Any] = settings.VIRUS_SCANNER or {}
    if "command" in scanner:
        return _ask_command([*scanner["command"], str(path)])
    return _ask_clamd(scanner, path)


def _ask_command(command: list[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 (the install's own command, and a path of our making)
            command, capture_output=True, text=True, errors="replace", timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]} did not answer within {LONGEST} seconds") from None
    if done.returncode == 0:
        return ""
    # Less the path, which is nobody's business.
    said = f"{done.stdout}\n{done.stderr}".replace(command[-1], "").strip(" :\n") or "no words"
    first = said.splitlines()[0].strip(" :")
    if done.returncode == 1:
        return first
    raise Failed(f"{command[0]} ended with status {done.returncode}: {first}")


def _ask_clamd(where: dict[str, Any], path: Path) -> str:
    """The INSTREAM of clamd: chunks behind their length, an empty one at the end."""
    with _connected(where) as clamd, path.open("rb") as file:
        clamd.sendall(b"zINSTREAM\0")
        while chunk := file.read(CHUNK):
            clamd.sendall(struct.pack("!I", len(chunk)) + chunk)
        clamd.sendall(struct.pack("!I", 0))
        said = b""
        while not said.endswith(b"\0") and (more := clamd.recv(4096)):
            said += more
    words = said.rstrip(b"\0\n").decode("utf-8", "replace").removeprefix("stream: ")
    if words == "OK":
        return ""
    if words.endswith(" FOUND"):
        return words.removesuffix(" FOUND")
    raise Failed(f"clamd said: {words[:200] or 'nothing'}")


def _connected(where: dict[str, Any]) -> socket.socket:
    if "path" not in where:
        return socket.create_connection((where["host"], where["port"]), timeout=LONGEST)
    clamd = socket.socket(socket.AF_UNIX)
    clamd.settimeout(LONGEST)
    clamd.connect(where["path"])
    return clamd


def _failed(file: LeadFile, why: str, briefly: str, *, at: datetime) -> None:
    """Try again later; the admins are told once a day."""
    wait = min(timedelta(seconds=5 * 2 ** min(file.scan_attempts + 1, 12)), LONGEST_WAIT)
    waiting = LeadFile.objects.filter(pk=file.pk, state=State.WAITING)
    waiting.update(next_scan_at=at + wait, scan_said=briefly[:300])
    log.warning("file_scan_failed", file=file.pk, attempts=file.scan_attempts, error=why[:200])
    title = "The virus scanner fails: files wait for it"
    outbox.send([
        outbox.message(
            admin, "file", title, why, file.lead.get_absolute_url(), at=at,
            dedupe_key=f"scanner:{at:%Y-%m-%d}:{admin}",
        )
        for admin in User.objects.admins().values_list("pk", flat=True)
    ])  # fmt: skip


def _tell(file: LeadFile, virus: str, *, at: datetime) -> None:
    """Whoever brought it and whoever has the lead: it is not there any more."""
    title = f"A virus was found in “{file}”"
    body = f"{virus}. The file is destroyed; nobody could open it here. Warn whoever sent it."
    url = file.lead.get_absolute_url()
    people = sorted({pk for pk in (file.by_id, file.lead.owner_id) if pk is not None})
    outbox.send([
        outbox.message(pk, "file", title, body, url, at=at, dedupe_key=f"virus:{file.pk}:{pk}")
        for pk in people
    ])  # fmt: skip
