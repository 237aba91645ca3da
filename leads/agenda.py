"""What one person has to do and when: deadlines, tasks, meetings and deals in one list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from accounts.models import User
from leads import deadlines
from leads.models import Deal, Handoff, Lead, Meeting, Return, Task

# Of each kind; a list longer than this is read by nobody.
MOST = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `at` is when it is due or begins; `uid` is the same as long as the thing is;
    `opens` says whether its lead's page is there for whoever reads it."""

    uid: str
    kind: str  # deadline, task, meeting, deal
    at: datetime
    until: datetime
    words: str
    lead: Lead
    task: Task | None = None
    all_day: bool = False
    opens: bool = True

    @property
    def url(self) -> str:
        return self.lead.get_absolute_url() if self.opens else ""

    def is_over(self, at: datetime) -> bool:
        return self.until < at


def agenda(user: User, *, start: datetime, until: datetime) -> list[Entry]:
    """Everything of this person's that is due from `start` to before `until`, earliest first."""
    found = [
        *_deadlines(user, start, until),
        *_returns(user, start, until),
        *_tasks(user, start, until),
        *_meetings(user, start, until),
        *_deals(user, start, until),
    ]
    return sorted(found, key=lambda entry: (entry.at, entry.uid))


def _deadlines(user: User, start: datetime, until: datetime) -> Iterator[Entry]:
    """The next deadline of each lead in the queue."""
    if not user.is_sales:
        return
    mine = Handoff.objects.queue_for(user).filter(
        lead__respond_by__gte=start, lead__respond_by__lt=until
    )
    for handoff in deadlines.with_clocks(mine.select_related("lead"))[:MOST]:
        clock = deadlines.next_clock(handoff)
        if clock is not None:
            yield _moment(
                f"clock-{clock.pk}", "deadline", clock.due_at, deadlines.label(clock), handoff.lead
            )


def _returns(user: User, start: datetime, until: datetime) -> Iterator[Entry]:
    """What marketing owes sales: an answer to each lead that came back."""
    if not user.is_marketing:
        return
    clocks = Prefetch("handoff__clocks", queryset=deadlines.clocks(ended=False))
    waiting = Return.objects.answerable_by(user).waiting().select_related("handoff__lead")
    for each in waiting.prefetch_related(clocks)[:MOST]:
        clock = deadlines.next_clock(each.handoff, side="marketing")
        if clock is not None and start <= clock.due_at < until:
            words, lead = deadlines.label(clock), each.handoff.lead
            yield _moment(f"clock-{clock.pk}", "deadline", clock.due_at, words, lead)


def _tasks(user: User, start: datetime, until: datetime) -> Iterator[Entry]:
    mine = Task.objects.of(user).open().filter(due_at__gte=start, due_at__lt=until)
    for task in mine.select_related("lead")[:MOST]:
        yield _moment(f"task-{task.pk}", "task", task.due_at, task.words, task.lead, task=task)


def _meetings(user: User, start: datetime, until: datetime) -> Iterator[Entry]:
    """Their own; one that was booked with them may be of a lead that somebody else has."""
    mine = Meeting.objects.visible_to(user).planned().filter(by=user)
    found = mine.filter(starts_at__gte=start, starts_at__lt=until)
    meetings = list(found.select_related("lead__owner")[:MOST])
    booked = [meeting.lead_id for meeting in meetings if meeting.guest_secret]
    seen = set(Lead.objects.visible_to(user).filter(pk__in=booked).values_list("pk", flat=True))
    for meeting in meetings:
        yield Entry(
            meeting.uid, "meeting", meeting.starts_at, meeting.ends_at, meeting.title, meeting.lead,
            opens=not meeting.guest_secret or meeting.lead_id in seen,
        )  # fmt: skip


def _deals(user: User, start: datetime, until: datetime) -> Iterator[Entry]:
    """Open deals on the day somebody expects them to close, by this person's own clock."""
    zone = ZoneInfo(user.time_zone)
    first, last = start.astimezone(zone).date(), until.astimezone(zone).date()
    mine = Deal.objects.visible_to(user).open().filter(owner=user)
    for deal in mine.filter(expected_on__range=(first, last)).select_related("lead")[:MOST]:
        assert deal.expected_on is not None  # what the filter says
        begin, end = day_of(deal.expected_on, zone)
        if start <= begin < until:
            words = f"Close the deal: {deal.name}"
            yield Entry(f"deal-{deal.pk}", "deal", begin, end, words, deal.lead, all_day=True)


def _moment(
    uid: str, kind: str, at: datetime, words: str, lead: Lead, *, task: Task | None = None
) -> Entry:
    return Entry(uid, kind, at, at, words, lead, task=task)


def day_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A day by somebody's own clock, from midnight to midnight, in UTC."""
    midnights = (datetime.combine(day + timedelta(days=n), time(0), zone) for n in (0, 1))
    begin, end = (midnight.astimezone(UTC) for midnight in midnights)
    return begin, end


@dataclass(frozen=True, slots=True)
class Day:
    """A heading and what stands under it."""

    name: str
    entries: list[Entry]
    is_late: bool = False


def by_day(entries: list[Entry], *, at: datetime, zone: ZoneInfo) -> list[Day]:
    """What is late, then day by day: Today, Tomorrow, Friday 5 March."""
    today = at.astimezone(zone).date()
    late = [entry for entry in entries if entry.is_over(at)]
    days: dict[date, list[Entry]] = {today: []}
    for entry in entries:
        if not entry.is_over(at):
            days.setdefault(entry.at.astimezone(zone).date(), []).append(entry)
    names = {today: "Today", today + timedelta(days=1): "Tomorrow"}
    found = [Day("Late", late, is_late=True)] if late else []
    return found + [
        Day(names.get(day, f"{day:%A %-d %B}"), lines) for day, lines in sorted(days.items())
    ]
