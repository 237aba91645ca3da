"""What every endpoint stands on: JSON in and out, one instant, one state of the configuration."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import configuration
from accounts.api import FullScope
from accounts.instants import database_now
from accounts.models import User
from accounts.problems import TooLarge

LARGEST_BODY = 1024 * 1024


class Body(JSONParser):
    """JSON of at most LARGEST_BODY bytes."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        length = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0)
        if length > LARGEST_BODY:
            raise TooLarge(f"The body has {length:,} bytes; at most {LARGEST_BODY:,} are read.")
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError("JSON parse error - nested too deeply") from None


class JsonOnly(BaseContentNegotiation):
    """JSON in, JSON out, whatever else the caller would also take."""

    def select_parser(self, request: Request, parsers: Sequence[BaseParser]) -> BaseParser | None:
        said = (request.content_type or "").partition(";")[0].strip().lower()
        return parsers[0] if said == "application/json" or said.endswith("+json") else None

    def select_renderer(
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """An endpoint. Needs full scope unless it says otherwise; reads the clock once."""

    permission_classes = [FullScope]
    parser_classes = [Body]
    content_negotiation_class = JsonOnly
    metadata_class = None

    @property
    def user(self) -> User:
        person = self.request.user
        assert isinstance(person, User)
        return person

    @cached_property
    def at(self) -> datetime:
        """The database's instant of this request."""
        now = getattr(self.request.auth, "now", None)
        return now if isinstance(now, datetime) else database_now()

    @cached_property
    def stamp(self) -> UUID:
        """The configuration in force for this request."""
        stamp = getattr(self.request.auth, "stamp", None)
        return stamp if isinstance(stamp, UUID) else configuration.stamp()

    @property
    def body(self) -> Mapping[str, Any]:
        """The JSON object that was sent; an empty body is an empty object."""
        data = self.request.data
        if not isinstance(data, dict):
            raise exceptions.ValidationError(f"Send one JSON object; this is {_named(data)}.")
        return data


def _named(data: Any) -> str:
    return {list: "a list", str: "a text", type(None): "null"}.get(type(data), "a single value")
