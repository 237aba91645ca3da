"""Differences between the clocks that are there and those that should be: told, and made right."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Min

from accounts import audit
from leads.models import Lead
from sla.clocks.alarms import reset_alarms
from sla.models import Action, Alarm, Breach, Clock, Leg, Pause, Side

# Handoff, measure, what starts it, round: what tells a clock without its id, and without its term,
# which a manager may have changed for another contract's.
Key = tuple[int | None, str, str, int]
COMPARED = ("owner", "team", "state", "started_at", "due_at", "stopped_at", "ended_at")
# What a mended clock takes over from the clock it should be.
TAKEN = (
    "owner_id", "team_id", "state", "started_at", "due_at", "remaining_seconds", "stopped_at",
    "stopped_by_id", "ended_at", "term_id", "calendar_version_id", "target_seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact of one clock that is not what the record says."""

    clock: str
    what: str
    found: Any
    expected: Any

    def __str__(self) -> str:
        return f"{self.clock}: {self.what} is {_said(self.found)}, not {_said(self.expected)}"

    def facts(self) -> dict[str, str]:
        return {"what": self.what, "was": _said(self.found), "is": _said(self.expected)}


def _said(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}".rstrip("0").rstrip(".") + " UTC"
    return "nothing" if value is None else str(value)


def key_of(clock: Clock) -> Key:
    """What tells this clock from the lead's others, whatever its id."""
    return clock.handoff_id, clock.term.measure, clock.term.starts_on, clock.round


def compare(
    found: dict[Key, Clock], expected: dict[Key, Clock], *, at: datetime, mend: bool
) -> list[Difference]:
    """Say how the clocks that are there differ from those that should be, and mend them.

    The caller holds the locks of those that are there.
    """
    differences: list[Difference] = []
    for key in sorted({*found, *expected}, key=str):
        there, right = found.get(key), expected.get(key)
        told = list(_differences(there, right, at=at))
        differences += told
        if told and mend:
            _mend(there, right, told, at=at)
    return differences


def compare_deadline(lead: Lead, *, mend: bool) -> list[Difference]:
    """Say when the lead's next deadline is not that of its clocks as they are now, and mend it."""
    due_at = _respond_by(lead)
    if lead.respond_by == due_at:
        return []
    if mend:
        Lead.objects.filter(pk=lead.pk).update(respond_by=due_at)
    return [Difference(lead.name, "next deadline", lead.respond_by, due_at)]


def _differences(there: Clock | None, right: Clock | None, *, at: datetime) -> Iterator[Difference]:
    if there is None or right is None:
        clock = there or right
        assert clock is not None
        yield Difference(_name(clock), "clock", there and "there", right and "there")
        return
    before, after = _picture(there, at=at), _picture(right, at=at)
    if _team_may_stand(there, right):
        after["team"] = before["team"]
    for what, value in before.items():
        if value != after[what]:
            yield Difference(_name(there), what.replace("_", " "), value, after[what])


def _name(clock: Clock) -> str:
    if clock.acknowledgement_id is not None:
        return f"{clock.term.name} of acknowledgement {clock.acknowledgement_id}"
    again = f", for the {clock.round + 1}. owner" if clock.round else ""
    return f"{clock.term.name} of handoff {clock.handoff_id}{again}"


def _picture(clock: Clock, *, at: datetime) -> dict[str, Any]:
    """A clock's facts; one that is overdue, as the sweep will leave it when it comes."""
    facts = {name: getattr(clock, name) for name in COMPARED}
    breach = getattr(clock, "breach", None)
    standing = breach is not None and breach.overturned_at is None
    facts["breach"] = breach.breached_at if breach is not None and standing else None
    facts["breach_owner"] = breach.owner if breach is not None and standing else None
    facts["pauses"] = "; ".join(map(_pause_words, _pauses(clock))) or None
    overdue = clock.state == Clock.State.RUNNING and clock.due_at and clock.due_at < at
    if overdue and not _lost(clock):
        facts["state"] = Clock.State.MISSED.value
        facts["breach"], facts["breach_owner"] = clock.due_at, clock.owner
    return facts


def _pauses(clock: Clock) -> list[Pause]:
    """As fetched with the clock: those of a clock rolled back are in the database no more."""
    return list(clock.pauses.all())  # type: ignore[attr-defined]


def _pause_words(pause: Pause) -> str:
    until = f" until {_said(pause.until)}" if pause.until else ""
    over = f", over {_said(pause.ended_at)}" if pause.ended_at else ""
    return f"{pause.reason} from {_said(pause.started_at)}{until}{over}"


def _lost(clock: Clock) -> bool:
    """Whether nothing waits that would ever record this clock's breach."""
    waiting = clock.alarms.filter(action=Action.BREACH, state=Alarm.State.WAITING)
    return not waiting.exists()


def _team_may_stand(there: Clock, right: Clock) -> bool:
    """Who works where is not recorded over time: the frozen team stands if it can be right."""
    same_owner = there.owner_id == right.owner_id
    return same_owner and there.team is not None and there.team.kind == there.term.side


def _mend(
    there: Clock | None, right: Clock | None, told: list[Difference], *, at: datetime
) -> None:
    if right is None:
        assert there is not None
        audit.record("clock_removed", there, by=None, at=at, facts=_facts(told))
        there.delete()
        return
    breach, pauses = getattr(right, "breach", None), _pauses(right)
    legs: list[Leg] = list(right.legs.all())  # type: ignore[attr-defined]  # as fetched
    if there is None:
        there = right
        there.pk = None
        there._state.adding = True
        there._state.fields_cache.pop("breach", None)
    else:
        team_id = there.team_id if _team_may_stand(there, right) else right.team_id
        for name in TAKEN:
            setattr(there, name, getattr(right, name))
        there.team_id = team_id
    if there.state != Clock.State.MISSED:
        there.excused = False
    there.save()
    _mend_breach(there, breach, at=at)
    _mend_pauses(there, pauses)
    _mend_legs(there, legs)
    reset_alarms(there)
    audit.record("clock_rebuilt", there, by=None, at=at, facts=_facts(told))


def _facts(told: list[Difference]) -> dict[str, Any]:
    return {"clock": told[0].clock, "changes": [difference.facts() for difference in told]}


def _mend_breach(clock: Clock, right: Breach | None, *, at: datetime) -> None:
    """A missed clock has one standing breach, any other none; one that runs again may be missed
    again, so nothing of the wrong breach is left but the audit entry."""
    there = Breach.objects.filter(clock=clock)
    if clock.state == Clock.State.RUNNING:
        there.delete()
        return
    if clock.state != Clock.State.MISSED:
        there.filter(overturned_at=None).update(overturned_at=at)
        return
    owner_id = right.owner_id if right else clock.owner_id
    facts = {
        "owner_id": owner_id, "team_id": clock.team_id, "started_at": clock.started_at,
        "breached_at": clock.due_at,
    }  # fmt: skip
    if not there.update(**facts, overturned_at=None):
        Breach.objects.create(clock=clock, noticed_at=at, **facts)


def _mend_pauses(clock: Clock, right: list[Pause]) -> None:
    there = Pause.objects.filter(clock=clock)
    if list(map(_pause_words, there)) == list(map(_pause_words, right)):
        return
    there.delete()
    for pause in right:
        pause.pk, pause.clock = None, clock
    Pause.objects.bulk_create(right)


def _mend_legs(clock: Clock, right: list[Leg]) -> None:
    Leg.objects.filter(clock=clock).delete()
    for leg in right:
        leg.pk, leg.clock = None, clock
    Leg.objects.bulk_create(right)


def _respond_by(lead: Lead) -> datetime | None:
    """The lead's next deadline of sales, by the clocks as they are now."""
    clocks = Clock.objects.unended().filter(lead=lead, term__side=Side.SALES)
    first: datetime | None = clocks.aggregate(first=Min("due_at"))["first"]
    return first
