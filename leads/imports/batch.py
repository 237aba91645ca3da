"""Capture some records of a file: one transaction for all, row by row where that fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, OperationalError

from accounts.models import Team, User
from leads.capture import Captured, capture_leads
from leads.importing import Record
from leads.imports.rows import Plan
from leads.models import Duplicates, Left, Stage


@dataclass(frozen=True, slots=True)
class Intake:
    """What every row of a file shares."""

    plan: Plan
    by: User | None
    team: Team | None = None
    hand_over: bool | None = None
    duplicates: str = Duplicates.FILL


@dataclass(slots=True)
class Tally:
    """What became of some rows."""

    created: int = 0
    merged: int = 0
    unchanged: int = 0
    refused: int = 0
    mqls: int = 0
    handed_over: int = 0

    @property
    def rows(self) -> int:
        return self.created + self.merged + self.unchanged + self.refused

    def add(self, outcome: Captured | str) -> None:
        if isinstance(outcome, str):
            self.refused += 1
            return
        assert outcome.lead is not None
        self.created += outcome.created
        self.unchanged += outcome.left in Left.values
        self.merged += not outcome.created and not outcome.left
        self.mqls += outcome.created and outcome.lead.stage == Stage.MQL
        self.handed_over += outcome.handoff is not None


def capture_records(
    records: Sequence[Record], intake: Intake, *, at: datetime
) -> list[Captured | str]:
    """What became of each record: captured, or the reason why not.

    Raises OperationalError when the database is gone or will not wait: nothing was captured then.
    """
    rows, answers = [], list[Captured | str | None]()
    for record in records:
        row, refused = ({}, {}) if record.problem else intake.plan.row(record.cells)
        said = record.problem or intake.plan.reason(row, refused)
        answers.append(said or None)
        if not said:
            rows.append(row)
    try:
        captured = iter(
            capture_leads(
                rows,
                by=intake.by,
                team=intake.team,
                at=at,
                hand_over=intake.hand_over,
                duplicates=intake.duplicates,
            )
        )
    except OperationalError:
        raise
    except DatabaseError as error:
        if len(records) == 1:
            return [f"can't be stored: {str(error).splitlines()[0]}"]
        return [capture_records([record], intake, at=at)[0] for record in records]
    taken = iter(rows)
    return [answer or _outcome(next(captured), next(taken), intake.plan) for answer in answers]


def _outcome(captured: Captured, row: dict[str, object], plan: Plan) -> Captured | str:
    return plan.reason(row, captured.refused) or captured
