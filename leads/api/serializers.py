"""Bodies and queries as endpoints check them; capture is checked by leads.intake alone."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.bodies import Instant, Strict
from accounts.refusals import Refused
from leads.editing import EXTRA
from leads.intake import EXTRA_LIMIT
from leads.models import LOGGED_BY_HAND, Outcome, RejectReason, Sourced, Stage, Tier
from leads.qualification import DISQUALIFY_REASONS

REASON = 300
NOTE = 10_000
MOST = 200
PAGE = 50


def flat(body: Mapping[str, Any]) -> dict[str, Any]:
    """What is to change, `extra` by its parts. Raises Refused when that is no object."""
    values = {name: value for name, value in body.items() if name != "extra"}
    extra = body.get("extra", {})
    if not isinstance(extra, dict) or len(extra) > EXTRA_LIMIT:
        words = f"This must be an object of at most {EXTRA_LIMIT} fields."
        raise Refused(f"extra: {words}", code="invalid", fields={"extra": words})
    return values | {f"{EXTRA}{name}": value for name, value in extra.items()}


class PageQuery(Strict[Any]):
    """Which page."""

    cursor = serializers.CharField(required=False, default="", help_text="From “next”.")
    limit = serializers.IntegerField(required=False, default=PAGE, min_value=1, max_value=MOST)


class LeadQuery(PageQuery):
    """Which leads."""

    stage = serializers.ChoiceField(choices=Stage.choices, required=False)
    tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    campaign = serializers.CharField(required=False, help_text="A campaign's slug")
    sourced_by = serializers.ChoiceField(
        choices=Sourced.choices, required=False, help_text="Which side found the person"
    )
    owner = serializers.CharField(required=False, help_text="The owner's e-mail")
    updated_since = Instant(required=False, help_text="Changed at or after this instant")


class HandOver(Strict[Any]):
    """Why, when the MQL definition is not met."""

    override_reason = serializers.CharField(required=False, default="", max_length=REASON,
                                            allow_blank=True)  # fmt: skip


class Nothing(Strict[Any]):
    """An empty body."""


class Reject(Strict[Any]):
    """Why sales will not take it."""

    reason = serializers.ChoiceField(choices=RejectReason.choices)
    note = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=NOTE,
        help_text="Needed when the reason is “other”.",
    )  # fmt: skip


class Qualify(Strict[Any]):
    """A word about why it is worth a deal."""

    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=NOTE)
    override_reason = serializers.CharField(
        required=False, default="", max_length=REASON, allow_blank=True,
        help_text="Why, when the lead reaches less than the agreed criteria want.",
    )  # fmt: skip


class Dispose(Strict[Any]):
    """Why not, or not now."""

    reason = serializers.ChoiceField(choices=list(DISQUALIFY_REASONS.items()))
    note = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=NOTE,
        help_text="Needed when the reason is “other”.",
    )  # fmt: skip


class Rate(Strict[Any]):
    """How good the lead was."""

    rating = serializers.IntegerField(min_value=1, max_value=5, help_text="1 useless, 5 excellent")
    why = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=NOTE,
        help_text="Needed for 1 and 2.",
    )  # fmt: skip


@extend_schema_serializer(component_name="Touch")
class ActivityIn(Strict[Any]):
    """A touch, or a note."""

    kind = serializers.ChoiceField(choices=[(k.value, k.label) for k in LOGGED_BY_HAND])
    outcome = serializers.ChoiceField(
        choices=Outcome.choices, required=False, default="", allow_blank=True
    )
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=NOTE)
    occurred_at = Instant(required=False, default=None, allow_null=True,
                          help_text="Now, if not given; never later than now.")  # fmt: skip
