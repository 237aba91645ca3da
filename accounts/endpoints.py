"""What every endpoint stands on: JSON in and out, one instant, one state of the configuration."""

import json
from collections.abc import Iterable, Mapping
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
from accounts.api import Credential, FullScope
from accounts.instants import database_now
from accounts.models import User
from accounts.problems import LARGEST_BODY, LengthMissing, TooLarge


class Body(JSONParser):
    """JSON of at most LARGEST_BODY bytes, and nothing that could not be written down again."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        length = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0)
        if length > LARGEST_BODY:
            raise TooLarge
        try:
            data = super().parse(stream, media_type, parser_context)
            json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
        except RecursionError:
            raise exceptions.ParseError("JSON parse error - nested too deeply") from None
        except UnicodeEncodeError:
            raise exceptions.ParseError("JSON parse error - half a surrogate pair") from None
        except ValueError:
            raise exceptions.ParseError("JSON parse error - a number beyond all bounds") from None
        return data


class JsonOnly(BaseContentNegotiation):
    """JSON in, JSON out, whatever else the caller would also take."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        said = (request.content_type or "").partition(";")[0].strip().lower()
        is_json = said == "application/json" or said.endswith("+json")
        return next(iter(parsers)) if is_json else None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class ApiView(APIView):
    """An endpoint. Needs full scope unless it says otherwise; reads the clock once."""

    permission_classes = [FullScope]
    parser_classes = [Body]
    content_negotiation_class = JsonOnly
    http_method_names = ["get", "head", "post", "patch"]

    @property
    def user(self) -> User:
        person = self.request.user
        assert isinstance(person, User)
        return person

    @cached_property
    def at(self) -> datetime:
        """The database's instant of this request."""
        caller = self.request.auth
        return caller.now if isinstance(caller, Credential) else database_now()

    @cached_property
    def stamp(self) -> UUID:
        """The configuration in force for this request."""
        caller = self.request.auth
        known = caller.stamp if isinstance(caller, Credential) else None
        return known or configuration.stamp()

    @property
    def body(self) -> Mapping[str, Any]:
        """The JSON object that was sent; an empty body is an empty object."""
        meta = self.request.META
        if meta.get("HTTP_TRANSFER_ENCODING") and not meta.get("CONTENT_LENGTH"):
            raise LengthMissing
        data = self.request.data
        if not isinstance(data, dict):
            raise exceptions.ValidationError(f"Send one JSON object; this is {_named(data)}.")
        return data


def _named(data: Any) -> str:
    return {list: "a list", str: "a text", type(None): "null"}.get(type(data), "a single value")
