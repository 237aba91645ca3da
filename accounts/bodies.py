"""Checked bodies and queries: unknown names are refused, instants have a time zone."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from django.utils.timezone import is_naive
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

T = TypeVar("T")


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


@extend_schema_field({"type": "string", "example": "2027-01-31"})
class DayOrInstant(serializers.Field[date | datetime, str, str, Any]):
    """A day, or an instant with its time zone."""

    default_error_messages = {
        "invalid": "“{said}” is no day and no instant; write 2027-01-31 or 2027-01-31T09:30:00Z.",
    }

    def to_internal_value(self, data: str) -> date | datetime:
        said = str(data)
        try:
            return date.fromisoformat(said)
        except ValueError:
            pass
        try:
            found = datetime.fromisoformat(said)
            if is_naive(found):
                self.fail("invalid", said=said[:40])
            return found.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid", said=said[:40])

    def to_representation(self, value: date | datetime) -> str:
        return value.isoformat()
