"""What a verb raises when it will not do as asked: the sentence a person reads, and a code."""

from typing import Any


class Refused(Exception):
    """The request is understood and not acceptable (HTTP 422)."""

    status = 422

    def __init__(
        self,
        message: str,
        *,
        code: str = "refused",
        fields: dict[str, str] | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.fields = fields or {}
        self.facts = facts or {}


class Conflict(Refused):
    """Somebody else was first, or the thing is no longer in the state it was in (HTTP 409)."""

    status = 409


class NotAllowed(Refused):
    """This person may see the thing and may not do this to it (HTTP 403)."""

    status = 403
