"""Make a framework, change it, say where it is in force, take it away: a sales manager's to do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads.models import Framework, Pool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a framework is to be, and where it is in force."""

    name: str
    about: str
    minimum: int
    questions: Sequence[Mapping[str, Any]]
    for_all: bool
    pools: Collection[int]


def facts(framework: Framework) -> dict[str, Any]:
    """What the audit trail has of it."""
    pools = Pool.objects.filter(framework=framework).order_by("pk")
    return {
        "name": framework.name,
        "minimum": framework.minimum,
        "questions": framework.questions,
        "for_all": framework.for_all,
        "pools": list(pools.values_list("slug", flat=True)),
    }


def said_twice(questions: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Which of the questions, by their place, say again what one before them says, and why."""
    names: set[str] = set()
    keys: set[str] = set()
    found = {}
    for place, question in enumerate(questions):
        label, key = str(question.get("label") or ""), str(question.get("key") or "")
        name = " ".join(label.split()).casefold()
        if name and name in names:
            found[place] = (
                f"“{label}” is asked already: there is a question of this name above. Give this "
                "one another name, or drop it."
            )
        elif key and key in keys:
            found[place] = (
                f"“{label}” would have its answers from a question above (both are “{key}”). "
                "Add it as a new question."
            )
        names.add(name)
        keys.add(key)
    return found


def save(
    wanted: Wanted, *, by: User, at: datetime, framework: Framework | None = None, seen: int = 0
) -> Framework:
    """Make one, or change one that was opened as its edit `seen`; where it is in force from now on,
    another one no longer is. Raises Refused for a question that stands there twice, Conflict for a
    name there is, or a change meanwhile."""
    if twice := said_twice(wanted.questions):
        raise Refused(" ".join(twice.values()), code="said_twice")
    try:
        with transaction.atomic():
            return _save(wanted, by=by, at=at, framework=framework, seen=seen)
    except IntegrityError as error:
        if "framework_name_once" not in str(error):
            raise
        said = f"There are criteria called “{wanted.name}” already; choose another name."
        raise Conflict(said, code="name_taken", fields={"name": said}) from None


def _save(
    wanted: Wanted, *, by: User, at: datetime, framework: Framework | None, seen: int
) -> Framework:
    # All of them, in one order: “for all” passes from one to another.
    every = {each.pk: each for each in Framework.objects.select_for_update().order_by("pk")}
    now = every.get(framework.pk) if framework else Framework(edits=0)
    if now is None or now.removed_at is not None or (framework and now.edits != seen):
        raise Conflict(
            "Somebody has changed these criteria since you opened them. What you typed is below; "
            "look at theirs, then save yours over it if you still want to.",
            code="framework_changed",
        )
    before = facts(now) if now.pk else {}
    if wanted.for_all:
        for other in every.values():
            if other.for_all and other.pk != now.pk:
                other.for_all = False
                other.save(update_fields=["for_all"])
    now.name, now.about, now.minimum = wanted.name, wanted.about, wanted.minimum
    now.questions, now.for_all = list(wanted.questions), wanted.for_all
    now.changed_by, now.changed_at, now.edits = by, at, now.edits + 1
    now.save()
    Pool.objects.filter(framework=now).exclude(pk__in=wanted.pools).update(framework=None)
    Pool.objects.filter(pk__in=wanted.pools).update(framework=now)
    now.save(update_fields=["edits"])  # after the pools: it renews what is remembered
    audit.record("criteria_saved", now, by=by, at=at, facts={"from": before, "to": facts(now)})
    return now


def remove(framework: Framework, *, by: User, at: datetime) -> None:
    """Take it away; answers stay, and come back with it. Pools fall back to those for all."""
    with transaction.atomic():
        now = Framework.objects.select_for_update().get(pk=framework.pk)
        if now.removed_at is not None:
            raise Conflict(f"“{now}” was taken away already.")
        now.removed_at = at
        now.save(update_fields=["removed_at"])
        audit.record("criteria_removed", now, by=by, at=at)


def put_back(framework: Framework, *, by: User, at: datetime) -> None:
    """Undo it. Where others are for all by now, these are no longer."""
    try:
        with transaction.atomic():
            every = Framework.objects.select_for_update().order_by("pk")
            now = next(each for each in every if each.pk == framework.pk)
            if now.removed_at is None:
                raise Conflict(f"“{now}” is in use.")
            now.removed_at = None
            now.for_all = now.for_all and not Framework.objects.in_use().filter(for_all=True)
            now.save(update_fields=["removed_at", "for_all"])
            audit.record("criteria_put_back", now, by=by, at=at)
    except IntegrityError as error:
        if "framework_name_once" not in str(error):
            raise
        said = f"There are other criteria called “{framework}” by now; rename those first."
        raise Conflict(said, code="name_taken") from None
