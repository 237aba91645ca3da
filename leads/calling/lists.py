"""Call lists kept: made, filled, put in order, shared, taken away and put back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q

from accounts.models import User
from accounts.refusals import Conflict, NotAllowed
from leads.calling.local_time import there
from leads.mail.templates import OWN, sharing
from leads.models import CallEntry, CallList, Lead, Stage

LONGEST = 60
# What a merge keeps of a row that would be double.
INSTANTS = ("not_before", "ended_at")
KEPT = ("of_id", "place", "state", "outcome", "why", "ended_by_id", *INSTANTS)
# Why nobody calls them, in the order in which it is said.
HINDRANCES: dict[str, tuple[Callable[[Lead], bool], Q]] = {
    "asked not to be called": (lambda lead: lead.no_calls_at is not None,
                               Q(lead__no_calls_at__isnull=False)),
    "is a customer": (lambda lead: lead.stage == Stage.CUSTOMER, Q(lead__stage=Stage.CUSTOMER)),
    "is disqualified": (lambda lead: lead.stage == Stage.DISQUALIFIED,
                        Q(lead__stage=Stage.DISQUALIFIED)),
    "has no phone number": (lambda lead: not lead.phone, Q(lead__phone="")),
}  # fmt: skip


def hindrance(lead: Lead) -> str:
    """Why it is not to be called; empty when it may be."""
    return next((why for why, (holds, _) in HINDRANCES.items() if holds(lead)), "")


def called(name: str, *, shared: str = OWN, about: str = "", by: User, at: datetime) -> CallList:
    """One's own list of this name, made when there is none.

    Raises NotAllowed for a team one is not in.
    """
    name = " ".join(name.split())[:LONGEST]
    mine = CallList.objects.in_use().filter(by=by, name__iexact=name)
    found = mine.first()
    if found is not None:
        return found
    if shared not in dict(sharing(by)):
        said = "You can share a list with your own sales teams."
        raise NotAllowed(said, fields={"shared": said})
    team = None if shared == OWN else int(shared)
    try:
        with transaction.atomic():
            return CallList.objects.create(
                name=name, about=about.strip()[:300], by=by, team_id=team, made_at=at
            )
    except IntegrityError:  # made in this very moment by another click
        return mine.get()


def put_on(call_list: CallList, lead: Lead) -> bool:
    """Put a lead at the end of a list; False where it waits there already. One that was called
    waits again. Raises Conflict with why it is not to be called."""
    if why := hindrance(lead):
        raise Conflict(f"{lead.name} {why}.", code="not_to_be_called")
    with transaction.atomic():
        CallList.objects.select_for_update(of=("self",), no_key=True).get(pk=call_list.pk)
        entries = CallEntry.objects.filter(of=call_list)
        last = entries.aggregate(last=Max("place"))["last"] or 0
        waits = {"state": CallEntry.State.WAITING, "place": last + 1, "not_before": None,
                 "outcome": "", "why": "", "ended_at": None, "ended_by": None}  # fmt: skip
        entry, new = CallEntry.objects.get_or_create(of=call_list, lead=lead, defaults=waits)
        if new or entry.state == CallEntry.State.WAITING:
            return new
        return bool(entries.filter(pk=entry.pk).update(**waits))


def take_off(call_list: CallList, lead: Lead) -> bool:
    """Take a lead off that nobody has called; whether it was there."""
    waiting = CallEntry.objects.filter(of=call_list, lead=lead, state=CallEntry.State.WAITING)
    return bool(waiting.delete()[0])


def settle(call_list: CallList, *, at: datetime) -> int:
    """Leave out, with why, who is not to be called any more; how many that were."""
    count = 0
    for why, (_, holds) in HINDRANCES.items():
        waiting = CallEntry.objects.filter(holds, of=call_list, state=CallEntry.State.WAITING)
        out: dict[str, Any] = {"state": CallEntry.State.OUT, "why": why, "ended_at": at}
        count += CallEntry.objects.filter(pk__in=waiting.values("pk")).update(**out)
    return count


def order(call_list: CallList, by: str, *, at: datetime) -> None:
    """Put who waits in an order: best "score" first, or by "time": whose day ends first."""
    with transaction.atomic():
        CallList.objects.select_for_update(of=("self",), no_key=True).get(pk=call_list.pk)
        waiting = list(
            CallEntry.objects.waiting().filter(of=call_list).select_related("lead").order_by(
                F("lead__score").desc() if by == "score" else F("place").asc(), "pk"
            )
        )  # fmt: skip
        if by == "time":
            waiting.sort(key=lambda entry: _ahead(entry.lead.phone, at=at))
        for place, entry in enumerate(waiting, start=1):
            entry.place = place
        CallEntry.objects.bulk_update(waiting, ["place"], batch_size=1000)


def _ahead(phone: str, *, at: datetime) -> timedelta:
    found = there(phone, at=at)
    return -((found.first.utcoffset() if found else None) or timedelta(0))


def move(entry: CallEntry, up: bool) -> None:
    """Change places with the neighbour that waits."""
    with transaction.atomic():
        CallList.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.of_id)
        rows = CallEntry.objects.waiting().filter(of=entry.of_id)
        ids = list(rows.order_by("place", "pk").values_list("pk", flat=True))
        if entry.pk not in ids:
            return
        here = ids.index(entry.pk)
        other = here - 1 if up else here + 1
        if not 0 <= other < len(ids):
            return
        ids[here], ids[other] = ids[other], ids[here]
        entries = rows.in_bulk(ids)
        for place, pk in enumerate(ids, start=1):
            entries[pk].place = place
        CallEntry.objects.bulk_update(entries.values(), ["place"], batch_size=1000)


def may_change(call_list: CallList, user: User) -> bool:
    return CallList.objects.changeable_by(user).filter(pk=call_list.pk).exists()


def remove(call_list: CallList, *, at: datetime) -> None:
    """Take it away from everybody."""
    CallList.objects.filter(pk=call_list.pk, removed_at=None).update(removed_at=at)


def put_back(call_list: CallList) -> None:
    """Undo its removal. Raises Conflict when its name is another's by now."""
    try:
        with transaction.atomic():
            CallList.objects.filter(pk=call_list.pk).update(removed_at=None)
    except IntegrityError:
        said = f"You have a list called “{call_list}” already."
        raise Conflict(said, fields={"name": said}) from None


def on_both(left: Lead, gone: Lead) -> list[dict[str, Any]]:
    """Before two leads become one: nobody is on a list twice. Drops what would be double and
    returns it, as JSON keeps it; a call under way (its claim) is not kept."""
    double = CallEntry.objects.filter(lead=gone, of__entries__lead=left)
    dropped = list(double.values(*KEPT))
    CallEntry.objects.filter(lead=gone, of__in=[row["of_id"] for row in dropped]).delete()
    return [
        {**row, **{name: row[name] and row[name].isoformat() for name in INSTANTS}}
        for row in dropped
    ]


def back_on(lead: Lead, dropped: Sequence[Mapping[str, Any]]) -> None:
    """Put back what `on_both` had dropped."""
    CallEntry.objects.bulk_create(
        CallEntry(lead=lead, **{**row, **{name: _read(row[name]) for name in INSTANTS}})
        for row in dropped
    )


def _read(instant: str | None) -> datetime | None:
    return datetime.fromisoformat(instant) if instant else None
