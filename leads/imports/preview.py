"""What the first records would do: they are captured for real, and all of it is taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import OperationalError, connection, transaction

from accounts.models import User
from accounts.refusals import Conflict
from leads import tagging
from leads.capture import Captured
from leads.importing import Record
from leads.imports.batch import Intake, Tally, capture_records
from leads.known import FILLABLE
from leads.models import Lead, Stage

# A preview gives way: it must never hold up somebody who works.
PATIENCE = "SET LOCAL lock_timeout = '2s'"
WORDS = {"job_title": "job title", "first_name": "first name", "last_name": "last name",
         "company_domain": "website"}  # fmt: skip


@dataclass(slots=True)
class Trial:
    """What one record would do. `lead` is None where the person may not see the lead it meets."""

    record: Record
    deed: str
    name: str
    why: str = ""
    lead: Lead | None = None
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Preview:
    """What the first records would do together, and each of them."""

    tally: Tally
    trials: list[Trial]


def preview(records: Sequence[Record], intake: Intake, *, user: User, at: datetime) -> Preview:
    """Try the records out. Raises Conflict when the leads they meet are being worked on."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(PATIENCE)
            outcomes = capture_records(records, intake, at=at)
            ids = {o.lead.pk for o in outcomes if not isinstance(o, str) and o.lead}
            visible = set(
                Lead.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)
            )
            found = Preview(Tally(), [])
            for record, outcome in zip(records, outcomes, strict=True):
                found.tally.add(outcome)
                found.trials.append(_trial(record, outcome, visible))
            transaction.set_rollback(True)
    except OperationalError:
        raise Conflict(
            "Somebody is changing these leads just now; try the preview again in a moment."
        ) from None
    return found


def _trial(record: Record, outcome: Captured | str, visible: set[int]) -> Trial:
    if isinstance(outcome, str):
        cells = [cell.strip() for cell in record.cells if cell.strip()]
        return Trial(record, "refuse", " · ".join(cells)[:60], why=outcome)
    lead = outcome.lead
    assert lead is not None
    if not outcome.created and lead.pk not in visible:
        # Whose it is, and what it lacked, is not for somebody who may not see it.
        deed = "leave" if outcome.left else "merge"
        return Trial(record, deed, lead.email or lead.phone, why="A lead of another team")
    notes = []
    if outcome.handoff is not None:
        notes.append(f"goes to {outcome.handoff.owner or outcome.handoff.pool or 'sales'}")
    elif outcome.created and lead.stage == Stage.MQL:
        notes.append("becomes an MQL")
    if outcome.created:
        return Trial(record, "new", lead.name, notes=notes)
    if outcome.left:
        return Trial(record, "leave", lead.name, lead=lead, why=str(outcome.left))
    changes = _changes(outcome)
    return Trial(record, "merge", lead.name, lead=lead, changes=changes, notes=notes)


def _changes(outcome: Captured) -> list[str]:
    """What a merge would write: "company", or "company: Spa Ltd → Spa Hotel"."""
    lead, before, said = outcome.lead, outcome.before, []
    for name in FILLABLE:
        old, new = before.get(name), getattr(lead, name)
        if old != new and name not in ("phone_typed",):
            word = WORDS.get(name, name)
            said.append(f"{word}: {old} → {new}" if old else f"{word}: {new}")
    old_extra, new_extra = before.get("extra") or {}, lead.extra if lead else {}
    said += [
        f"{name}: {old_extra[name]} → {value}" if name in old_extra else f"{name}: {value}"
        for name, value in new_extra.items()
        if old_extra.get(name) != value
    ]
    new_tags = [tag for tag in (lead.tags if lead else []) if tag not in before.get("tags", [])]
    return said + [f"tag: {name}" for _, name in tagging.words().said(new_tags)]
