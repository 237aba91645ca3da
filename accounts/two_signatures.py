"""What both sides sign: who may sign for which, and that nobody ever signs for both.

A thing to sign has `signed_for_marketing_by` and `signed_for_sales_by`: a contract, rules of
scoring, a definition, a persona.
"""

from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from accounts.refusals import NotAllowed, Refused

SIDES = {"marketing": "signed_for_marketing_by", "sales": "signed_for_sales_by"}
OTHER = {"marketing": "sales", "sales": "marketing"}
NAMED = 3


def sides_of(user: User) -> list[str]:
    """For which sides somebody may sign: those of which they manage a team."""
    kinds = user.memberships.filter(is_manager=True).values_list("team__kind", flat=True)
    return sorted(set(kinds) & SIDES.keys())


def unsigned(thing: Any, by: User, *, of: list[str] | None = None) -> list[str]:
    """For which sides this person may still sign it: never for a second one. `of` are those they
    manage, where that is known already."""
    return [] if by.pk in signers(thing) else _left(thing, by, of)


def _left(thing: Any, by: User, of: list[str] | None) -> list[str]:
    mine = sides_of(by) if of is None else of
    return [side for side in mine if getattr(thing, f"{SIDES[side]}_id") is None]


def left_to_others(thing: Any, by: User, *, of: list[str] | None = None) -> str:
    """Why somebody who manages both sides finds no second button, and who signs; else nothing."""
    if by.pk not in signers(thing):
        return ""
    left = _left(thing, by, of)
    return f"You signed for {OTHER[left[0]]}. {whose(left[0], but=by)}" if left else ""


def signers(thing: Any) -> set[int]:
    """Who has signed it."""
    found = (getattr(thing, f"{name}_id") for name in SIDES.values())
    return {pk for pk in found if pk is not None}


def has_both(thing: Any) -> bool:
    """Whether both sides have signed it."""
    return all(getattr(thing, f"{name}_id") is not None for name in SIDES.values())


def check_side(side: str, *, by: User) -> None:
    """Raises NotAllowed for a side one does not manage."""
    if side not in sides_of(by):
        side = side[:20] or "a side"
        raise NotAllowed(f"Signing for {side} is for a manager of {side}.", code="not_your_side")


def check_second(thing: Any, side: str, *, by: User) -> None:
    """Raises Refused for a second signature of one person, saying whose it has to be."""
    if getattr(thing, f"{SIDES[OTHER[side]]}_id") == by.pk:
        raise Refused(
            f"You signed for {OTHER[side]}; nobody signs for both sides. {whose(side, but=by)}",
            code="both_sides",
        )


def whose(side: str, *, but: User) -> str:
    """Who signs for a side instead of this person; where there is nobody, what to do."""
    others = managers_of(side).exclude(pk=but.pk)
    names = [str(person) for person in others[:NAMED]]
    if names:
        return f"Another manager of {side} signs for {side}: {' or '.join(names)}."
    return (
        f"Nobody else manages a team of {side} yet: make another person its manager, who then "
        f"signs for {side}."
    )


def managers_of(side: str) -> QuerySet[User]:
    """Who may sign for a side, by name."""
    found = User.objects.filter(
        is_active=True, memberships__is_manager=True, memberships__team__kind=side
    )
    return found.distinct().order_by("name", "pk")
