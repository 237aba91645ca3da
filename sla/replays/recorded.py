"""One clock of the past: as it is on record, and as it stands before and under a draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sla.models import Clock, Term
from sla.models.clock import in_time

# Who got a handoff when, oldest first.
Lines = Sequence[tuple[datetime, int | None]]
Ledger = Mapping[int, Lines]


class Recorded(NamedTuple):
    """One clock as it is on record; a row is cheaper than a model, and there are many."""

    id: int
    handoff_id: int | None
    # None: a change to acknowledge.
    lead_id: int | None
    term_id: int
    round: int
    owner_id: int | None
    team_id: int | None
    calendar_version_id: int | None
    target_seconds: int
    state: str
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None
    ended_at: datetime | None
    excused: bool


class Judged(NamedTuple):
    """How a clock stands: "met", "missed", "voided" or "running", and whose it is."""

    outcome: str
    excused: bool
    owner_id: int | None
    due_at: datetime | None


@dataclass(slots=True)
class Replayed:
    """One clock before and after. `before` is None for what only a draft contract promises (its
    `clock` is the one the draft starts, without an id), `after` for what it promises no more."""

    clock: Recorded
    term: Term
    before: Judged | None
    after: Judged | None
    # The promise it is judged by under the draft, where that is another.
    under: Term | None = None
    # There would have been no handoff.
    gone: bool = False

    @property
    def changed(self) -> bool:
        """Whether the outcome is another."""
        if self.before is None or self.after is None:
            return self.gone
        return self.after.outcome != self.before.outcome


@dataclass(slots=True)
class Course:
    """What the draft makes of one clock: its target and its deadline."""

    of: Replayed
    target: int
    due_at: datetime | None


def judged(clock: Recorded | Clock, *, at: datetime) -> Judged:
    """How the figures count a clock: overdue is missed at once, paused is running."""
    outcome = clock.state
    if outcome == "paused":
        outcome = "running"
    elif outcome == "running" and not in_time(clock.due_at, at):
        outcome = "missed"
    return Judged(outcome, clock.excused, clock.owner_id, clock.due_at)


def owner_at(lines: Lines, at: datetime) -> int | None:
    """Whose it was by the ledger."""
    return next((rep for when, rep in reversed(lines) if when <= at), None)
