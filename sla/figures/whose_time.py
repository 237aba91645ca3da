"""Whose part of the waiting was whose: the time of one handoff, split, from what was recorded.

The waiting begins when the lead was ready to be handed over and ends with the first contact, or the
end of the handoff, or now; a lead that was returned waits once more, for marketing's answer. Each
instant of it belongs to exactly one part, so the parts add up to the whole. Pure, no ORM.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from sla.business_time import WorkingCalendar

Still = tuple[datetime, datetime | None]


class Part(StrEnum):
    """Who the lead waited for, in the order in which it usually happens."""

    SYSTEM = "system"
    QUEUE = "queue"
    REP = "rep"
    PROSPECT = "prospect"
    MARKETING = "marketing"


@dataclass(slots=True)
class Record:
    """What was recorded of one handoff, as far as its waiting goes."""

    ready_at: datetime
    handed_over_at: datetime
    # Who had it from when on (None: nobody), by the ledger, oldest first.
    owners: Sequence[tuple[datetime, int | None]] = ()
    # When the prospect had asked for a pause (end None: it is not over).
    pauses: Sequence[Still] = ()
    first_touch_at: datetime | None = None
    closed_at: datetime | None = None
    # Returned, and answered (None: not yet).
    returned: tuple[datetime, datetime | None] | None = None


@dataclass(slots=True)
class Stretch:
    """A time of which all belongs to one part, and in the part REP to one rep."""

    part: Part
    start: datetime
    end: datetime
    owner_id: int | None = None
    # In the hours it is counted in, and by the wall clock; in seconds.
    working: int = 0
    wall: int = 0


@dataclass(slots=True)
class Amount:
    """Seconds, working and by the wall clock."""

    working: int = 0
    wall: int = 0

    def add(self, stretch: Stretch) -> None:
        self.working += stretch.working
        self.wall += stretch.wall


@dataclass(slots=True)
class Split:
    """The waiting of one handoff, stretch by stretch and by part."""

    stretches: list[Stretch] = field(default_factory=list)

    @property
    def parts(self) -> dict[Part, Amount]:
        """Every part, those without any time too."""
        return _summed(self.stretches)

    @property
    def whole(self) -> Amount:
        whole = Amount()
        for stretch in self.stretches:
            whole.add(stretch)
        return whole


def _summed(stretches: Iterable[Stretch]) -> dict[Part, Amount]:
    found = {part: Amount() for part in Part}
    for stretch in stretches:
        found[stretch.part].add(stretch)
    return found


def split(
    record: Record,
    *,
    at: datetime,
    sales: WorkingCalendar | None,
    marketing: WorkingCalendar | None,
) -> Split:
    """Split the waiting up to `at`; sales' part of it in sales' hours, the return in marketing's.

    Without a calendar every hour counts. Both amounts of each part are whole seconds that add up.
    """
    ends = (record.first_touch_at, record.closed_at, at)
    start, end = record.ready_at, min(instant for instant in ends if instant is not None)
    found = _measured(_stretches(record, start, end), sales)
    if record.returned is not None:
        returned_at, answered_at = record.returned
        until = min(answered_at or at, at)
        if until > returned_at:
            found += _measured([Stretch(Part.MARKETING, returned_at, until)], marketing)
    return Split(found)


def _stretches(record: Record, start: datetime, end: datetime) -> list[Stretch]:
    """The waiting cut wherever something changed; neighbours of one part are one."""
    instants = {start, end, record.handed_over_at, *(at for at, _ in record.owners)}
    instants |= {instant for pause in record.pauses for instant in pause if instant is not None}
    cuts = sorted(instant for instant in instants if start <= instant <= end)
    found: list[Stretch] = []
    for first, last in pairwise(cuts):
        part, owner_id = _whose(record, first)
        before = found[-1] if found else None
        if before is not None and (before.part, before.owner_id) == (part, owner_id):
            before.end = last
        else:
            found.append(Stretch(part, first, last, owner_id))
    return found


def _whose(record: Record, instant: datetime) -> tuple[Part, int | None]:
    if instant < record.handed_over_at:
        return Part.SYSTEM, None
    if any(start <= instant and (end is None or instant < end) for start, end in record.pauses):
        return Part.PROSPECT, None
    owner_id = None
    for since, rep_id in record.owners:
        if since <= instant:
            owner_id = rep_id
    return (Part.QUEUE, None) if owner_id is None else (Part.REP, owner_id)


def _measured(stretches: list[Stretch], hours: WorkingCalendar | None) -> list[Stretch]:
    """Measure neighbours from their common start, so that no second is lost between them."""
    if not stretches:
        return stretches
    start = stretches[0].start
    working = wall = 0
    for stretch in stretches:
        wall_now = (stretch.end - start) // timedelta(seconds=1)
        working_now = hours.elapsed(start, stretch.end) if hours is not None else wall_now
        stretch.wall, stretch.working = wall_now - wall, working_now - working
        wall, working = wall_now, working_now
    return stretches
