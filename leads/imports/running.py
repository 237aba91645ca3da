"""Run an import: a worker claims it, and takes it batch by batch to its end.

Each batch is one transaction: leads, what they caused, the note of it and the new position are
all there or none of it is. Who takes over after a crash reads the position and goes on from that
record; a worker that lost its claim finds out before it writes anything.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID, uuid4

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from accounts import audit, outbox
from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Conflict
from leads.capture import Captured
from leads.importing import Record, Unreadable
from leads.imports import reading, undoing
from leads.imports.batch import Intake, Tally, capture_records
from leads.imports.limits import MOST_ROWS
from leads.imports.rows import plan_of
from leads.imports.snapshot import changed
from leads.models import Import, ImportBatch

log = structlog.get_logger(__name__)

BATCH = 500
# How long a worker may say nothing before another one takes its import over.
LEASE = timedelta(seconds=20)
# How long one import is worked at while others wait.
TURN = 30.0
# How often a batch is begun again at once when it and another one wait for each other.
DEADLOCKS = 5
# Nobody leaves a page for less.
SHORT = timedelta(seconds=30)
State = Import.State


def start(importing: Import, *, by: User, at: datetime) -> None:
    """Let the workers have it. Raises Conflict when it was started before."""
    waiting = Import.objects.filter(pk=importing.pk, state=State.UPLOADED)
    with transaction.atomic():
        if not waiting.update(state=State.RUNNING, started_at=at):
            raise Conflict(f"The import of “{importing}” was started already.")
        audit.record("import.started", importing, by=by, at=at, facts={"file": importing.file_name})


def cancel(importing: Import, *, by: User, at: datetime) -> None:
    """Stop after the batch under way; what came in stays. Raises Conflict when it is over."""
    # Waits for the batch that holds the row, so that its count is the last.
    running = Import.objects.filter(pk=importing.pk, state=State.RUNNING)
    with transaction.atomic():
        if not running.update(state=State.CANCELLED, ended_at=at, claim=None, claimed_until=None):
            raise Conflict(f"The import of “{importing}” is not running any more.")
        audit.record("import.cancelled", importing, by=by, at=at)


def claim(pk: int, *, at: datetime) -> UUID | None:
    """Take an import nobody is at; None when somebody is, or it is over."""
    mine = uuid4()
    free = Import.objects.unattended(at).filter(pk=pk)
    return mine if free.update(claim=mine, claimed_until=at + LEASE) else None


def run(pk: int, *, at: datetime) -> bool:
    """Work at one import or its undoing; False when it has to go on later, in its turn."""
    mine = claim(pk, at=at)
    if mine is None:
        return True
    importing = Import.objects.select_related("by", "team", "campaign").get(pk=pk)
    if importing.state == State.UNDOING:
        return _in_turns(undoing.steps(importing, mine, lease=LEASE), pk, mine)
    try:
        if importing.total is None:
            importing.total = _count(importing, lambda: _hold(pk, mine))
            Import.objects.filter(pk=pk, claim=mine).update(total=importing.total)
        with reading.opened(importing, beat=lambda: _hold(pk, mine)) as table:
            return _in_turns(_steps(importing, mine, table.records), pk, mine)
    except Unreadable as error:
        _end(pk, mine, State.FAILED, error=f"{importing.file_name} {error}.")
    except (OperationalError, InterfaceError):
        raise  # the database is away or gave way: taken up again once the claim has lapsed
    except Exception:
        # It would fail again and again at the same record.
        _end(pk, mine, State.FAILED, error="An error of ours stopped it; it is in our log.")
        raise
    return True


def _in_turns(steps: Iterator[bool], pk: int, mine: UUID) -> bool:
    """Take the steps; lets go of the import when others have waited long enough."""
    began = time.monotonic()
    for _ in steps:
        if time.monotonic() - began < TURN:
            continue
        others = Import.objects.unattended(database_now()).exclude(pk=pk)
        if others.exists():
            Import.objects.filter(pk=pk, claim=mine).update(claim=None, claimed_until=None)
            return False
        began = time.monotonic()
    return True


def _count(importing: Import, beat: Callable[[], None]) -> int:
    """How many rows there are to deal with. Raises Unreadable when they are too many."""
    total = reading.count(importing, beat=beat)
    if total > MOST_ROWS:
        raise Unreadable(
            f"has more than {MOST_ROWS:,} rows; cut it into smaller files and import each"
        )
    return total


def _hold(pk: int, mine: UUID) -> None:
    """Say that we are still at it."""
    until = database_now() + LEASE
    Import.objects.filter(pk=pk, claim=mine).update(claimed_until=until)


def _steps(importing: Import, mine: UUID, records: Iterator[Record]) -> Iterator[bool]:
    """One batch a step, from the first record not dealt with; ends where another took over."""
    intake = Intake(
        plan=plan_of(importing),
        by=importing.by,
        team=importing.team,
        hand_over=None if importing.hand_over else False,
        duplicates=importing.duplicates,
    )
    position = importing.position
    _skip(records, position, lambda: _hold(importing.pk, mine))
    while batch := list(islice(records, BATCH)):
        if not _taken(importing.pk, mine, batch, position, intake):
            return
        position += len(batch)
        yield True
    _end(importing.pk, mine, State.FINISHED)


def _skip(records: Iterator[Record], count: int, beat: Callable[[], None]) -> None:
    for number, _ in enumerate(islice(records, count), 1):
        if number % 50_000 == 0:
            beat()


def _taken(pk: int, mine: UUID, batch: list[Record], position: int, intake: Intake) -> bool:
    """Take a batch; again where PostgreSQL ended it because somebody wrote the same leads."""
    for _ in range(DEADLOCKS):
        try:
            return _take(pk, mine, batch, position, intake)
        except OperationalError as error:
            if "deadlock detected" not in str(error):
                raise
    return _take(pk, mine, batch, position, intake)


def _take(pk: int, mine: UUID, batch: list[Record], position: int, intake: Intake) -> bool:
    """Capture a batch and note it, all in one; False when the import is not ours any more."""
    with transaction.atomic():
        now = Import.objects.select_for_update(of=("self",)).get(pk=pk)
        if (now.claim, now.state, now.position) != (mine, State.RUNNING, position):
            return False
        at = database_now()
        outcomes = capture_records(batch, intake, at=at)
        tally = Tally()
        for outcome in outcomes:
            tally.add(outcome)
        note(now, batch, outcomes, position=position, at=at)
        counts = {f.name: F(f.name) + getattr(tally, f.name) for f in fields(tally)}
        Import.objects.filter(pk=pk).update(
            position=position + len(batch), claimed_until=database_now() + LEASE, **counts
        )
    return True


def note(
    importing: Import,
    batch: list[Record],
    outcomes: list[Captured | str],
    *,
    position: int,
    at: datetime,
) -> None:
    """Write down what a batch did, for the refused rows and for undoing it."""
    done = ImportBatch(of=importing, first=position, size=len(batch), at=at)
    met: dict[int, Captured] = {}
    for number, (record, outcome) in enumerate(zip(batch, outcomes, strict=True), position):
        if isinstance(outcome, str):
            done.refused.append([number, record.line, outcome])
        elif outcome.created and outcome.lead:
            done.created.append(outcome.lead.pk)
        elif outcome.before and outcome.lead:
            met[outcome.lead.pk] = outcome
    done.merged = [changed(outcome) for outcome in met.values()]
    done.save()


def _end(pk: int, mine: UUID, state: str, *, error: str = "") -> None:
    at = database_now()
    with transaction.atomic():
        ours = Import.objects.filter(pk=pk, claim=mine, state=State.RUNNING)
        if not ours.update(state=state, ended_at=at, claim=None, claimed_until=None, error=error):
            return
        if state == State.FINISHED:  # blank rows of a workbook were counted with the others
            Import.objects.filter(pk=pk).update(total=F("position"))
        _tell(Import.objects.get(pk=pk), at=at)
    log.info("import_ended", id=pk, state=state)


def _tell(importing: Import, *, at: datetime) -> None:
    """Whoever has left meanwhile finds it in their bell; a short one they have seen end."""
    if importing.started_at is None or at - importing.started_at < SHORT:
        return
    done = "is done" if importing.state == State.FINISHED else "failed"
    outbox.send(
        [
            outbox.message(
                importing.by_id,
                "import",
                f"The import of “{importing.file_name}” {done}",
                f"{importing.created:,} new, {importing.merged:,} merged, "
                f"{importing.unchanged:,} with nothing new, {importing.refused:,} refused. "
                f"{importing.error}".strip(),
                importing.get_absolute_url(),
                at=at,
                dedupe_key=f"import-{importing.pk}-{importing.state}",
            )
        ]
    )


def waiting(*, at: datetime) -> list[int]:
    """Imports under way that no worker is at: new ones, and those whose worker is gone."""
    found = Import.objects.unattended(at).order_by("started_at", "pk")
    return list(found.values_list("pk", flat=True)[:20])
