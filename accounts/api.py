"""Who calls the API and what their key may do: keys, scopes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import DateTimeField, Func, Q, Subquery
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import configuration
from accounts.models import ApiKey, ConfigurationStamp, Membership, User

if TYPE_CHECKING:  # REST framework's views load this module, so it can't load them
    from rest_framework.views import APIView

# A key's last use is written at most this often.
USED_EVERY = timedelta(minutes=1)


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; one query reads key, person, clock and configuration stamp."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """The key's person; None without a Bearer header, so that a session may speak."""
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = self.live_key(text.strip())
        if key is None:
            raise exceptions.AuthenticationFailed(
                "This key is not known, was ended, or its person has left.", code="key_not_valid"
            )
        self._note_use(key)
        key.user.__dict__["_memberships"] = _memberships(key.stamp).get(key.user_id, [])
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="leadflow"'

    @staticmethod
    def live_key(text: str) -> ApiKey | None:
        """The live key of this text, with `now` and `stamp` as they are at this instant."""
        stamp = ConfigurationStamp.objects.values("stamp")[:1]
        return (
            ApiKey.objects.select_related("user")
            .annotate(
                now=Func(function="clock_timestamp", output_field=DateTimeField()),
                stamp=Subquery(stamp),
            )
            .filter(hash=ApiKey.hashed(text), revoked_at=None, user__is_active=True)
            .order_by()
            .first()
        )

    @staticmethod
    def _note_use(key: ApiKey) -> None:
        now: datetime = key.now  # type: ignore[attr-defined]
        if key.last_used_at is None or key.last_used_at <= now - USED_EVERY:
            stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
            ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


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
    return not isinstance(request.auth, ApiKey) or request.auth.scope == ApiKey.Scope.FULL
