"""People who answer meanwhile, some in time and some late, through the product's own verbs.

Each tries again when the database was away, as a person would. What they did is written down
here, so that the engine is judged by another book than its own.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection

from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Conflict
from leads import qualification
from leads.activities import log_touch
from leads.models import Handoff, Lead
from tests.chaos.company import ACCEPT, DISPOSE, TOUCH, Book, Promise

THREADS = 2
LONGEST = 120  # seconds for what is left to do when all deadlines have passed, on a busy machine
EVERY = 30  # of so many leads, five are answered:
ACCEPTED, WORKED, LATE, REJECTED, ALMOST = range(5)


@dataclass(slots=True)
class Deed:
    """One thing somebody will do, and the instants at which it may have been done."""

    promise: Promise
    what: str  # accept, call, disqualify or reject
    when: datetime
    tried: list[datetime] = field(default_factory=list)
    done: bool = False


def plan(book: Book, chance: random.Random) -> list[Deed]:
    """Who will be answered how, and when; in the order of time."""
    deeds = []
    for number, promise in book.promises.items():
        if not promise.hot:
            deeds += [
                Deed(promise, what, promise.due[of] + timedelta(seconds=chance.uniform(*around)))
                for what, of, around in ways(number % EVERY)
            ]
    return sorted(deeds, key=lambda deed: deed.when)


def ways(kind: int) -> list[tuple[str, str, tuple[float, float]]]:
    """What is done, which deadline it is about, and how long before (-) or after it."""
    soon, late, close = (-12.0, -2.0), (0.1, 5.0), (-0.4, 0.4)
    return {
        ACCEPTED: [("accept", ACCEPT, soon)],
        WORKED: [("accept", ACCEPT, soon), ("call", TOUCH, (-2, -1)),
                 ("disqualify", DISPOSE, (-3, -1))],
        LATE: [("accept", ACCEPT, (0.1, 2)), ("call", TOUCH, late)],
        REJECTED: [("reject", ACCEPT, soon)],
        ALMOST: [("accept", ACCEPT, close)],
    }.get(kind, [])  # fmt: skip


class People:
    """Some threads that do what is planned, each lead's deeds one after the other."""

    def __init__(self, book: Book, chance: random.Random) -> None:
        self.deeds = plan(book, chance)
        self.failures: list[BaseException] = []
        self.troubles = 0
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for number in range(THREADS):
            mine = [deed for deed in self.deeds if deed.promise.lead_id % THREADS == number]
            self._threads.append(threading.Thread(target=self._work, args=(mine,), daemon=True))
            self._threads[-1].start()

    def join(self) -> None:
        until = time.monotonic() + LONGEST
        for thread in self._threads:
            thread.join(max(0, until - time.monotonic()))
            assert not thread.is_alive(), "the database did not come back"
        if self.failures:
            raise self.failures[0]

    def _work(self, deeds: list[Deed]) -> None:
        users = {user.pk: user for user in User.objects.all()}
        try:
            for deed in deeds:
                while not deed.done:
                    self._try(deed, users)
        except BaseException as error:
            self.failures.append(error)
        finally:
            connection.close()

    def _try(self, deed: Deed, users: dict[int, User]) -> None:
        try:
            at = database_now()
            if at < deed.when:
                time.sleep(min(1.0, (deed.when - at).total_seconds()))
                return
            deed.tried.append(at)
            do(deed, users[deed.promise.owner_id], at)
            deed.done = True
        except (DatabaseError, InterfaceError):
            # Perhaps it was done and only the answer was lost: the next try will see.
            self.troubles += 1
            connection.close()
            time.sleep(0.2)


def do(deed: Deed, rep: User, at: datetime) -> None:
    handoff = Handoff.objects.get(pk=deed.promise.handoff_id)
    lead = Lead.objects.get(pk=deed.promise.lead_id)
    first = len(deed.tried) == 1
    verbs: dict[str, Callable[[], object]] = {
        "accept": lambda: handoff.accept(rep, at=at),
        "call": lambda: log_touch(lead, "call", by=rep, at=at, outcome="connected"),
        "disqualify": lambda: qualification.disqualify(lead, by=rep, at=at, reason="no_budget"),
        "reject": lambda: handoff.reject(rep, reason="wrong_persona", at=at),
    }
    try:
        verbs[deed.what]()
    except Conflict:
        if first:
            raise  # nobody else works on it: it can only be gone by an earlier try of ours


def by_handoff(deeds: list[Deed]) -> dict[int, dict[str, Deed]]:
    told: dict[int, dict[str, Deed]] = defaultdict(dict)
    for deed in deeds:
        told[deed.promise.handoff_id][deed.what] = deed
    return told
