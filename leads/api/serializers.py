"""Bodies and queries as endpoints check them; capture is checked by leads.intake alone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.utils.timezone import is_naive
from rest_framework import serializers

from leads.models import LOGGED_BY_HAND, Outcome, RejectReason, Stage, Tier
from leads.qualification import DISQUALIFY_REASONS

T = TypeVar("T")
REASON = 300
NOTE = 10_000
MOST = 200
PAGE = 50


class Instant(serializers.DateTimeField):
    """An instant with its time zone; one without is refused, not guessed."""

    default_error_messages = {
        "naive": "This has no time zone; write it as 2027-01-31T09:30:00Z.",
        "range": "This is not an instant of our calendar.",
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if is_naive(value):
            self.fail("naive")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            self.fail("range")


class Strict(serializers.Serializer[T], Generic[T]):
    """Refuses names it does not know, so that a typo is not lost silently."""

    def to_internal_value(self, data: Mapping[str, Any]) -> Any:
        unknown = [name for name in data if name not in self.fields]
        if unknown:
            allowed = ", ".join(self.fields) or "none"
            raise serializers.ValidationError(
                {name[:60]: [f"This name is not known; there are: {allowed}."] for name in unknown}
            )
        return super().to_internal_value(data)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """The checked values; raises ValidationError (422) naming each field."""
        form = cls(data=data)
        form.is_valid(raise_exception=True)
        return form.validated_data


class PageQuery(Strict[Any]):
    """Which page."""

    cursor = serializers.CharField(required=False, default="", help_text="From “next”.")
    limit = serializers.IntegerField(required=False, default=PAGE, min_value=1, max_value=MOST)


class LeadQuery(PageQuery):
    """Which leads."""

    stage = serializers.ChoiceField(choices=Stage.choices, required=False)
    tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    campaign = serializers.CharField(required=False, help_text="A campaign's slug")
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


class Dispose(Strict[Any]):
    """Why not, or not now."""

    reason = serializers.ChoiceField(choices=list(DISQUALIFY_REASONS.items()))
    note = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=NOTE,
        help_text="Needed when the reason is “other”.",
    )  # fmt: skip


class ActivityIn(Strict[Any]):
    """A touch, or a note."""

    kind = serializers.ChoiceField(choices=[(k.value, k.label) for k in LOGGED_BY_HAND])
    outcome = serializers.ChoiceField(
        choices=Outcome.choices, required=False, default="", allow_blank=True
    )
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=NOTE)
    occurred_at = Instant(required=False, default=None, allow_null=True,
                          help_text="Now, if not given; never later than now.")  # fmt: skip
