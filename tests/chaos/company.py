"""The company that goes through it: leads captured so that their deadlines fall into the chaos."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from accounts.instants import database_now
from accounts.models import User
from bench import company
from leads.capture import capture_leads
from leads.models import Handoff
from sla.models import Term

BATCH = 100  # leads captured at one instant
WARMING = 4  # batches, of which the last tells how long all take: the first is slower by far
TOGETHER = 3  # deadlines a lead: accept, first touch, disposition
ACCEPT, TOUCH, DISPOSE = "accept", "first_touch", "disposition"
# Seconds between a lead's deadlines.
APART = {ACCEPT: 0, TOUCH: 4, DISPOSE: 8}
TELL_AFTER, PASS_ON_AFTER = 3, 6  # seconds
WARN_BEFORE = 9
HOT_EVERY = 20  # so many leads are hot: nobody answers them, and they are passed on


@dataclass(slots=True)
class Promise:
    """One lead's deadlines as they ought to be, told without the engine."""

    handoff_id: int
    lead_id: int
    owner_id: int
    hot: bool
    due: dict[str, datetime]


@dataclass(slots=True)
class Book:
    """Every promise by the number of its lead, and when the first and last fall due."""

    target: int
    begins: datetime
    ends: datetime
    promises: dict[int, Promise] = field(default_factory=dict)


def found(*, seconds: int) -> int:
    """People and agreement; returns the seconds from capture to the first deadline."""
    company.found()
    target = 2 * (seconds + 300)
    steps = [
        {"action": "warn", "share": 1 - WARN_BEFORE / target},
        {"action": "breach"},
        {"action": "tell_manager", "after": TELL_AFTER},
    ]
    with connection.cursor() as cursor:
        # What is signed never changes, by a trigger; this company has promised something else.
        cursor.execute("SET session_replication_role = replica")
        for term in Term.objects.all():
            if term.measure in APART:
                term.target_seconds = target + APART[term.measure]
            passing = {"action": "reassign", "after": PASS_ON_AFTER}
            term.steps = [*steps, passing] if term.key == "accept_hot" else steps
            term.sources, term.tiers = (["hot"] if term.tiers else []), []
            term.save()
        cursor.execute("SET session_replication_role = origin")
    return target


def capture(deadlines: int, *, seconds: int, target: int) -> Book:
    """Capture as many leads as it takes, spread so that their deadlines last so many seconds."""
    number = deadlines // TOGETHER
    marketer = User.objects.get(email="maya@bench.test")
    now = database_now()
    begins = None
    batches = [range(n, min(n + BATCH, number)) for n in range(0, number, BATCH)]
    book = Book(target, now, now)
    for turn, batch in enumerate(batches):
        began = time.monotonic()
        offset = seconds * turn / len(batches)
        at = (begins or now) + timedelta(seconds=offset - target)
        if begins is None:
            at = now - timedelta(seconds=target - 30)
        for lead, captured in zip(batch, capture_leads(
            [row(n) for n in batch], by=marketer, at=at
        ), strict=True):  # fmt: skip
            assert captured.handoff is not None, captured.refused
            book.promises[lead] = promise(captured.handoff, lead, at=at, target=target)
        if turn + 1 == WARMING:
            takes = (time.monotonic() - began) * (len(batches) - WARMING) * 1.3
            begins = book.begins = database_now() + timedelta(seconds=takes + 15)
    book.ends = book.begins + timedelta(seconds=seconds + APART[DISPOSE])
    return book


def row(number: int) -> dict[str, str]:
    hot = number % HOT_EVERY == 7
    return {
        "email": f"lead{number}@spa.example", "last_name": f"Lee {number}", "company": "Spa",
        "job_title": "Wellness director", "country": ("US", "GB")[number % 2],
        "touchpoint": "event", "campaign": company.CAMPAIGN,
        "source": "hot" if hot else "web",
    }  # fmt: skip


def promise(handoff: Handoff, number: int, *, at: datetime, target: int) -> Promise:
    assert handoff.owner_id is not None
    due = {name: at + timedelta(seconds=target + apart) for name, apart in APART.items()}
    return Promise(handoff.pk, handoff.lead_id, handoff.owner_id, number % HOT_EVERY == 7, due)
