"""Who calls the API and what their key may do: keys, scopes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import configuration
from accounts.models import ApiKey, Membership, User

if TYPE_CHECKING:  # REST framework's views load this module, so it can't load them
    from rest_framework.views import APIView

# A key's last use is written at most this often.
USED_EVERY = timedelta(minutes=1)


# One query for everything a request needs to know about its caller. Raw, because Django would
# take longer to write it than PostgreSQL to answer it, and every call of the API pays for that.
CALLER = """
    SELECT person.*, key.id AS key_id, key.scope AS key_scope, key.last_used_at AS key_last_used_at,
        clock_timestamp() AS now, (SELECT stamp FROM accounts_configurationstamp) AS stamp
    FROM accounts_apikey key JOIN accounts_user person ON person.id = key.user_id
    WHERE key.hash = %s AND key.revoked_at IS NULL AND person.is_active
"""


@dataclass(frozen=True, slots=True)
class Credential:
    """The key of a request, and what was read along with it."""

    key_id: int
    scope: str
    # The database's instant, and the configuration in force then.
    now: datetime
    stamp: UUID | None


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`."""

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        """The key's person; None without a Bearer header, so that a session may speak."""
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found: list[Any] = list(User.objects.raw(CALLER, [ApiKey.hashed(text.strip())]))
        if not found:
            raise exceptions.AuthenticationFailed(
                "This key is not known, was ended, or its person has left.", code="key_not_valid"
            )
        person = found[0]
        self._note_use(person.key_id, person.key_last_used_at, now=person.now)
        person.__dict__["_memberships"] = _memberships(person.stamp).get(person.pk, [])
        return person, Credential(person.key_id, person.key_scope, person.now, person.stamp)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="leadflow"'

    @staticmethod
    def _note_use(key_id: int, last: datetime | None, *, now: datetime) -> None:
        if last is None or last <= now - USED_EVERY:
            stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
            ApiKey.objects.filter(stale, pk=key_id).update(last_used_at=now)


def _memberships(stamp: UUID | None) -> Mapping[int, list[Membership]]:
    return configuration.remembered("memberships", _load_memberships, under=stamp)


def _load_memberships() -> Mapping[int, list[Membership]]:
    found: dict[int, list[Membership]] = {}
    for membership in Membership.objects.select_related("team").order_by("id"):
        found.setdefault(membership.user_id, []).append(membership)
    return found


class AnyScope(BasePermission):
    """Somebody who has signed in, or any key: what a capture key may do as well."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return bool(request.user and request.user.is_authenticated)


class FullScope(AnyScope):
    """All that its person may do; a capture key may not."""

    message = "This key may only capture leads; use one with the scope “full”."
    code = "scope_too_narrow"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return super().has_permission(request, view) and has_full_scope(request)


def has_full_scope(request: Request) -> bool:
    """A person's session, or a key of theirs with the scope `full`."""
    return not isinstance(request.auth, Credential) or request.auth.scope == ApiKey.Scope.FULL
