"""One run from the first lead to the verdict, told line by line."""

import os
import random
import time
from collections import Counter
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from accounts.instants import database_now
from accounts.models import OutboxMessage
from leadflow import devservers
from sla.lag import watch
from sla.models import Breach, Clock
from tests import mould
from tests.chaos import company, verdict
from tests.chaos.parts import Parts, rampage
from tests.chaos.people import People
from tests.chaos.post import PostOffice

BAD_LUCK = 0.02  # of so many letters the mail server says that it has not taken them, and has
SETTLING = 200  # seconds at most; what a dead relay had claimed is left alone for one minute

_began = time.monotonic()


def say(text: str) -> None:
    print(f"{time.monotonic() - _began:7.1f} s  {text}", flush=True)


def chaos(var: Path, *, seed: int, seconds: int, deadlines: int) -> list[str]:
    """Let so many deadlines pass in so many seconds; returns what is wrong afterwards."""
    chance = random.Random(seed)
    with PostOffice(random.Random(seed), bad_luck=BAD_LUCK) as office:
        parts = Parts(var, {**os.environ, "EMAIL_URL": f"smtp://127.0.0.1:{office.port}"})
        try:
            parts.start_servers()
            wrong = lived_through(parts, chance, office, seconds=seconds, deadlines=deadlines)
            if wrong:
                print(parts.last_words())
        finally:
            parts.stop()
    return wrong


def lived_through(
    parts: Parts, chance: random.Random, office: PostOffice, *, seconds: int, deadlines: int
) -> list[str]:
    if mould.dump().exists():
        mould.restore(devservers.postgres_url(parts.var))
    call_command("migrate", interactive=False, verbosity=0)
    target = company.found(seconds=seconds)
    book = company.capture(deadlines, seconds=seconds, target=target)
    people = People(book, random.Random(chance.random()))
    ahead = (book.begins - database_now()).total_seconds()
    say(f"{len(book.promises):,} leads captured, {len(people.deeds):,} answers planned, "
        f"the first deadline {ahead:.1f} s ahead")  # fmt: skip
    people.start()
    parts.start_all()
    lasts = (book.ends - database_now()).total_seconds()
    rampage(parts, chance, time.monotonic() + lasts, say)
    people.join()
    say(f"all deadlines have passed; people met a dead database {people.troubles} times")
    late = settled()
    tell(parts, office)
    return [*late, *verdict.faults(book, people.deeds, office.letters)]


def settled() -> list[str]:
    """Wait until nothing due waits and everything is delivered; by the parts' own doing."""
    connection.close()  # the one we had has been killed
    until = time.monotonic() + SETTLING
    while True:
        due = watch().due
        left = OutboxMessage.objects.filter(delivered_at=None, dead_at=None).count()
        if not due and not left:
            say("quiet")
            return []
        if time.monotonic() > until:
            return [f"after {SETTLING} s {due} alarms still wait, and {left} notices"]
        time.sleep(0.5)


def tell(parts: Parts, office: PostOffice) -> None:
    say(f"killed: {dict(Counter(parts.killed))}")
    states = Counter(Clock.objects.values_list("state", flat=True))
    overturned = Breach.objects.exclude(overturned_at=None).count()
    say(f"clocks: {dict(states)}; breaches: {Breach.objects.count()}, overturned {overturned}")
    kinds = Counter(OutboxMessage.objects.values_list("kind", flat=True))
    again = sum(len(said) - 1 for said in office.letters.values())
    say(f"notices: {dict(kinds)} in {len(office.letters)} letters, {again} of them sent again")
