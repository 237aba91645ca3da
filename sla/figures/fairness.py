"""What a manager should know before judging a miss: how late it was, and was it a fair chance?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Absence
from leads.models import Assignment
from sla import agreement
from sla.models import Clock, Side
from sla.reading import working_span

# Whoever got a lead with less than this share of the promised time left had no fair chance.
FAIR_SHARE = 0.5


@dataclass(slots=True)
class Miss:
    """Facts of one miss, in working seconds."""

    # From the deadline to the answer, the end, or now; None without a calendar.
    late: int | None
    # The owner was on leave at the deadline.
    on_leave: bool
    # What was left when the owner got it, where that was not a fair share; else None.
    had: int | None

    def __str__(self) -> str:
        """How late, as a person says it."""
        return f"{working_span(self.late)} late" if self.late is not None else ""

    @property
    def unfair(self) -> list[str]:
        """Why it was no fair chance; empty when it was one."""
        said = [f"only {working_span(self.had)} to act"] if self.had is not None else []
        return [*said, *(["on leave at the deadline"] if self.on_leave else [])]


def of(clocks: Sequence[Clock], *, at: datetime) -> Mapping[int, Miss]:
    """Clock → facts, for those past their deadline; two queries however many there are."""
    missed = [
        clock
        for clock in clocks
        if clock.due_at and clock.state in (Clock.State.MISSED, Clock.State.RUNNING)
        and clock.due_at < _until(clock, at)
    ]  # fmt: skip
    away, got = _away(missed), _got(missed)
    return {
        clock.pk: Miss(
            late=_working(clock, clock.due_at, _until(clock, at)),
            on_leave=any(a.starts_at <= clock.due_at < a.ends_at for a in away[clock.owner_id]),
            had=_had(clock, got),
        )
        for clock in missed
        if clock.due_at
    }


def _until(clock: Clock, at: datetime) -> datetime:
    """An answer, or the end without one: the lead went back, or to somebody else."""
    return clock.stopped_at or clock.ended_at or at


def _away(clocks: Sequence[Clock]) -> Mapping[int | None, list[Absence]]:
    found: dict[int | None, list[Absence]] = defaultdict(list)
    deadlines = [clock.due_at for clock in clocks if clock.due_at and clock.owner_id]
    owners = {clock.owner_id for clock in clocks if clock.owner_id}
    if deadlines:
        absences = Absence.objects.filter(
            user__in=owners, starts_at__lte=max(deadlines), ends_at__gt=min(deadlines)
        )
        for absence in absences:
            found[absence.user_id].append(absence)
    return found


def _got(clocks: Sequence[Clock]) -> Mapping[tuple[int, int], list[datetime]]:
    """(handoff, rep) → when the rep got it, by the ledger."""
    found: dict[tuple[int, int], list[datetime]] = defaultdict(list)
    ledger = Assignment.objects.filter(
        handoff__in={c.handoff_id for c in clocks}, rep__isnull=False
    )
    for handoff, rep, at in ledger.values_list("handoff_id", "rep_id", "at"):
        found[handoff, rep].append(at)
    return found


def _had(clock: Clock, got: Mapping[tuple[int, int], list[datetime]]) -> int | None:
    if clock.term.side != Side.SALES or not clock.due_at:
        return None
    instants = got.get((clock.handoff_id or 0, clock.owner_id or 0), [])
    last = max((at for at in instants if at <= clock.due_at), default=clock.started_at)
    if last <= clock.started_at:
        return None
    left = _working(clock, last, clock.due_at)
    return left if left is not None and left < FAIR_SHARE * clock.target_seconds else None


def _working(clock: Clock, start: datetime | None, end: datetime) -> int | None:
    if clock.calendar_version_id is None or start is None:
        return None
    return agreement.hours(clock.calendar_version_id).working.elapsed(start, end)
