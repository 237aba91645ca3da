"""What one side asked and the other decides, on a page: who may, and agreed to or dropped."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied

from accounts import two_signatures
from accounts.refusals import Conflict, Refused
from accounts.requests import SignedInRequest

Asked = TypeVar("Asked")


def sides_or_403(request: SignedInRequest, whose: str) -> list[str]:
    """For which sides this person speaks; to everybody else `whose` says who does."""
    sides = two_signatures.sides_of(request.user)
    if not sides:
        raise PermissionDenied(whose)
    return sides


def agree_or_drop(
    request: SignedInRequest, asked: Asked | None, *, gone: str,
    agree: Callable[[Asked, str], str], drop: Callable[[Asked], str],
) -> None:  # fmt: skip
    """Agree for the side that was pressed, else drop it; `gone` says that nothing is asked now.

    Both answer what to say then; what they refuse is said as well.
    """
    side = request.POST.get("agree", "")
    try:
        if asked is None:
            raise Conflict(gone)
        said = agree(asked, side) if side in two_signatures.SIDES else drop(asked)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, said)
