"""Doors: which roles a page is for. What they see behind it, the querysets decide."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase

from accounts.models import Role
from accounts.requests import SignedInRequest

View = Callable[..., HttpResponseBase]
MARKETING = (Role.MARKETER, Role.MARKETING_MANAGER, Role.ADMIN)
SALES = (Role.SALES_REP, Role.SALES_MANAGER, Role.ADMIN)
EVERYBODY = tuple(role for role in Role if role != Role.NONE)


def only_for(*roles: Role) -> Callable[[View], View]:
    """Answer 403 to anybody of another role."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
