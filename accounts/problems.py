"""Errors as programs read them: `application/problem+json` (RFC 9457), one shape everywhere.

A problem has `type`, `title`, `status`, `detail`; `code` names it, `errors` maps a field to its
sentences, and facts (such as the `owner` who has a lead) stand beside them.
"""

import http
from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.refusals import Refused

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:problem-type:leadflow:"
API = "/api/"
LARGEST_BODY = 1024 * 1024
RESERVED = frozenset({"type", "title", "status", "detail", "code", "errors"})
# Field errors that belong to no field.
WHOLE = "non_field_errors"


class TooLarge(exceptions.APIException):
    """The body is larger than we read."""

    status_code = http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = f"The body is too large; at most {LARGEST_BODY:,} bytes are read."


class LengthMissing(exceptions.APIException):
    """A body in chunks, whose length nobody knows: the server would take it for an empty one."""

    status_code = http.HTTPStatus.LENGTH_REQUIRED
    default_code = "length_missing"
    default_detail = "Send the body with its Content-Length, not in chunks."


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: Mapping[str, list[str]] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of an error; without a code it says no more than its status."""
    title = http.HTTPStatus(status).phrase
    body: dict[str, Any] = {
        "type": TYPE + code if code else "about:blank",
        "title": code.replace("_", " ").capitalize() if code else title,
        "status": int(status),
        "detail": detail,
    }
    if code:
        body["code"] = code
    if errors:
        body["errors"] = dict(errors)
    for name, value in (facts or {}).items():
        body[f"{name}_" if name in RESERVED else name] = value
    return body


def problem_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's exception handler; None leaves what we do not know to Django (500)."""
    headers: dict[str, str] = {}
    if isinstance(exc, Refused):
        body = problem(
            exc.status,
            exc.message,
            code=exc.code,
            errors={name: [words] for name, words in exc.fields.items()},
            facts=exc.facts,
        )
    elif isinstance(exc, exceptions.ValidationError):
        body = _invalid(exc)
    elif isinstance(exc, Http404):
        body = problem(404, "There is nothing here that you may see.")
    elif isinstance(exc, PermissionDenied):
        body = problem(403, str(exc) or "You may not do this.")
    elif isinstance(exc, RequestDataTooBig):
        body = _framework(TooLarge(), headers)
    elif isinstance(exc, OperationalError | InterfaceError):
        log.exception("database_failed")
        body = problem(503, "The database did not answer. Try again in a moment.")
        headers["Retry-After"] = "2"
    elif isinstance(exc, exceptions.APIException):
        body = _framework(exc, headers)
    else:
        return None
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def _framework(exc: exceptions.APIException, headers: dict[str, str]) -> dict[str, Any]:
    if header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    code = exc.get_codes()
    named = isinstance(code, str) and code != type(exc).default_code
    ours = isinstance(exc, TooLarge | LengthMissing)
    return problem(exc.status_code, str(exc.detail), code=str(code) if named or ours else "")


def _invalid(exc: exceptions.ValidationError) -> dict[str, Any]:
    errors = field_errors(exc.detail)
    named = "; ".join(f"{name}: {words[0]}" for name, words in list(errors.items())[:5])
    return problem(422, named or "The body is not valid.", code="invalid", errors=errors)


def field_errors(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """REST framework's nested errors flattened: `consent.time` → its sentences."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            found.update(field_errors(inner, f"{prefix}.{name}" if prefix else str(name)))
        return found
    words = detail if isinstance(detail, list) else [detail]
    return {prefix or WHOLE: [str(word) for word in words]}


def answer(status: int, detail: str, *, code: str = "") -> JsonResponse:
    """A problem where no REST framework view is running."""
    return JsonResponse(problem(status, detail, code=code), status=status, content_type=MEDIA_TYPE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's handler400: a problem under /api/, a page elsewhere."""
    too_big = isinstance(exception, RequestDataTooBig)
    if not request.path_info.startswith(API):
        if too_big:
            return render(request, "413.html", status=413)
        return defaults.bad_request(request, exception)
    if too_big:
        return answer(413, TooLarge.default_detail, code=TooLarge.default_code)
    return answer(400, "The request can't be read.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's handler403."""
    if not request.path_info.startswith(API):
        return defaults.permission_denied(request, exception)
    return answer(403, "You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's handler404."""
    if not request.path_info.startswith(API):
        return defaults.page_not_found(request, exception)
    return answer(404, f"There is no {request.path_info[:200]}; see /api/v1/docs/.")


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500; the error itself has been logged by then."""
    if not request.path_info.startswith(API):
        return defaults.server_error(request)
    return answer(500, "Something went wrong on our side. It has been logged.")
