"""Who is in a pool, what it is called and when it is asked: typed and saved by its manager."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Q

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict
from leads.models import Pool, PoolMember

MOST_WEIGHT, MOST_OPEN = 20, 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a pool is to be; `members` are weight and capacity by the rep's number."""

    name: str
    place: int
    mode: str
    owner_first: bool
    members: dict[int, tuple[int, int]]


class PoolForm(forms.Form):
    """Name and place of a pool, and a line for everybody who could be in it."""

    name = forms.CharField(max_length=120)
    place = forms.IntegerField(
        label="Asked as number",
        min_value=1,
        help_text="A lead goes to the first pool that takes it.",
    )
    mode = forms.ChoiceField(label="Its leads go to", choices=[
        (Pool.Mode.TURNS, "Its reps in turns"), (Pool.Mode.OPEN, "Whoever takes one first"),
    ])  # fmt: skip
    owner_first = forms.BooleanField(
        label="New people of a company go to its owner first", required=False,
        help_text="Where the owner is one of these reps, here and not full.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, pool: Pool) -> None:
        self.people = candidates(pool)
        places = {place.user_id: place for place in pool.members.all()}
        order = list(Pool.objects.filter(is_active=True).values_list("pk", flat=True))
        here = order.index(pool.pk) + 1 if pool.pk in order else len(order)
        initial = {"name": pool.name, "place": here, "mode": pool.mode}
        super().__init__(data, initial={**initial, "owner_first": pool.owner_first})
        self.last = len(order)
        for person in self.people:
            place = places.get(person.pk)
            inside, weight, capacity = (f"{n}-{person.pk}" for n in ("in", "weight", "capacity"))
            self.fields[inside] = forms.BooleanField(
                label=str(person), required=False, initial=place is not None
            )
            self.fields[weight] = forms.IntegerField(
                label=f"Turns of {person}", min_value=1, max_value=MOST_WEIGHT, required=False,
                initial=place.weight if place else 1,
            )  # fmt: skip
            self.fields[capacity] = forms.IntegerField(
                label=f"At most open with {person}", min_value=0, max_value=MOST_OPEN,
                required=False, initial=place.capacity if place else 50,
            )  # fmt: skip

    @property
    def lines(self) -> list[tuple[User, Any, Any, Any]]:
        """Each person with the fields of their line."""
        return [
            (one, self[f"in-{one.pk}"], self[f"weight-{one.pk}"], self[f"capacity-{one.pk}"])
            for one in self.people
        ]

    def clean_place(self) -> int:
        place: int = self.cleaned_data["place"]
        if place > self.last:
            raise forms.ValidationError(f"There are {self.last} pools; use a number up to that.")
        return place

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for person in self.people:
            for name in ("weight", "capacity"):
                key = f"{name}-{person.pk}"
                if (
                    found.get(f"in-{person.pk}")
                    and found.get(key) is None
                    and key not in self.errors
                ):
                    self.add_error(key, "Type a number.")
        return found

    def wanted(self) -> Wanted:
        """What a valid form says."""
        said = self.cleaned_data
        members = {
            one.pk: (said[f"weight-{one.pk}"], said[f"capacity-{one.pk}"])
            for one in self.people
            if said[f"in-{one.pk}"]
        }
        return Wanted(said["name"], said["place"], said["mode"], said["owner_first"], members)


def candidates(pool: Pool) -> list[User]:
    """Who could be in it: the people of its team, and whoever is in it now."""
    here = Q(is_active=True, memberships__team=pool.team_id) | Q(pool_places__pool=pool)
    return list(User.objects.filter(here).distinct().order_by("name", "pk"))


def facts(pool: Pool) -> dict[str, Any]:
    """What is changed here, as the audit trail has it."""
    places = PoolMember.objects.filter(pool=pool).order_by("user")
    members = {str(one.user_id): [one.weight, one.capacity] for one in places}
    return {
        "name": pool.name, "order": pool.order, "mode": pool.mode,
        "owner_first": pool.owner_first, "members": members,
    }  # fmt: skip


def ticket(pool: Pool) -> str:
    """The same as long as nobody changes any of it."""
    return hashlib.sha256(json.dumps(facts(pool), sort_keys=True).encode()).hexdigest()[:16]


def save(pool: Pool, wanted: Wanted, *, by: User, at: datetime, seen: str) -> None:
    """From now on leads are routed so; who has a lead keeps it, and nobody's turn is lost. Raises
    Conflict when somebody has changed it since `seen`."""
    with transaction.atomic():
        every = list(Pool.objects.select_for_update().order_by("pk"))
        now = next(each for each in every if each.pk == pool.pk)
        if ticket(now) != seen:
            raise Conflict(
                f"Somebody has changed {now} since you opened it. What you typed is below; look at "
                "the pools, then save yours over it if you still want to.",
                code="pool_changed",
            )
        before = facts(now)
        now.name, now.mode, now.owner_first = wanted.name, wanted.mode, wanted.owner_first
        now.save(update_fields=["name", "mode", "owner_first"])
        _place(now, wanted.place, every)
        now.members.exclude(user__in=wanted.members).delete()
        for user, (weight, capacity) in wanted.members.items():
            PoolMember.objects.update_or_create(
                pool=now, user_id=user, defaults={"weight": weight, "capacity": capacity}
            )
        said = {"from": before, "to": facts(now)}
        audit.record("pool_changed", now, by=by, at=at, facts=said)
    pool.refresh_from_db()


def _place(pool: Pool, place: int, every: list[Pool]) -> None:
    """Move it among the active ones; numbers are written only where they change."""
    active = sorted((p for p in every if p.is_active), key=lambda each: (each.order, each.pk))
    others = [each for each in active if each.pk != pool.pk]
    others.insert(place - 1, pool)
    for order, each in enumerate(others, 1):
        if each.order != order:
            each.order = order
            each.save(update_fields=["order"])
