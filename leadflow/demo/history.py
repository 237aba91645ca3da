"""The demo's six months, lived in order: what leads and people do, and the sweep between.

Every step goes through the product's own verbs at its own instant, and every due alarm is
fired before the next step, so that met and missed follow from what happened.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from math import log
from random import Random

from django.db import connection

from accounts.models import Absence, User
from leadflow.demo.arrivals import Arrival
from leadflow.demo.company import Company
from leads.capture import Captured, capture_leads
from leads.models import Assignment, Handoff, Lead
from sla import agreement
from sla.business_time import WorkingCalendar
from sla.sweep import sweep

Step = Callable[[datetime], object]
# After so many steps the planner is told how the tables have grown.
ANALYSE_AFTER = (150, 600, 2400, 6000)
ANALYSED = (
    "leads_lead", "leads_activity", "leads_handoff", "leads_assignment", "leads_return",
    "leads_deal", "sla_clock", "sla_alarm", "sla_breach", "accounts_outboxmessage",
)  # fmt: skip

# Raw, for Django takes longer to write them than PostgreSQL to answer.
NEW = "SELECT * FROM leads_assignment WHERE id > %s ORDER BY id"
HANDOFF = "SELECT * FROM leads_handoff WHERE id = %s"
LEAD = "SELECT * FROM leads_lead WHERE id = %s"

# What somebody does who was given a handoff; nobody (None): their manager.
Given = Callable[["History", Handoff, User | None, datetime], None]


class History:
    """The agenda of everybody, and what they need to know to act."""

    def __init__(self, company: Company, *, given: Given, seed: int, until: datetime) -> None:
        self.company, self.given, self.seed, self.until = company, given, seed, until
        self.users = company.users
        self.logins = {user.pk: login for login, user in self.users.items()}
        self.people = {user.pk: user for user in self.users.values()}
        # Leads of the present whose handoff somebody waits for: e-mail to what to do with it.
        self.awaited: dict[str, Callable[[Handoff, User | None, datetime], bool]] = {}
        # Handoffs, by id, that wait for somebody who looks at the demo: nobody acts on them.
        self.left_alone: set[int] = set()
        # Set by whoever starts or ends clocks: time to look for alarms and assignments.
        self.stirred = True
        self._agenda: list[tuple[datetime, int, Step]] = []
        self._number = count()
        self._swept_to = company.start
        self._next_alarm: datetime | None = None
        self._last_assignment = 0
        self._away = list(Absence.objects.values_list("user_id", "starts_at", "ends_at"))
        self._hours = {login: self._hours_of(user) for login, user in self.users.items()}

    def at(self, instant: datetime, step: Step) -> None:
        """Put a step on the agenda; what lies after the present never happens."""
        if instant < self.until:
            heappush(self._agenda, (instant, next(self._number), step))

    def rng(self, *what: object) -> Random:
        """Chance for one thing, the same in every load with this seed."""
        return Random(f"{self.seed}:{':'.join(map(str, what))}")  # noqa: S311 (no secrets)

    def hours(self, login: str) -> WorkingCalendar:
        """Somebody's working hours."""
        return self._hours[login]

    def in_working(self, login: str, start: datetime, seconds: float) -> datetime:
        """When somebody gets to it: so many working seconds on, or after their leave."""
        working, user_id = self._hours[login], self.users[login].pk
        instant = working.add(start, max(1, int(seconds)))
        assert instant is not None
        for away, first, last in self._away:
            if away == user_id and first <= instant < last:
                return self.in_working(login, last, 1200 + seconds % 3600)
        return instant

    def before(self, login: str, at: datetime, seconds: int) -> datetime:
        """The last instant from which somebody worked so many seconds until `at`."""
        working, early, late = self._hours[login], at - timedelta(days=30), at
        while late - early > timedelta(seconds=1):
            middle = early + (late - early) / 2
            if working.elapsed(middle, at) >= seconds:
                early = middle
            else:
                late = middle
        return early.replace(microsecond=0)

    def is_away(self, login: str, at: datetime) -> bool:
        return any(u == self.users[login].pk and a <= at < b for u, a, b in self._away)

    def capture(self, arrival: Arrival, at: datetime) -> list[Captured]:
        """Capture the rows of an arrival."""
        by = self.users[arrival.by] if arrival.by else None
        found = capture_leads(arrival.rows, by=by, at=at)
        self.stirred = self.stirred or any(captured.handoff for captured in found)
        return found

    def live(self, progress: Callable[[datetime], None]) -> None:
        """Do everything on the agenda in order, up to the present."""
        steps = 0
        while self._agenda or self._next_alarm is not None:
            # A sweep may put something on the agenda that comes before what was next so far.
            instant = self._agenda[0][0] if self._agenda else self.until
            if self._next_alarm is not None and self._next_alarm < instant:
                self._sweep(self._next_alarm, before=instant)
                continue
            if not self._agenda:
                break
            step = heappop(self._agenda)[2]
            step(instant)
            if self.stirred:
                self.look(instant)
            steps += 1
            if steps in ANALYSE_AFTER:
                with connection.cursor() as cursor:
                    cursor.execute(f"ANALYZE {', '.join(ANALYSED)}")
            progress(instant)

    def look(self, at: datetime) -> None:
        """See who was given what, and when the next alarm is due."""
        self.stirred = False
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT min(fire_at) FROM sla_alarm WHERE state = 'waiting' AND"
                " fire_at > %s), (SELECT max(id) FROM leads_assignment)",
                [self._swept_to],
            )
            self._next_alarm, last = cursor.fetchone()
        if (last or 0) > self._last_assignment:
            new = list(Assignment.objects.raw(NEW, [self._last_assignment]))
            self._last_assignment = last
            for assignment in new:
                assignment.handoff = Handoff.objects.raw(HANDOFF, [assignment.handoff_id])[0]
                assignment.handoff.lead = Lead.objects.raw(LEAD, [assignment.handoff.lead_id])[0]
                self._hand_out(assignment, at)

    def _sweep(self, alarm: datetime, *, before: datetime) -> None:
        """Fire what is due at the next whole second, as a sweep every second would."""
        self._swept_to = min(alarm.replace(microsecond=0) + timedelta(seconds=1), before)
        sweep(at=self._swept_to)
        self.look(self._swept_to)

    def _hand_out(self, assignment: Assignment, at: datetime) -> None:
        """Tell whoever got a lead, unless it is one that the present waits for."""
        handoff = assignment.handoff
        rep = self.people.get(assignment.rep_id or 0)
        awaited = self.awaited.pop(handoff.lead.email or "", None)
        if awaited is not None and awaited(handoff, rep, at):
            self.left_alone.add(handoff.pk)
        elif handoff.pk not in self.left_alone and handoff.owner_id == assignment.rep_id:
            self.given(self, handoff, rep, at)

    def _hours_of(self, user: User) -> WorkingCalendar:
        teams = [*user.sales_teams, *user.marketing_teams]
        found = agreement.hours_of_team(min(teams) if teams else None)
        assert found is not None
        return found.working


def spell(rng: Random, median: float, spread: float = 0.8) -> float:
    """A believable duration: mostly near the median, now and then many times that."""
    return rng.lognormvariate(log(median), spread)
